"""`analytics doctor` lists missing tools and fails only if a required one is missing."""

import asyncio
from pathlib import Path

import pytest
from rich.console import Console

from api.backends import open_store
from api.cli import doctor
from api.settings import Settings
from tests.cli.conftest import Run
from tests.cli.fake_api import FakeApi


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(folder))
    monkeypatch.setattr(doctor, "out", Console(width=300))
    return folder


def line_of(output: str, name: str) -> str:
    return next(line for line in output.splitlines() if f" {name} " in line)


def test_a_machine_with_all_required_tools_passes(api: FakeApi, run: Run):
    result = run("doctor", "--url", api.url)

    assert result.exit_code == 0
    assert "ok" in line_of(result.stdout, "Python")
    assert "ok" in line_of(result.stdout, "uv")
    assert "still empty" in line_of(result.stdout, "data folder")


def test_a_remedy_is_shown_for_each_missing_tool(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", "/nowhere")

    result = run("doctor", "--url", "http://127.0.0.1:1")

    assert result.exit_code == 1
    assert "missing" in line_of(result.stdout, "uv")
    for optional in ("node", "chromium", "terraform", "API"):
        assert "optional" in line_of(result.stdout, optional)
        assert not line_of(result.stdout, optional).rstrip("│ ").endswith("│")


def test_a_data_folder_that_cannot_be_created_is_an_error(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "file" / "data"))

    result = run("doctor")

    assert result.exit_code == 1
    assert "ANALYTICS_DATA_DIR" in line_of(result.stdout, "data folder")


@pytest.mark.parametrize(
    ("found", "remedied"),
    [("v22.18.0", False), ("v20.0.0", False), ("v18.1.0", True), (None, True)],
)
def test_node_has_a_minimum_version(found: str | None, remedied: bool):  # noqa: FBT001
    assert bool(doctor.examine_node(found).remedy) is remedied


def test_python_has_a_minimum_version():
    assert doctor.examine_python((3, 12, 9)).remedy
    assert not doctor.examine_python((3, 13, 0)).remedy


def test_another_version_of_the_api_is_reported():
    finding = doctor.examine_api("http://x", {"status": "ok", "version": "0.0.1"})

    assert "0.0.1" in finding.found
    assert finding.remedy


def test_a_busy_port_is_reported_with_the_server_that_needs_it():
    busy = doctor.examine_port(3000, "the dashboard", in_use=True, ours=False)
    ours = doctor.examine_port(8000, "the API", in_use=True, ours=True)

    assert "the dashboard" in busy.remedy
    assert not ours.remedy


def test_a_data_folder_in_use_is_reported(run: Run, data_dir: Path):
    async def examine_while_open() -> str:
        async with open_store(Settings(data_dir=data_dir)):
            return (await asyncio.to_thread(run, "doctor")).stdout

    found = line_of(asyncio.run(examine_while_open()), "data folder")
    again = line_of(run("doctor").stdout, "data folder")

    assert "in use by another process" in found
    assert "free" in again


def test_a_data_folder_used_by_the_running_api_is_ok(
    run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    async def examine_while_open() -> str:
        async with open_store(Settings(data_dir=data_dir)):
            return (await asyncio.to_thread(run, "doctor")).stdout

    monkeypatch.setattr(doctor, "probe", lambda _: {"status": "ok", "version": "1"})
    found = line_of(asyncio.run(examine_while_open()), "data folder")

    assert "in use by the running server" in found
    assert found.split()[1] == "ok"


def test_a_tool_that_does_not_run_is_reported(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
):
    tool = tmp_path / "uv"
    tool.write_bytes(b"\x7fELF")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("doctor")

    assert f"{tool}, which doesn't run" in line_of(result.stdout, "uv")
