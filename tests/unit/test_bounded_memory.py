"""What a process keeps of its callers is bounded, however many of them there are."""

from collections.abc import Callable, Sized
from itertools import count
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from api import fair_turns
from api.auth import issuer, verifier
from api.auth.caller import Caller
from api.auth.claims import ACCESS_TOKEN
from api.auth.issuer import Grant, IssuedToken, TokenIssuer
from api.auth.jwks import JwksCache
from api.auth.verifier import JwtVerifier
from api.domain.events import PUBLIC, Draft
from api.fair_turns import FairTurns
from api.services import backoff, fold_queue, unnamed_types, work_limits
from api.services.backoff import BackOff
from api.services.fold_queue import FoldQueue
from api.services.unnamed_types import UnnamedTypes
from api.services.work_limits import WorkLimiter
from api.turns import PARTIES_MAX, Turns
from tests.support import START, ManualClock
from tests.tokens import AUDIENCE, ISSUER, KeyInMemory


@pytest.fixture(params=[25_000, pytest.param(100_000, marks=pytest.mark.full)])
def values(request: pytest.FixtureRequest) -> int:
    """Return the number of distinct callers, which is more than any bound."""
    return request.param


def caller(number: int) -> Caller:
    return Caller(f"api_key:{number}", f"org_{number}", frozenset(), None, START)


def fill(values: int, use: Callable[[int], object], *kept: Sized, at_most: int) -> None:
    """Use so many distinct values, and check the number that is kept all the way."""
    for number in range(values):
        use(number)
        if number % 1000 == 0:
            assert all(len(one) <= at_most for one in kept)
    assert [len(one) for one in kept] == [at_most] * len(kept)


def test_turns_keep_a_bounded_number_of_parties(values: int):
    turns = Turns()

    def use(number: int) -> None:
        turn = turns.begin(f"address {number}", None)
        turn.belongs_to(f"org_{number}", f"api_key:{number}")
        turn.end()

    fill(values, use, turns._parties, at_most=PARTIES_MAX)


def test_the_work_limiter_keeps_a_bounded_number_of_credentials_and_addresses(values: int):
    limiter, now = WorkLimiter(10), ManualClock()()

    def use(number: int) -> None:
        limiter.admit(caller(number), now)
        limiter.admit_address(str(number), now)

    fill(values, use, limiter._buckets, limiter._addresses, at_most=work_limits.BUCKETS_MAX)


def test_a_back_off_keeps_a_bounded_number_of_keys(values: int):
    back_off = BackOff[int]()

    fill(values, back_off.note_failure, back_off, at_most=backoff.KEYS_MAX)


def test_the_queue_of_folds_keeps_a_bounded_number_of_days(values: int):
    queue = FoldQueue()

    def use(number: int) -> None:
        queue.add([(f"org_{number % 60}", f"day {number}")])

    fill(values, use, queue, at_most=fold_queue.DAYS_MAX)


def test_the_scheduler_keeps_a_bounded_number_of_tokens(values: int):
    middleware = FairTurns(lambda *_: None, Turns())
    request = Request({"type": "http", "headers": [], "state": {"caller": caller(1)}})

    def use(number: int) -> None:
        middleware._remember(number.to_bytes(32), request, is_accepted=True)

    fill(values, use, middleware._callers, at_most=fair_turns.TOKENS_MAX)


def test_the_verifier_keeps_a_bounded_number_of_tokens(values: int):
    clock = ManualClock()
    keys = JwksCache(KeyInMemory().public_keys, now=clock)
    checked = JwtVerifier(keys, issuer=ISSUER, audience=AUDIENCE, profile=ACCESS_TOKEN, now=clock)

    def use(number: int) -> None:
        checked._remember(number.to_bytes(32), "key", {})

    fill(values, use, checked._verified, at_most=verifier.CACHED_TOKENS_MAX)


async def test_the_issuer_keeps_a_bounded_number_of_tokens(
    values: int, monkeypatch: pytest.MonkeyPatch
):
    tokens = TokenIssuer(KeyInMemory(), issuer=ISSUER, audience=AUDIENCE, new_id=lambda: "id")

    async def issue(*_: object, **__: object) -> IssuedToken:
        return IssuedToken("token", "", 900)

    monkeypatch.setattr(tokens, "issue", issue)
    for number in range(values):
        await tokens.reissue(Grant(f"api_key:{number}", "org", frozenset()), now=START)

    assert len(tokens._recent) == issuer.RECENT_MAX


async def test_the_issuer_keeps_the_token_of_a_grant_in_use(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(issuer, "RECENT_MAX", 2)
    tokens = TokenIssuer(
        KeyInMemory(), issuer=ISSUER, audience=AUDIENCE, new_id=map(str, count()).__next__
    )
    used = Grant("api_key:used", "org", frozenset())
    first = await tokens.reissue(used, now=START)
    for number in range(3):
        await tokens.reissue(Grant(f"api_key:{number}", "org", frozenset()), now=START)

        assert await tokens.reissue(used, now=START) == first


async def test_the_names_of_a_bounded_number_of_days_are_kept(values: int):
    async def read(*_: object) -> None:
        return None

    names, store = UnnamedTypes(), SimpleNamespace(read=read)
    drafts = [Draft("x", "u", None, START, {}, 2)]
    for number in range(values):
        await names.find(store, f"org_{number}", drafts, source=PUBLIC, now=START)

    assert len(names._names) == unnamed_types._DAYS_MAX
