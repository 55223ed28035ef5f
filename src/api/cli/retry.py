"""Retries of requests: back-off with jitter, Retry-After and a time limit."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import uniform
from time import monotonic

import httpx2

from api.cli.errors import Failure

NOT_YET = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
OVERLOADED = frozenset({429, 503})
PATIENCE_SECONDS = 120.0


def _is_it_running(response: httpx2.Response | None) -> str:
    if response is not None:
        return ""
    return " Is the API running there? If it has another address, pass --url."


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    patience_seconds: float = PATIENCE_SECONDS  # from a request's first failure to the last retry
    backoff_seconds_first: float = 0.25
    backoff_seconds_max: float = 10.0
    jitter: float = 0.25  # the share of a wait that is random, so that retries are spread
    # Returns advice about a request that was given up, depending on its last response.
    hint: Callable[[httpx2.Response | None], str] = _is_it_running

    def backoff(self, attempt: int) -> float:
        """Return the seconds to wait after this attempt if there is no Retry-After header.

        Attempts are counted from 0.
        """
        return min(self.backoff_seconds_max, self.backoff_seconds_first * 2 ** min(attempt, 16))


class Sender:
    """A sender that retries requests. If the server is overloaded, the sender pauses all requests.

    Before each wait, `on_wait` is called with a message that gives the reason and the duration.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        policy: RetryPolicy,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._http = http
        self._policy = policy
        self._on_wait = on_wait
        self._paused_until = 0.0

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request repeatedly until the response isn't retryable.

        Raises Failure if the time limit is reached.
        """
        give_up_at: float | None = None
        attempt = 0
        while True:
            await self._pause()
            response, reason = await self._attempt(request)
            if response is not None and _is_final(response):
                return response
            give_up_at = give_up_at or monotonic() + self._policy.patience_seconds
            delay = self._delay(response, attempt)
            if monotonic() + delay > give_up_at:
                hint = self._policy.hint(response)
                raise Failure(
                    f"Gave up on {request.url} after {attempt + 1} attempts: {reason}.{hint}"
                )
            self._on_wait(f"waiting {delay:.1f} s ({reason})")
            await asyncio.sleep(delay)
            attempt += 1

    async def _attempt(self, request: httpx2.Request) -> tuple[httpx2.Response | None, str]:
        try:
            response = await self._http.send(request)
        except httpx2.TransportError as error:
            return None, f"{type(error).__name__}: {error}".removesuffix(": ")
        return response, f"{response.status_code} {response.reason_phrase}"

    async def _pause(self) -> None:
        # The wait is a loop, because responses to other requests may prolong the pause.
        while (left := self._paused_until - monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(self._jittered(left))

    def _delay(self, response: httpx2.Response | None, attempt: int) -> float:
        delay = None if response is None else retry_after(response)
        if response is None or delay is None:
            return self._jittered(self._policy.backoff(attempt))
        if response.status_code in OVERLOADED:
            self._paused_until = max(self._paused_until, monotonic() + delay)
        return self._jittered(delay)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + uniform(0, self._policy.jitter))  # noqa: S311


def _is_final(response: httpx2.Response) -> bool:
    """Return whether a retry within a few minutes would be useless.

    A used-up quota is available again only in the next month.
    """
    return response.status_code not in NOT_YET or b'"quota_exceeded"' in response.content


def retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds in the Retry-After header, or None if the header is missing.

    Retry-After may contain a date by the server's clock, so it is compared with the Date header.
    """
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    with suppress(ValueError):
        wanted = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (wanted.astimezone(UTC) - sent.astimezone(UTC)).total_seconds())
    return None
