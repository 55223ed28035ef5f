"""Function bundles: contents, modules and memory at start, and reproducible builds."""

import json
import os
import re
import subprocess
import sys
import tomllib
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from api.app import create_app, load_route
from api.auth.keys.file import FileKeySource
from api.auth.signing import sign_token
from api.dependencies import system_clock
from api.domain.reference import Invitation, Membership, hash_api_key, hash_invitation
from api.manifest import FUNCTIONS
from api.services.organizations import put
from api.settings import Settings
from scripts import bundle
from tests.api.token_service import id_claims
from tests.functions.cloud import Cloud
from tests.support import an_event

ROOT = Path(__file__).parents[2]
ENTRIES = sorted(path.stem for path in (ROOT / "functions").glob("[!_]*.py"))
LAMBDA_BYTES_MAX = 250 * 1024 * 1024
NAME_LENGTH_MAX = 32  # Azure truncates host ids to 32 characters, so longer names collide

NEVER = {
    *("boto3", "mangum", "botocore", "azure.identity", "azure.keyvault", "azure.monitor"),
    *("opentelemetry.sdk", "uvicorn", "typer", "rich", "httpx2", "pytest", "pandas", "moto"),
    *("azurefunctions.extensions.base", "cosmos_emulator", "api.cli", "api.stores.dynamodb"),
    "pyarrow",
}
ONLY_WHERE_USED = {
    "sketches": {"numpy", "datasketches"},
    "tokens": {"jwt", "cryptography"},
    "cosmos": {"azure.cosmos", "aiohttp"},
    "lake": {"deltalake", "arro3"},
    "insights": {"duckdb", "obstore"},
}
# Maximum modules and megabytes after loading the app and after its first response.
# For comparison, fastapi and azure.functions load 503 modules, 720 with azure.cosmos.aio, and 814
# with its transport aiohttp.
LOADED_MAX = {
    "neither": (570, 80),
    "store": (900, 80),
    "sketches": (1055, 100),
    "lake": (900, 80),
    "insights": (600, 80),
}
USED_MAX = {
    "neither": (650, 80),
    "store": (970, 85),
    "administration": (1010, 90),  # also imports the acts, their audit log and alerts
    "sketches": (1055, 100),
    "lake": (1000, 200),
    "insights": (800, 200),
    "alerts": (990, 200),  # use the store and the lake
    "privacy": (1060, 200),  # uses the store, the acts and the lake
}

_LOAD = """
import json, os, sys
import function_app
"""
_FUNCTIONS = """
import asyncio, os, azure.functions as func
functions = [f.get_user_function() for f in function_app.app.get_functions()]
run = asyncio.new_event_loop().run_until_complete
"""
_FIRST_REQUEST = f"""{_FUNCTIONS}
authorization, method, url, body = sys.argv[1:]
kind = "text/plain" if url.endswith("beacon") else "application/json"
headers = {{"authorization": authorization, "content-type": kind}}
sent = func.HttpRequest(method, url, headers=headers, body=body.encode())
response = run(functions[0](sent))
assert response.status_code in (200, 201, 202, 204), response.get_body()
"""
_SWEEP = f"""{_FUNCTIONS}
run(functions[1](None))
"""
# A document as the trigger delivers it; the function writes it to the lake.
_ARCHIVE = f"""{_FUNCTIONS}
document = {{
    "id": "2026-03-01T00:00:00.000000Z~e", "org_id": "org_acme", "day": "2026-03-01",
    "event_type": "seen", "user_id": "u", "properties": {{}},
}}
run(functions[0](func.DocumentList([func.Document.from_dict(document)])))
"""
_TIMER = f"""{_FUNCTIONS}
run(functions[0](None))
"""
FIRST_CALLS = {"rollup_metrics": _SWEEP, "archive_events": _ARCHIVE, "check_alerts": _TIMER}
_REPORT = """
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps({"modules": sorted(sys.modules), "mb": pages * 4096 / 1e6}), flush=True)
"""
_EXIT = """
os._exit(0)
"""
FIRST_REQUESTS = {
    "ingest_events": ("/api/v1/events", json.dumps({"events": [an_event()]})),
    "beacon_events": (
        "/api/v1/events/beacon",
        json.dumps({"api_key": "ak_local_acme", "events": [an_event()]}),
    ),
    "query_events": ("/api/v1/events", ""),
    "summarize_metrics": ("/api/v1/metrics/summary", ""),
    "list_event_types": ("/api/v1/event-types", ""),
    "report_usage": ("/api/v1/usage", ""),
    "query_insights": ("/api/v1/insights/trends", '{"series": [{}]}'),
    "issue_token": ("/api/v1/auth/token", '{"api_key": "ak_local_acme"}'),
    "publish_keys": ("/.well-known/jwks.json", ""),
    "describe_caller": ("/api/v1/me", ""),
    "check_health": ("/healthz", ""),
    "list_keys": ("/api/v1/keys", ""),
    "create_key": ("/api/v1/keys", '{"name": "server", "kind": "secret"}'),
    "revoke_key": (f"/api/v1/keys/{hash_api_key('pk_local_acme')}", ""),
    "join_organization": ("/api/v1/invitations/accept", ""),
    "read_audit_log": ("/api/v1/audit-log", ""),
    "manage_organization": ("/api/v1/organization", ""),
    "manage_privacy": ("/api/v1/erasures", '{"user_id": "user-1"}'),
    "rollup_metrics": ("", ""),
    "archive_events": ("", ""),
    "check_alerts": ("", ""),
}


@dataclass(frozen=True)
class Report:
    """The modules that a process has loaded, and its memory in MB."""

    modules: list[str]
    mb: float


def test_every_function_has_a_valid_manifest_entry():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    members = {"router", "operations", "extras", "needs", "actions"}
    needs = {"store", "cursor_secret", "signing_key", "public_keys", "user_hash_secret"}
    needs |= {"change_feed", "lake", "lake_writer"}

    assert set(ENTRIES) == set(bundle.MANIFEST)
    for name, entry in bundle.MANIFEST.items():
        assert set(entry) <= members, name
        assert set(entry["extras"]) <= set(project["optional-dependencies"]), name
        assert set(entry["needs"]) <= needs, name
        for operation in FUNCTIONS[name].operations:
            assert load_route(operation).operation_id == operation


@pytest.mark.parametrize("name", ENTRIES)
def test_a_function_file_and_its_name_are_short(name: str):
    assert len((ROOT / f"functions/{name}.py").read_text().splitlines()) <= 10
    assert len(name) <= NAME_LENGTH_MAX


def test_the_functions_serve_exactly_the_operations_of_the_openapi_document(cloud: Cloud):
    hosted = [
        (method, "/" + trigger["route"], name)
        for app in cloud.apps.values()
        for name, function in app.functions.items()
        for trigger in function["bindings"]
        if trigger["type"] == "httpTrigger" and trigger["route"] != "build"
        for method in trigger["methods"]
    ]
    paths = create_app(Settings(), folds=False).openapi()["paths"]
    documented = {
        (method.upper(), path, operation["operationId"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }

    assert set(hosted) == documented
    assert len(hosted) == len(documented)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_app_starts_and_returns_its_build(cloud: Cloud, bundles: Path, name: str):
    app = cloud.apps[name]
    call = {"method": "GET", "url": "http://app.test/build", "headers": {}, "params": {}}
    response = cloud.run(app.call(f"build_{name}", http=call | {"query": {}, "body": ""}))

    assert response["status"] == 200
    assert json.loads(b64decode(response["body"])) == {
        "function": name,
        "build": (bundles / "azure" / name / bundle.BUILD).read_text(),
    }


def test_builds_differ(bundles: Path):
    builds = {(bundles / "azure" / name / bundle.BUILD).read_text() for name in ENTRIES}

    assert len(builds) == len(ENTRIES)


def test_names_are_unique_over_all_apps(cloud: Cloud):
    names = [name for app in cloud.apps.values() for name in app.functions]

    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= NAME_LENGTH_MAX


@pytest.mark.parametrize("name", ENTRIES)
def test_an_unzipped_bundle_is_not_larger_than_lambda_allows(bundles: Path, name: str):
    """Check the bundles of this machine's architecture. Those of ARM differ by a few megabytes."""
    files = (bundles / "lambda" / name).rglob("*")

    assert sum(file.stat().st_size for file in files if file.is_file()) <= LAMBDA_BYTES_MAX


@pytest.mark.parametrize("name", ENTRIES)
def test_a_bundle_for_azure_is_ready_to_deploy(bundles: Path, name: str):
    folder = bundles / "azure" / name
    host = json.loads((folder / "host.json").read_text())

    assert host["extensions"]["http"]["routePrefix"] == ""
    assert host["extensions"]["http"]["maxConcurrentRequests"] > 1
    assert re.fullmatch(
        r"azure-functions-runtime==[\d.]+\n", (folder / "requirements.txt").read_text()
    )
    for package in ("cosmos_emulator", "api/cli", "mangum", "botocore", "numpy/tests"):
        assert not (folder / bundle.AZURE_PACKAGES / package).exists()


@pytest.mark.parametrize("name", ENTRIES)
def test_a_bundle_contains_only_the_extras_of_its_function(bundles: Path, name: str):
    packages = bundles / "azure" / name / bundle.AZURE_PACKAGES
    uses = bundle.extras_of("azure", name)

    for use, package in (
        ("cosmos", "azure/cosmos"),
        ("key-vault", "azure/keyvault"),
        ("sketches", "numpy"),
        ("lake", "deltalake"),
        ("insights", "duckdb"),
    ):
        assert (packages / package).exists() == (use in uses), package


def test_bytecode_contains_no_paths_of_this_machine(bundles: Path):
    packages = bundles / "azure/ingest_events" / bundle.AZURE_PACKAGES
    compiled = list(packages.rglob("*.pyc"))

    assert len(compiled) == len(list(packages.rglob("*.py")))
    assert not [path for path in compiled if str(bundles).encode() in path.read_bytes()]


def _fresh(cloud: Cloud, bundles: Path, name: str, code: str, *arguments: str) -> list[Report]:
    """Run code with only the bundle on its path; report what is loaded before and after it."""
    folder = bundles / "azure" / name
    path = os.pathsep.join(map(str, (folder, folder / bundle.AZURE_PACKAGES)))
    response = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-S", "-c", _LOAD + _REPORT + code + _REPORT + _EXIT, *arguments],
        env=cloud.variables("budget") | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        stdout=subprocess.PIPE,
    )
    lines = (line for line in response.stdout.splitlines() if line.startswith(b'{"modules"'))
    return [Report(**json.loads(line)) for line in lines]


def _kind(name: str) -> str:
    uses = bundle.extras_of("azure", name)
    return next((use for use in ("sketches", "lake", "insights") if use in uses), None) or (
        "store" if "cosmos" in uses else "neither"
    )


def _unwanted(name: str) -> set[str]:
    uses = bundle.extras_of("azure", name)
    missing = set(ONLY_WHERE_USED) - set(uses)
    return NEVER.union(*(ONLY_WHERE_USED[use] for use in missing))


@pytest.mark.parametrize("name", ENTRIES)
def test_modules_and_memory_stay_within_budget(
    cloud: Cloud, bundles: Path, tokens, key_files: Path, name: str
):
    """Measure after loading and after the first response, which imports many more modules."""
    path, body = FIRST_REQUESTS[name]
    code = FIRST_CALLS.get(name, _FIRST_REQUEST)
    if name == "join_organization":
        id_token = cloud.run(_id_token(key_files))
        body = json.dumps({"id_token": id_token, "invitation_token": "inv_budget"})
    method = "DELETE" if name == "revoke_key" else "POST" if body else "GET"
    request = (f"Bearer {tokens['admin']}", method, f"http://api.test{path}", body)
    cloud.run(_make_admin(cloud))
    loaded, used = _fresh(cloud, bundles, name, code, *request)
    kind = _kind(name)
    modules_max, megabytes_max = LOADED_MAX[kind]

    assert len(loaded.modules) <= modules_max
    assert loaded.mb <= megabytes_max
    if name == "check_alerts":
        kind = "alerts"
    elif _is_administrative(name):
        kind = {"store": "administration", "insights": "privacy"}.get(kind, kind)
    modules_max, megabytes_max = USED_MAX[kind]
    assert len(used.modules) <= modules_max
    assert used.mb <= megabytes_max
    assert not _unwanted(name) & {*used.modules}


def _is_administrative(name: str) -> bool:
    return "audit" in bundle.MANIFEST[name]["actions"] or name == "list_keys"


async def _make_admin(cloud: Cloud) -> None:
    """Store the membership that key management checks for the admin token's user."""
    async with cloud.open_store("budget") as store:
        await put(store, Membership("usr", "org_acme", "admin", "2026-01-01T00:00:00Z"))
        token_hash = hash_invitation("inv_budget")
        invitation = Invitation(token_hash, "org_acme", "cy@acme.test", "viewer", "", "9999", "")
        await put(store, invitation)


async def _id_token(key_files: Path) -> str:
    keys = FileKeySource(key_files / "identity-key.json", is_local=True, now=system_clock)
    claims = id_claims(system_clock(), sub="cy", email="cy@acme.test", email_verified=True)
    return await sign_token(keys, claims, token_type="JWT")


@pytest.mark.full
def test_builds_are_reproducible(bundles: Path, tmp_path: Path):
    """Build all bundles again from the same wheel and compare every file."""
    [wheel] = bundles.glob("wheel/*.whl")
    again = {one.function: one for one in bundle.build(tmp_path, wheel) if one.host == "azure"}
    first = {name: bundle.Bundle("azure", name, bundles / "azure" / name) for name in again}

    for name in ENTRIES:
        assert _tree(first[name].folder) == _tree(again[name].folder)
    for one in (first["check_health"], again["check_health"]):
        bundle.write_zip(one)
    assert first["check_health"].zip.read_bytes() == again["check_health"].zip.read_bytes()


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
