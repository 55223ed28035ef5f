"""The ports that `make run` uses, and the messages with which it ends."""

import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from cosmos_emulator import Emulator
from scripts.run import Ports, main, wait_for_api
from scripts.servers import free_port


@pytest.mark.parametrize(
    ("option", "variable"),
    [("--api-port", "API_PORT"), ("--dashboard-port", "DASHBOARD_PORT")],
)
def test_a_port_in_use_is_reported_with_a_solution(
    option: str, variable: str, capsys: pytest.CaptureFixture[str]
):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as other:
            free = other.getsockname()[1]
        options = {"--api-port": free, "--dashboard-port": free} | {option: port}

        assert main([part for pair in options.items() for part in map(str, pair)]) == 1

    printed = capsys.readouterr().out
    assert f"Port {port} is in use." in printed
    assert f"`make run {variable}={port + 1}`" in printed
    assert "set ANALYTICS_DATA_DIR for the second one" in printed


def test_a_data_folder_in_use_ends_the_command_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path))
    with closing(Emulator(tmp_path / "cosmos.db")):
        ports = ("--api-port", str(free_port()), "--dashboard-port", str(free_port()))
        assert main(ports) == 2

    (error,) = [line for line in capfd.readouterr().err.splitlines() if "Error" in line]
    assert "in use by another process. Stop that process, or set ANALYTICS_DATA_DIR" in error


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("kill -KILL $$", 137, "The API was ended by the signal SIGKILL.\n"),
        ("exit 3", 3, "The API ended with exit code 3.\n"),
        ("exit 0", 0, ""),
    ],
)
def test_the_end_of_the_api_is_explained(
    command: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
):
    with subprocess.Popen(["/bin/sh", "-c", command]) as server:  # noqa: S603 - our own command
        assert wait_for_api(server) == code

    assert capsys.readouterr().out == message


def test_servers_on_other_ports_are_configured_with_each_others_url():
    ports = Ports(api=8001, dashboard=3001)

    assert ports.api_environment() == {
        "ANALYTICS_CORS_ORIGINS": "http://localhost:3001,http://127.0.0.1:3001"
    }
    dashboard = ports.dashboard_environment(Path("/data"))
    assert dashboard["ANALYTICS_API_URL"] == "http://127.0.0.1:8001"
    assert dashboard["PORT"] == "3001"


def test_default_ports_set_no_environment_variables():
    ports = Ports(api=8000, dashboard=3000)

    assert ports.api_environment() == {}
    assert "ANALYTICS_API_URL" not in ports.dashboard_environment(Path("/data"))
