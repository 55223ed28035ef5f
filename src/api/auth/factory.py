"""Build the token verifiers, the token issuer and the signing keys from settings.

Each verifier, issuer or key source is built on first use, and its modules are imported only then.
Importing the package `cryptography` takes a large part of a cold start, and serverless functions
that don't authenticate callers don't need this package.
"""

# ruff: noqa: PLC0415
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from api.auth.claims import ACCESS_TOKEN, ID_TOKEN
from api.auth.issuer import TokenIssuer
from api.auth.protocol import Claims, Jwks, KeySource, TokenVerifier
from api.domain.reference import User
from api.domain.times import Clock
from api.domain.user_hashes import UserKeys
from api.errors import ConfigurationError
from api.settings import CURSOR_SECRET_BYTES_MIN, Settings
from api.stores.protocol import Store

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from api.auth.local_identity import LocalIdentityProvider

_VAULT_OPTIONS: dict[str, Any] = {"connection_timeout": 2, "read_timeout": 5, "retry_total": 1}


class LazyVerifier:
    """A `TokenVerifier` that calls `build` on first use to create the real verifier."""

    def __init__(self, build: Callable[[], TokenVerifier]) -> None:
        self._build = build

    @cached_property
    def _verifier(self) -> TokenVerifier:
        return self._build()

    async def verify(self, token: str) -> Claims:
        return await self._verifier.verify(token)


class LazyKeySource:
    """A `KeySource` that calls `build` on first use to create the real key source."""

    def __init__(self, build: Callable[[], KeySource]) -> None:
        self._build = build

    @cached_property
    def _keys(self) -> KeySource:
        return self._build()

    @property
    def key_id(self) -> str:
        return self._keys.key_id

    async def sign(self, message: bytes) -> bytes:
        return await self._keys.sign(message)

    async def public_keys(self) -> Jwks:
        return await self._keys.public_keys()


def signing_keys(settings: Settings, now: Clock) -> KeySource:
    """Return the source of the keys that sign access tokens: a vault, KMS or a local file."""
    if settings.signing_key:
        return LazyKeySource(lambda: _vault_keys(settings, now))
    if settings.kms_keys:
        return LazyKeySource(lambda: _kms_keys(settings, now))
    if not settings.is_local:
        return LazyKeySource(_no_keys)
    return _file_keys(settings, "signing-key.json", now)


async def read_cursor_secret(settings: Settings) -> bytes:
    """Return the secret that signs cursors.

    If no secret is configured, the environment `local` uses a secret in a file in the data folder.
    In all other environments, raises ConfigurationError if the secret is too short.
    """
    secret = await _read_cursor_secret(settings)
    if len(secret) < CURSOR_SECRET_BYTES_MIN and not settings.is_local:
        raise ConfigurationError(
            f"The secret {settings.cursor_secret_name} has {len(secret)} bytes. "
            f"Store {CURSOR_SECRET_BYTES_MIN} random bytes or more."
        )
    return secret


async def _read_cursor_secret(settings: Settings) -> bytes:
    if settings.cursor_secret_name:
        return await _read_secret(settings, settings.cursor_secret_name)
    return settings.cursor_secret.encode() or _secret_in_file(settings.data_dir / "cursor-secret")


async def read_user_keys(settings: Settings) -> UserKeys:
    """Return the keys that hash user ids.

    Serverless functions that don't hash user ids get keys without a secret.
    """
    if settings.user_hash_secret_name:
        return UserKeys(await _read_secret(settings, settings.user_hash_secret_name))
    if settings.user_hash_secret or not settings.is_local:
        return UserKeys(settings.user_hash_secret.encode())
    return UserKeys(_secret_in_file(settings.data_dir / "user-hash-secret"))


async def _read_secret(settings: Settings, name: str) -> bytes:
    """Return a secret from the key vault or, if no vault is set, from AWS Secrets Manager."""
    if settings.key_vault_url:
        from azure.keyvault.secrets.aio import SecretClient

        from api.auth.keys.vault import read_vault_secret

        async with (
            azure_credential(settings) as credential,
            SecretClient(settings.key_vault_url, credential, **_VAULT_OPTIONS) as client,
        ):
            return await read_vault_secret(client, name)
    from api.auth.keys.kms import make_client, read_aws_secret

    return await read_aws_secret(make_client("secretsmanager"), name)


def azure_credential(settings: Settings) -> "AsyncTokenCredential":
    """Return the credential of this process's managed identity.

    In the environment `local`, return the credential of the developer's Azure sign-in.
    """
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

    client_id = settings.azure_client_id or None
    if settings.is_local:
        return DefaultAzureCredential(managed_identity_client_id=client_id)
    return ManagedIdentityCredential(client_id=client_id)


def token_issuer(settings: Settings, keys: KeySource) -> TokenIssuer:
    return TokenIssuer(
        keys,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        new_id=lambda: uuid4().hex,
    )


def access_token_verifier(settings: Settings, own: KeySource, now: Clock) -> TokenVerifier:
    """Return a verifier of access tokens.

    The verifier uses the keys at the configured URL or, if no URL is configured, this service's
    signing keys.
    """

    def build() -> TokenVerifier:
        from api.auth.jwks import JwksCache, jwks_over_http
        from api.auth.verifier import JwtVerifier

        fetch = jwks_over_http(settings.jwks_url) if settings.jwks_url else own.public_keys
        return JwtVerifier(
            JwksCache(fetch, now=now),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            profile=ACCESS_TOKEN,
            now=now,
        )

    return LazyVerifier(build)


def id_token_verifier(
    settings: Settings, identity: "LocalIdentityProvider | None", now: Clock
) -> TokenVerifier:
    """Return a verifier of ID tokens.

    The ID tokens come from the configured identity provider or, if none is configured, from the
    local identity provider.
    """

    def build() -> TokenVerifier:
        from api.auth.jwks import JwksCache, jwks_over_http
        from api.auth.verifier import JwtVerifier

        if identity is not None:
            issuer, fetch = identity.issuer, identity.public_keys
        else:
            issuer, fetch = settings.oidc_issuer, jwks_over_http(settings.oidc_jwks_url)
        return JwtVerifier(
            JwksCache(fetch, now=now),
            issuer=issuer,
            audience=settings.oidc_audience,
            profile=ID_TOKEN,
            now=now,
        )

    return LazyVerifier(build)


def signs_in_locally(settings: Settings) -> bool:
    """Return whether sample users can sign in.

    In the environment `local`, sample users can sign in unless an identity provider is configured.
    """
    return settings.is_local and not settings.oidc_issuer


def local_identity(settings: Settings, store: Store, now: Clock) -> "LocalIdentityProvider | None":
    """Return the local identity provider, or None if sample users can't sign in."""
    if not signs_in_locally(settings):
        return None
    from api.auth.local_identity import LocalIdentityProvider

    async def list_users() -> list[User]:
        return list(await store.find(User, None))

    return LocalIdentityProvider(
        _file_keys(settings, "identity-key.json", now),
        list_users,
        issuer=f"{settings.jwt_issuer}/local-identity",
        audience=settings.oidc_audience,
        is_local=settings.is_local,
    )


def _vault_keys(settings: Settings, now: Clock) -> KeySource:
    from azure.keyvault.keys.aio import KeyClient

    from api.auth.keys.vault import VaultKeySource

    credential = azure_credential(settings)
    client = KeyClient(settings.key_vault_url, credential, **_VAULT_OPTIONS)
    return VaultKeySource(client, settings.signing_key, now=now)


def _kms_keys(settings: Settings, now: Clock) -> KeySource:
    from api.auth.keys.kms import KmsKeySource, make_client

    return KmsKeySource(make_client("kms"), settings.kms_keys, now=now)


def _no_keys() -> KeySource:
    raise ConfigurationError(
        "Outside `local`, a key in a vault signs tokens. Set ANALYTICS_KEY_VAULT_URL and "
        "ANALYTICS_SIGNING_KEY, or ANALYTICS_KMS_KEYS."
    )


def _secret_in_file(path: Path) -> bytes:
    from api.auth.secret_files import create_once

    if not path.exists():
        create_once(path, token_bytes(32))
    return path.read_bytes()


def _file_keys(settings: Settings, name: str, now: Clock) -> KeySource:
    def build() -> KeySource:
        from api.auth.keys.file import FileKeySource

        return FileKeySource(settings.data_dir / name, is_local=settings.is_local, now=now)

    return LazyKeySource(build)
