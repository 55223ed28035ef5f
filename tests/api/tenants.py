"""Requests to every operation, and app instances that hold the data of one or two organisations."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from httpx2 import AsyncClient, Response

from api.domain.metrics import Metric, MetricValue
from api.domain.reference import ApiKey, Invitation, Membership, User, hash_api_key, hash_invitation
from api.routers.auth import TOKEN_EXCHANGE
from api.services.rollups import catch_up, sweep
from api.stores.protocol import Store
from tests.support import START, an_event

EVENTS, SUMMARY, TYPES = "/api/v1/events", "/api/v1/metrics/summary", "/api/v1/event-types"
ME, TOKEN, KEYS = "/api/v1/me", "/api/v1/auth/token", "/api/v1/keys"
USAGE = "/api/v1/usage"
ORGANIZATION, MEMBERS = "/api/v1/organization", "/api/v1/members"
AUDIT_LOG, INVITATIONS = "/api/v1/audit-log", "/api/v1/invitations"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"
PREFIXES = {"secret": "ak", "read": "rk", "publishable": "pk"}
COUNTS = {"acme": 60, "globex": 70}  # numbers of events, different for each organisation


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


class AppInstance:
    """The app on a store of its own that holds the data of some organisations."""

    def __init__(self, client: AsyncClient, store: Store) -> None:
        self._client = client
        self.store = store
        self._tokens: dict[tuple[str, str], str] = {}

    async def add_organization(self, organization: str) -> None:
        """Store events, keys, metrics and users of the organisation."""
        org_id = f"org_{organization}"
        for record in (
            Metric(org_id, "revenue", "sum"),
            Metric(org_id, f"only_{organization}", "sum"),
            MetricValue(org_id, "revenue", START.date().isoformat(), COUNTS[organization]),
            User(f"usr_{organization}", f"{organization}@only.example", "", "", "", ""),
            Membership(f"usr_{organization}", org_id, "admin", ""),
            ApiKey(hash_api_key(f"ak_only_{organization}"), org_id, "secret", "", ""),
            Membership("usr_both", org_id, "viewer", ""),
            *(
                Invitation(
                    hash_invitation(f"inv_{use}_{organization}"),
                    org_id,
                    f"{organization}@only.example",
                    "viewer",
                    f"{use}",
                    "2026-04-01",
                    "",
                )
                for use in ("only", "for")
            ),
        ):
            await self.store.create(record)
        first = range(COUNTS[organization])
        for key, numbers in {"same-key": first, f"key-of-{organization}": [1]}.items():
            call = Call("POST", EVENTS, body=own_events(organization, *numbers), key=key)
            assert (await self.send(organization, call)).status_code == 201

    async def fold(self) -> None:
        await catch_up(self.store)
        await sweep(self.store)

    async def send(self, organization: str, call: Call) -> Response:
        headers = {"X-Request-Id": "same", "Content-Type": call.media_type}
        if call.caller:
            headers["Authorization"] = f"Bearer {await self._token(organization, call.caller)}"
        if call.key:
            headers["Idempotency-Key"] = call.key
        content = None if call.body is None else json.dumps(call.body)
        response = await self._client.request(
            call.method, call.path, params=list(call.query), content=content, headers=headers
        )
        response.headers.pop("RateLimit", None)  # depends on the caller's earlier requests
        return response

    async def pages(self, organization: str, call: Call) -> list[Response]:
        """Return the response and, by following its cursors, those of all later pages."""
        responses = [await self.send(organization, call)]
        while cursor := content_of(responses[-1]).get("next_cursor"):
            query = (*(pair for pair in call.query if pair[0] != "cursor"), ("cursor", cursor))
            responses.append(await self.send(organization, replace(call, query=query)))
        return responses

    async def id_token(self, user_id: str) -> str:
        user, headers = {"user_id": user_id}, {"X-Request-Id": "same"}  # both are audited
        response = await self._client.post("/local-identity/token", json=user, headers=headers)
        return response.json()["id_token"]

    async def operations(self) -> set[str]:
        document = (await self._client.get("/openapi.json")).json()
        return {op["operationId"] for path in document["paths"].values() for op in path.values()}

    async def _token(self, organization: str, caller: str) -> str:
        if (organization, caller) not in self._tokens:
            response = await self._client.post(TOKEN, json=await self._grant(organization, caller))
            self._tokens[organization, caller] = response.json()["access_token"]
        return self._tokens[organization, caller]

    async def _grant(self, organization: str, caller: str) -> dict[str, str]:
        match caller:
            case "user":
                return exchange(await self.id_token(f"usr_{organization}"), organization)
            case "viewer":  # a member of both organisations, with a token for one
                return exchange(await self.id_token("usr_both"), organization)
            case "bound":
                return {"api_key": f"rk_local_{organization}", "user_id": "user-1"}
            case kind:
                return {"api_key": f"{PREFIXES[kind]}_local_{organization}"}


def content_of(response: Response) -> dict[str, Any]:
    return response.json() if response.content else {}
