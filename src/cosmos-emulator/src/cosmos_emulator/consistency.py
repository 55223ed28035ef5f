"""The consistency levels of requests. A request may only ask for a weaker level than the account's.

See https://learn.microsoft.com/azure/cosmos-db/how-to-manage-consistency.
"""

from cosmos_emulator.errors import bad_request
from cosmos_emulator.messages import Request

LEVELS = ("Strong", "BoundedStaleness", "Session", "ConsistentPrefix", "Eventual")  # strong to weak
ACCOUNT_LEVEL = "Session"
HEADER = "x-ms-consistency-level"
_RANKS = {level.lower(): rank for rank, level in enumerate(LEVELS)}
_WEAK_ENOUGH = LEVELS.index(ACCOUNT_LEVEL)


def check(request: Request) -> None:
    """Raise 400 for a request with an unknown level, or with a stronger level than the account."""
    requested = request.header(HEADER)
    if not requested:
        return
    rank = _RANKS.get(requested.lower())
    if rank is None:
        raise bad_request(
            f"The value '{requested}' specified for the header '{HEADER}' is invalid."
        )
    if rank < _WEAK_ENOUGH:
        raise bad_request(
            f"ConsistencyLevel {requested} specified in the request is invalid when service is"
            f" configured with consistency level {ACCOUNT_LEVEL}. Ensure the request consistency"
            " level is not stronger than the service consistency level."
        )
