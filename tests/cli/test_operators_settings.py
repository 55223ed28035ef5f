"""In the cloud, an operator's command needs only the settings of the store, as documented."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.cli import main
from tests.cli.conftest import Run

COMMANDS = {
    "organization": ("organization", "list"),
    "member": ("member", "list", "org_acme"),
    "key": ("key", "list", "org_acme"),
    "audit-log": ("audit-log", "org_acme"),
    "usage": ("usage", "org_acme"),
    "recount": ("recount",),
    "metric": ("metric", "load", "metrics.csv"),
    "lake": ("lake", "verify"),
    "erase": ("erase", "user", "--org", "org_acme", "--yes"),
    "expire": ("expire",),
    "copy-dead-letters": ("copy-dead-letters",),
    "export-members": ("export-members", "postgresql://127.0.0.1/analytics"),
}


# These commands call the API, or work only with local data.
OTHERS = {"doctor", "export", "import", "query", "seed", "token"}


def test_every_command_of_an_operator_is_listed():
    assert main.COMMANDS.keys() | main.GROUPS.keys() == COMMANDS.keys() | OTHERS


@asynccontextmanager
async def unreachable(settings: object) -> AsyncGenerator[None]:
    raise OSError(f"nothing listens at {getattr(settings, 'cosmos_endpoint', '')}")
    yield


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_connects_to_the_account_that_the_operator_names(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANALYTICS_ENV", "prod")
    monkeypatch.setenv("ANALYTICS_COSMOS_ENDPOINT", "https://account.example:443/")
    monkeypatch.setattr("api.backends.open_store", unreachable)

    (tmp_path / "metrics.csv").write_text("org_id,metric,date,value\n")
    result = run(*COMMANDS[command])

    assert result.exit_code == 2
    assert "nothing listens at https://account.example:443/" in result.stderr
