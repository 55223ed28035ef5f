"""Setting the wall clock back doesn't prolong any wait, back-off or block."""

from datetime import timedelta

import httpx2
import pytest

from api.auth.caller import EVENTS_WRITE, Caller
from api.auth.jwks import COOLDOWN, JwksCache
from api.auth.keys.remote import KeyRing, RemoteKeySource
from api.auth.protocol import Jwks
from api.cli.retry import retry_after
from api.errors import ApiError
from api.services.work_limits import BURST_SECONDS, WorkLimiter
from tests.support import START, ManualClock
from tests.tokens import KeyInMemory

FIRST, SECOND = KeyInMemory("first"), KeyInMemory("second")


async def test_an_unreachable_issuer_is_retried_although_the_clock_was_set_back():
    clock, asked = ManualClock(), 0

    async def fetch() -> Jwks:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise OSError
        return {"keys": [FIRST.jwk]}

    cache = JwksCache(fetch, now=clock)
    with pytest.raises(ApiError):
        await cache.find(FIRST.key_id)
    clock.forward(hours=-1)

    await cache.find(FIRST.key_id)

    assert asked == 2


async def test_a_rotated_key_is_found_although_the_clock_was_set_back():
    clock, keys = ManualClock(), [FIRST.jwk]

    async def fetch() -> Jwks:
        return {"keys": [*keys]}

    cache = JwksCache(fetch, now=clock, cooldown=COOLDOWN)
    await cache.find(FIRST.key_id)
    with pytest.raises(ApiError):
        await cache.find(SECOND.key_id)
    keys.append(SECOND.jwk)
    clock.forward(hours=-1)

    assert await cache.find(SECOND.key_id)


class Vault(RemoteKeySource):
    """A key service that can be unavailable."""

    asked = 0
    is_down = False

    async def fetch(self) -> KeyRing:
        self.asked += 1
        if self.is_down:
            raise ApiError("identity_provider_unavailable", "Down.")
        return KeyRing("first", [])

    async def sign_digest(self, key_id: str, digest: bytes) -> bytes:  # noqa: ARG002
        return digest


@pytest.mark.parametrize("is_down", [False, True])
async def test_a_key_service_is_called_again_although_the_clock_was_set_back(is_down: bool):  # noqa: FBT001
    clock = ManualClock()
    vault = Vault(now=clock)
    await vault.public_keys()
    vault.is_down = is_down
    clock.forward(hours=1)
    await vault.public_keys()
    clock.forward(hours=-2)
    await vault.public_keys()

    assert vault.asked == 3


def test_work_refills_although_the_clock_was_set_back():
    limiter, clock = WorkLimiter(10), ManualClock()
    caller = Caller("u", "org_acme", frozenset({EVENTS_WRITE}), None, START)
    limiter.admit(caller, clock())
    limiter.charge(caller, 10 * BURST_SECONDS + 100, clock())
    clock.forward(hours=-1)
    with pytest.raises(ApiError):
        limiter.admit(caller, clock())
    clock.forward(minutes=1)

    limiter.admit(caller, clock())


def test_a_date_in_retry_after_is_relative_to_the_servers_date():
    response = httpx2.Response(
        503,
        headers={
            "Date": "Tue, 10 Mar 2015 12:00:00 GMT",
            "Retry-After": "Tue, 10 Mar 2015 12:00:07 GMT",
        },
    )

    assert retry_after(response) == timedelta(seconds=7).total_seconds()
    assert retry_after(httpx2.Response(503, headers={"Retry-After": "no date"})) is None
    del response.headers["Date"]
    assert retry_after(response) is None
