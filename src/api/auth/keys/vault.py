"""A signing key and secrets in Azure Key Vault. The private key never leaves the vault.

Each version of the key is published before it signs its first token, and stays published until its
last token has expired. To rotate the key, create a new version of it in the vault. To revoke a
version of the key immediately, disable the version in the vault.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from azure.core.exceptions import AzureError
from azure.keyvault.keys import KeyProperties
from azure.keyvault.keys.aio import KeyClient
from azure.keyvault.keys.crypto import SignatureAlgorithm
from azure.keyvault.keys.crypto.aio import CryptographyClient
from azure.keyvault.secrets.aio import SecretClient
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from api.auth.keys.file import RETIRED_FOR
from api.auth.keys.remote import KeyRing, RemoteKeySource, named_jwk, unavailable_on
from api.domain.times import Clock
from api.errors import ConfigurationError

# How long a version of the key is published before it signs tokens. Publishers fetch the keys every
# 5 minutes, and verifiers fetch the keys when they find an unknown key id.
PUBLISHED_FIRST = timedelta(minutes=10)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class VaultKeySource(RemoteKeySource):
    """A `KeySource` that uses a key in Azure Key Vault. Each `kid` is a version of the key."""

    def __init__(self, client: KeyClient, name: str, *, now: Clock) -> None:
        super().__init__(now=now)
        self._client = client
        self._name = name
        self._jwks: dict[str, dict[str, str]] = {}  # by version; a version never changes
        self._signers: dict[
            str, CryptographyClient
        ] = {}  # reused, because each fetches its key once

    async def fetch(self) -> KeyRing:
        with unavailable_on(AzureError):
            found = self._client.list_properties_of_key_versions(self._name)
            signing, published = choose_versions([version async for version in found], self._now())
            return KeyRing(signing, [await self._public_key(version) for version in published])

    async def sign_digest(self, key_id: str, digest: bytes) -> bytes:
        with unavailable_on(AzureError):
            return (await self._signer(key_id).sign(SignatureAlgorithm.rs256, digest)).signature

    def _signer(self, version: str) -> CryptographyClient:
        if version not in self._signers:
            signer = self._client.get_cryptography_client(self._name, key_version=version)  # pyright: ignore[reportUnknownMemberType]
            self._signers[version] = signer
        return self._signers[version]

    async def _public_key(self, version: str) -> dict[str, str]:
        if version not in self._jwks:
            key: Any = (await self._client.get_key(self._name, version)).key
            numbers = RSAPublicNumbers(int.from_bytes(key.e), int.from_bytes(key.n))
            self._jwks[version] = named_jwk(version, numbers.public_key())
        return self._jwks[version]


def choose_versions(versions: Iterable[KeyProperties], now: datetime) -> tuple[str, list[str]]:
    """Return the key version that currently signs, and all published versions, newest first."""
    usable = [v for v in versions if v.enabled and (v.expires_on is None or v.expires_on > now)]
    if not usable:
        raise ConfigurationError("The signing key has no version that is enabled and not expired.")
    ordered = sorted(usable, key=_signs_from, reverse=True)
    signing = next((v for v in ordered if _signs_from(v) <= now), ordered[-1])
    retiring = [v for newer, v in pairwise(ordered) if _signs_from(newer) + RETIRED_FOR > now]
    return signing.version or "", [v.version or "" for v in (ordered[0], *retiring)]


async def read_vault_secret(client: SecretClient, name: str) -> bytes:
    with unavailable_on(AzureError):
        secret = await client.get_secret(name)
    return (secret.value or "").encode()


def _signs_from(version: KeyProperties) -> datetime:
    created = version.created_on or _LONG_AGO
    return max(created + PUBLISHED_FIRST, version.not_before or _LONG_AGO)
