"""App instances that hold the data of one or two organisations."""

import json
from dataclasses import replace
from typing import Any

from httpx2 import AsyncClient, Response

from api.domain.alerts import Alert
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import ApiKey, Invitation, Membership, User, hash_api_key, hash_invitation
from api.domain.rollups import DeadLetter
from api.domain.views import Annotation, Board, Share, View, share_id_of
from api.lake.protocol import LakeWriter
from api.services import archive
from api.services.rollups import catch_up, sweep
from api.stores.protocol import RollupStore
from tests.api.tenant_calls import EVENTS, TOKEN, Call, exchange, own_events, privacy_key
from tests.api.tenant_view_calls import alert_of, annotation_of, board_of, secret_of, view_of
from tests.support import START

PREFIXES = {"secret": "ak", "read": "rk", "publishable": "pk"}
COUNTS = {"acme": 60, "globex": 70}  # numbers of events, different for each organisation


class AppInstance:
    """The app on a store of its own that holds the data of some organisations."""

    def __init__(self, client: AsyncClient, store: RollupStore, lake: LakeWriter) -> None:
        self._client = client
        self.store = store
        self._lake = lake
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
            privacy_key(organization),
            DeadLetter(org_id, "2026-03-01", "x", "broken", {"user_id": "user-1", "of": org_id}),
            View(org_id, view_of(organization), "V", "explore", "", f"usr_{organization}", "1", ""),
            Share(
                org_id,
                share_id_of(secret_of(organization)),
                view_of(organization),
                "V",
                "explore",
                "",
                ("f" * 32,),
                "only",
                "2026-04-01T00:00:00Z",
                f"usr_{organization}",
                "1",
            ),
            Annotation(
                org_id,
                annotation_of(organization),
                "2026-03-01T00:00:00.000000Z",
                "A",
                f"usr_{organization}",
                "1",
                "",
            ),
            Board(org_id, board_of(organization), "B", (), f"usr_{organization}", "1", ""),
            Alert(
                org_id,
                alert_of(organization),
                "A",
                view_of(organization),
                "above",
                1,
                "http://127.0.0.1:9/",
                enabled=True,
                secret="whsec_c2VjcmV0",
                created_by=f"usr_{organization}",
                created_at="1",
                updated_at="",
            ),
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
        await archive.catch_up(self.store, self._lake)

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
    if response.headers.get("content-type") == "application/x-ndjson":
        return {"lines": [json.loads(line) for line in response.text.splitlines()]}
    return response.json() if response.content else {}
