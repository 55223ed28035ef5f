"""Bad input of every command: an exit code, one line that says what is wrong, and no traceback."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer.main

from api.backends import open_emulated, open_store
from api.cli import app
from api.errors import STATUS_AND_TITLE, ApiError
from cosmos_emulator import Emulator
from tests.cli.conftest import Run

ORG = "org_new"
NOWHERE = "http://127.0.0.1:1"
BAD = ("", "x/b@y", "[red]\n:x:", "\udcff", "9" * 3000, "http://[::1")
VALID = {
    "org": ORG,
    "user": "bob",
    "name": "New",
    "plan": "growth",
    "role": "viewer",
    "key_id": "0" * 64,
    "dsn": "host=127.0.0.1 port=1 connect_timeout=1",
    "folder": "folder",
    "out": "out.ndjson",
    "url": NOWHERE,
    "patience": "0",
    "events": "1000",
    "days": "30",
    "timezone": "Europe/Berlin",
}
FILES = {"import": "rows.ndjson", "metric load": "metrics.csv"}
CLOUD = {
    "ENV": "production",
    "STORE": "dynamodb",
    "CURSOR_SECRET": "s" * 32,
    "JWT_ISSUER": "https://issuer.example",
    "JWKS_URL": "https://issuer.example/.well-known/jwks.json",
    "OIDC_ISSUER": "https://login.example",
    "OIDC_JWKS_URL": "https://login.example/keys",
}
ROW = '{"org_id":"org_new","user_id":"u","event_type":"t","timestamp":"2026-03-01T00:00:00Z"}\n'
METRICS = "org_id,metric,date,value\norg_new,revenue,2026-03-01,12.5\n"


def leaves(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        full = f"{path} {name}".strip()
        yield from leaves(command, full) if hasattr(command, "commands") else [(full, command)]


COMMANDS = dict(leaves(typer.main.get_command(app)))


def line_with(command: str, bad: str, value: str) -> list[str]:
    """Return a command line whose values are valid, except the value of one parameter."""
    words = command.split()
    for parameter in COMMANDS[command].params:
        is_option = parameter.param_type_name == "option"
        if parameter.name == bad:
            text = value
        elif parameter.required or parameter.name in ("url", "patience", "out"):
            text = FILES[command] if parameter.name == "file" else VALID[parameter.name]
        else:
            continue
        words += [parameter.opts[0], text] if is_option else [text]
    return words


def values_of(command: str) -> list[str]:
    return [one.name for one in COMMANDS[command].params if not getattr(one, "is_flag", False)]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with closing(Emulator()) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> Path:
    """Return the current folder, which has a file of each kind. The commands share an emulator."""
    monkeypatch.setattr(
        "api.backends.open_store", lambda settings: open_emulated(settings, emulator)
    )
    monkeypatch.setattr("api.cli.doctor.tool_version", lambda _: None)
    monkeypatch.setattr("api.cli.token.TOKEN_PATIENCE_SECONDS", 0)
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "rows.ndjson").write_text(ROW)
    (tmp_path / "metrics.csv").write_text(METRICS)
    return tmp_path


def assert_explained(result: Any, line: Sequence[str]) -> None:
    assert result.exit_code in (0, 1, 2), line
    assert "Traceback" not in result.output
    if result.exit_code and line[0] != "doctor":  # it reports what is missing in its table
        errors = [said for said in result.stderr.splitlines() if said.startswith("Error: ")]
        assert len(errors) == 1, (line, result.stderr)
        assert len(errors[0]) > len("Error: ..")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_bad_value_ends_in_a_traceback(command: str, run: Run):
    run("organization", "create", ORG, "--name", "New")
    for parameter in values_of(command):
        for value in BAD if parameter != "patience" else BAD[:3]:  # long digits mean long retries
            line = line_with(command, parameter, value)
            assert_explained(run(*line), line)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("organization", ""),
        ("organisation list", "No such command 'organisation'. Did you mean 'organization'?"),
        ("organization show", "Missing argument 'ORG'. See `root organization show --help`."),
        ("organization list --every", "No such option: --every"),
        ("organization show a/b", "'ORG': must be 1 to 128 letters, digits and any of . _ : -,"),
        ("organization show ..", "and any of . _ : -, and not only dots."),
        ("member add org_new y/b@y --role viewer", "user_id must be the `sub` of the ID token"),
        ("member remove org_new y/b@y", "y/b@y is not a member of org_new."),
        ("member add org_new eve --role [red]", "'--role': '[red]' is not one of 'viewer',"),
        ("token --url http://localhost:99999", "is not a URL"),
        ("import rows.ndjson --patience nan", "'--patience': Input should be greater"),
        ("recount --org org_typo", "There is no organisation org_typo."),
        ("export-members dsn --org org_typo", "There is no organisation org_typo."),
        ("audit-log org_new --cursor page2", "'--cursor': must be the entry_id of an act"),
        ("audit-log org_new --from 2026-02-30", "'--from': is not a valid date"),
        ("key create org_new --name a --expires 2026-01-01", "--expires must be in the future"),
        ("key create org_new --name a --origin https://a.test", "--origin is for publishable keys"),
    ],
)
def test_an_error_is_one_line(run: Run, command: str, said: str):
    run("organization", "create", ORG, "--name", "New")
    result = run(*command.split())

    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert result.stderr.count("\n") == bool(said)


def test_text_of_the_input_is_not_interpreted(run: Run):
    run("organization", "create", ORG, "--name", "New")
    result = run("member", "add", ORG, "[red]:x:@new.test", "--role", "viewer")
    added = run("member", "add", ORG, "[red]:x:@@", "--role", "viewer")

    assert "No stored user has the e-mail [red]:x:@new.test." in result.stderr
    assert "[red]:x:@@ is now a member" in added.stdout


@pytest.mark.parametrize(
    ("name", "content", "command", "said"),
    [
        ("keys.csv", b"org_id,api_key\norg_\xff,ak_1\n", "import", "keys.csv is not UTF-8"),
        ("keys.csv", b"org_id,api_key\norg_new\n", "import", "line 2: has 1 cells where"),
        ("keys.csv", b'org_id,api_key\norg_new,"' + b"9" * 140_000, "import", "not valid CSV"),
        ("metrics.csv", METRICS.encode() + b'"' + b"9" * 140_000, "metric load", "not valid CSV"),
        ("metrics.csv", METRICS.encode() + b"caf\xe9", "metric load", "metrics.csv is not UTF-8"),
        ("folder/users.csv", b"user_id\xff", "seed", "users.csv is not UTF-8"),
        ("folder/metrics.csv", b'"' + b"9" * 140_000, "seed", "metrics.csv, line 1"),
        ("rows.ndjson.journal/a", b"", "import", "rows.ndjson.journal: Is a directory"),
    ],
)
def test_bad_files_are_named(
    run: Run, folder: Path, name: str, content: bytes, command: str, said: str
):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    line = line_with(command, "", "")
    result = run(*line, *(("--keys", name) if name == "keys.csv" else ()))

    assert_explained(result, line)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("kind", "row", "said"),
    [
        ("organizations", "a/b,New,growth,2026-01-01T00:00:00Z", "org_id must be 1 to 128"),
        ("organizations", "org_a,,growth,2026-01-01T00:00:00Z", "name must have a visible"),
        ("organizations", "org_a,New,growth,today", "created_at must be RFC 3339"),
        ("user_orgs", "u/1,org_a,viewer,2026-01-01T00:00:00Z", "user_id must be the `sub`"),
        ("user_orgs", "u1,org_a,boss,2026-01-01T00:00:00Z", "role must be one of"),
        ("metrics", "org_a,2026-01-01,revenue,nan", "value must be a finite number"),
        ("metrics", "org_a,2026-01-01,a/b,1", "metric 'a/b' must be"),
    ],
)
def test_sample_data_that_the_store_can_not_hold(
    run: Run, folder: Path, kind: str, row: str, said: str
):
    headers = {
        "organizations": "org_id,name,plan,created_at",
        "user_orgs": "user_id,org_id,role,joined_at",
        "metrics": "org_id,date,metric_name,value",
    }
    (folder / "folder" / f"{kind}.csv").write_text(f"{headers[kind]}\n{row}\n")
    result = run("seed", "folder")

    assert result.exit_code == 2
    assert f"{kind}.csv, line 2: {said}" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENV", "production"),
        ("STORE", "postgres"),
        ("WORK_PER_SECOND", "many"),
        ("COSMOS_ENDPOINT", "http://[::1"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_bad_settings_are_named(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(f"ANALYTICS_{name}", value)
    result = run("organization", "list")

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ANALYTICS_")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"COSMOS_ENDPOINT": NOWHERE, "COSMOS_KEY": "bm8="}, f"at {NOWHERE} can't be opened: Cann"),
        ({"COSMOS_ENDPOINT": NOWHERE, "COSMOS_KEY": "no"}, f"at {NOWHERE} can't be opened: Inco"),
        ({"COSMOS_ENDPOINT": "http://localhost:abc"}, "at http://localhost:abc can't be opened: "),
        ({"STORE": "dynamodb", "DYNAMODB_ENDPOINT": "http://localhost:abc"}, "abc can't be opened"),
        (CLOUD, "dynamodb store can't be opened: You must specify a region"),
    ],
)
def test_a_store_that_can_not_be_opened_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
):
    monkeypatch.setattr("api.backends.open_store", open_store)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(f"ANALYTICS_{name}", value)
    result = run("organization", "list")

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "code", {status: code for code, (status, _) in STATUS_AND_TITLE.items()}.values()
)
def test_the_exit_code_tells_a_refused_act_from_a_failure(
    code: str, run: Run, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_: object) -> None:
        raise ApiError(code, "No.")

    monkeypatch.setattr("api.cli.organization_commands.list_organizations", refuse)
    status, _ = STATUS_AND_TITLE[code]
    result = run("organization", "list")

    assert result.exit_code == (1 if status in (404, 409, 422) else 2)
    assert result.stderr == "Error: No.\n"
