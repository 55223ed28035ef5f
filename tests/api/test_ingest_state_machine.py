"""Any sequence of requests, failures and waits gives the results that a simple model predicts."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from api.app import create_app
from api.backends import open_emulated
from api.domain.reference import Organization
from api.errors import ApiError
from api.services.organizations import register_locally
from api.services.rollups import catch_up
from api.settings import Settings
from api.stores.protocol import Conflict, Throttled, Unavailable
from cosmos_emulator import Emulator
from tests.crash.crash_points import WatchedStore
from tests.fuzz.amount import EXAMPLES, FUZZ
from tests.support import START, ManualClock, an_event, send

FAILED = (409, 429, 500, 503)
MOMENTS_MAX = 24  # one before and one after each store call, more than any request reaches
ATTEMPTS_MAX = 40  # retries every 2 s outlast a lease of 30 s


class Killed(Exception):
    """A killed process: no code of the service handles this error."""


class Unexpected(Exception):
    """An error that the service doesn't expect."""


FAULTS = {
    "throttled once": lambda: Throttled(1.0),
    "unavailable once": lambda: Unavailable("as planned"),
    "unavailable": lambda: Unavailable("as planned"),
    "unexpected once": lambda: Unexpected("as planned"),
    "killed": Killed,
}


class FaultyMoments:
    """Raise a fault from the n-th moment on, or only once if its name ends with "once"."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._fault, self._left = "", 0

    def plan(self, fault: str, moment: int) -> None:
        self._fault, self._left = fault, moment

    async def reach(self, _: str) -> None:
        self._left -= 1
        if not self._fault or self._left >= 0:
            return
        error = FAULTS[self._fault]()
        if self._fault.endswith("once"):
            self.clear()
        raise error


class Service:
    """A synchronous client of the API that uses a new organisation for each example."""

    def __init__(self, settings: Settings) -> None:
        self.clock = ManualClock()
        self.faults = FaultyMoments()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._numbers = count()
        self._emulator = Emulator(clock=lambda: self.clock().timestamp())
        self._app = create_app(settings, open_store=self._open, now=self.clock, folds=False)
        self._client = AsyncClient(
            transport=ASGITransport(self._app, raise_app_exceptions=False),
            base_url="http://api.test",
        )
        self._runner.run(
            self._stack.enter_async_context(self._app.router.lifespan_context(self._app))
        )

    @asynccontextmanager
    async def _open(self, settings: Settings):
        async with open_emulated(settings, self._emulator) as store:
            yield WatchedStore(store, self.faults.reach)

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._emulator.close()

    def register_organization(self) -> None:
        """Register a new organisation at START."""
        self.clock.moment = START
        self._name = f"number{next(self._numbers)}"
        organization = Organization(f"org_{self._name}", "", "", "")
        self._runner.run(register_locally(self._app.state.resources.store, organization))
        self._sign_in()

    def wait(self, **duration: float) -> None:
        """Move the clock, and sign in again because the token may have expired."""
        self.clock.forward(**duration)
        self._sign_in()

    def _sign_in(self) -> None:
        grant = {"api_key": f"ak_local_{self._name}"}
        response = self._runner.run(self._client.post("/api/v1/auth/token", json=grant))
        self._client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def send(self, events: list[dict[str, Any]], key: str | None) -> Response:
        try:
            return self._runner.run(send(self._client, *events, key=key))
        finally:
            self.faults.clear()

    def fold(self) -> None:
        try:
            self._runner.run(catch_up(self._app.state.resources.store))
        finally:
            self.faults.clear()

    def get(self, path: str, **query: Any) -> Any:
        dates = {"start_date": "2026-03-01", "end_date": self.clock().date().isoformat()}
        response = self._runner.run(self._client.get(path, params=dates | query))
        return response.raise_for_status().json()


@dataclass
class Submission:
    """A request. Each of its events has its own user, by which the event is recognised later."""

    key: str | None
    kinds: tuple[int | str, ...]
    number: int
    results: Any = None  # set by the first successful response
    was_interrupted: bool = False
    events: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [self._event(kind, self.user(i)) for i, kind in enumerate(self.kinds)]

    def user(self, index: int) -> str:
        return f"user-{self.number}-{index}"

    def first_of_each(self) -> Iterator[tuple[str, int | str]]:
        """Yield user and kind of each event that doesn't repeat an event of this submission."""
        for index, kind in enumerate(self.kinds):
            if kind in ("bare", "bad") or kind not in self.kinds[:index]:
                yield self.user(index), kind

    def _event(self, kind: int | str, user: str) -> dict[str, Any]:
        match kind:
            case int():  # equal numbers give equal events
                return an_event(
                    kind, user_id=user, timestamp=f"2026-03-{8 + kind % 3:02}T00:00:0{kind}Z"
                )
            case "bare":
                return {"event_type": "signed_up", "user_id": user}
            case _:
                return {"event_type": "signed_up", "user_id": user, "unknown": 1}


IDENTIFIED = st.integers(0, 7)
KINDS = st.lists(IDENTIFIED | st.sampled_from(["bare", "bad"]), min_size=1, max_size=8)
KINDS_WITHOUT_KEY = st.lists(IDENTIFIED | st.just("bad"), min_size=1, max_size=8)
KEYS = st.sampled_from(["a", "b", "c"])
FAULT = st.none() | st.tuples(st.sampled_from([*FAULTS]), st.integers(0, MOMENTS_MAX))


class Ingest(RuleBasedStateMachine):
    """The model: which events are stored or may be stored, and the results of each key."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.sent: dict[str, Submission] = {}  # by idempotency key, until the key expires
        self.stored: set[str] = set()  # users whose event was acknowledged as created
        self.taken: set[int] = set()  # numbers of the events acknowledged as created, for any user
        self.maybe: dict[str, int | str] = {}  # user -> kind, for events that may be stored
        self.numbers = count()
        service.register_organization()

    @rule(key=KEYS, kinds=KINDS, fault=FAULT)
    def send_with_a_key(self, key: str, kinds: list[int | str], fault: Any):
        """Send the first submission of a new key, or repeat that of a used key."""
        if key not in self.sent:
            self.sent[key] = Submission(key, tuple(kinds), next(self.numbers))
        self.submit(self.sent[key], fault)

    @rule(kinds=KINDS_WITHOUT_KEY, fault=FAULT)
    def send_without_a_key(self, kinds: list[int | str], fault: Any):
        self.submit(Submission(None, tuple(kinds), next(self.numbers)), fault)

    @rule(key=KEYS, kinds=KINDS)
    def send_something_else_with_a_used_key(self, key: str, kinds: list[int | str]):
        if key in self.sent and self.sent[key].results is not None:
            other = Submission(key, tuple(kinds), next(self.numbers))
            response = self.service.send(other.events, key)
            assert response.json()["code"] == "idempotency_key_reused"

    @rule()
    def wait_until_leases_are_over(self):
        self.service.wait(seconds=31)

    @precondition(lambda self: all(sent.results is not None for sent in self.sent.values()))
    @rule()
    def wait_until_keys_are_forgotten(self):
        self.service.wait(hours=24, seconds=1)
        self.sent.clear()

    @rule(fault=FAULT)
    def check_listing_and_sums(self, fault: Any):
        """Check that acknowledged events are listed once and that the sums match the list."""
        listed = self.service.get("/api/v1/events", limit=200)["data"]
        users = Counter(event["user_id"] for event in listed)
        if fault:
            self.service.faults.plan(*fault)
            with suppress(ApiError, Conflict, Unexpected, Killed):
                self.service.fold()
        self.service.fold()
        metrics = {"metrics": ["events", "active_users"]}
        sums = self.service.get("/api/v1/metrics/summary", **metrics)["metrics"]

        assert self.stored <= users.keys() <= self.stored | self.maybe.keys()
        assert max(users.values(), default=1) == 1
        assert len({(e["timestamp"], e["event_id"]) for e in listed}) == len(listed)
        assert [metric["total"] for metric in sums] == [len(listed), len(listed)]

    def teardown(self):
        for submission in self.sent.values():
            for _ in range(ATTEMPTS_MAX):
                if submission.results is not None:
                    break
                self.submit(submission, None)
                self.service.wait(seconds=2)
            assert submission.results is not None
        self.check_listing_and_sums(fault=None)

    def submit(self, submission: Submission, fault: Any) -> None:
        if fault:
            self.service.faults.plan(*fault)
        self.service.clock.forward(milliseconds=1)
        response = self.service.send(submission.events, submission.key)
        if response.status_code in FAILED:
            assert fault or (response.status_code == 409 and submission.was_interrupted)
            assert response.status_code == 500 or int(response.headers["Retry-After"]) >= 1
            self._note_failure(submission)
        elif submission.results is None:
            submission.results = response.json()["results"]
            self._check_and_note_results(submission)
        else:
            assert response.headers["Idempotent-Replayed"] == "true"
            assert response.json()["results"] == submission.results

    def _note_failure(self, submission: Submission) -> None:
        """Note that any event of the submission that isn't acknowledged yet may be stored."""
        if submission.results is None:
            submission.was_interrupted = True
            self.maybe |= {
                user: kind
                for user, kind in submission.first_of_each()
                if kind == "bare" or (kind != "bad" and kind not in self.taken)
            }

    def _check_and_note_results(self, submission: Submission) -> None:
        first = dict(submission.first_of_each())
        for index, (kind, result) in enumerate(
            zip(submission.kinds, submission.results, strict=True)
        ):
            user = submission.user(index)
            self.maybe.pop(user, None)
            assert result["status"] in self._possible(kind, is_first=user in first)
            if result["status"] == "created":
                self.stored.add(user)
            if result["status"] == "created" and kind != "bare":
                self.taken.add(kind)
                self.maybe = {u: k for u, k in self.maybe.items() if k != kind}

    def _possible(self, kind: int | str, *, is_first: bool) -> set[str]:
        if kind == "bad":
            return {"rejected"}
        if kind == "bare":
            return {"created"}
        if not is_first or kind in self.taken:
            return {"duplicate"}
        return {"created", "duplicate"} if kind in self.maybe.values() else {"created"}


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    service = Service(settings)
    yield service
    service.close()


def test_results_listing_and_sums_match_the_model(service: Service):
    run_state_machine_as_test(
        lambda: Ingest(service),
        settings=examples(
            FUZZ,
            max_examples=EXAMPLES // 3,
            stateful_step_count=30,
        ),
    )
