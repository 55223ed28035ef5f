"""If any store call fails, the response reports it and a retry stores every event exactly once."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from httpx2 import AsyncClient, Response

from api import backends
from api.app import create_app
from api.backends import open_emulated
from api.errors import ApiError
from api.services.rollups import catch_up
from api.stores.protocol import Conflict
from cosmos_emulator import Emulator, Request, throttled
from cosmos_emulator import Response as StoreResponse
from tests.support import ManualClock, an_event, send, statuses

RETRY_AFTER_SECONDS = 5
ATTEMPTS_MAX = 40  # retries every 2 s outlast a lease of 30 s
DAYS = ("2026-03-08", "2026-03-09", "2026-03-10")
DEADLINE_SECONDS, POLL_SECONDS = 60, 0.02
RANGE = {"start_date": DAYS[0], "end_date": DAYS[-1]}


class Fault:
    """A failure of the store `before` or `after` it has performed the operation."""

    def __init__(self, *, before=None, after=None, statuses: set[int]) -> None:
        self.before, self.after = before, after
        self.expected = statuses  # statuses that the API may return then

    def __call__(self, emulator: Emulator, request: Request) -> StoreResponse:
        if self.before:
            return self.before()
        emulator.handle(request.method, request.url, request.headers, request.body)
        return self.after()


def throttle() -> StoreResponse:
    return throttled(RETRY_AFTER_SECONDS * 1000)


def unavailable() -> StoreResponse:
    return StoreResponse(503, {}, b'{"code": "ServiceUnavailable", "message": ""}')


def refuse() -> StoreResponse:
    raise ServiceRequestError("connection refused")


def lose() -> StoreResponse:
    raise ServiceResponseError("connection reset")


FAULTS = {
    "throttled": Fault(before=throttle, statuses={429}),
    "unavailable": Fault(before=unavailable, statuses={503}),
    "refused": Fault(before=refuse, statuses={503}),
    "done, then unavailable": Fault(after=unavailable, statuses={503}),
    "done, then lost": Fault(after=lose, statuses={503}),
}


class FaultyCall:
    """An interceptor for the n-th call to the store, and all later ones if it `lasts`."""

    def __init__(self, emulator: Emulator, fault: Fault, number: int, *, lasts: bool) -> None:
        self._emulator, self._fault = emulator, fault
        self._number, self._lasts = number, lasts
        self._calls = 0
        self._inside = False

    @property
    def was_reached(self) -> bool:
        return self._calls >= self._number

    def __call__(self, request: Request) -> StoreResponse | None:
        if self._inside:
            return None
        self._calls += 1
        if self._calls < self._number or (self._calls > self._number and not self._lasts):
            return None
        self._inside = True
        try:
            return self._fault(self._emulator, request)
        finally:
            self._inside = False


@pytest.fixture(autouse=True)
def sdk_gives_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn off the SDK's own retries, which would hide the fault."""
    options = {
        "retry_throttle_total": -1,  # the SDK treats 0 as "use the default"
        "retry_connect": 0,
        "retry_read": 0,
        "enable_endpoint_discovery": False,  # prevents a retry after a 503
    }
    for name, value in options.items():
        monkeypatch.setitem(backends._COSMOS_OPTIONS, name, value)


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> Fault:
    return FAULTS[request.param]


@pytest.fixture(params=[False, True], ids=["once", "lasting"])
def lasts(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def faulty(emulator: Emulator, fault: Fault, *, lasts: bool):
    @contextmanager
    def faulty(number: int) -> Generator[FaultyCall]:
        call = FaultyCall(emulator, fault, number, lasts=lasts)
        emulator.interceptors.append(call)
        try:
            yield call
        finally:
            emulator.interceptors.remove(call)

    return faulty


def assert_honest(response: Response, fault: Fault) -> None:
    assert response.status_code in fault.expected
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
        assert int(response.headers["Retry-After"]) >= 1
    if response.status_code == 429:
        assert int(response.headers["Retry-After"]) == RETRY_AFTER_SECONDS


async def retry_until_done(clock: ManualClock, submit) -> Response:
    """Repeat the request after each Retry-After until it succeeds; return the last response."""
    for _ in range(ATTEMPTS_MAX):
        response = await submit()
        if response.status_code not in (409, 429, 503):
            return response
        clock.forward(seconds=int(response.headers["Retry-After"]))
    raise AssertionError(response.text)


OLDER = an_event(0, timestamp=f"{DAYS[1]}T01:00:00Z", event_id="older")


def identified(number: int) -> list[dict[str, object]]:
    """Return events of three days, the last of which is already stored."""
    return [
        *(an_event(event_id=f"{number}-{day}", timestamp=f"{day}T02:00:00Z") for day in DAYS),
        OLDER,
    ]


def batch(number: int) -> list[dict[str, object]]:
    """Return `identified` events, two events without id, a repeated event and an invalid event."""
    bare = {"event_type": "signed_up", "user_id": f"new-{number}"}
    events = identified(number)
    return [*events, bare, bare, events[0], an_event(user_id="")]


BATCH_STATUSES = [*["created"] * 3, "duplicate", *["created"] * 2, "duplicate", "rejected"]


async def assert_counted_exactly(client: AsyncClient, fold, events: int) -> None:
    """Check that this many events are listed, each once, and that the sums match."""
    await fold()
    listed, cursor = [], {}
    while cursor is not None:
        page = (await client.get("/api/v1/events", params=RANGE | {"limit": 200} | cursor)).json()
        listed += page["data"]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    summary = await client.get(
        "/api/v1/metrics/summary", params=RANGE | {"metrics": ["events", "active_users"]}
    )
    sums = {metric["name"]: metric["total"] for metric in summary.json()["metrics"]}

    assert len({(event["timestamp"], event["event_id"]) for event in listed}) == events
    assert len(listed) == events
    assert sums == {"events": events, "active_users": len({event["user_id"] for event in listed})}


async def test_a_retry_completes_a_request_with_a_key(
    acme: AsyncClient, clock: ManualClock, fold, fault: Fault, faulty
):
    await send(acme, OLDER)
    for number in count(1):
        with faulty(number) as call:
            first = await send(acme, *batch(number), key=f"k{number}")
        retried = await retry_until_done(clock, lambda n=number: send(acme, *batch(n), key=f"k{n}"))

        assert statuses(retried) == BATCH_STATUSES, number
        if not call.was_reached:
            break
        assert_honest(first, fault)
    assert number > len(["record", *DAYS, "which are known", "the others", "completion"])
    await assert_counted_exactly(acme, fold, 1 + number * BATCH_STATUSES.count("created"))


async def test_a_retry_completes_a_request_without_a_key(
    acme: AsyncClient, clock: ManualClock, fold, fault: Fault, faulty
):
    await send(acme, OLDER)
    for number in count(1):
        with faulty(number) as call:
            first = await send(acme, *identified(number))
        retried = await retry_until_done(clock, lambda n=number: send(acme, *identified(n)))

        assert set(statuses(retried)) <= {"created", "duplicate"}
        if not call.was_reached:
            break
        assert_honest(first, fault)
    assert number > len([*DAYS, "which are known"])
    await assert_counted_exactly(acme, fold, 1 + number * len(DAYS))


READS = {
    "events": ("GET", "/api/v1/events", RANGE),
    "summary": ("GET", "/api/v1/metrics/summary", RANGE),
    "event types": ("GET", "/api/v1/event-types", RANGE),
    "caller": ("GET", "/api/v1/me", {}),
    "token": ("POST", "/api/v1/auth/token", {"api_key": "ak_local_acme"}),
}


async def test_reads_and_token_requests_can_be_retried(
    acme: AsyncClient, clock: ManualClock, fold, fault: Fault, faulty
):
    async def read(name: str) -> Response:
        method, path, values = READS[name]
        values_as = "json" if method == "POST" else "params"
        return await acme.request(method, path, **{values_as: values})

    await send(acme, OLDER)
    await fold()
    for name in READS:
        without_fault = comparable(await read(name))
        for number in count(1):
            with faulty(number) as call:
                first = await read(name)
            if not call.was_reached:
                break
            assert_honest(first, fault)
            assert (
                comparable(await retry_until_done(clock, lambda n=name: read(n))) == without_fault
            )
        assert number > 1, name


def comparable(response: Response) -> object:
    return {name: value for name, value in response.json().items() if name != "access_token"}


async def test_an_interrupted_fold_is_completed_by_the_next(acme: AsyncClient, app, fold, faulty):
    store = app.state.resources.store
    for number in count(1):
        await send(acme, *identified(number))
        with faulty(number) as call, suppress(ApiError, Conflict):
            await catch_up(store)
        if not call.was_reached:
            break
    assert number > len(["changes", *DAYS, "checkpoint"])
    await assert_counted_exactly(acme, fold, 1 + number * len(DAYS))


@pytest.fixture
def folding(settings, emulator: Emulator, clock: ManualClock):
    """Start an app that folds in the background."""
    return create_app(settings, open_store=lambda s: open_emulated(s, emulator), now=clock)


async def test_the_background_fold_continues_after_the_store_was_unavailable(
    acme: AsyncClient, app, emulator: Emulator, folding
):
    await send(acme, *identified(1))
    store, called = app.state.resources.store, asyncio.Event()

    def throttle_and_note(_: Request) -> StoreResponse:
        called.set()
        return throttle()

    async with folding.router.lifespan_context(folding), asyncio.timeout(DEADLINE_SECONDS):
        emulator.interceptors.append(throttle_and_note)
        await called.wait()
        emulator.interceptors.clear()
        unfolded = True
        while unfolded:
            await asyncio.sleep(POLL_SECONDS)
            unfolded = await store.unfolded()


class TestOwnRetriesOfTheSdk:
    @pytest.fixture(autouse=True)
    def sdk_gives_up_at_once(self) -> None:
        """Keep the SDK's own retries."""

    async def test_the_sdk_retries_throttling_for_2_seconds_before_the_429(
        self, acme: AsyncClient, emulator: Emulator
    ):
        started = time.monotonic()
        emulator.interceptors.append(lambda _: throttled(30_000))
        response = await send(acme, an_event(1))

        assert response.status_code == 429
        assert response.headers["Retry-After"] == "30"
        assert time.monotonic() - started < 10  # well before the request deadline of 20 s

    async def test_the_caller_does_not_notice_short_throttling(
        self, acme: AsyncClient, emulator: Emulator
    ):
        responses = [throttled(10), throttled(10)]
        emulator.interceptors.append(lambda _: responses.pop() if responses else None)

        assert statuses(await send(acme, *batch(1), key="k"))[:3] == ["created"] * 3
        assert not responses

    async def test_a_write_that_the_sdk_repeats_is_stored_once(
        self, acme: AsyncClient, emulator: Emulator, clock: ManualClock, fold
    ):
        fault = FAULTS["done, then unavailable"]
        await send(acme, OLDER)
        for number in count(1):
            call = FaultyCall(emulator, fault, number, lasts=False)
            emulator.interceptors.append(call)
            response = await retry_until_done(
                clock, lambda n=number: send(acme, *batch(n), key=f"k{n}")
            )
            emulator.interceptors.remove(call)

            assert statuses(response) == BATCH_STATUSES, number
            if not call.was_reached:
                break
        await assert_counted_exactly(acme, fold, 1 + number * BATCH_STATUSES.count("created"))
