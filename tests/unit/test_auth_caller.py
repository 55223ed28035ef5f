"""Scopes of roles, API keys and tokens, and the separation of organisations."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from api.auth import caller as caller_module
from api.auth.caller import ALL_SCOPES, ROLES, Caller, KeyKind, scopes_of_api_key, scopes_of_role
from api.errors import ApiError

CLAIMS = {
    "sub": "usr_1",
    "org_id": "org_acme",
    "scope": "events:read metrics:read",
    "exp": 1_800_000_000,
    "role": "viewer",
}
CALLER = Caller.from_claims(CLAIMS)


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("viewer", {"events:read", "metrics:read", "insights:read"}),
        (
            "member",
            {"events:read", "metrics:read", "insights:read", "events:write", "views:write"},
        ),
        ("admin", ALL_SCOPES),
        ("owner", ALL_SCOPES),
        ("janitor", set()),
    ],
)
def test_the_role_determines_the_scopes(role, scopes):
    assert scopes_of_role(role) == scopes


@pytest.mark.parametrize(
    ("kind", "scopes"),
    [
        ("secret", {"events:read", "events:write", "metrics:read", "insights:read"}),
        ("read", {"events:read", "metrics:read", "insights:read"}),
        ("publishable", {"events:write"}),
        ("unheard of", set()),
    ],
)
def test_the_kind_of_a_key_determines_the_scopes(kind, scopes):
    assert scopes_of_api_key(kind) == scopes


def test_every_role_and_every_kind_of_key_has_scopes():
    assert caller_module._SCOPES_OF_ROLE.keys() == {*ROLES}
    assert caller_module._SCOPES_OF_KEY.keys() == {*get_args(KeyKind)}


def test_claims_describe_a_user():
    assert Caller(
        subject="usr_1",
        org_id="org_acme",
        scopes=frozenset({"events:read", "metrics:read"}),
        role="viewer",
        expires_at=datetime(2027, 1, 15, 8, tzinfo=UTC),
    ) == Caller.from_claims(CLAIMS)
    assert CALLER.kind == "user"


def test_claims_without_a_role_describe_an_api_key():
    caller = Caller.from_claims({name: CLAIMS[name] for name in CLAIMS if name != "role"})

    assert (caller.role, caller.kind) == (None, "api_key")


def test_a_scope_in_the_token_is_sufficient():
    CALLER.require_scope("events:read")


@pytest.mark.parametrize("scope", ["events:write", "events", "events:read metrics:read", ""])
def test_a_missing_scope_is_refused_and_named(scope):
    with pytest.raises(ApiError) as caught:
        CALLER.require_scope(scope)

    assert (caught.value.status, caught.value.code) == (403, "insufficient_scope")
    assert caught.value.headers["WWW-Authenticate"] == (
        f'Bearer error="insufficient_scope", scope="{scope}"'
    )


@pytest.mark.parametrize("user_id", ["usr_2", "USR_1", "usr_1 ", ""])
def test_a_bound_token_refuses_other_users_and_unbound_operations(user_id):
    bound = Caller.from_claims(CLAIMS | {"bound_user_id": "usr_1"})
    bound.require_user("usr_1")
    for check in (lambda: bound.require_user(user_id), bound.require_unbound):
        with pytest.raises(ApiError) as caught:
            check()
        assert (caught.value.status, caught.value.code) == (403, "token_bound")


def test_an_unbound_token_reads_every_user():
    CALLER.require_user("anybody")
    CALLER.require_unbound()


@pytest.mark.parametrize("org_id", [None, "org_acme"])
def test_the_own_organisation_may_be_named_or_left_out(org_id):
    CALLER.require_organization(org_id)


@pytest.mark.parametrize("org_id", ["org_globex", "org_nowhere", "ORG_ACME", "org_acme ", ""])
def test_any_other_organisation_is_refused_with_the_same_message(org_id):
    with pytest.raises(ApiError) as caught:
        CALLER.require_organization(org_id)

    assert (caught.value.status, caught.value.code) == (403, "tenant_mismatch")
    assert caught.value.detail == (
        "The org_id in the request is not the token's. "
        "Leave it out, or get a token for that organisation."
    )
