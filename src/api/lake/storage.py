"""The location of the lake: a folder, a container in Azure Blob Storage or a bucket in S3."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.errors import ConfigurationError
from api.lake.protocol import LakeUnavailable

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

_AZURE_HOST = ".blob.core."
_AZURE_SCOPE = "https://storage.azure.com/.default"
_PLAIN = frozenset(ascii_lowercase + digits + "_-")

type Options = Mapping[str, str]


async def _no_credentials() -> Options:
    return {}


@dataclass(frozen=True, slots=True)
class LakeStorage:
    """The location of the lake's tables.

    `root` is an absolute path, or a URL that begins with `az://` or `s3://`. `credentials` returns
    the account, keys and fresh tokens, with the names of `object_store`, the library under
    deltalake and obstore. `allows_http` is true only for servers on the loopback address.
    """

    root: str
    credentials: Callable[[], Awaitable[Options]] = field(default=_no_credentials)
    allows_http: bool = False

    @classmethod
    def in_folder(cls, folder: Path) -> "LakeStorage":
        return cls(str(folder.absolute()))

    @property
    def scheme(self) -> str:
        """Return `az` or `s3`, or "" for a folder."""
        return self.root.partition("://")[0] if "://" in self.root else ""

    async def delta_options(self) -> dict[str, str]:
        """Return the options of deltalake."""
        allowed = {"allow_http": "true"} if self.allows_http else {}
        return {**await self.credentials(), **allowed}

    def is_missing_folder(self) -> bool:
        return not self.scheme and not Path(self.root).exists()

    def table(self, org_id: str) -> str:
        """Return the location of the organisation's table."""
        return f"{self.root.rstrip('/')}/{self.table_path(org_id)}"

    def table_path(self, org_id: str) -> str:
        """Return the path of the table in the lake. Only this method builds such a path."""
        return f"events/{encode_name(org_id)}"


@asynccontextmanager
async def open_storage(
    url: str,
    folder: Path | None,
    open_credential: "Callable[[], AbstractAsyncContextManager[AsyncTokenCredential]]",
) -> AsyncGenerator[LakeStorage | None]:
    """Open the lake at this URL or, without a URL, the lake in the folder.

    Without a folder, there is no lake. Containers in Azure are opened with the credential, and
    buckets with the role of this process. Raises ConfigurationError for an unknown kind of URL.
    """
    parts = urlsplit(url)
    if not url:
        yield LakeStorage.in_folder(folder) if folder else None
    elif parts.scheme == "s3" and parts.netloc:
        yield LakeStorage(url)
    elif parts.scheme == "https" and _AZURE_HOST in parts.netloc and parts.path.strip("/"):
        async with open_credential() as credential:
            yield _container(parts.netloc.partition(".")[0], parts.path.strip("/"), credential)
    else:
        raise ConfigurationError(
            f"ANALYTICS_LAKE_URL={url!r}: use https://<account>.blob.core.windows.net/<container> "
            "or s3://<bucket>."
        )


def _container(account: str, path: str, credential: "AsyncTokenCredential") -> LakeStorage:
    async def credentials() -> Options:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - only in Azure

        try:
            token = await credential.get_token(_AZURE_SCOPE)
        except AzureError as error:
            raise LakeUnavailable(repr(error)) from error
        return {"account_name": account, "token": token.token}

    return LakeStorage(f"az://{path}", credentials)


def encode_name(org_id: str) -> str:
    """Encode an id as the name of a folder.

    Letters in upper case are encoded too, because some file systems ignore case. Every other
    character outside `a-z`, `0-9`, `_` and `-` becomes a dot and the hexadecimal digits of a byte.
    """
    encoded = (chr(byte) for byte in org_id.encode())
    return "".join(char if char in _PLAIN else f".{ord(char):02x}" for char in encoded)
