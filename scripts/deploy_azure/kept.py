"""The packages that an app has run, in a blob container of the app's storage account.

The platform itself keeps only the current package. Each package is a blob, named after the
package's build. The blob's metadata names the release that deployed the package.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar
from xml.etree import ElementTree as ET

from scripts.deploy_azure.site import Site
from scripts.deploy_azure.targets import FROM_THE_NETWORK

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


class Kept(Site):
    """The kept packages of one app."""

    _headers: ClassVar[Mapping[str, str]] = {"x-ms-version": _VERSION}

    async def packages(self) -> list[Package]:
        """Return the kept packages, newest first."""
        query = {"restype": "container", "comp": "list", "include": "metadata"}
        response = await self._send("GET", self._target.builds_url, params=query)
        # The document comes from the storage service, over TLS.
        blobs = ET.fromstring(self._checked(response).content).iter("Blob")  # noqa: S314
        return sorted(map(_package, blobs), key=lambda package: package.kept_at, reverse=True)

    async def read(self, build: str) -> bytes:
        return self._checked(await self._send("GET", self._url(build))).content

    async def keep(self, build: str, release: str, package: bytes) -> None:
        """Store a package as the newest one, and delete the oldest ones."""
        headers = {"x-ms-blob-type": "BlockBlob", "x-ms-meta-release": release}
        self._checked(await self._send("PUT", self._url(build), headers=headers, content=package))
        for old in (await self.packages())[KEPT_MAX:]:
            await self.delete(old.build)

    async def delete(self, build: str) -> None:
        """Delete a package. The account's soft delete keeps it for some days."""
        self._checked(await self._send("DELETE", self._url(build)))

    def _url(self, build: str) -> str:
        return f"{self._target.builds_url}/{build}.zip"

    def _advice(self) -> Mapping[int, str]:
        return {
            401: "Sign in to the tenant of the subscription with `az login --tenant …`.",
            403: "Your identity needs the role Storage Blob Data Contributor for this container, "
            "which Terraform assigns to each of the deployers (a new role takes effect after up to "
            f"10 minutes); {FROM_THE_NETWORK}.",
            404: f"The container or the package of {self._target.function} doesn't exist. "
            "If the container is missing, apply Terraform.",
        }


def _package(blob: ET.Element) -> Package:
    return Package(
        build=blob.findtext("Name", "").removesuffix(".zip"),
        release=blob.findtext("Metadata/release", ""),
        kept_at=parsedate_to_datetime(blob.findtext("Properties/Last-Modified", "")),
    )
