"""Organisations of a version without administrative acts get owners and an index of members."""

import asyncio
import json

import pytest

from api.backends import open_dynamodb
from api.settings import Settings
from tests.cli.conftest import Run, run
from tests.stores.moto import aws, moto_server, on_dynamodb
from tests.support import ManualClock

__all__ = ["aws", "moto_server", "on_dynamodb", "run"]

SINCE = "2026-01-01T00:00:00.000000Z"
ORGANIZATION = {"org_id": "org_old", "name": "Old", "plan": "growth", "created_at": SINCE}
MEMBERS = {"ada": "owner", "bob": "viewer"}


async def store_as_before(settings: Settings, clock: ManualClock) -> None:
    async with open_dynamodb(settings, now=clock) as store:
        items = [("organizations", ("org_old", "org_old"), ORGANIZATION)] + [
            (
                "memberships",
                (user_id, "org_old"),
                {"user_id": user_id, "org_id": "org_old", "role": role, "joined_at": SINCE},
            )
            for user_id, role in MEMBERS.items()
        ]
        for table, (pk, sk), body in items:
            item = {"pk": pk, "sk": sk, "version": "1", "body": json.dumps(body)}
            await store._client.put(table, item, "attribute_not_exists(pk)", {})


def test_the_first_command_adopts_them_on_dynamodb(
    run: Run, on_dynamodb: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANALYTICS_STORE", "dynamodb")
    monkeypatch.setenv("ANALYTICS_DYNAMODB_ENDPOINT", on_dynamodb.dynamodb_endpoint)
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(on_dynamodb.data_dir))
    asyncio.run(store_as_before(on_dynamodb, clock))
    [listed] = json.loads(run("organization", "list", "--json").stdout)
    members = json.loads(run("member", "list", "org_old", "--json").stdout)
    refused = run("member", "remove", "org_old", "ada")
    removed = run("member", "remove", "org_old", "bob")

    assert listed["owners"] == ["ada"]
    assert {member["user_id"]: member["role"] for member in members} == MEMBERS
    assert (refused.exit_code, removed.exit_code) == (1, 0)
    assert "ada is the only owner" in refused.stderr
    assert "member.remove" in run("audit-log", "org_old").stdout
