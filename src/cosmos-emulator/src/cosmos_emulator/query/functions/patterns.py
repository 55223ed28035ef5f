"""Regular expressions with a limit on their time, for LIKE and REGEXMATCH.

The package `regex` can stop a search that backtracks for too long. Python's `re` can't.
"""

import regex

from cosmos_emulator.query import limits
from cosmos_emulator.query.values import UNDEFINED, Value

PATTERN_LENGTH_MAX = 10_000
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
