"""Values that exist in the served organisation, so that generated requests with them can succeed.

Random ids, cursors and tokens are always rejected, so an operation that needs one would only be
tested up to its first check.
"""

import asyncio
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.python.asgi import ASGIClient

from api.auth.keys.file import FileKeySource
from api.auth.signing import sign_token
from tests.api.tenant_view_calls import NEW_SHARE
from tests.api.token_service import id_claims
from tests.support import ManualClock

COMMON = {
    "org_id": "org_acme",
    "start_date": "2026-03-01",
    "end_date": "2026-03-31",
    "timezone": "Europe/Berlin",
    "filters": [{"property": "plan", "operator": "is", "values": ["pro"]}],
}
MOMENT = {"at": "2026-03-10T00:00:00Z"}
KEPT_MAX = 50  # API keys or invitations; an organisation can have a limited number of them


HOOK = "http://127.0.0.1:9/"  # an endpoint that doesn't respond


class KnownValues:
    """Creates records through the API, and replaces values of requests by those of the records."""

    def __init__(self, client: ASGIClient, headers: Mapping[str, str], keys: Path) -> None:
        self._client = client
        self._headers = headers
        self._keys = FileKeySource(keys / "identity-key.json", is_local=True, now=ManualClock())
        self._numbers = count()
        self._makers: Mapping[str, Callable[[], Mapping[str, Any]]] = {
            "create_key": lambda: self._make_room("keys", "key_id"),
            "describe_user": lambda: {"user_id": "user-1"},
            "export_user": lambda: {"user_id": "user-1"},
            "describe_erasure": lambda: {"erasure_id": self._erasure()["erasure_id"]},
            "list_erasures": lambda: self._cursor("erasures", self._erasure),
            "revoke_key": lambda: {"key_id": self._key()["key_id"]},
            "change_member": lambda: {"user_id": self._member()},
            "remove_member": lambda: {"user_id": self._member()},
            "create_invitation": lambda: self._make_room("invitations", "invitation_id"),
            "revoke_invitation": lambda: {"invitation_id": self._invitation()["invitation_id"]},
            "accept_invitation": self._acceptance,
            "create_organization": lambda: {"id_token": self._id_token(self._new_id())},
            "issue_token": self._credential,
            "beacon_events": lambda: {"api_key": "pk_local_acme"},
            "list_keys": lambda: self._cursor("keys", self._key),
            "list_members": lambda: self._cursor("members", self._member),
            "list_invitations": lambda: self._cursor("invitations", self._invitation),
            "create_view": lambda: self._make_room("views", "view_id"),
            "describe_view": lambda: {"view_id": self._view()},
            "update_view": lambda: {"view_id": self._view()},
            "delete_view": lambda: {"view_id": self._view()},
            "list_views": lambda: self._cursor("views", self._view),
            "create_board": lambda: self._make_room("boards", "board_id", 20) | self._tiles(),
            "describe_board": lambda: {"board_id": self._board()},
            "update_board": lambda: {"board_id": self._board()} | self._tiles(),
            "delete_board": lambda: {"board_id": self._board()},
            "list_boards": lambda: self._cursor("boards", self._board),
            "create_annotation": lambda: self._make_room("annotations", "annotation_id") | MOMENT,
            "describe_annotation": lambda: {"annotation_id": self._annotation()},
            "update_annotation": lambda: {"annotation_id": self._annotation()} | MOMENT,
            "delete_annotation": lambda: {"annotation_id": self._annotation()},
            "list_annotations": lambda: self._cursor("annotations", self._annotation),
            "list_shares": self._shares_page,
            "create_share": lambda: {"view_id": self._view(), **NEW_SHARE},
            "revoke_share": lambda: self._share(self._view()),
            "open_share": lambda: {"secret": self._share(self._view())["secret"]},
            "create_alert": lambda: self._make_room("alerts", "alert_id", 20) | self._hook(),
            "describe_alert": lambda: {"alert_id": self._alert()},
            "update_alert": lambda: {"alert_id": self._alert(), "url": HOOK},
            "delete_alert": lambda: {"alert_id": self._alert()},
            "rotate_alert_secret": lambda: {"alert_id": self._alert()},
            "test_alert": lambda: {"alert_id": self._alert()},
            "list_alerts": lambda: self._cursor("alerts", self._alert),
            "read_audit_log": lambda: self._cursor("audit-log", self._member),
        }

    def use_in(self, case: schemathesis.Case) -> None:
        """Replace the values of the request that must exist, where the request has them."""
        operation = case.operation.definition.raw["operationId"]
        values = COMMON | self._makers.get(operation, dict)()
        for part in (case.path_parameters, case.query, case.body):
            _replace(part, values)
        if operation == "issue_token" and isinstance(case.body, dict):
            case.body.pop("scope", None)  # a random scope is always rejected

    def _new_id(self) -> str:
        return f"known-{next(self._numbers)}"

    def _member(self) -> str:
        user_id = self._new_id()
        self._send("POST", "members", {"user_id": user_id, "role": "viewer"})
        return user_id

    def _key(self) -> Mapping[str, Any]:
        self._make_room("keys", "key_id")
        return self._send("POST", "keys", {"name": "known", "kind": "secret"})

    def _erasure(self) -> Mapping[str, Any]:
        return self._send("POST", "erasures", {"user_id": self._new_id()})

    def _invitation(self, user_id: str = "") -> Mapping[str, Any]:
        self._make_room("invitations", "invitation_id")
        new = {"email": _email_of(user_id or self._new_id()), "role": "viewer"}
        return self._send("POST", "invitations", new)

    def _view(self) -> str:
        self._make_room("views", "view_id")
        new = {"name": "known", "page": "explore", "state": "range=7d"}
        return self._send("POST", "views", new)["view_id"]

    def _share(self, view_id: str) -> Mapping[str, str]:
        created = self._send("POST", f"views/{view_id}/shares", NEW_SHARE)
        return {"view_id": view_id, "share_id": created["share_id"], "secret": created["secret"]}

    def _shares_page(self) -> Mapping[str, str]:
        view_id = self._view()
        cursor = self._cursor(f"views/{view_id}/shares", lambda: self._share(view_id))
        return {"view_id": view_id, **cursor}

    def _tiles(self) -> Mapping[str, Any]:
        return {"view_ids": [self._view()]}

    def _hook(self) -> Mapping[str, Any]:
        return {"view_id": self._view(), "url": HOOK}

    def _alert(self) -> str:
        self._make_room("alerts", "alert_id", 20)
        condition = {"type": "above", "threshold": 1}
        new = self._hook() | {"name": "known", "condition": condition}
        return self._send("POST", "alerts", new)["alert_id"]

    def _board(self) -> str:
        self._make_room("boards", "board_id", 20)
        return self._send("POST", "boards", {"name": "known"})["board_id"]

    def _annotation(self) -> str:
        self._make_room("annotations", "annotation_id")
        return self._send("POST", "annotations", MOMENT | {"text": "known"})["annotation_id"]

    def _acceptance(self) -> Mapping[str, str]:
        user_id = self._new_id()
        token = self._invitation(user_id)["invitation_token"]
        return {"id_token": self._id_token(user_id), "invitation_token": token}

    def _credential(self) -> Mapping[str, Any]:
        return {
            "api_key": self._key()["api_key"],
            "subject_token": self._id_token(self._member()),
        }

    def _id_token(self, user_id: str) -> str:
        email = _email_of(user_id)
        claims = id_claims(sub=user_id, email=email, email_verified=True)
        return asyncio.run(sign_token(self._keys, claims, token_type="JWT"))

    def _cursor(self, name: str, create: Callable[[], object]) -> Mapping[str, str]:
        while not (cursor := self._send("GET", f"{name}?limit=1")["next_cursor"]):
            create()
        return {"cursor": cursor}

    def _make_room(self, name: str, field: str, kept_max: int = KEPT_MAX) -> Mapping[str, str]:
        kept = self._send("GET", name)["data"]
        for one in kept[kept_max:]:
            self._send("DELETE", f"{name}/{one[field]}")
        return {}

    def _send(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        response = self._client.request(
            method, f"/api/v1/{path}", json=body, headers=self._headers, timeout=60
        )
        assert response.ok, response.text
        return response.json() if response.content else {}


def _email_of(user_id: str) -> str:
    return f"{user_id}@acme.test"


def _replace(part: object, values: Mapping[str, Any]) -> None:
    """Replace the values of these fields at any depth."""
    if isinstance(part, list):
        for one in part:
            _replace(one, values)
    if isinstance(part, dict):
        for name, value in part.items():
            _replace(value, values)
            if name in values:
                part[name] = values[name]
