"""The API keys of organisations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from api.cli.csv_tables import read_table
from api.cli.errors import Permanent


@dataclass(frozen=True, slots=True)
class Keys:
    """The API keys for a command: one key, one key per organisation, or the keys of a local API."""

    single: str | None = None
    by_org: Mapping[str, str] = field(default_factory=dict[str, str])
    local: bool = False

    @property
    def fingerprint(self) -> str:
        """Return a digest of the API key if there is exactly one, else ""."""
        return sha256(self.single.encode()).hexdigest()[:16] if self.single else ""

    def find(self, org_id: str | None) -> str:
        """Return the key for this organisation, or the only key if `org_id` is None.

        Raises Permanent if there is no key for the organisation.
        """
        if self.single:
            return self.single
        if org_id and org_id in self.by_org:
            return self.by_org[org_id]
        if org_id and self.is_local(org_id):
            return local_key(org_id)
        if org_id is None:
            raise Permanent("Pass --key ak_…, or --org org_… if the API runs locally.")
        raise Permanent(
            f"There is no key for {org_id}. Pass its --key. For several organisations, pass "
            f"--keys FILE to `analytics import` with lines such as {org_id},ak_…"
        )

    def is_local(self, org_id: str) -> bool:
        """Return whether requests for this organisation use its well-known key."""
        return self.local and not self.single and org_id not in self.by_org

    def require_secret(self) -> None:
        """Raise Permanent for a publishable key or a read key, which can't import events."""
        for key in (self.single or "", *self.by_org.values()):
            if key.startswith(("pk_", "rk_")):
                kind = "publishable" if key.startswith("pk_") else "read"
                raise Permanent(
                    f"An import needs a secret key, ak_…, and {key[:3]}… is a {kind} key."
                )


def load_keys(url: str, key: str | None = None, keys_file: Path | None = None) -> Keys:
    """Return the API keys that the options give. Raises UnusableFile for an invalid keys file."""
    by_org = read_keys(keys_file) if keys_file else {}
    return Keys(key, by_org, local=is_loopback(url) and not by_org)


def read_keys(path: Path) -> dict[str, str]:
    return {row["org_id"]: row["api_key"] for _, row in read_table(path, ("org_id", "api_key"))}


def local_key(org_id: str) -> str:
    return f"ak_local_{org_id.removeprefix('org_')}"


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
