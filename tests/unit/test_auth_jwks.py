"""The cache of an issuer's keys: rotation, unknown key ids, invalid responses and outages."""

import asyncio
import contextlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep

import pytest

from api.auth import jwks
from api.auth.jwks import JwksCache, jwks_over_http
from api.errors import ApiError, ConfigurationError
from tests.tokens import KeyInMemory

FIRST, SECOND = KeyInMemory("first"), KeyInMemory("second")


class Issuer(ThreadingHTTPServer):
    """A server that responds with `keys`, or with `body` if set, after `delay` seconds."""

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.keys = [FIRST.jwk]
        self.body = None
        self.status = 200
        self.delay = 0
        self.requests = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/jwks.json"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        issuer = self.server
        issuer.requests += 1
        sleep(issuer.delay)
        body = issuer.body or json.dumps({"keys": issuer.keys}).encode()
        with contextlib.suppress(OSError):
            self.send_response(issuer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(issuer):
    thread = Thread(target=issuer.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield issuer
    finally:
        issuer.shutdown()
        thread.join()
        issuer.server_close()


@pytest.fixture
def issuer():
    with serving(Issuer()) as running:
        yield running


@pytest.fixture
def cache(issuer, clock):
    return JwksCache(jwks_over_http(issuer.url), now=clock)


async def code_of(cache, key):
    with pytest.raises(ApiError) as caught:
        await cache.find(key if isinstance(key, str) else key.key_id)
    return caught.value.code


async def test_concurrent_lookups_share_one_fetch(cache, issuer):
    keys = await asyncio.gather(*(cache.find(FIRST.key_id) for _ in range(20)))

    assert {key.key_id or FIRST.key_id for key in keys} == {FIRST.key_id}
    assert issuer.requests == 1


async def test_keys_are_fetched_again_after_ten_minutes(cache, issuer, clock):
    await cache.find(FIRST.key_id)
    clock.forward(minutes=10)
    await cache.find(FIRST.key_id)
    assert issuer.requests == 1
    clock.forward(seconds=1)
    await cache.find(FIRST.key_id)

    assert issuer.requests == 2


class TestRotation:
    async def test_a_new_key_is_found_at_once(self, cache, issuer):
        await cache.find(FIRST.key_id)
        issuer.keys = [SECOND.jwk, FIRST.jwk]
        await cache.find(SECOND.key_id)
        await cache.find(FIRST.key_id)

        assert issuer.requests == 2

    async def test_a_withdrawn_key_is_refused(self, cache, issuer, clock):
        await cache.find(FIRST.key_id)
        issuer.keys = [SECOND.jwk]
        clock.forward(minutes=11)

        assert await code_of(cache, FIRST) == "token_invalid"

    async def test_unknown_key_ids_cause_one_fetch_per_30_seconds(self, cache, issuer, clock):
        await cache.find(FIRST.key_id)
        for number in range(1000):
            assert await code_of(cache, f"made-up-{number}") == "token_invalid"
        assert issuer.requests == 2
        clock.forward(seconds=30)
        for number in range(1000):
            assert await code_of(cache, f"made-up-{number}") == "token_invalid"

        assert issuer.requests == 3

    async def test_concurrent_unknown_key_ids_share_a_fetch(self, cache, issuer):
        await cache.find(FIRST.key_id)
        await asyncio.gather(*(code_of(cache, f"made-up-{n}") for n in range(50)))

        assert issuer.requests == 2

    async def test_a_known_key_does_not_wait_for_the_fetch_of_an_unknown_key(self, cache, issuer):
        await cache.find(FIRST.key_id)
        issuer.delay = 0.2
        search = asyncio.create_task(code_of(cache, "made-up"))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(0.1):
            await cache.find(FIRST.key_id)

        assert await search == "token_invalid"


class TestOutage:
    async def test_known_keys_are_used_for_a_day(self, cache, issuer, clock):
        await cache.find(FIRST.key_id)
        issuer.status = 500
        for _ in range(24):
            clock.forward(hours=1)
            await cache.find(FIRST.key_id)
        clock.forward(seconds=1)

        assert await code_of(cache, FIRST) == "identity_provider_unavailable"

    async def test_a_failing_issuer_is_retried_once_per_30_seconds(self, cache, issuer, clock):
        await cache.find(FIRST.key_id)
        issuer.status = 500
        clock.forward(minutes=11)
        for _ in range(100):
            await cache.find(FIRST.key_id)
        assert issuer.requests == 2
        clock.forward(seconds=30)
        await cache.find(FIRST.key_id)

        assert issuer.requests == 3

    async def test_an_unknown_key_during_an_outage_is_a_503_not_an_invalid_token(
        self, cache, issuer
    ):
        await cache.find(FIRST.key_id)
        issuer.status = 500

        assert await code_of(cache, SECOND) == "identity_provider_unavailable"

    async def test_without_any_keys_the_error_has_retry_after(self, clock):
        stopped = Issuer()
        stopped.server_close()
        cache = JwksCache(jwks_over_http(stopped.url), now=clock)
        with pytest.raises(ApiError) as caught:
            await cache.find(FIRST.key_id)

        assert (caught.value.status, caught.value.code) == (503, "identity_provider_unavailable")
        assert caught.value.retry_after == 30

    async def test_the_cache_recovers_when_the_issuer_is_available_again(self, clock):
        stopped = Issuer()
        stopped.server_close()
        cache = JwksCache(jwks_over_http(stopped.url), now=clock)
        assert await code_of(cache, FIRST) == "identity_provider_unavailable"
        clock.forward(seconds=30)
        with serving(Issuer(stopped.server_port)):
            await cache.find(FIRST.key_id)

    @pytest.mark.parametrize(
        "body",
        [b"<html>", b"{}", b"[]", b"null", b'{"keys": null}', b'{"keys": []}', b'{"keys": [1]}'],
    )
    async def test_a_response_without_keys_is_treated_as_an_outage(
        self, cache, issuer, clock, body
    ):
        await cache.find(FIRST.key_id)
        issuer.body = body
        clock.forward(minutes=11)

        await cache.find(FIRST.key_id)

    async def test_a_fetch_from_a_slow_issuer_times_out(self, cache, issuer, clock, monkeypatch):
        await cache.find(FIRST.key_id)
        monkeypatch.setattr(jwks, "FETCH_SECONDS_MAX", 0.05)
        issuer.delay = 0.3
        clock.forward(minutes=11)
        async with asyncio.timeout(0.25):
            await cache.find(FIRST.key_id)

    async def test_requests_do_not_wait_for_a_slow_issuer(self, cache, issuer, clock):
        await cache.find(FIRST.key_id)
        issuer.delay = 0.3
        clock.forward(minutes=11)
        refresh = asyncio.create_task(cache.find(FIRST.key_id))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(0.1):
            await cache.find(FIRST.key_id)

        await refresh


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"alg": "RS512"},
        {"use": "enc"},
        {"kid": 7},
        {"n": "AQAB"},
        {"n": "%%%"},
        {"e": None},
    ],
    ids=repr,
)
async def test_only_strong_rs256_signing_keys_are_accepted(cache, issuer, changes):
    issuer.keys = [FIRST.jwk | changes, SECOND.jwk, "no key"]
    await cache.find(SECOND.key_id)

    assert await code_of(cache, FIRST) == "token_invalid"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://localhost/keys", "localhost/keys"])
def test_only_http_urls_are_accepted(url):
    with pytest.raises(ConfigurationError):
        jwks_over_http(url)
