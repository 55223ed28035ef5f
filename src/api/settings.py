"""All settings, read from the environment once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from api.domain.retention import RETENTION_DAYS_MAX
from api.errors import ConfigurationError

LOCAL = "local"
EMULATOR = "emulator"
NO_LAKE = "none"  # the lake_url of a deployment without an event lake
LOCAL_ORIGINS = ("http://localhost:3000", "http://127.0.0.1:3000")
CURSOR_SECRET_BYTES_MIN = 32
STORES = ("cosmos", "dynamodb")
SIGN_UPS = (CLOSED := "closed", OPEN := "open")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_NUMBERS_MAX = {
    "work_per_second": 999_999_999,
    "events_retention_days": RETENTION_DAYS_MAX,
    "lake_retention_days": RETENTION_DAYS_MAX,
}
_STANDARD_NAMES = {
    "otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"
}  # the name that OpenTelemetry defines


@dataclass(frozen=True, slots=True)
class Settings:
    """The service's settings. `variable` returns the name of a field's environment variable."""

    env: str = LOCAL
    store: str = "cosmos"
    cosmos_endpoint: str = EMULATOR  # or the account's URL
    cosmos_key: str = ""  # for emulators and tests; in the cloud, a managed identity is used
    cosmos_database: str = "analytics"
    azure_client_id: str = ""  # of a user-assigned managed identity; empty: the system-assigned one
    dynamodb_endpoint: str = ""  # the URL of a local substitute; empty: AWS
    dynamodb_table_prefix: str = "analytics-"
    data_dir: Path = Path(".data")  # the emulator's file, the local keys and the local event lake
    # The container or bucket of the event lake, or NO_LAKE. Empty: data_dir/lake in `local`; in
    # other environments, a lake that this process doesn't use.
    lake_url: str = ""
    cors_origins: tuple[str, ...] = ()  # empty: the local dashboard's origin in `local`, else none
    jwt_issuer: str = "http://localhost:8000"  # the issuer of access tokens: this service's URL
    jwt_audience: str = "acme-analytics"
    jwks_url: str = ""  # the URL of the access tokens' keys; empty: this process has the keys
    oidc_issuer: str = ""  # the issuer of users' ID tokens; empty: the local identity provider
    oidc_audience: str = "acme-analytics-dashboard"
    oidc_jwks_url: str = ""
    sign_up: str = CLOSED  # whether signed-in persons can create organisations
    key_vault_url: str = ""  # holds the key and the secrets below; empty: AWS holds them
    signing_key: str = ""  # the name of the key in the vault that signs access tokens
    kms_keys: tuple[str, ...] = ()  # keys in AWS KMS: the first signs, all are published
    cursor_secret_name: str = ""  # the name of the stored secret that signs cursors
    cursor_secret: str = ""  # the secret; local default: a file in data_dir
    user_hash_secret_name: str = ""  # the name of the stored secret that hashes user ids
    user_hash_secret: str = ""  # the secret; local default: a file in data_dir
    trusts_forwarded_for: bool = False  # true if the gateway overwrites X-Forwarded-For
    events_retention_days: int = 0  # how long organisations' events are kept; 0: forever
    lake_retention_days: int = 0  # how long events are kept in the event lake; 0: forever
    work_per_second: int = 20_000  # the limit per credential and process; 0: no limit
    log_level: str = "INFO"
    otlp_endpoint: str = ""  # the URL of a collector of traces and metrics; empty: no export

    @property
    def is_local(self) -> bool:
        return self.env == LOCAL

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Return the origins whose pages may call the API."""
        return self.cors_origins or (LOCAL_ORIGINS if self.is_local else ())

    @property
    def has_lake(self) -> bool:
        """Return whether the deployment has an event lake, even if this process doesn't use it."""
        return self.lake_url != NO_LAKE

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, serves: bool = True
    ) -> Self:
        """Read the settings from environment variables; an empty variable counts as unset.

        A process that serves no requests needs only the settings of its store and lake. Raises
        ConfigurationError for an invalid combination.
        """
        values = {
            name: value
            for name in cls.__dataclass_fields__
            if (value := (environ or os.environ).get(variable(name)))
        }
        settings = cls(**{name: _parse(name, value) for name, value in values.items()})  # pyright: ignore[reportArgumentType]
        return settings.checked(serves=serves)

    def checked(self, *, serves: bool = True) -> Self:
        """Return the settings if they are consistent.

        Raises ConfigurationError for an invalid value or a missing setting. In the environment
        `local`, also rejects a store in the cloud. In all other environments, also rejects insecure
        addresses and settings that are allowed only in `local`.
        """
        choices = {"store": STORES, "log_level": LOG_LEVELS, "sign_up": SIGN_UPS}
        for name, allowed in choices.items():
            if (value := getattr(self, name)) not in allowed:
                raise ConfigurationError(f"{variable(name)}={value!r}: use {' or '.join(allowed)}.")
        if self.signing_key and not self.key_vault_url:
            raise ConfigurationError("ANALYTICS_SIGNING_KEY needs ANALYTICS_KEY_VAULT_URL.")
        if bool(self.oidc_issuer) != bool(self.oidc_jwks_url):
            raise ConfigurationError(
                "ANALYTICS_OIDC_ISSUER and ANALYTICS_OIDC_JWKS_URL belong together, because the "
                "issuer's ID tokens are verified with its key set. Set both variables or neither."
            )
        if self.is_local:
            self._require_local_store()
            return self
        insecure = [name for name, is_bad in self._insecure().items() if is_bad]
        if insecure and serves:
            raise ConfigurationError(
                f"ANALYTICS_ENV={self.env} needs https addresses and a cursor secret of "
                f"{CURSOR_SECRET_BYTES_MIN} bytes or more. Change {', '.join(insecure)}."
            )
        required = self._local_stores() | (self._unset() if serves else {})
        if wrong := [name for name, is_wrong in required.items() if is_wrong]:
            raise ConfigurationError(
                f"ANALYTICS_ENV={self.env}, but these are unset or hold local values: "
                f"{', '.join(wrong)}. Set them for {self.env}, or use ANALYTICS_ENV=local."
            )
        return self

    def _require_local_store(self) -> None:
        """Reject a cloud account in `local`, because its API keys would be publicly known."""
        on_cosmos = self.store == "cosmos"
        endpoint = self.cosmos_endpoint if on_cosmos else self.dynamodb_endpoint
        if endpoint == EMULATOR or _is_loopback(endpoint):
            return
        name = "ANALYTICS_COSMOS_ENDPOINT" if on_cosmos else "ANALYTICS_DYNAMODB_ENDPOINT"
        raise ConfigurationError(
            f"{name}={endpoint} isn't on this machine, but ANALYTICS_ENV is {LOCAL} or unset. "
            f"Set ANALYTICS_ENV to the environment's name, or use a local store."
        )

    def _insecure(self) -> Mapping[str, bool]:
        addresses = ("jwt_issuer", "jwks_url", "oidc_issuer", "oidc_jwks_url")
        secret = self.cursor_secret.encode()
        return {
            variable(name): not address.startswith("https://")
            for name in addresses
            if (address := getattr(self, name))
        } | {"ANALYTICS_CURSOR_SECRET": 0 < len(secret) < CURSOR_SECRET_BYTES_MIN}

    def _local_stores(self) -> dict[str, bool]:
        on_cosmos = self.store == "cosmos"
        return {
            "ANALYTICS_COSMOS_ENDPOINT": on_cosmos and self.cosmos_endpoint == EMULATOR,
            "ANALYTICS_COSMOS_KEY": bool(self.cosmos_key),
            "ANALYTICS_DYNAMODB_ENDPOINT": bool(self.dynamodb_endpoint),
        }

    def _unset(self) -> dict[str, bool]:
        signs = self.signing_key or self.kms_keys
        return {
            "ANALYTICS_CURSOR_SECRET_NAME": not (self.cursor_secret_name or self.cursor_secret),
            "ANALYTICS_JWKS_URL, ANALYTICS_SIGNING_KEY or ANALYTICS_KMS_KEYS": not (
                self.jwks_url or signs
            ),
            "ANALYTICS_OIDC_ISSUER": not self.oidc_issuer,
            "ANALYTICS_OIDC_JWKS_URL": not self.oidc_jwks_url,
        }


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def variable(name: str) -> str:
    """Return the name of this field's environment variable, usually `ANALYTICS_<NAME>`."""
    return _STANDARD_NAMES.get(name, f"ANALYTICS_{name.upper()}")


def _parse(name: str, value: str) -> str | bool | int | Path | tuple[str, ...]:
    if name in _NUMBERS_MAX:
        most = _NUMBERS_MAX[name]
        is_number = value.isascii() and value.isdigit() and len(value) <= len(str(most))
        if not is_number or int(value) > most:
            raise ConfigurationError(
                f"{variable(name)}={value[:40]!r}: use a whole number up to {most:,}, or 0 for no "
                "limit."
            )
        return int(value)
    if name in ("cors_origins", "kms_keys"):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if name == "trusts_forwarded_for":
        return value.lower() in ("1", "true")
    return Path(value) if name == "data_dir" else value
