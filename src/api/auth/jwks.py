"""A cache of an issuer's public keys, which stays usable while the issuer is unreachable."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

import jwt

from api.auth.errors import token_invalid
from api.auth.protocol import Jwks
from api.domain.times import Clock, is_within
from api.errors import ApiError, ConfigurationError

FRESH_FOR = timedelta(minutes=10)  # after this time, the keys are fetched again
USABLE_FOR = timedelta(hours=24)  # how long cached keys are used if the issuer is unreachable
COOLDOWN = timedelta(seconds=30)  # between fetches for unknown keys, and after a failed fetch
FETCH_SECONDS_MAX = 3.0
_JWKS_BYTES_MAX = 256 * 1024
_RSA_BITS_MIN = 2048
_NEVER = datetime.min.replace(tzinfo=UTC)

type FetchJwks = Callable[[], Awaitable[Jwks]]  # raises OSError or ValueError


class JwksCache:
    """A cache of one issuer's public keys, by key id.

    If this service is the issuer, `fetch` is `KeySource.public_keys`. An unknown key id causes the
    cache to fetch the keys again, because the issuer may have a new key. After a fetch for an
    unknown key id, other unknown ids cause no fetch for a cooldown period, so a client can't cause
    many fetches with invented ids.
    """

    def __init__(self, fetch: FetchJwks, *, now: Clock, cooldown: timedelta = COOLDOWN) -> None:
        self._fetch = fetch
        self._now = now
        self._cooldown = cooldown
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = _NEVER
        self._pause = timedelta()  # after the last fetch
        self._is_reachable = True
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK:
        """Return the issuer's key with this id.

        Raises ApiError `token_invalid` if the issuer has no key with this id. Raises
        `identity_provider_unavailable` if the key isn't cached and the issuer is unreachable.
        """
        if self._is_due(key_id) and not (self._usable(key_id) and self._fetching.locked()):
            async with self._fetching:
                if self._is_due(key_id):
                    await self._refresh()
        if key := self._usable(key_id):
            return key
        if self._is_reachable:
            raise token_invalid("the issuer has no key with this key id (kid)")
        raise self._unavailable()

    def _usable(self, key_id: str) -> jwt.PyJWK | None:
        return self._keys.get(key_id) if self._age() <= USABLE_FOR else None

    def _is_due(self, key_id: str) -> bool:
        is_wanted = self._usable(key_id) is None or not self._is_fresh()
        return is_wanted and not is_within(self._pause, self._tried_at, self._now())

    def _is_fresh(self) -> bool:
        # A negative age means that the clock was set back.
        return timedelta() <= self._age() <= FRESH_FOR

    async def _refresh(self) -> None:
        is_for_unknown_key = self._is_fresh()
        try:
            async with asyncio.timeout(FETCH_SECONDS_MAX):
                keys = _usable_keys(await self._fetch())
        except (OSError, ValueError):
            self._is_reachable = False
            self._tried_at, self._pause = self._now(), self._cooldown
            return
        self._keys, self._is_reachable = keys, True
        self._fetched_at = self._tried_at = self._now()
        self._pause = self._cooldown if is_for_unknown_key else timedelta()

    def _age(self) -> timedelta:
        return self._now() - self._fetched_at

    def _unavailable(self) -> ApiError:
        wait = max(1.0, (self._tried_at + self._pause - self._now()).total_seconds())
        return ApiError(
            "identity_provider_unavailable",
            "The issuer's keys can't be fetched to verify the token. "
            "Retry the request after Retry-After seconds.",
            retry_after=wait,
        )


def jwks_over_http(url: str) -> FetchJwks:
    """Return a function that fetches the key set from this URL in a thread.

    The function uses the standard library, because one small document every ten minutes doesn't
    justify an HTTP client library. Raises ConfigurationError for a URL that isn't http or https.
    """
    if not url.startswith(("https://", "http://")):
        raise ConfigurationError(f"The address of the keys must be an http(s) URL, not {url!r}.")

    async def fetch() -> Jwks:
        return await asyncio.to_thread(_get_json, url)

    return fetch


def _get_json(url: str) -> Jwks:
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=FETCH_SECONDS_MAX) as response:  # noqa: S310 - checked above
            return json.loads(response.read(_JWKS_BYTES_MAX))
    except HTTPException as error:
        raise OSError("the issuer's response is incomplete") from error


def _usable_keys(jwks: Jwks) -> Mapping[str, jwt.PyJWK]:
    """Return the RS256 keys of a key set. Raises ValueError if the set contains no RS256 keys."""
    try:
        entries = [entry for entry in jwks["keys"] if _is_rs256(entry)]
    except (KeyError, TypeError) as error:
        raise ValueError("not a key set") from error
    keys = {entry["kid"]: key for entry in entries if (key := _public_key(entry))}
    if not keys:
        raise ValueError("no RS256 key in the key set")
    return keys


def _is_rs256(entry: Any) -> bool:  # noqa: ANN401 - any JSON value
    match entry:
        case {"kty": "RSA", "kid": str(), "n": str(), "e": str()}:
            return entry.get("alg", "RS256") == "RS256" and entry.get("use", "sig") == "sig"
        case _:
            return False


def _public_key(entry: Mapping[str, str]) -> jwt.PyJWK | None:
    public = {"kty": "RSA", "n": entry["n"], "e": entry["e"]}
    try:
        key = jwt.PyJWK(public, algorithm="RS256")
    except (jwt.PyJWTError, ValueError):
        return None
    return key if key.key.key_size >= _RSA_BITS_MIN else None
