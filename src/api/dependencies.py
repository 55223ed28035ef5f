"""The dependencies of routers: the store, the clock and the caller.

All dependencies come from `app.state.resources`, which the composition root builds.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from pydantic_core import PydanticCustomError

from api import telemetry
from api.auth.caller import INSIGHTS_READ, ORGANIZATION_MANAGE, Caller
from api.auth.errors import token_invalid, token_missing
from api.auth.issuer import TokenIssuer
from api.auth.protocol import KeySource, TokenVerifier
from api.domain.events import Draft, EventResult
from api.domain.field_patterns import UNKNOWN
from api.domain.json_limits import pointer_to
from api.domain.times import Clock
from api.errors import ApiError, FieldError, invalid_parameters
from api.services.quotas import Quotas
from api.services.unnamed_types import UnnamedTypes
from api.services.work_limits import WorkLimiter, work_of
from api.stores.protocol import Store

if TYPE_CHECKING:
    from api.auth.local_identity import LocalIdentityProvider
    from api.lake.protocol import LakeReader

PARAMETERS_MAX = 200
LIST_PARAMETERS = {"event_type", "metrics", "metrics[]"}
_OF_ANY_ROUTE = {"org_id"}  # compared with the token's organisation


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources that the routers of a running app share."""

    opened_store: Store | None  # None in a function that needs no store
    now: Clock
    verifier: TokenVerifier  # of access tokens
    id_tokens: TokenVerifier
    token_issuer: TokenIssuer
    key_source: KeySource
    issuer: str  # this service's URL, which access tokens name as their issuer
    cursor_secret: bytes
    is_local: bool
    sign_up_is_open: bool
    unnamed_types: UnnamedTypes
    quotas: Quotas
    limiter: WorkLimiter
    local_identity: "LocalIdentityProvider | None" = None
    opened_lake: "LakeReader | None" = None  # None without a lake, or in functions that need none
    has_lake: bool = True  # false only if the deployment has no lake

    @property
    def store(self) -> Store:
        if self.opened_store is None:
            raise RuntimeError(
                "This function has no store; functions/manifest.json lists what it needs."
            )
        return self.opened_store

    @property
    def lake(self) -> "LakeReader":
        if self.opened_lake is None:
            from api.lake.protocol import LakeUnavailable  # noqa: PLC0415 - few functions need it

            raise LakeUnavailable("ANALYTICS_LAKE_URL isn't set")
        return self.opened_lake


def system_clock() -> datetime:
    """Return the current time in UTC; tests use another clock."""
    return datetime.now(tz=UTC)


async def _resources(request: Request) -> Resources:
    return request.app.state.resources


ResourcesDep = Annotated[Resources, Depends(_resources)]


async def _store(resources: ResourcesDep) -> Store:
    return resources.store


async def _now(resources: ResourcesDep) -> datetime:
    return resources.now()


StoreDep = Annotated[Store, Depends(_store)]
Now = Annotated[datetime, Depends(_now)]


class _BearerToken(SecurityBase):
    """The token of the Authorization header, and its security scheme in the OpenAPI document."""

    model = HTTPBearer(bearerFormat="JWT", description="An access token from POST /auth/token.")
    scheme_name = "bearer"

    async def __call__(self, request: Request) -> str:
        headers = request.headers.getlist("authorization")
        if not headers:
            raise token_missing()
        match ", ".join(headers).split():  # function hosts join repeated headers in this way
            case [scheme, token] if scheme.lower() == "bearer":
                return token
            case _:
                raise token_invalid("the Authorization header must read 'Bearer <token>'")


def admit(request: Request, resources: Resources, caller: Caller) -> None:
    """Record the caller of the request, and count the request towards the caller's limits.

    Raises ApiError `rate_limited` if the caller has exceeded a limit.
    """
    request.state.caller = caller
    if turn := getattr(request.state, "turn", None):
        turn.belongs_to(caller.org_id, caller.subject)
    telemetry.describe_request(org_id=caller.org_id)
    now = resources.now()
    try:
        resources.limiter.admit(caller, now)
        request.state.work = 1
    finally:
        request.state.headers = resources.limiter.headers(caller, now)


def charge(
    request: Request, resources: Resources, caller: Caller, entries: Iterable[Draft | EventResult]
) -> None:
    """Count the work of an admitted request's events towards the caller's limits."""
    now = resources.now()
    work = work_of(entries, now)
    request.state.work += work
    resources.limiter.charge(caller, work, now)
    request.state.headers = resources.limiter.headers(caller, now)


def require_digits(value: object) -> object:
    """Reject numbers with a sign, spaces, underscores or a fraction such as `.0`."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("int_parsing", "must consist of digits only")
    return value


def check_query(request: Request, *, ignorable: Collection[str] = ()) -> None:
    """Reject empty query parameters, and repeated query parameters that aren't lists.

    If the route declares no query parameters, also reject every parameter that isn't in
    `ignorable`, because the route would ignore it. Raises ApiError `invalid_parameter`.
    """
    query = request.query_params
    names = [name for name, _ in query.multi_items()]
    if len(names) > PARAMETERS_MAX:
        raise ApiError("invalid_parameter", f"Send up to {PARAMETERS_MAX} query parameters.")
    repeated = {name for name, count in Counter(names).items() if count > 1} - LIST_PARAMETERS
    empty = {name for name, value in query.multi_items() if not value}
    declares_any = query and request.scope["route"].dependant.query_params
    ignored = set[str]() if declares_any else {*names} - {*ignorable}
    if faults := [
        *(FieldError(pointer_to(["query", n]), "repeated", "must be sent once") for n in repeated),
        *(FieldError(pointer_to(["query", n]), "empty", "must not be empty") for n in empty),
        *(FieldError(pointer_to(["query", n]), "extra_forbidden", UNKNOWN) for n in ignored),
    ]:
        raise invalid_parameters(sorted(faults, key=lambda fault: fault.pointer))


async def _authenticate(
    request: Request, resources: ResourcesDep, token: Annotated[str, Depends(_BearerToken())]
) -> Caller:
    """Verify the token and return its caller.

    Raises ApiError `tenant_mismatch` if `org_id` isn't the token's organisation, and `token_bound`
    if the token is bound to a user other than `user_id`. Raises `origin_not_allowed` if the request
    comes from an origin that isn't allowed. Every route that authenticates its caller uses this
    function, so no route can omit one of the checks.
    """
    caller = Caller.from_claims(await resources.verifier.verify(token))
    admit(request, resources, caller)
    caller.require_origin(request.headers.getlist("origin"))
    for org_id in request.query_params.getlist("org_id"):
        caller.require_organization(org_id)
    for user_id in request.query_params.getlist("user_id"):
        caller.require_user(user_id)
    check_query(request, ignorable=_OF_ANY_ROUTE)
    return caller


async def _authenticate_unbound(caller: Annotated[Caller, Depends(_authenticate)]) -> Caller:
    caller.require_unbound()
    caller.require_unshared()
    return caller


CallerDep = Annotated[Caller, Depends(_authenticate_unbound)]


def requires(scope: str, *, accepts_bound: bool = False) -> Any:  # noqa: ANN401 - as FastAPI's Depends
    """Return a dependency that rejects callers without the scope.

    Use the dependency as `Annotated[Caller, requires("…")]`. With `accepts_bound`, the dependency
    also accepts tokens that are bound to one user, and the route must limit its result to the
    events of `Caller.bound_user_id`.
    """
    authenticate = _authenticate if accepts_bound else _authenticate_unbound

    async def authorize(caller: Annotated[Caller, Depends(authenticate)]) -> Caller:
        caller.require_scope(scope)
        return caller

    return Depends(authorize)


def requires_insights() -> Any:  # noqa: ANN401 - as above
    """Return a dependency that rejects callers who may not query insights.

    The dependency also accepts the tokens of share links, and the route must check the query of
    such a caller with `Caller.require_shared_query`.
    """

    async def authorize(caller: Annotated[Caller, Depends(_authenticate)]) -> Caller:
        caller.require_unbound()
        if not caller.is_shared:
            caller.require_scope(INSIGHTS_READ)
        return caller

    return Depends(authorize)


def requires_membership(scope: str) -> Any:  # noqa: ANN401 - as above
    """Return a dependency like `requires` that also checks the caller's stored membership.

    The dependency returns the caller with the stored role instead of the role in the token.
    Administrative operations use this dependency, so that a removed admin's token stops working
    immediately.
    """

    async def authorize(caller: CallerDep, store: StoreDep) -> Caller:
        from api.auth.exchange import require_membership  # noqa: PLC0415 - administration only

        caller.require_scope(scope)
        stored = await require_membership(store, caller.subject, caller.org_id, scope)
        return replace(caller, role=stored.role)

    return Depends(authorize)


Admin = Annotated[Caller, requires_membership(ORGANIZATION_MANAGE)]
