"""The packages that an app has run, in a blob container of the app's storage account.

The platform itself keeps only the current package. Each package is a blob that is named after its
build, with the release that deployed it as metadata.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import httpx2

from api.cli.errors import Failure
from api.cli.retry import Sender
from scripts.deploy_azure.targets import Target
from scripts.deploy_azure.timing import Timing

KEPT_MAX = 5
_VERSION = (
    "2024-11-04"  # of the storage service's REST API; Entra ID tokens need 2017-11-09 or later
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package that has passed its smoke test."""

    build: str
    release: str
    kept_at: datetime


class Kept:
    """The kept packages of one app."""

    def __init__(
        self,
        target: Target,
        http: httpx2.AsyncClient,
        timing: Timing,
        say: Callable[[str], None],
    ) -> None:
        self._target = target
        self._http = http
        self._sender = Sender(http, timing.retry, say)

    async def packages(self) -> list[Package]:
        """Return the kept packages, newest first."""
        query = {"restype": "container", "comp": "list", "include": "metadata"}
        response = await self._send("GET", "", params=query)
        # The document comes from the storage service, over TLS.
        blobs = ET.fromstring(response.content).iter("Blob")  # noqa: S314
        return sorted(map(_package, blobs), key=lambda package: package.kept_at, reverse=True)

    async def read(self, build: str) -> bytes:
        return (await self._send("GET", f"/{build}.zip")).content

    async def keep(self, build: str, release: str, package: bytes) -> None:
        """Store a package as the newest one, and delete the oldest ones."""
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-meta-release": release}
        await self._send("PUT", f"/{build}.zip", headers=headers, content=package)
        for old in (await self.packages())[KEPT_MAX:]:
            await self.delete(old.build)

    async def delete(self, build: str) -> None:
        """Delete a package. The account's soft delete keeps it for some days."""
        await self._send("DELETE", f"/{build}.zip")

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        request = self._http.build_request(
            method,
            self._target.builds_url + path,
            params=params,
            headers={"x-ms-version": _VERSION} | (headers or {}),
            content=content,
        )
        response = await self._sender.send(request)
        if not response.is_success:
            raise Failure(_explain(response, self._target))
        return response


def _package(blob: ET.Element) -> Package:
    return Package(
        build=blob.findtext("Name", "").removesuffix(".zip"),
        release=blob.findtext("Metadata/release", ""),
        kept_at=parsedate_to_datetime(blob.findtext("Properties/Last-Modified", "")),
    )


def _explain(response: httpx2.Response, target: Target) -> str:
    advice = {
        401: "Sign in to the tenant of the subscription with `az login --tenant …`.",
        403: "Your identity needs the role Storage Blob Data Contributor for this container, which "
        "Terraform assigns to each of the deployers (a new role takes effect after up to 10 "
        "minutes). If the environment has a private network, deploy from the subnet snet-deployer.",
        404: f"The container or the package of {target.function} doesn't exist. "
        "If the container is missing, apply Terraform.",
    }.get(response.status_code, response.text.strip()[:500])
    status = f"{response.status_code} {response.reason_phrase}"
    return f"{response.request.url.copy_with(query=None)} responded {status}. {advice}"
