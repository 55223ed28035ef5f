"""Tokens with fewer scopes than their credential, or with access to the events of only one user."""

from dataclasses import dataclass, replace

from api.auth.caller import EVENTS_READ
from api.auth.issuer import Grant
from api.errors import ApiError

_FOR_ONE_USER = frozenset({EVENTS_READ})  # the scopes that a token for one user may have


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The limits that a token request sets for the token. None means that there is no limit."""

    scope: str | None = None  # separated by spaces
    user_id: str | None = None

    def apply(self, grant: Grant) -> Grant:
        """Return the grant, restricted by these limits.

        Raises ApiError `invalid_scope` if the grant lacks a requested scope.

        A grant for one user has the scope `events:read` only.
        """
        scopes = grant.scopes if self.user_id is None else _FOR_ONE_USER
        if self.scope is not None:
            requested = frozenset(self.scope.split(" ")) - {""}
            if not requested or not requested <= grant.scopes:
                raise _wrong_scope(f"one or more of {_spelled(grant.scopes)}")
            if not requested <= scopes:
                raise _wrong_scope(f"{EVENTS_READ} with user_id, or leave it out")
            scopes = requested
        elif not scopes <= grant.scopes:
            raise ApiError(
                "invalid_scope",
                f"A token with user_id has the scope {EVENTS_READ}, which the credential lacks. "
                "Use a key that reads events.",
            )
        return replace(grant, scopes=scopes, bound_user_id=self.user_id)


def _wrong_scope(expected: str) -> ApiError:
    return ApiError("invalid_scope", f"In scope, send {expected}.")


def _spelled(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes)) + " (the credential's scopes), separated by spaces"
