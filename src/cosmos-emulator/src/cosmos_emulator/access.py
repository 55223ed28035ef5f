"""Authentication and authorisation, by a key, a resource token or the roles of a principal.

The messages of 403 responses and all substatuses are the same as in Cosmos DB. Role assignments are
kept in memory only.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

import orjson

from cosmos_emulator import resource_tokens
from cosmos_emulator.errors import CosmosError, forbidden, unauthorized
from cosmos_emulator.keys import Keys
from cosmos_emulator.messages import Request
from cosmos_emulator.query.values import is_array, is_object

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

ACCOUNT_ACTIONS = "Microsoft.DocumentDB/databaseAccounts/"
CONTAINER_ACTIONS = ACCOUNT_ACTIONS + "sqlDatabases/containers/"
READ_METADATA = ACCOUNT_ACTIONS + "readMetadata"
CREATE = CONTAINER_ACTIONS + "items/create"
READ = CONTAINER_ACTIONS + "items/read"
REPLACE = CONTAINER_ACTIONS + "items/replace"
UPSERT = CONTAINER_ACTIONS + "items/upsert"
DELETE = CONTAINER_ACTIONS + "items/delete"
EXECUTE_QUERY = CONTAINER_ACTIONS + "executeQuery"
READ_CHANGE_FEED = CONTAINER_ACTIONS + "readChangeFeed"
DATA_ACTIONS = frozenset(
    (READ_METADATA, CREATE, READ, REPLACE, UPSERT, DELETE, EXECUTE_QUERY, READ_CHANGE_FEED)
)

# The data actions that each operation requires. An operation that is not listed here requires the
# account's key. Microsoft lists the actions (two for a query), but omits patches and batches:
# https://learn.microsoft.com/azure/cosmos-db/reference-data-plane-security
# A patch requires the same actions as a replace, and a batch the actions of all its operations.
REQUIRED_ACTIONS: dict[str, tuple[str, ...]] = {
    "read_account": (READ_METADATA,),
    "list_databases": (READ_METADATA,),
    "read_database": (READ_METADATA,),
    "list_containers": (READ_METADATA,),
    "query_databases": (READ_METADATA,),
    "query_containers": (READ_METADATA,),
    "read_container": (READ_METADATA,),
    "read_ranges": (READ_METADATA,),
    "query_plan": (EXECUTE_QUERY, READ_CHANGE_FEED),
    "query": (EXECUTE_QUERY, READ_CHANGE_FEED),
    "read_feed": (READ_CHANGE_FEED,),
    "change_feed": (READ_CHANGE_FEED,),
    "create_item": (CREATE,),
    "upsert_item": (UPSERT,),
    "read_item": (READ,),
    "replace_item": (REPLACE,),
    "patch_item": (REPLACE,),
    "delete_item": (DELETE,),
}
BATCHED_ACTIONS = {
    "Create": CREATE,
    "Upsert": UPSERT,
    "Read": READ,
    "Replace": REPLACE,
    "Patch": REPLACE,
    "Delete": DELETE,
}

TOKEN_SECONDS = 60 * 60
LEARN_MORE = "Learn more: https://aka.ms/cosmos-native-rbac."

_AUTHORIZATION = re.compile(r"type=(master|aad|resource)&ver=1(?:\.0)?&sig=(.+)")
_SCOPE = re.compile(r"/|/dbs/[^/]+(/colls/[^/]+)?")
_JWT_HEADER = orjson.dumps({"alg": "HS256", "typ": "JWT"})

type ResourcePath = tuple[str, ...]


@dataclass(frozen=True)
class Role:
    """A role that permits data actions in a scope: `/`, `/dbs/x` or `/dbs/x/colls/y`.

    `actions` contains the full name of each permitted data action. Cosmos DB also accepts wildcards
    in action names. The emulator rejects wildcards and unknown actions.
    """

    actions: frozenset[str]
    scope: str = "/"

    def __post_init__(self) -> None:
        if unknown := self.actions - DATA_ACTIONS:
            raise ValueError(f"not a data action: {', '.join(sorted(unknown))}")
        if not _SCOPE.fullmatch(self.scope):
            raise ValueError(f"not a scope: {self.scope}")

    @cached_property
    def path(self) -> ResourcePath:
        return tuple(name for name in self.scope.split("/") if name)

    def covers(self, resource: ResourcePath) -> bool:
        """Return whether a resource is in the role's scope.

        The path of the resource must contain names, not resource ids.
        """
        return resource[: len(self.path)] == self.path


class Credential:
    """An `AsyncTokenCredential` that lets an `azure.cosmos.aio.CosmosClient` act as a principal."""

    def __init__(self, issue: Callable[[], str]) -> None:
        self._issue = issue

    async def get_token(self, *_: str, **__: Any) -> "AccessToken":  # noqa: ANN401  azure-core's
        """Return a new token.

        The token's expiry time is always in the past, so that the SDK requests a new token each
        time. With a later expiry time, the SDK could use an expired token if its clock differs from
        the emulator's clock.
        """
        from azure.core.credentials import AccessToken  # noqa: PLC0415  optional

        return AccessToken(self._issue(), expires_on=0)

    async def close(self) -> None:
        """Do nothing, because the credential has no resources to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


class Access:
    """Authentication and authorisation of the requests to one account.

    If `checks_keys` is set, each request must have a valid token or a valid signature made with the
    account's key. A request's token is checked even if `checks_keys` is not set.
    """

    def __init__(
        self,
        key: str,
        endpoint: str,
        clock: Callable[[], float],
        *,
        checks_keys: bool,
        canonical: resource_tokens.Canonical = tuple,
    ) -> None:
        self._keys = Keys(key, clock)
        self._canonical = canonical
        self._audience = endpoint.rstrip("/")
        self._clock = clock
        self._checks_keys = checks_keys
        self._roles: defaultdict[str, list[Role]] = defaultdict(list)

    def assign(self, principal: str, role: Role) -> None:
        """Assign a role to a principal, in addition to its other roles."""
        self._roles[principal].append(role)

    def issue_token(self, principal: str) -> str:
        """Return a token in the format of Entra ID, but signed with the account's key."""
        expires = int(self._clock()) + TOKEN_SECONDS
        claims = orjson.dumps({"aud": self._audience, "oid": principal, "exp": expires})
        message = b".".join(map(_base64url, (_JWT_HEADER, claims)))
        return (message + b"." + _base64url(self.sign(message))).decode()

    def check(self, request: Request) -> None:
        """Raise 401 for an invalid signature or token, and 403 for a missing permission."""
        header = request.header("authorization")
        if not self._checks_keys and "aad" not in header and "resource" not in header:
            return  # the usual request in the same process, with an unchecked key
        parts = _AUTHORIZATION.fullmatch(unquote(header))
        if parts and parts[1] == "aad":
            self._authorize(request, self._principal(parts[2]))
        elif parts and parts[1] == "resource":
            now = self._clock()
            resource_tokens.check(self.sign, self._canonical, parts[2], request, now)
        elif not self._checks_keys:
            return
        elif parts:
            self._keys.check(request, parts[2])
        elif _is_probe(request) and not header:
            return
        elif header:
            raise unauthorized("The authorization header is not in the expected format.", 5001)
        else:
            raise unauthorized(
                "Required Header authorization is missing. Ensure a valid Authorization token is"
                " passed.",
                5000,
            )

    def sign(self, message: bytes) -> bytes:
        """Return a signature made with the account's key."""
        return self._keys.sign(message)

    # Principals

    def _principal(self, token: str) -> str:
        """Return the principal that a token identifies. The token's header is not read."""
        message, _, signature = token.encode().rpartition(b".")
        if not hmac.compare_digest(_base64url(self.sign(message)), signature):
            raise unauthorized("The AAD token's signature is invalid.", 5004)
        claims = orjson.loads(urlsafe_b64decode(message.partition(b".")[2] + b"=="))
        if claims["aud"] != self._audience:
            raise unauthorized("The AAD token's audience is invalid.", 5008)
        if claims["exp"] <= self._clock():
            raise unauthorized("The AAD token has expired.", 5006)
        return claims["oid"]

    def _authorize(self, request: Request, principal: str) -> None:
        actions = _required_actions(request)
        if not actions:
            raise forbidden(
                "Request blocked by Auth local : The given request"
                f" [{request.method} /{'/'.join(request.segments)}] cannot be authorized by AAD"
                f" token in data plane. {LEARN_MORE}",
                5300,
            )
        resource = _resource(request)
        # A principal that may read the metadata of any resource may also read the account.
        anywhere = request.operation == "read_account"
        roles = [r for r in self._roles[principal] if anywhere or r.covers(resource)]
        allowed = frozenset[str]().union(*(role.actions for role in roles))
        for action in actions:
            if action not in allowed:
                where = "any scope" if anywhere else f"resource [/{'/'.join(resource)}]"
                raise _blocked(principal, action, where)


def _is_probe(request: Request) -> bool:
    """Return whether a request only checks that the server is ready. SDKs always send a version."""
    return request.operation == "read_account" and not request.header("x-ms-version")


def _blocked(principal: str, action: str, where: str) -> CosmosError:
    return forbidden(
        f"Request blocked by Auth local : Request is blocked because principal [{principal}] does"
        f" not have required RBAC permissions to perform action [{action}] on {where}."
        f" {LEARN_MORE}",
        5301 if action == READ_METADATA else 5302,
    )


def _required_actions(request: Request) -> Iterable[str]:
    """Return the data actions that a request requires.

    The result is empty for a request that is allowed only with the account's key.
    """
    if request.operation not in ("batch", "bulk"):
        return REQUIRED_ACTIONS.get(request.operation, ())
    operations = request.json()
    if not is_array(operations):
        return ()
    kinds = [o.get("operationType") if is_object(o) else None for o in operations]
    actions = {BATCHED_ACTIONS.get(str(kind), "") for kind in kinds}
    return () if "" in actions else sorted(actions)


def _resource(request: Request) -> ResourcePath:
    """Return the path of the account, database or container that a request accesses."""
    return request.segments[: min(4, len(request.segments) // 2 * 2)]


def _base64url(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
