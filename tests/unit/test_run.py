"""The ports that `make run` uses."""

import socket
from pathlib import Path

import pytest

from scripts.run import Ports, main


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
