"""A store that fails at any call: the answer is honest and a retry is exact."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from httpx2 import AsyncClient, Response

from api import app as composition
from api.app import create_app, open_emulated
from api.errors import ApiError
from api.services.rollups import catch_up
from api.stores.protocol import Conflict
from cosmos_emulator import Emulator, Request, throttled
from cosmos_emulator import Response as StoreResponse
from tests.support import ManualClock, an_event, send, statuses

RETRY_AFTER_SECONDS = 5
ATTEMPTS_MAX = 40  # a lease of 30 s, asked after every 2 s
DAYS = ("2026-03-08", "2026-03-09", "2026-03-10")
DEADLINE_SECONDS, POLL_SECONDS = 60, 0.02
RANGE = {"start_date": DAYS[0], "end_date": DAYS[-1]}


class Fault:
    """Something wrong with the store: `before` the operation is done, or `after`."""

    def __init__(self, *, before=None, after=None, answers: set[int]) -> None:
        self.before, self.after = before, after
        self.answers = answers  # what the API may answer then

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
    "throttled": Fault(before=throttle, answers={429}),
    "unavailable": Fault(before=unavailable, answers={503}),
    "refused": Fault(before=refuse, answers={503}),
    "done, then unavailable": Fault(after=unavailable, answers={503}),
    "done, then lost": Fault(after=lose, answers={503}),
}


class FaultyCall:
    """An interceptor for the n-th call to the store, and all later ones if it `lasts`."""

    def __init__(self, emulator: Emulator, fault: Fault, number: int, *, lasts: bool) -> None:
        self._emulator, self._fault = emulator, fault
        self._number, self._lasts = number, lasts
        self._calls = 0
        self._inside = False

    @property
    def came(self) -> bool:
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
    """Or its own retries would hide the fault."""
    options = {
        "retry_throttle_total": -1,  # it takes a 0 for the default
        "retry_connect": 0,
        "retry_read": 0,
        "enable_endpoint_discovery": False,  # no second try after a 503
    }
    for name, value in options.items():
        monkeypatch.setitem(composition._COSMOS_OPTIONS, name, value)


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


def assert_honest(answer: Response, fault: Fault) -> None:
    assert answer.status_code in fault.answers
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
    if answer.status_code == 429:
        assert int(answer.headers["Retry-After"]) == RETRY_AFTER_SECONDS


async def until_answered(clock: ManualClock, submit) -> Response:
    """Do as the answers ask: wait, then the same again."""
    for _ in range(ATTEMPTS_MAX):
        answer = await submit()
        if answer.status_code not in (409, 429, 503):
            return answer
        clock.forward(seconds=int(answer.headers["Retry-After"]))
    raise AssertionError(answer.text)


OLDER = an_event(0, timestamp=f"{DAYS[1]}T01:00:00Z", event_id="older")


def identified(number: int) -> list[dict[str, object]]:
    """Return events of three days, the last of which is already stored."""
    return [
        *(an_event(event_id=f"{number}-{day}", timestamp=f"{day}T02:00:00Z") for day in DAYS),
        OLDER,
    ]


def batch(number: int) -> list[dict[str, object]]:
    """Return them with two that get a derived id, a repeated one and an invalid one."""
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


async def test_a_keyed_request_is_finished_by_its_retry(
    acme: AsyncClient, clock: ManualClock, fold, fault: Fault, faulty
):
    await send(acme, OLDER)
    for number in count(1):
        with faulty(number) as call:
            first = await send(acme, *batch(number), key=f"k{number}")
        retried = await until_answered(clock, lambda n=number: send(acme, *batch(n), key=f"k{n}"))

        assert statuses(retried) == BATCH_STATUSES, number
        if not call.came:
            break
        assert_honest(first, fault)
    assert number > len(["record", *DAYS, "which are known", "the others", "completion"])
    await assert_counted_exactly(acme, fold, 1 + number * BATCH_STATUSES.count("created"))


async def test_a_request_without_a_key_loses_nothing_either(
    acme: AsyncClient, clock: ManualClock, fold, fault: Fault, faulty
):
    await send(acme, OLDER)
    for number in count(1):
        with faulty(number) as call:
            first = await send(acme, *identified(number))
        retried = await until_answered(clock, lambda n=number: send(acme, *identified(n)))

        assert set(statuses(retried)) <= {"created", "duplicate"}
        if not call.came:
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


async def test_reads_and_tokens_can_be_asked_for_again(
    acme: AsyncClient, clock: ManualClock, fold, fault: Fault, faulty
):
    async def ask(name: str) -> Response:
        method, path, values = READS[name]
        values_as = "json" if method == "POST" else "params"
        return await acme.request(method, path, **{values_as: values})

    await send(acme, OLDER)
    await fold()
    for name in READS:
        untroubled = comparable(await ask(name))
        for number in count(1):
            with faulty(number) as call:
                first = await ask(name)
            if not call.came:
                break
            assert_honest(first, fault)
            assert comparable(await until_answered(clock, lambda n=name: ask(n))) == untroubled
        assert number > 1, name


def comparable(answer: Response) -> object:
    return {name: value for name, value in answer.json().items() if name != "access_token"}


async def test_a_fold_goes_on_where_it_was(acme: AsyncClient, app, fold, faulty):
    store = app.state.resources.store
    for number in count(1):
        await send(acme, *identified(number))
        with faulty(number) as call, suppress(ApiError, Conflict):
            await catch_up(store)
        if not call.came:
            break
    assert number > len(["changes", *DAYS, "checkpoint"])
    await assert_counted_exactly(acme, fold, 1 + number * len(DAYS))


@pytest.fixture
def folding(settings, emulator: Emulator, clock: ManualClock):
    """Start an app that folds in the background."""
    return create_app(settings, open_store=lambda s: open_emulated(s, emulator), now=clock)


async def test_the_background_fold_outlives_a_store_that_is_away(
    acme: AsyncClient, app, emulator: Emulator, folding
):
    await send(acme, *identified(1))
    store, asked = app.state.resources.store, asyncio.Event()

    def away(_: Request) -> StoreResponse:
        asked.set()
        return throttle()

    async with folding.router.lifespan_context(folding), asyncio.timeout(DEADLINE_SECONDS):
        emulator.interceptors.append(away)
        await asked.wait()
        emulator.interceptors.clear()
        unfolded = True
        while unfolded:
            await asyncio.sleep(POLL_SECONDS)
            unfolded = await store.unfolded()


class TestOwnRetriesOfTheSdk:
    @pytest.fixture(autouse=True)
    def sdk_gives_up_at_once(self) -> None:
        """Keep the SDK's own retries."""

    async def test_throttling_is_waited_for_2_seconds_and_then_told(
        self, acme: AsyncClient, emulator: Emulator
    ):
        started = time.monotonic()
        emulator.interceptors.append(lambda _: throttled(30_000))
        answer = await send(acme, an_event(1))

        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "30"
        assert time.monotonic() - started < 10  # and not 20, the deadline of a request

    async def test_a_short_throttling_is_not_seen(self, acme: AsyncClient, emulator: Emulator):
        answers = [throttled(10), throttled(10)]
        emulator.interceptors.append(lambda _: answers.pop() if answers else None)

        assert statuses(await send(acme, *batch(1), key="k"))[:3] == ["created"] * 3
        assert not answers

    async def test_a_write_that_it_repeats_is_one_write(
        self, acme: AsyncClient, emulator: Emulator, clock: ManualClock, fold
    ):
        fault = FAULTS["done, then unavailable"]
        await send(acme, OLDER)
        for number in count(1):
            call = FaultyCall(emulator, fault, number, lasts=False)
            emulator.interceptors.append(call)
            answer = await until_answered(
                clock, lambda n=number: send(acme, *batch(n), key=f"k{n}")
            )
            emulator.interceptors.remove(call)

            assert statuses(answer) == BATCH_STATUSES, number
            if not call.came:
                break
        await assert_counted_exactly(acme, fold, 1 + number * BATCH_STATUSES.count("created"))
