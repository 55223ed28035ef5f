"""Requests to the operations on what organisations save, and, in CALLS, to all operations."""

from collections.abc import Callable
from hashlib import sha256

from api.domain.views import share_id_of
from tests.api import tenant_calls
from tests.api.tenant_calls import Call, Scenario, change, get

NEW_SHARE = {"queries": [{"insight": "trends", "query": {"series": [{}]}}]}
VIEWS, BOARDS, OPEN = "/api/v1/views", "/api/v1/boards", "/api/v1/auth/share"
ANNOTATIONS, ALERTS = "/api/v1/annotations", "/api/v1/alerts"


def view_of(organization: str) -> str:
    return f"view_{sha256(organization.encode()).hexdigest()[:16]}"


def board_of(organization: str) -> str:
    return view_of(organization).replace("view", "board")


def annotation_of(organization: str) -> str:
    return view_of(organization).replace("view", "annotation")


def secret_of(organization: str) -> str:
    return f"org_{organization}.{organization}"


def shares_of(organization: str) -> str:
    return f"{VIEWS}/{view_of(organization)}/shares"


def open_share(secret: str) -> Call:
    return Call("POST", OPEN, body={"secret": secret}, caller="")


def alert_of(organization: str) -> str:
    return view_of(organization).replace("view", "alert")


def new_alert(organization: str) -> dict[str, object]:
    condition = {"type": "above", "threshold": 1}
    url = "http://127.0.0.1:9/"
    return {"name": "A", "view_id": view_of(organization), "condition": condition, "url": url}


def new_view(name: str) -> dict[str, str]:
    return {"name": name, "page": "explore", "state": "range=7d"}


_CALLS: dict[str, Callable[[Scenario], list[Call]]] = {
    "list_views": lambda _: [get(VIEWS, ("limit", "1")), get(VIEWS, caller="bound")],
    "describe_view": lambda scenario: [
        get(f"{VIEWS}/{view_of(scenario.me)}"),
        get(f"{VIEWS}/{view_of(scenario.other)}"),
    ],
    "update_view": lambda scenario: [
        change("PATCH", f"{VIEWS}/{view_of(scenario.me)}", {"name": "mine"}),
        change("PATCH", f"{VIEWS}/{view_of(scenario.other)}", {"name": "mine"}),
        change("PATCH", f"{VIEWS}/{view_of(scenario.me)}", {"name": "mine"}, "viewer"),
    ],
    "list_boards": lambda _: [get(BOARDS, ("limit", "1")), get(BOARDS, caller="publishable")],
    "describe_board": lambda scenario: [
        get(f"{BOARDS}/{board_of(scenario.me)}"),
        get(f"{BOARDS}/{board_of(scenario.other)}"),
    ],
    "update_board": lambda scenario: [
        change("PATCH", f"{BOARDS}/{board_of(who)}", {"view_ids": [view_of(whose)]})
        for who in (scenario.me, scenario.other)
        for whose in (scenario.me, scenario.other)
    ],
    "create_view": lambda scenario: [
        change("POST", VIEWS, new_view(scenario.me)),
        change("POST", VIEWS, new_view("")),
        change("POST", VIEWS, new_view(scenario.me), "viewer"),
        change("POST", VIEWS, new_view(scenario.me), "secret"),
    ],
    "create_board": lambda scenario: [
        change("POST", BOARDS, {"name": "B", "view_ids": [view_of(scenario.me)]}),
        change("POST", BOARDS, {"name": "B", "view_ids": [view_of(scenario.other)]}),
    ],
    "list_annotations": lambda _: [
        get(ANNOTATIONS, ("limit", "1")),
        get(ANNOTATIONS, ("start_date", "2026-03-01"), caller="bound"),
    ],
    "describe_annotation": lambda scenario: [
        get(f"{ANNOTATIONS}/{annotation_of(scenario.me)}"),
        get(f"{ANNOTATIONS}/{annotation_of(scenario.other)}"),
    ],
    "update_annotation": lambda scenario: [
        change("PATCH", f"{ANNOTATIONS}/{annotation_of(scenario.me)}", {"text": "mine"}),
        change("PATCH", f"{ANNOTATIONS}/{annotation_of(scenario.other)}", {"text": "mine"}),
        change("PATCH", f"{ANNOTATIONS}/{annotation_of(scenario.me)}", {"text": "a"}, "viewer"),
    ],
    "create_annotation": lambda scenario: [
        change("POST", ANNOTATIONS, {"at": "2026-03-01T00:00:00Z", "text": scenario.me}),
        change("POST", ANNOTATIONS, {"at": "", "text": scenario.me}),
        change("POST", ANNOTATIONS, {"at": "2026-03-01T00:00:00Z", "text": "a"}, "viewer"),
    ],
    "delete_annotation": lambda scenario: [
        change("DELETE", f"{ANNOTATIONS}/{annotation_of(scenario.me)}"),
        change("DELETE", f"{ANNOTATIONS}/{annotation_of(scenario.other)}"),
    ],
    "list_shares": lambda scenario: [
        get(shares_of(scenario.me)),
        get(shares_of(scenario.other)),
        get(shares_of(scenario.me), caller="bound"),
    ],
    "create_share": lambda scenario: [
        change("POST", shares_of(scenario.me), NEW_SHARE),
        change("POST", shares_of(scenario.other), NEW_SHARE),
        change("POST", shares_of(scenario.me), NEW_SHARE, "viewer"),
    ],
    "open_share": lambda scenario: [
        open_share(secret_of(scenario.me)),
        open_share(f"org_{scenario.other}.{scenario.me}"),
    ],
    "revoke_share": lambda scenario: [
        change("DELETE", f"{shares_of(whose)}/{share_id_of(secret_of(who))}")
        for whose in (scenario.other, scenario.me)
        for who in (scenario.other, scenario.me)
    ],
    "delete_view": lambda scenario: [
        change("DELETE", f"{VIEWS}/{view_of(scenario.me)}"),
        change("DELETE", f"{VIEWS}/{view_of(scenario.other)}"),
    ],
    "delete_board": lambda scenario: [
        change("DELETE", f"{BOARDS}/{board_of(scenario.me)}"),
        change("DELETE", f"{BOARDS}/{board_of(scenario.other)}"),
    ],
}
_ALERT_CALLS: dict[str, Callable[[Scenario], list[Call]]] = {
    "list_alerts": lambda _: [get(ALERTS, ("limit", "1")), get(ALERTS, caller="publishable")],
    "describe_alert": lambda scenario: [
        get(f"{ALERTS}/{alert_of(scenario.me)}"),
        get(f"{ALERTS}/{alert_of(scenario.other)}"),
    ],
    "update_alert": lambda scenario: [
        change("PATCH", f"{ALERTS}/{alert_of(scenario.me)}", {"name": "mine"}),
        change("PATCH", f"{ALERTS}/{alert_of(scenario.other)}", {"name": "mine"}),
        change("PATCH", f"{ALERTS}/{alert_of(scenario.me)}", {"name": "mine"}, "viewer"),
    ],
    "create_alert": lambda scenario: [
        change("POST", ALERTS, new_alert(scenario.me)),
        change("POST", ALERTS, new_alert(scenario.other)),
        change("POST", ALERTS, new_alert(scenario.me), "viewer"),
    ],
    "rotate_alert_secret": lambda scenario: [
        change("POST", f"{ALERTS}/{alert_of(scenario.me)}/rotate-secret", {}),
        change("POST", f"{ALERTS}/{alert_of(scenario.other)}/rotate-secret", {}),
    ],
    "test_alert": lambda scenario: [
        change("POST", f"{ALERTS}/{alert_of(scenario.me)}/test", {}),
        change("POST", f"{ALERTS}/{alert_of(scenario.other)}/test", {}),
    ],
    "delete_alert": lambda scenario: [
        change("DELETE", f"{ALERTS}/{alert_of(scenario.me)}"),
        change("DELETE", f"{ALERTS}/{alert_of(scenario.other)}"),
    ],
}
CALLS = tenant_calls.CALLS | _ALERT_CALLS | _CALLS  # `delete_view` also deletes alerts
