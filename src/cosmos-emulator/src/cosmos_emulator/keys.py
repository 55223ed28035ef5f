"""The account's keys, and signatures of requests that are made with them.

https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources describes the
signature.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator, Sequence
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256, sha512

from cosmos_emulator.errors import forbidden, unauthorized
from cosmos_emulator.messages import Request

# The key of Microsoft's own emulator, which is the same on every machine:
# https://learn.microsoft.com/azure/cosmos-db/emulator
KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="

SKEW_SECONDS_MAX = 15 * 60
_DATABASE_RID_LENGTH = 8  # 4 bytes in base64
_DELETE_BY_KEY = ("operations", "partitionkeydelete")


def read_only_key(key: str) -> str:
    """Return the read-only key of the account that has this key.

    Raises ValueError if an account can't have the key.
    """
    return base64.b64encode(sha512(b"read-only" + _decoded(key)).digest()).decode()


def _decoded(key: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except binascii.Error:
        raise ValueError("The account's key must be base64.") from None
    if not decoded:
        raise ValueError("The account's key must not be empty.")
    return decoded


class Keys:
    """The key and the read-only key of an account.

    A signature made with the read-only key is valid for requests that write nothing.
    """

    def __init__(self, key: str, clock: Callable[[], float]) -> None:
        self._key = _decoded(key)
        self._read_only = base64.b64decode(read_only_key(key))
        self._clock = clock

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        return hmac.digest(self._key, message, sha256)

    def check(self, request: Request, signature: str) -> None:
        """Raise 401 for an invalid signature or date, and 403 for a date with too large a skew."""
        sent = request.header("x-ms-date")
        other = "" if sent else request.header("date")
        dates = f"{sent}\n{other}\n".lower()
        payloads = [
            f"{request.method.lower()}\n{kind}\n{link}\n{dates}"
            for kind, link in _signed_resources(request.segments)
        ]
        if not any(self._signs(payload, signature, request) for payload in payloads):
            shown = payloads[0].replace("\n", "\\n")
            raise unauthorized(
                "The input authorization token can't serve the request. The wrong key is being"
                " used or the expected payload is not built as per the protocol. Server used the"
                f" following payload to sign: '{shown}'"
            )
        self._check_date(sent or other)

    def _signs(self, payload: str, signature: str, request: Request) -> bool:
        keys = [self._key, self._read_only] if request.is_read else [self._key]
        message, own = payload.encode(), signature.encode()
        digests = (base64.b64encode(hmac.digest(key, message, sha256)) for key in keys)
        return any(hmac.compare_digest(digest, own) for digest in digests)

    def _check_date(self, date: str) -> None:
        try:
            moment = _seconds(date)
        except ValueError:
            raise unauthorized(
                "The input date header is invalid format. Please pass in RFC 1123 style date"
                " format."
            ) from None
        now = self._clock()
        if abs(now - moment) > SKEW_SECONDS_MAX:
            times = (moment - SKEW_SECONDS_MAX, moment + SKEW_SECONDS_MAX, now)
            start, expiry, current = (formatdate(time, usegmt=True) for time in times)
            raise forbidden(
                "The authorization token is not valid at the current time. Please create another"
                f" token and retry (token start time: {start}, token expiry time: {expiry},"
                f" current server time: {current})."
            )


def _signed_resources(segments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return the resource types and links that a request's signature may cover.

    The signature of a feed request covers the link of the feed's parent. A link that consists of
    resource ids is signed as the last resource id in lower case.
    """
    if segments[-2:] == _DELETE_BY_KEY:
        link = "/".join(segments[:-2])
        pairs = [("colls", link), ("partitionkey", link)]
    elif len(segments) % 2:
        pairs = [(segments[-1], "/".join(segments[:-1]))]
    else:
        pairs = [(segments[-2], "/".join(segments))] if segments else [("", "")]
    yield from pairs
    if _consists_of_ids(segments):
        yield from ((kind, link.rpartition("/")[2].lower()) for kind, link in pairs)


def _consists_of_ids(segments: Sequence[str]) -> bool:
    if len(segments) < 2:  # noqa: PLR2004  a kind of resource and an id
        return False
    return segments[0] == "offers" or len(segments[1]) == _DATABASE_RID_LENGTH


@lru_cache(maxsize=64)
def _seconds(date: str) -> float:
    return parsedate_to_datetime(date).timestamp()
