"""The attacks of a hostile tenant, which this process sends in rotation.

    uv run python -m benchmarks.soak.attacks URL SECONDS

At the end, the program prints one JSON line with the number of each outcome per attack. The API
keys belong to `org_hostile`, which the soak benchmark registers.
"""

import asyncio
import gzip
import itertools
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import orjson

PUBLIC_KEY, SECRET_KEY = "pk_local_hostile", "ak_local_hostile"
CREATED = 201
CONNECTIONS = 8
SECONDS_PER_ATTACK = 10
_CLIENT_PAUSE_SECONDS = 0.02  # limits this process, which may share cores with the server
_HALF_OPEN = 200


class Attacker:
    """The hostile tenant's connections and credentials."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.cursor = ""  # the cursor of the deepest page so far
        self._tokens = {PUBLIC_KEY: "", SECRET_KEY: ""}

    async def renew_tokens(self) -> None:
        """Request a token for both keys; tokens expire after 15 minutes."""
        for api_key in self._tokens:
            self._tokens[api_key] = await self._token(api_key)

    async def _token(self, api_key: str) -> str:
        while True:
            response = await self.http.post("/api/v1/auth/token", json={"api_key": api_key})
            if response.is_success:
                return response.json()["access_token"]
            await asyncio.sleep(1)  # an earlier attack has used up this credential's work limit

    async def post(
        self, body: bytes, *, key: str = "", api_key: str = PUBLIC_KEY, encoding: str = ""
    ) -> httpx2.Response:
        """Send a body to the ingest endpoint, with the public key by default."""
        headers = {
            "Authorization": f"Bearer {self._tokens[api_key]}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or uuid4().hex,
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        return await self.http.post("/api/v1/events", content=body, headers=headers)

    async def get(self, path: str, **parameters: str | int) -> httpx2.Response:
        """Send a GET request with the secret key."""
        headers = {"Authorization": f"Bearer {self._tokens[SECRET_KEY]}"}
        return await self.http.get(path, params=parameters, headers=headers)


type Attack = Callable[[Attacker, int], Awaitable[httpx2.Response | str]]


def _events(*events: Mapping[str, object]) -> bytes:
    return orjson.dumps({"events": events})


def _event(
    user_id: str = "user_1", event_type: str = "page_viewed", **more: object
) -> dict[str, object]:
    return {"event_type": event_type, "user_id": user_id, **more}


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def _pointer_bomb() -> bytes:
    name = "\N{PILE OF POO}" + "k" * 520_000
    return gzip.compress(orjson.dumps({name: [0] * 264_000, "z": "\0"}))


_POINTER_BOMB = _pointer_bomb()
_UNKNOWN_FIELDS = _events(*({f"unknown_{n}": n for n in range(400)} for _ in range(50)))
_DEEP = b'{"events":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}"


def _lowest_hashes(count: int, candidates: int) -> Sequence[str]:
    """Return user ids with the lowest 8-byte BLAKE2b hashes, which inflate an unkeyed sketch."""
    names = (f"forged_{n}" for n in range(candidates))
    return sorted(names, key=lambda name: blake2b(name.encode(), digest_size=8).digest())[:count]


_FORGED_USERS = _lowest_hashes(4_500, 300_000)


async def pointer_bomb(attacker: Attacker, _: int) -> httpx2.Response:
    """Send 1.4 kB that decompress to 1 MiB, with one fault after a very long member name."""
    return await attacker.post(_POINTER_BOMB, encoding="gzip")


async def unknown_fields(attacker: Attacker, _: int) -> httpx2.Response:
    """Send events with so many unknown fields that there are 20,000 errors to report."""
    return await attacker.post(_UNKNOWN_FIELDS)


async def deep_nesting(attacker: Attacker, _: int) -> httpx2.Response:
    """Send 100,000 nested arrays."""
    return await attacker.post(_DEEP)


async def event_type_flood(attacker: Attacker, turn: int) -> httpx2.Response:
    """Send a hundred new event types of 128 characters per request."""
    types = (f"{turn}_{n}_{uuid4().hex}".ljust(128, "x") for n in range(100))
    return await attacker.post(_events(*(_event(event_type=name) for name in types)))


async def day_flood(attacker: Attacker, turn: int) -> httpx2.Response:
    """Send events of a hundred days per request, so that each request causes a hundred folds."""
    events = (_event(timestamp=_days_ago((turn * 100 + n) % 360)) for n in range(100))
    return await attacker.post(_events(*events))


async def forged_users(attacker: Attacker, turn: int) -> httpx2.Response:
    """Send user ids with low unkeyed hashes, as no client has the key of the real hashes."""
    first = turn * 100 % len(_FORGED_USERS)
    return await attacker.post(_events(*(_event(u) for u in _FORGED_USERS[first : first + 100])))


async def suppression(attacker: Attacker, turn: int) -> str:
    """Use an Idempotency-Key and an event id with the public key first, then as the backend."""
    key = f"order-{os.getpid()}-{turn}"  # unique: each round is a new process
    event = _event(event_id=key, timestamp=_days_ago(0))
    await attacker.post(_events(event | {"user_id": "nobody"}), key=key)
    response = await attacker.post(_events(event), key=key, api_key=SECRET_KEY)
    if response.status_code != CREATED:
        return str(response.status_code)
    return "stored" if response.json()["created"] else "suppressed"


async def lone_surrogates(attacker: Attacker, turn: int) -> httpx2.Response:
    """Send text and numbers that are valid JSON but can't be stored."""
    text = '"Great \\ud83d"' if turn % 2 else "1e999"
    good = ",".join(['{"event_type":"a","user_id":"b"}'] * 99)
    bad = f'{{"event_type":"a","user_id":"b","properties":{{"x":{text}}}}}'
    return await attacker.post(f'{{"events":[{good},{bad}]}}'.encode())


async def token_flood(attacker: Attacker, _: int) -> httpx2.Response:
    """Request tokens; each costs a signature if the API doesn't reuse tokens."""
    return await attacker.http.post("/api/v1/auth/token", json={"api_key": PUBLIC_KEY})


async def key_set_flood(attacker: Attacker, _: int) -> httpx2.Response:
    """Request the key set, which needs no authentication."""
    return await attacker.http.get("/.well-known/jwks.json")


async def wide_summaries(attacker: Attacker, _: int) -> httpx2.Response:
    """Request a year of all metrics, which covers the days that other attacks filled."""
    start, end = _days_ago(365)[:10], _days_ago(0)[:10]
    return await attacker.get("/api/v1/metrics/summary", start_date=start, end_date=end)


async def deep_pages(attacker: Attacker, _: int) -> httpx2.Response:
    """Request the next page of the organisation's events."""
    cursor = {"cursor": attacker.cursor} if attacker.cursor else {}
    response = await attacker.get(
        "/api/v1/events", limit=100, start_date=_days_ago(365)[:10], **cursor
    )
    if response.is_success:
        attacker.cursor = response.json()["next_cursor"] or ""
    return response


async def half_open_requests(attacker: Attacker, _: int) -> str:
    """Send headers that announce a body of 1,000 bytes, but only one byte of it."""
    url = urlsplit(str(attacker.http.base_url))
    try:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
    except OSError:
        return "refused"
    try:
        writer.write(
            b"POST /api/v1/events HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
        async with asyncio.timeout(SECONDS_PER_ATTACK):
            line = await reader.readline()
        return line.split(b" ")[1].decode() if line else "closed"
    except TimeoutError:
        return "open"
    except OSError:
        return "closed"
    finally:
        writer.close()


ATTACKS: dict[Attack, int] = {
    attack: _HALF_OPEN if attack is half_open_requests else CONNECTIONS
    for attack in (
        pointer_bomb,
        unknown_fields,
        deep_nesting,
        event_type_flood,
        day_flood,
        forged_users,
        suppression,
        lone_surrogates,
        token_flood,
        key_set_flood,
        wide_summaries,
        deep_pages,
        half_open_requests,
    )
}


async def run_attack(
    attacker: Attacker, attack: Attack, turns: Iterator[int], connections: int
) -> Counter[str]:
    """Repeat one attack over this number of connections for its share of the time."""
    outcomes = Counter[str]()
    end = time.monotonic() + SECONDS_PER_ATTACK

    async def repeat() -> None:
        while time.monotonic() < end:
            try:
                outcome = await attack(attacker, next(turns))
                outcomes[outcome if isinstance(outcome, str) else str(outcome.status_code)] += 1
            except httpx2.TransportError as error:
                outcomes[type(error).__name__] += 1
            await asyncio.sleep(_CLIENT_PAUSE_SECONDS)

    await asyncio.gather(*(repeat() for _ in range(connections)))
    return outcomes


async def main(url: str, seconds: float) -> None:
    """Run the attacks in turn until the time is over."""
    outcomes = defaultdict[str, Counter[str]](Counter)
    end, turns = time.monotonic() + seconds, itertools.count()
    async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
        attacker = Attacker(http)
        for attack, connections in itertools.cycle(ATTACKS.items()):
            if time.monotonic() >= end:
                break
            with suppress(httpx2.TransportError):
                await attacker.renew_tokens()
            outcomes[attack.__name__] += await run_attack(attacker, attack, turns, connections)
    print(json.dumps(outcomes))


if __name__ == "__main__":
    os.nice(10)  # the honest tenants' clients share these cores
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
