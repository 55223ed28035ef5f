"""Requests to every operation, which one organisation sends while another one exists."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from api.domain.erasures import PrivacyKey, erasure_id_of
from api.domain.reference import hash_api_key, hash_invitation
from api.routers.auth import TOKEN_EXCHANGE
from tests.support import an_event

EVENTS, SUMMARY, TYPES = "/api/v1/events", "/api/v1/metrics/summary", "/api/v1/event-types"
ME, TOKEN, KEYS = "/api/v1/me", "/api/v1/auth/token", "/api/v1/keys"
USAGE = "/api/v1/usage"
PROPERTIES, USERS = "/api/v1/properties", "/api/v1/users"
ORGANIZATION, MEMBERS = "/api/v1/organization", "/api/v1/members"
AUDIT_LOG, INVITATIONS = "/api/v1/audit-log", "/api/v1/invitations"
ERASURES = "/api/v1/erasures"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"


@dataclass(frozen=True)
class Call:
    """One request. `caller` is "user", "viewer", a kind of API key, or empty for no credential.

    "bound" is a token of a read-only key for one user.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    key: str = ""
    caller: str = "secret"
    media_type: str = "application/json"

    def with_org_id(self, organization: str) -> "Call":
        return replace(self, query=(*self.query, ("org_id", f"org_{organization}")))


@dataclass(frozen=True)
class Scenario:
    """The calling organisation with an ID token, and the other organisation with its cursor."""

    me: str
    other: str
    foreign_cursor: str
    id_token: str


def own_events(organization: str, *numbers: int, **changes: object) -> dict[str, object]:
    """Return events that are the same in both organisations, except for their own data."""
    return {
        "events": [
            an_event(
                number,
                event_type=f"only_{organization}" if number % 2 else "page_viewed",
                properties={"secret": f"only_{organization}"},
            )
            | changes
            for number in numbers
        ]
    }


def exchange(id_token: str, organization: str) -> dict[str, str]:
    return {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": id_token,
        "subject_token_type": ID_TOKEN_TYPE,
        "org_id": f"org_{organization}",
    }


def beacon(key: str, events: dict[str, object]) -> Call:
    body = {"api_key": key} | events
    return Call("POST", f"{EVENTS}/beacon", body=body, caller="", media_type="text/plain")


def revoke(api_key: str, caller: str = "user") -> Call:
    return Call("DELETE", f"{KEYS}/{hash_api_key(api_key)}", caller=caller)


def change(method: str, path: str, body: Any = None, caller: str = "user") -> Call:
    return Call(method, path, body=body, caller=caller)


def accept(scenario: Scenario, token: str) -> Call:
    body = {"id_token": scenario.id_token, "invitation_token": token}
    return Call("POST", f"{INVITATIONS}/accept", body=body, caller="")


def create_organization(scenario: Scenario, name: str) -> Call:
    body = {"id_token": scenario.id_token, "name": name}
    return Call("POST", "/api/v1/organizations", body=body, caller="")


def get(path: str, *query: tuple[str, str], caller: str = "secret") -> Call:
    return Call("GET", path, query, caller=caller)


def insight(path: str, caller: str = "secret", **body: Any) -> Call:
    return Call("POST", f"/api/v1/insights/{path}", body=body, caller=caller)


def privacy_key(organization: str) -> PrivacyKey:
    """Return the key of the organisation's hashes, which is otherwise random."""
    return PrivacyKey(f"org_{organization}", sha256(organization.encode()).hexdigest())


def erasure_of(organization: str) -> str:
    """Return the id of the erasure of user-1, whom both organisations have."""
    return erasure_id_of(privacy_key(organization).hash("user-1"))


def condition(name: str, value: str) -> dict[str, Any]:
    return {"property": name, "operator": "contains", "values": [value]}


CALLS: dict[str, Callable[[Scenario], list[Call]]] = {
    "ingest_events": lambda scenario: [
        Call("POST", EVENTS, body=own_events(scenario.me, 0, 65, 75)),
        Call(
            "POST", EVENTS, body=own_events(scenario.me, 0, 66, 76), key=f"key-of-{scenario.other}"
        ),
        Call("POST", EVENTS, body=own_events(scenario.other, 1), key=f"key-of-{scenario.other}"),
        Call("POST", EVENTS, body=own_events(scenario.other, 1), key="same-key"),
        Call("POST", EVENTS, body=own_events(scenario.me, 67), caller="publishable"),
        Call("POST", EVENTS, body=own_events(scenario.me, 68, org_id=f"org_{scenario.other}")),
        Call("POST", EVENTS, body=own_events(scenario.me, 69), caller="viewer"),
    ],
    "beacon_events": lambda scenario: [
        beacon(f"pk_local_{scenario.me}", own_events(scenario.me, 0, 65, 77)),
        beacon(
            f"ak_local_{scenario.me}", own_events(scenario.me, 70, org_id=f"org_{scenario.other}")
        ),
    ],
    "query_events": lambda scenario: [
        get(EVENTS),
        get(EVENTS, ("limit", "7"), ("order", "asc")),
        get(EVENTS, ("user_id", "user-1")),
        get(EVENTS, ("event_type", f"only_{scenario.other}")),
        get(EVENTS, ("start_date", "2026-03-10T11:01:00Z"), ("order", "asc"), ("limit", "1")),
        get(EVENTS, ("cursor", scenario.foreign_cursor), ("limit", "7")),
        get(EVENTS, caller="viewer"),
        get(EVENTS, caller="publishable"),
        get(EVENTS, caller="read"),
        get(EVENTS, ("limit", "7"), caller="bound"),
        get(EVENTS, ("user_id", "user-2"), caller="bound"),
        get(EVENTS, ("cursor", scenario.foreign_cursor), ("limit", "7"), caller="bound"),
    ],
    "summarize_metrics": lambda scenario: [
        get(SUMMARY),
        get(SUMMARY, ("metrics", "revenue"), ("metrics[]", "active_users")),
        get(SUMMARY, ("metrics", f"only_{scenario.other}")),
        get(SUMMARY, ("metrics", f"events.only_{scenario.other}")),
        get(SUMMARY, ("metrics", f"events.only_{scenario.me}"), caller="viewer"),
        get(SUMMARY, caller="publishable"),
        get(SUMMARY, caller="read"),
        get(SUMMARY, caller="bound"),
    ],
    "list_event_types": lambda _: [get(TYPES), get(TYPES, caller="viewer")],
    "report_usage": lambda _: [
        get(USAGE, ("months", "13")),
        get(USAGE, caller="viewer"),
        get(USAGE, caller="publishable"),
        get(USAGE, caller="read"),
    ],
    "query_trends": lambda scenario: [
        insight("trends", series=[{}, {"aggregate": "unique_users"}]),
        insight("trends", series=[{}], breakdown={"field": "event_type"}),
        insight("trends", series=[{}], breakdown={"property": "secret"}),
        insight("trends", series=[{"event_type": f"only_{scenario.other}"}]),
        insight("trends", series=[{}], caller="viewer"),
        insight("trends", series=[{}], caller="bound"),
        insight("trends", series=[{}], caller="publishable"),
        *(
            insight("trends", series=[{"filters": [condition(name, table)]}])
            for name in ("secret", "org_id")
            for table in (f"org_{scenario.other}", f"../org_{scenario.other}", "%")
        ),
    ],
    "query_funnel": lambda _: [
        insight("funnels", steps=[{"event_type": "page_viewed"}, {}]),
        insight("funnels", steps=[{}, {}], breakdown={"property": "secret"}),
        insight("funnels", steps=[{}, {}], caller="publishable"),
    ],
    "list_dropped_users": lambda scenario: [
        insight(
            "funnels/dropped-users",
            steps=[{}, {"event_type": f"only_{scenario.other}"}],
            after_step=0,
            limit=3,
        ),
    ],
    "query_retention": lambda _: [
        insight("retention", interval="day"),
        insight("retention", interval="day", caller="read"),
    ],
    "list_properties": lambda scenario: [
        get(PROPERTIES),
        get(PROPERTIES, ("event_type", f"only_{scenario.other}")),
        get(PROPERTIES, caller="publishable"),
    ],
    "list_users": lambda scenario: [
        get(USERS, ("limit", "3")),
        get(USERS, ("search", scenario.other)),
        get(USERS, caller="bound"),
    ],
    "describe_user": lambda scenario: [
        get(f"{USERS}/user-1"),
        get(f"{USERS}/usr_{scenario.other}"),
        get(f"{USERS}/%2E%2E%5Corg_{scenario.other}"),
    ],
    "describe_caller": lambda _: [
        get(ME),
        get(ME, caller="user"),
        get(ME, caller="publishable"),
        get(ME, caller="bound"),
    ],
    "list_keys": lambda _: [get(KEYS, caller="user"), get(KEYS), get(KEYS, caller="viewer")],
    "create_key": lambda scenario: [
        Call("POST", KEYS, body={"name": f"of {scenario.me}", "kind": "secret"}, caller="user"),
        Call("POST", KEYS, body={"name": "", "kind": "secret"}, caller="user"),
        Call("POST", KEYS, body={"name": "", "kind": "secret"}, caller="viewer"),
    ],
    "revoke_key": lambda scenario: [
        revoke(f"ak_only_{scenario.me}"),
        revoke(f"ak_only_{scenario.other}"),
        revoke("ak_only_nobody"),
        revoke(f"ak_only_{scenario.me}", caller="viewer"),
    ],
    "describe_organization": lambda _: [
        get(ORGANIZATION, caller="user"),
        get(ORGANIZATION),
        get(ORGANIZATION, caller="viewer"),
    ],
    "update_organization": lambda scenario: [
        change("PATCH", ORGANIZATION, {"name": f"of {scenario.me}"}),
        change("PATCH", ORGANIZATION, {"name": ""}),
        change("PATCH", ORGANIZATION, {"name": "x"}, "viewer"),
        change("PATCH", ORGANIZATION, {"name": "x"}, "secret"),
    ],
    "read_audit_log": lambda scenario: [
        get(AUDIT_LOG, caller="user"),
        get(AUDIT_LOG, ("actor", f"usr_{scenario.other}"), caller="user"),
        get(AUDIT_LOG, ("action", "organization.update"), caller="user"),
        get(AUDIT_LOG),
        get(AUDIT_LOG, caller="viewer"),
    ],
    "list_members": lambda _: [
        get(MEMBERS, caller="user"),
        get(MEMBERS, ("limit", "1"), caller="user"),
        get(MEMBERS, caller="viewer"),
        get(MEMBERS),
    ],
    "add_member": lambda scenario: [
        change("POST", MEMBERS, {"user_id": "usr_new", "role": "viewer"}),
        change("POST", MEMBERS, {"user_id": f"usr_{scenario.other}", "role": "member"}),
        change("POST", MEMBERS, {"user_id": "usr_both", "role": "admin"}),
        change("POST", MEMBERS, {"user_id": "usr_new", "role": "viewer"}, "viewer"),
    ],
    "change_member": lambda scenario: [
        change("PATCH", f"{MEMBERS}/usr_new", {"role": "member"}),
        change("PATCH", f"{MEMBERS}/usr_nobody", {"role": "member"}),
        change("PATCH", f"{MEMBERS}/usr_{scenario.me}", {"role": "owner"}),
    ],
    "list_invitations": lambda _: [
        get(INVITATIONS, caller="user"),
        get(INVITATIONS, ("limit", "1"), caller="user"),
        get(INVITATIONS, caller="viewer"),
    ],
    "create_invitation": lambda scenario: [
        change("POST", INVITATIONS, {"email": f"{scenario.me}@new.example", "role": "viewer"}),
        change("POST", INVITATIONS, {"email": "no address", "role": "viewer"}),
        change("POST", INVITATIONS, {"email": "a@new.example", "role": "viewer"}, "viewer"),
    ],
    "revoke_invitation": lambda scenario: [
        change("DELETE", f"{INVITATIONS}/{hash_invitation(f'inv_only_{scenario.me}')}"),
        change("DELETE", f"{INVITATIONS}/{hash_invitation(f'inv_only_{scenario.other}')}"),
        change("DELETE", f"{INVITATIONS}/{hash_invitation('inv_only_nobody')}"),
    ],
    "accept_invitation": lambda scenario: [
        accept(scenario, hash_invitation(f"inv_only_{scenario.other}")),  # its public id
        accept(scenario, "inv_only_nobody"),
        accept(scenario, f"inv_for_{scenario.me}"),
    ],
    "create_organization": lambda scenario: [
        create_organization(scenario, f"of {scenario.me}"),
        create_organization(scenario, f"only_{scenario.other}"),
        create_organization(scenario, ""),
    ],
    "remove_member": lambda scenario: [
        change("DELETE", f"{MEMBERS}/usr_new"),
        change("DELETE", f"{MEMBERS}/usr_{scenario.other}"),
        change("DELETE", f"{MEMBERS}/usr_{scenario.other}"),
        change("DELETE", f"{MEMBERS}/usr_both", caller="viewer"),
        get(MEMBERS, caller="user"),
    ],
    "export_user": lambda scenario: [
        get(f"{USERS}/user-1/export", caller="user"),
        get(f"{USERS}/usr_{scenario.other}/export", caller="user"),
        get(f"{USERS}/%2E%2E%5Corg_{scenario.other}/export", caller="user"),
        get(f"{USERS}/user-1/export"),
        get(f"{USERS}/user-1/export", caller="viewer"),
    ],
    "create_erasure": lambda scenario: [
        change("POST", ERASURES, {"user_id": "user-1"}),
        change("POST", ERASURES, {"user_id": f"usr_{scenario.other}"}),
        change("POST", ERASURES, {"user_id": ""}),
        change("POST", ERASURES, {"user_id": "user-1"}, "viewer"),
        change("POST", ERASURES, {"user_id": "user-1"}, "secret"),
    ],
    "list_erasures": lambda _: [
        get(ERASURES, caller="user"),
        get(ERASURES, ("limit", "1"), caller="user"),
        get(ERASURES, caller="viewer"),
    ],
    "describe_erasure": lambda scenario: [
        get(f"{ERASURES}/{erasure_of(scenario.me)}", caller="user"),
        get(f"{ERASURES}/{erasure_of(scenario.other)}", caller="user"),
        get(f"{ERASURES}/key", caller="user"),
        get(f"{ERASURES}/{erasure_of(scenario.me)}"),
    ],
    "issue_token": lambda scenario: [
        Call("POST", TOKEN, body={"api_key": f"ak_local_{scenario.me}"}, caller=""),
        Call(
            "POST",
            TOKEN,
            body={"api_key": f"rk_local_{scenario.me}", "user_id": "user-1"},
            caller="",
        ),
        Call("POST", TOKEN, body=exchange(scenario.id_token, scenario.me), caller=""),
        Call("POST", TOKEN, body=exchange(scenario.id_token, scenario.other), caller=""),
        Call("POST", TOKEN, body=exchange(scenario.id_token, "nobody"), caller=""),
    ],
    "publish_keys": lambda _: [get("/.well-known/jwks.json", caller="")],
    "describe_issuer": lambda _: [get("/.well-known/openid-configuration", caller="")],
    "check_health": lambda _: [get("/healthz", caller="")],
}
