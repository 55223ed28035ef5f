"""Schemathesis sends valid and invalid requests to every operation in the OpenAPI document."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.app import create_app
from api.auth.caller import ALL_SCOPES, OWNER
from api.auth.issuer import Grant
from api.backends import open_emulated
from api.domain.reference import Membership
from api.services.organizations import put
from api.settings import OPEN, Settings
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from tests.api.known_values import KnownValues
from tests.support import ManualClock, an_event

# Requests per operation and mode. `make test-full` sends more of them, different in each run.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))
IS_REPEATABLE = "FUZZ_EXAMPLES" not in os.environ
BEYOND_SCHEMAS = {positive_data_acceptance}  # schemas can't list known metrics or issued cursors
# Invalid events don't fail the request (207), and every query is a valid list of event types.
ACCEPTING = BEYOND_SCHEMAS | {negative_data_rejection}
ACCEPT_ANYTHING = ("/api/v1/events", "/api/v1/properties")
# 413 is missing in the statuses with which Schemathesis expects invalid requests to be rejected.
REJECTIONS = SchemathesisConfig.from_dict(
    {
        "checks": {
            "negative_data_rejection": {
                "expected-statuses": ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
            }
        }
    }
)
NOT_SENT = (None, [], {})  # a query parameter with such a value isn't in the URL
OWNER_ID = "the-owner-of-the-tested-organisation"  # no generated request can remove this member
DOCUMENT = create_app(Settings()).openapi()
CALLS = [
    (path, method, mode)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    for mode in GenerationMode
    if mode.is_positive
    or operation.keys() & {"parameters", "requestBody"}  # else no request can be invalid
]


@pytest.fixture(scope="module")
def served(key_files: Path) -> Iterator[tuple[Any, dict[str, str], KnownValues]]:
    """Yield the schema of a running app, headers with an owner's token, and values that exist."""
    clock = ManualClock()
    emulator = Emulator(clock=lambda: clock().timestamp())

    @asynccontextmanager
    async def open_store(settings: Settings) -> AsyncGenerator[RollupStore]:
        async with open_emulated(settings, emulator) as store:
            await put(store, Membership(OWNER_ID, "org_acme", OWNER, "2026-01-01T00:00:00Z"))
            yield store

    app = create_app(
        Settings(data_dir=key_files, sign_up=OPEN),
        open_store=open_store,
        now=clock,
    )
    with asgi.get_client(app) as client:
        issued = app.state.resources.token_issuer.issue(
            Grant(OWNER_ID, "org_acme", ALL_SCOPES, role=OWNER), now=clock()
        )
        headers = {"Authorization": f"Bearer {asyncio.run(issued).access_token}"}
        body = {"events": [an_event(number) for number in range(100)]}
        assert client.post("/api/v1/events", json=body, headers=headers).status_code == 201
        while not client.get("/api/v1/users", headers=headers).json()["data"]:
            time.sleep(0.1)  # until the events are in the lake
    known = KnownValues(client, headers, key_files)
    yield schemathesis.openapi.from_asgi("/openapi.json", app, config=REJECTIONS), headers, known
    asgi.shutdown_lifespans()
    emulator.close()


@pytest.mark.parametrize(("path", "method", "mode"), CALLS)
def test_every_response_is_documented_and_never_a_server_error(
    served: tuple[Any, dict[str, str], KnownValues], path: str, method: str, mode: GenerationMode
):
    schema, headers, known = served
    counts = Counter[int]()
    excluded = ACCEPTING if path.startswith(ACCEPT_ANYTHING) else BEYOND_SCHEMAS

    @settings(
        max_examples=EXAMPLES,
        derandomize=IS_REPEATABLE,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(schema[path][method].as_strategy(generation_mode=mode), st.booleans())
    def check(case: schemathesis.Case, uses_known: bool) -> None:  # noqa: FBT001 - drawn
        if uses_known and mode.is_positive:
            known.use_in(case)
        query = case.query or {}
        assume(mode.is_positive or all(value not in NOT_SENT for value in query.values()))
        response = case.call_and_validate(headers=headers, excluded_checks=[*excluded])
        counts[response.status_code] += 1

    check()
    print(f"{method.upper()} {path}, {mode.value}: {dict(counts)}")  # noqa: T201 - shown by -s
    if mode.is_positive and not path.startswith("/api/v1/events"):  # random events are rejected
        assert min(counts) < 300, "no request succeeded"


def test_every_reference_names_an_existing_schema():
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            value = list(value.values())
        if isinstance(value, list):
            for member in value:
                yield from references(member)

    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= known
