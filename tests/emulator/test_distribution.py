"""The wheel of cosmos-emulator, installed in an empty environment, runs its README's examples."""

import os
import re
import signal
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.servers import free_port

ROOT = Path(__file__).parents[2]
DISTRIBUTION = ROOT / "src/cosmos-emulator"
README = (DISTRIBUTION / "README.md").read_text()
BLOCKS = re.findall(r"^## (.+?)$|^```(sh|python)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
FOREIGN = {"acme-analytics", "fastapi", "opentelemetry-api", "api"}
pytestmark = pytest.mark.timeout(900)


def blocks(language: str) -> dict[str, str]:
    """Return the code blocks in this language, by section of the README."""
    found, section = {}, ""
    for title, kind, code in BLOCKS:
        section = title or section
        if kind == language:
            assert section not in found
            found[section] = code
    return found


EXAMPLES = blocks("python")
INSTALL = blocks("sh")["Install"].splitlines()
SERVER = blocks("sh")["Server"].strip()


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=cwd,
        env={**clean_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def clean_environment() -> Mapping[str, str]:
    """Return the environment without the variables that add other packages to Python's path."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}


def install(python: Path, requirement: str) -> None:
    """Install from uv's cache, or from the network if a package isn't cached."""
    command = ("uv", "pip", "install", "--quiet", "--python", str(python), requirement)
    done = run(*command, "--offline")
    if done.returncode:
        done = run(*command)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = run(*INSTALL[0].split(), "--quiet", "--out-dir", str(folder))
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("*.whl")
    return wheel


def environment(folder: Path, requirement: str) -> Path:
    """Create a virtual environment, install the requirement, and return the folder of scripts."""
    done = run("uv", "venv", "--quiet", "--python", sys.executable, str(folder))
    assert done.returncode == 0, done.stderr
    install(folder / "bin/python", requirement)
    return folder / "bin"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create an environment as the README's commands do."""
    [(command, name, extras)] = re.findall(r'^(pip install) "dist/(.+?)(\[.+\])"$', INSTALL[1])
    assert (command, name) == ("pip install", wheel.name)
    return environment(tmp_path_factory.mktemp("full") / "venv", f"{wheel}{extras}")


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create an environment in which the package is installed without extras."""
    return environment(tmp_path_factory.mktemp("bare") / "venv", str(wheel))


@pytest.mark.parametrize("section", sorted(EXAMPLES.keys() - {"Server"}))
def test_an_example_runs(installed: Path, section: str, tmp_path: Path) -> None:
    code = EXAMPLES[section]
    assert "assert " in code

    done = run(str(installed / "python"), "-W", "error", "-c", code, cwd=tmp_path)

    assert done.returncode == 0, done.stderr


def test_the_example_of_the_server_runs(installed: Path, tmp_path: Path) -> None:
    port = str(free_port())
    command, *options = SERVER.replace("8081", port).split()
    with subprocess.Popen(  # noqa: S603 - our own command
        [installed / command, *options],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        printed = [server.stdout.readline() for _ in range(2)]
        code = EXAMPLES["Server"].replace("8081", port)
        done = run(str(installed / "python"), "-W", "error", "-c", code, cwd=tmp_path)
        server.send_signal(signal.SIGTERM)

    assert printed[0].split() == ["endpoint", f"http://127.0.0.1:{port}/"]
    assert done.returncode == 0, done.stderr
    assert server.returncode == 0
    assert not (tmp_path / "cosmos.db-wal").exists()  # the file was closed


def test_the_server_uses_a_key_and_a_certificate_of_its_own(
    installed: Path, tmp_path: Path
) -> None:
    port, key = str(free_port()), "b3RoZXI="
    command = [installed / "cosmos-emulator", "--port", port, "--tls", "--path", "data/cosmos.db"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=tmp_path,
        env={**clean_environment(), "COSMOS_EMULATOR_KEY": key},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        printed = dict(server.stdout.readline().split() for _ in range(3))
        code = EXAMPLES["Server"].replace("http://127.0.0.1:8081", f"https://localhost:{port}")
        code = code.replace("from cosmos_emulator import KEY", f"KEY = '{key}'")
        done = run(str(installed / "python"), "-c", code, cwd=tmp_path)
        server.send_signal(signal.SIGINT)

    assert printed["endpoint"] == f"https://127.0.0.1:{port}/"
    assert printed["key"] == key
    assert (tmp_path / printed["certificate"]).exists()
    assert done.returncode == 0, done.stderr


def test_the_version_is_the_same_everywhere(installed: Path, wheel: Path) -> None:
    project = tomllib.loads((DISTRIBUTION / "pyproject.toml").read_text())["project"]
    changes = re.findall(
        r"^## \[(.+?)\]", (DISTRIBUTION / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    printed = run(str(installed / "cosmos-emulator"), "--version").stdout

    assert changes[0] == project["version"]
    assert printed == f"cosmos-emulator {project['version']}\n"
    assert wheel.name.startswith(f"cosmos_emulator-{project['version']}-")


def test_the_sources_contain_what_a_user_reads(tmp_path: Path) -> None:
    done = run("uv", "build", "--sdist", "--package", "cosmos-emulator", "--out-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}

    assert {"README.md", "CHANGELOG.md", "LICENSE", "src/cosmos_emulator/py.typed"} <= names


def test_only_its_own_packages_are_installed(installed: Path) -> None:
    listed = run("uv", "pip", "freeze", "--python", str(installed / "python")).stdout
    names = {re.split("[ =@]", line)[0] for line in listed.splitlines()}

    assert "cosmos-emulator" in names
    assert not names & FOREIGN
    assert run(str(installed / "python"), "-c", "import api").returncode == 1


def test_the_emulator_handles_requests_without_extras(bare: Path, tmp_path: Path) -> None:
    code = (
        "from cosmos_emulator import Emulator; emulator = Emulator();"
        "print(emulator.handle('GET', '/', {}).status); emulator.close()"
    )
    done = run(str(bare / "python"), "-W", "error", "-c", code, cwd=tmp_path)

    assert (done.stdout.strip(), done.stderr) == ("200", "")


def test_without_the_extra_the_server_names_the_package_to_install(
    bare: Path, tmp_path: Path
) -> None:
    for command in ([bare / "cosmos-emulator"], [bare / "python", "-m", "cosmos_emulator"]):
        done = run(*map(str, command), cwd=tmp_path)

        assert done.returncode == 1
        assert done.stderr == "The server needs uvicorn: install cosmos-emulator[server].\n"
