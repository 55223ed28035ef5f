"""The caller of a request: subject, organisation, role and scopes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self, get_args

from api.auth.errors import insufficient_scope
from api.domain.events import PUBLIC, TRUSTED, EventSource
from api.errors import ApiError

EVENTS_READ = "events:read"
EVENTS_WRITE = "events:write"
METRICS_READ = "metrics:read"
INSIGHTS_READ = "insights:read"
KEYS_MANAGE = "keys:manage"
ORGANIZATION_MANAGE = "organization:manage"
PRIVACY_MANAGE = "privacy:manage"
VIEWS_WRITE = "views:write"
SHARED_VIEW_READ = "shared-view:read"  # of the tokens of share links only

Role = Literal["viewer", "member", "admin", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
OWNER = "owner"
KeyKind = Literal["secret", "read", "publishable"]

_VIEWER = frozenset({EVENTS_READ, METRICS_READ, INSIGHTS_READ})
_MEMBER = _VIEWER | {EVENTS_WRITE, VIEWS_WRITE}
_ADMIN = _MEMBER | {KEYS_MANAGE, ORGANIZATION_MANAGE, PRIVACY_MANAGE}
_SCOPES_OF_ROLE: Mapping[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "member": _MEMBER,
    "admin": _ADMIN,
    "owner": _ADMIN,
}
_SCOPES_OF_KEY: Mapping[str, frozenset[str]] = {
    "secret": _VIEWER | {EVENTS_WRITE},  # not VIEWS_WRITE, because acts need a user
    "read": _VIEWER,
    "publishable": frozenset({EVENTS_WRITE}),
}

ALL_SCOPES = _ADMIN


def scopes_of_role(role: str) -> frozenset[str]:
    """Return the scopes of a member with this role. A member with an unknown role has no scopes."""
    return _SCOPES_OF_ROLE.get(role, frozenset())


def scopes_of_api_key(kind: str) -> frozenset[str]:
    """Return the scopes of an API key of this kind. An API key of an unknown kind has no scopes."""
    return _SCOPES_OF_KEY.get(kind, frozenset())


@dataclass(frozen=True, slots=True)
class Caller:
    """The user or API key that a verified access token identifies, with its permissions."""

    subject: str
    org_id: str
    scopes: frozenset[str]
    role: str | None  # the user's role in the organisation; None for an API key
    expires_at: datetime
    bound_user_id: str | None = None  # the only user whose events the token may read
    origins: tuple[str, ...] = ()  # the only origins whose pages may use the token; empty: any
    shared_queries: tuple[str, ...] = ()  # the fingerprints of the only queries of a share link

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> Self:
        """Build the caller from the claims of a verified access token."""
        return cls(
            subject=claims["sub"],
            org_id=claims["org_id"],
            scopes=frozenset(claims["scope"].split()),
            role=claims.get("role"),
            expires_at=datetime.fromtimestamp(claims["exp"], tz=UTC),
            bound_user_id=claims.get("bound_user_id"),
            origins=tuple(claims.get("origins", ())),
            shared_queries=tuple(claims.get("shared_queries", ())),
        )

    @property
    def kind(self) -> Literal["user", "api_key"]:
        return "api_key" if self.role is None else "user"

    @property
    def source(self) -> EventSource:
        """Return the `source`, public or trusted, that is stored with this caller's events.

        The source is public if the caller uses an API key, or a token for one, without the scope
        `events:read`. A key or token that can't read events may be embedded in a web page, from
        which anybody can copy it.
        """
        return PUBLIC if self.kind == "api_key" and EVENTS_READ not in self.scopes else TRUSTED

    def require_scope(self, scope: str) -> None:
        """Raise ApiError `insufficient_scope` if the caller's token doesn't grant the scope."""
        if scope not in self.scopes:
            raise insufficient_scope(scope)

    def require_organization(self, org_id: str | None) -> None:
        """Raise ApiError `tenant_mismatch` if `org_id` isn't the token's organisation."""
        if org_id is not None and org_id != self.org_id:
            raise ApiError(
                "tenant_mismatch",  # the message doesn't reveal if the other organisation exists
                "The org_id in the request is not the token's. "
                "Leave it out, or get a token for that organisation.",
            )

    def require_origin(self, headers: Sequence[str]) -> None:
        """Raise ApiError `origin_not_allowed` unless the `Origin` header is an allowed origin."""
        if self.origins and (len(headers) != 1 or headers[0] not in self.origins):
            raise ApiError(
                "origin_not_allowed",
                "The API key may be used in pages of some origins only, and the Origin header is "
                "missing or names another. Add the page's origin to a new key.",
            )

    def require_user(self, user_id: str) -> None:
        """Raise ApiError `token_bound` when the token is bound to a user other than `user_id`."""
        if self.bound_user_id not in (None, user_id):
            raise ApiError(
                "token_bound",
                "The access token reads the events of one user only, and user_id in the request "
                "names another user. Leave user_id out.",
            )

    @property
    def is_shared(self) -> bool:
        """Return whether the token is that of a share link."""
        return SHARED_VIEW_READ in self.scopes

    def require_shared_query(self, fingerprint: str) -> None:
        """Raise ApiError `insufficient_scope` unless the share link may make the query."""
        if fingerprint not in self.shared_queries:
            raise _not_shared()

    def require_unshared(self) -> None:
        """Raise ApiError `insufficient_scope` for the token of a share link."""
        if self.is_shared:
            raise _not_shared()

    def require_unbound(self) -> None:
        """Raise ApiError `token_bound` when the token is bound to a user."""
        if self.bound_user_id is not None:
            raise ApiError(
                "token_bound",
                "The access token reads the events of one user only. "
                "This operation requires a token that is not bound to a user.",
            )


def _not_shared() -> ApiError:
    return ApiError(
        "insufficient_scope",
        "The access token of a share link can only make the queries of its view. Use the token of "
        "a member or of an API key.",
        headers=insufficient_scope(INSIGHTS_READ).headers,
    )
