"""A server that can't start prints one line with the reason and exits with code 3."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cosmos_emulator import Emulator

STARTUP_FAILED = 3
COMMANDS = {
    "api": ("uvicorn", "api.main:app", "--port", "0"),
    "emulator": ("cosmos_emulator", "--port", "0", "--path", "cosmos.db"),
}


def start(command: str, data_dir: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", *COMMANDS[command]],
        cwd=data_dir,
        env=os.environ | {"ANALYTICS_DATA_DIR": str(data_dir)} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def assert_explained_in_one_line(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    [line] = [line for line in ended.stderr.splitlines() if "cosmos.db" in line]

    assert ended.returncode == STARTUP_FAILED
    assert all(part in line for part in parts)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_file_prevents_the_start(tmp_path: Path, command: str) -> None:
    (tmp_path / "cosmos.db").write_text("no database" * 1000)

    assert_explained_in_one_line(start(command, tmp_path), "is damaged", "Restore the file")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_in_use_prevents_the_start(tmp_path: Path, command: str) -> None:
    with closing(Emulator(tmp_path / "cosmos.db")):
        ended = start(command, tmp_path)

    assert_explained_in_one_line(ended, "in use by another process", "Stop that process")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANALYTICS_STORE", "mysql"),
        ("ANALYTICS_LOG_LEVEL", "loud"),
        ("ANALYTICS_SIGN_UP", "sometimes"),
        ("ANALYTICS_WORK_PER_SECOND", "many"),
        ("ANALYTICS_WORK_PER_SECOND", "1" * 5000),
        ("ANALYTICS_COSMOS_ENDPOINT", "https://account.documents.azure.com"),
        ("ANALYTICS_ENV", "prod"),
    ],
)
def test_an_invalid_setting_prevents_the_start(tmp_path: Path, name: str, value: str) -> None:
    ended = start("api", tmp_path, **{name: value})
    [line] = ended.stderr.splitlines()

    assert ended.returncode == STARTUP_FAILED
    assert line.startswith("ERROR:")
    assert f"{name}={value[:40]}" in line.replace("'", "")
