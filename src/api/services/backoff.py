"""Back-off for keys that fail repeatedly, in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

PROMPT_RETRIES = 3
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 300.0
KEYS_MAX = 10_000


class BackOff[K: Hashable]:
    """A retry schedule per key: a few immediate retries, then delays that double.

    If there are too many keys, the key with the oldest failure is removed.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: OrderedDict[K, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def is_due(self, key: K) -> bool:
        """Return whether the key has no failures or its delay is over."""
        return key not in self._failures or self._failures[key][1] <= self._now()

    def seconds_until_due(self) -> float:
        """Return the time until the first key with failures is due, or 0 if no key has failures."""
        due = min((due for _, due in self._failures.values()), default=0.0)
        return max(due - self._now(), 0.0)

    def note_failure(self, key: K) -> int:
        """Record a failure and return the key's number of consecutive failures."""
        number = self._failures.pop(key, (0, 0.0))[0] + 1
        self._failures[key] = number, self._now() + _delay_seconds(number)
        if len(self._failures) > KEYS_MAX:
            self._failures.popitem(last=False)
        return number

    def note_success(self, key: K) -> None:
        """Remove the recorded failures of the key."""
        self._failures.pop(key, None)


def _delay_seconds(failures: int) -> float:
    late = failures - PROMPT_RETRIES
    return min(FIRST_SECONDS * 2 ** min(late - 1, 20), LONGEST_SECONDS) if late > 0 else 0.0
