"""Honest tenants, which write and read steadily, time every request and count stored events."""

import asyncio
import itertools
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx2

EVENTS_PER_BATCH = 10
TYPES = ("page_viewed", "signed_up", "invoice_paid")
_WRITE_SECONDS = 0.25
_READ_SECONDS = 0.5
_TOKEN_SECONDS = 600  # tokens expire after 15 minutes
_TRIES_MAX = 8


@dataclass
class Tenant:
    """The clients of one organisation and their measurements."""

    org_id: str
    http: httpx2.AsyncClient
    stored: int = 0
    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter[str])
    lags: list[float] = field(default_factory=list[float])
    _acknowledged: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    _token: str = ""
    _token_until: float = 0

    @property
    def api_key(self) -> str:
        return f"ak_local_{self.org_id.removeprefix('org_')}"

    async def run(self, seconds: float) -> None:
        """Write and read steadily for this time."""
        end = time.monotonic() + seconds
        await asyncio.gather(self._write(end), self._read(end))

    async def _write(self, end: float) -> None:
        for number in itertools.count():
            if time.monotonic() >= end:
                return
            await self._send(_events(self.org_id), key=f"honest-{self.org_id}-{number}-{end}")
            await asyncio.sleep(_WRITE_SECONDS)

    async def _send(self, body: object, key: str) -> None:
        for attempt in range(_TRIES_MAX):
            response = await self._request("ingest", "POST", "/api/v1/events", json=body, key=key)
            if response is not None and response.status_code == 201:
                self.stored += EVENTS_PER_BATCH
                self._acknowledged.append((time.monotonic(), self.stored))
                return
            await asyncio.sleep(0.2 * 2**attempt)
        raise RuntimeError(f"{self.org_id} could not store a batch: {dict(self.statuses)}")

    async def _read(self, end: float) -> None:
        while time.monotonic() < end:
            await self._request("query", "GET", "/api/v1/events?limit=50&event_type=signed_up")
            await self.count()
            await asyncio.sleep(_READ_SECONDS)

    async def count(self) -> int:
        """Read the day's total of events, and measure how far it lags behind the stored events."""
        requested = time.monotonic()
        response = await self._request(
            "summary", "GET", "/api/v1/metrics/summary?metrics=events&metrics=active_users"
        )
        if response is None or not response.is_success:
            return -1
        by_name = {metric["name"]: metric for metric in response.json()["metrics"]}
        total = int(by_name["events"]["total"])
        waiting = [moment for moment, stored in self._acknowledged if stored > total]
        self.lags.append(max(0.0, requested - waiting[0]) if waiting else 0.0)
        return total

    async def _request(
        self, kind: str, method: str, path: str, *, key: str = "", json: object = None
    ) -> httpx2.Response | None:
        headers = {"Authorization": f"Bearer {await self._access_token()}"}
        if key:
            headers["Idempotency-Key"] = key
        started = time.perf_counter()
        try:
            response = await self.http.request(method, path, headers=headers, json=json)
        except httpx2.TransportError as error:
            self.statuses[type(error).__name__] += 1
            return None
        self.milliseconds[kind].append((time.perf_counter() - started) * 1000)
        self.statuses[str(response.status_code)] += 1
        return response

    async def _access_token(self) -> str:
        if time.monotonic() >= self._token_until:
            response = await self.http.post("/api/v1/auth/token", json={"api_key": self.api_key})
            response.raise_for_status()
            self._token = response.json()["access_token"]
            self._token_until = time.monotonic() + _TOKEN_SECONDS
        return self._token


def _events(org_id: str) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "events": [
            {
                "event_id": uuid4().hex,
                "event_type": TYPES[n % len(TYPES)],
                "user_id": f"{org_id}_user_{n}",
                "timestamp": now,
                "properties": {"path": f"/projects/{n}", "plan": "pro"},
            }
            for n in range(EVENTS_PER_BATCH)
        ]
    }
