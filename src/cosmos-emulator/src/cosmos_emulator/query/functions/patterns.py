"""Regular expressions with a limit on their time, for LIKE and REGEXMATCH.

The package `regex` can stop a search that backtracks for too long. Python's `re` can't.
"""

from math import prod

import regex

from cosmos_emulator.query import limits
from cosmos_emulator.query.values import UNDEFINED, Value

PATTERN_LENGTH_MAX = 10_000
REPETITIONS_MAX = (
    100_000  # a pattern with more takes seconds and gigabytes before the search starts
)
_COUNTS = regex.compile(r"\{(\d*)(?:,(\d*))?\}")
FLAGS = {
    "i": regex.IGNORECASE,
    "m": regex.MULTILINE,
    "s": regex.DOTALL,
    "x": regex.VERBOSE,
}


def search(pattern: str, text: str, modifiers: str = "") -> Value:
    """Return whether a pattern matches a part of a text, or undefined if the pattern is invalid.

    Raises QueryError if the search takes too long.
    """
    if len(pattern) > PATTERN_LENGTH_MAX:
        raise limits.exceeded("characters in a pattern", PATTERN_LENGTH_MAX)
    if _repetitions(pattern) > REPETITIONS_MAX:
        raise limits.exceeded("repetitions in a pattern", REPETITIONS_MAX)
    flags = regex.VERSION0
    for letter in modifiers:
        if letter not in FLAGS:
            return UNDEFINED
        flags |= FLAGS[letter]
    try:
        return regex.search(pattern, text, flags, timeout=limits.remaining()) is not None
    except regex.error:
        return UNDEFINED
    except TimeoutError:
        raise limits.exceeded("seconds per page", limits.SECONDS_MAX) from None


def _repetitions(pattern: str) -> float:
    """Return the product of all counts of a pattern, as in `(a{9}){2,10}`, which may be nested."""
    counts = [count[:20] for found in _COUNTS.findall(pattern) for count in [found[1] or found[0]]]
    return prod(max(1.0, float(count)) for count in counts if count)
