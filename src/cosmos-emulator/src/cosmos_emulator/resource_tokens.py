"""Resource tokens, with which a client uses the permissions of a user.

https://learn.microsoft.com/rest/api/cosmos-db/permissions describes permissions and their tokens.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import orjson

from cosmos_emulator.errors import CosmosError, bad_request, forbidden, unauthorized
from cosmos_emulator.messages import Request
from cosmos_emulator.query.values import Json

SECONDS_DEFAULT, SECONDS_MAX = 60 * 60, 24 * 60 * 60
EXPIRY_HEADER = "x-ms-documentdb-expiry-seconds"
MODES = ("all", "read")  # in any case, because the SDK for Python sends lower case

CONTAINER_METADATA = ("read_container", "read_ranges")

type Sign = Callable[[bytes], bytes]
type Canonical = Callable[[tuple[str, ...]], tuple[str, ...]]


def issue(sign: Sign, permission: dict[str, Json], seconds: int, now: float) -> str:
    """Return a token for a permission. The token is valid for this number of seconds."""
    payload = b64encode(
        orjson.dumps(
            {
                "resource": permission["resource"],
                "mode": permission["permissionMode"],
                "key": permission.get("resourcePartitionKey"),
                "expires": int(now) + seconds,
            }
        )
    )
    return f"type=resource&ver=1&sig={b64encode(sign(payload)).decode()};{payload.decode()};"


def lifetime(request: Request) -> int:
    """Return the lifetime in seconds that a request for a permission asks for.

    Raises 400 for an invalid lifetime.
    """
    text = request.header(EXPIRY_HEADER) or str(SECONDS_DEFAULT)
    if not text.isdecimal() or not 0 < int(text) <= SECONDS_MAX:
        raise bad_request(f"The value of {EXPIRY_HEADER} must be 1 to {SECONDS_MAX} seconds.")
    return int(text)


def check(sign: Sign, canonical: Canonical, token: str, request: Request, now: float) -> None:
    """Raise 401 for an invalid token, and 403 if its permission doesn't include the request.

    `canonical` returns a path with the names of the database and container instead of their
    resource ids.
    """
    claims = _claims(sign, token)
    if claims["expires"] <= now:
        raise forbidden("The authorization token is not valid at the current time.")
    if request.operation == "read_account":
        return
    allowed = canonical(tuple(part for part in claims["resource"].split("/") if part))
    path = canonical(request.segments)
    if request.operation in CONTAINER_METADATA and path[:4] == allowed[:4]:
        return  # clients need the container's partition key to read an item in it
    is_inside = path[: len(allowed)] == allowed
    if not is_inside or not (request.is_read or claims["mode"].lower() == "all"):
        raise _insufficient()
    if claims["key"] is not None and path[4:5] == ("docs",):
        _check_key(claims["key"], request)


def _claims(sign: Sign, token: str) -> dict[str, Any]:
    signature, _, payload = token.rstrip(";").partition(";")
    expected = b64encode(sign(payload.encode()))
    if not hmac.compare_digest(expected, signature.encode()):
        raise unauthorized("The resource token's signature is invalid.")
    return orjson.loads(b64decode(payload))


def _check_key(key: Json, request: Request) -> None:
    sent = request.header("x-ms-documentdb-partitionkey") or "null"
    try:
        matches = orjson.loads(sent) == key
    except orjson.JSONDecodeError:
        matches = False
    if not matches:
        raise _insufficient()


def _insufficient() -> CosmosError:
    return forbidden(
        "Insufficient permissions provided in the authorization header for the corresponding"
        " request. Please retry with another authorization header."
    )
