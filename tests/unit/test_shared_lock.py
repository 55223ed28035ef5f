"""A lock whose waiters share the failure of its holder."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from api.hosting.opening import OpenOnce
from api.services.shared_lock import SharedLock


class Attempts:
    """Work under a lock that fails in the given ways, and then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self._lock = SharedLock(OSError)
        self.number = 0

    async def __call__(self) -> None:
        async with self._lock.held():
            self.number += 1
            await asyncio.sleep(0)
            if self._failures:
                raise self._failures.pop(0)


async def test_waiters_fail_with_the_error_of_the_holder_and_later_callers_try_again():
    attempt, error = Attempts(OSError("first"), OSError("second")), OSError("first")
    outcomes = await asyncio.gather(*(attempt() for _ in range(30)), return_exceptions=True)

    assert [repr(one) for one in outcomes] == [repr(error)] * 30
    assert attempt.number == 1
    with pytest.raises(OSError, match="second"):
        await attempt()
    await attempt()
    assert attempt.number == 3


async def test_other_errors_concern_only_the_holder():
    attempt = Attempts(ValueError("first"))
    outcomes = await asyncio.gather(*(attempt() for _ in range(3)), return_exceptions=True)

    assert [repr(one) for one in outcomes] == ["ValueError('first')", "None", "None"]


async def test_waiters_continue_if_the_holder_is_cancelled():
    attempt = Attempts()
    holder, waiter = asyncio.create_task(attempt()), asyncio.create_task(attempt())
    await asyncio.sleep(0)
    holder.cancel()

    await waiter
    assert holder.cancelled()
    assert attempt.number == 2


async def test_requests_that_wait_for_a_failing_start_share_the_failure():
    starts = 0

    @asynccontextmanager
    async def start() -> AsyncGenerator[None]:
        nonlocal starts
        starts += 1
        await asyncio.sleep(0)
        raise OSError("as planned")
        yield

    opened = OpenOnce(start)
    outcomes = await asyncio.gather(*(opened() for _ in range(30)), return_exceptions=True)

    assert all(isinstance(one, OSError) for one in outcomes)
    assert starts == 1
