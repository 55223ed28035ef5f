"""The README's first commands work in a fresh copy of the repository.

The tests change only the ports and the data folder. `make test` runs the oldest supported version
of Node with the installed packages. `make test-full` runs the other versions, and lets uv and npm
install everything.
"""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

import httpx2
import pytest

from scripts.servers import free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
FIRST_BLOCK = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[0]
API, DASHBOARD = (line.partition("#")[0].strip() for line in FIRST_BLOCK.splitlines())
START_SECONDS = 300  # ends a test of broken code; more than a slow machine needs
OLDEST_NODE = 20
LATER_NODES = [pytest.param(major, marks=pytest.mark.full) for major in (22, 24)]
pytestmark = pytest.mark.timeout(1200)
for_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="the npm packages of Node used here are for Linux"
)


def copy_of_the_sources(folder: Path) -> Path:
    """Copy the files that git has or would add. Nothing installed or built is copied."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def link_packages(target: Path) -> None:
    """Give a clone the installed npm packages, so that `npm install` finds nothing missing."""
    installed = ROOT / "node_modules"

    def link_or_copy(source: str, copy: str) -> None:
        try:
            os.link(source, copy)
        except OSError:  # the folders are in different file systems
            shutil.copy2(source, copy)

    def files_of_tools(folder: str, names: list[str]) -> list[str]:
        is_top = folder == str(installed)
        return [name for name in names if is_top and name[0] == "." and name != ".bin"]

    shutil.copytree(
        installed, target, symlinks=True, copy_function=link_or_copy, ignore=files_of_tools
    )


def path_with_node(major: int) -> str:
    """Return a PATH whose `node` has this version, fetched from npm if missing.

    The Python packages end at Node 20.18, which can't load Tailwind.
    """
    architecture = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    fetch = ["npm", "exec", "--yes", f"--package=node-linux-{architecture}@{major}", "--"]
    command = [*fetch, "node", "--print", "process.version + ' ' + process.env.PATH"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    version, path = output.strip().split(" ", 1)
    assert version.startswith(f"v{major}.")
    return path


@contextmanager
def serving(
    command: str, folder: Path, environment: Mapping[str, str], url: str
) -> Generator[None]:
    """Run the command. Enter the block when the URL responds, and end the command after it."""
    with TemporaryFile("w+") as output:
        process = subprocess.Popen(  # noqa: S602 - our own README
            command,
            shell=True,
            cwd=folder,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(url, process)
            yield
        except AssertionError:
            output.seek(0)
            sys.stderr.write(output.read())
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the command ended with {process.returncode}"
        try:
            httpx2.get(url, timeout=START_SECONDS)
        except httpx2.ConnectError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"{url} did not respond within {START_SECONDS} s")


def sign_in(dashboard: str, api: str) -> None:
    """Sign in as a browser does, and read events with the token of the page."""
    with httpx2.Client(base_url=dashboard, headers={"Origin": dashboard}, timeout=120) as browser:
        page = browser.get("/sign-in").text
        assert "Ines Bauer" in page
        assert "make sample-data" in page
        form = {"user_id": "user_002", "org_id": "org_acme"}
        assert browser.post("/session/sign-in", data=form).status_code == 303
        assert "Acme Corporation" in browser.get("/o/org_acme/overview").raise_for_status().text
        issued = browser.post("/session/token", json={"org_id": "org_acme"}).raise_for_status()
        token = issued.json()["access_token"]
        events = browser.get(f"{api}/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        assert events.json()["data"] == []
        assert events.headers["Access-Control-Allow-Origin"] == dashboard


@contextmanager
def api(command: str, folder: Path, data: Path) -> Generator[tuple[str, dict[str, str]]]:
    """Start the API. Yield its URL and the environment variables for a dashboard that uses it."""
    port, dashboard_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "ANALYTICS_DATA_DIR": str(data),
        "ANALYTICS_CORS_ORIGINS": f"http://localhost:{dashboard_port}",
    }
    with serving(f"{command} --port {port}", folder, environment, f"{url}/healthz"):
        yield url, environment | {"ANALYTICS_API_URL": url, "PORT": str(dashboard_port)}


@contextmanager
def dashboard(command: str, folder: Path, environment: Mapping[str, str]) -> Generator[str]:
    url = f"http://localhost:{environment['PORT']}"
    with serving(command, folder, environment, f"{url}/healthz"):
        yield url


@for_linux
@pytest.mark.parametrize("major", [OLDEST_NODE, *LATER_NODES])
def test_the_first_two_commands_start_a_dashboard_with_sign_in(major: int, tmp_path: Path):
    clone = copy_of_the_sources(tmp_path / "clone")
    if major == OLDEST_NODE:
        link_packages(clone / "node_modules")
    node = {"PATH": path_with_node(major)}
    with (
        api(API.replace("uv run", "uv run --no-sync"), ROOT, tmp_path / "data") as (url, settings),
        dashboard(DASHBOARD, clone, settings | node) as page,
    ):
        sign_in(page, url)


@for_linux
@pytest.mark.full
def test_the_dashboard_starts_in_its_own_folder_and_builds_the_sdk(tmp_path: Path):
    clone = copy_of_the_sources(tmp_path / "clone")
    link_packages(clone / "node_modules")
    node = {"PATH": path_with_node(OLDEST_NODE)}
    with (
        api(API.replace("uv run", "uv run --no-sync"), ROOT, tmp_path / "data") as (url, settings),
        dashboard("npm run dev", clone / "src/app", settings | node) as page,
    ):
        sign_in(page, url)


@pytest.mark.full
def test_a_fresh_clone_runs_every_command_of_the_readme(tmp_path: Path):
    clone = copy_of_the_sources(tmp_path / "clone")
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    with ExitStack() as stack:
        url, settings = stack.enter_context(api(API, clone, tmp_path / "data"))
        page = stack.enter_context(
            dashboard("uv run npm ci && uv run npm run dev", clone, own | settings)
        )
        sign_in(page, url)
    for command in ("npm test -- src/app/tests", "uv run npm run e2e -- sign-in"):
        subprocess.run(command, shell=True, cwd=clone, env=own, check=True)  # noqa: S602 - our own


def test_the_command_on_the_sign_in_page_loads_sample_data(tmp_path: Path):
    settings = os.environ | {"ANALYTICS_DATA_DIR": str(tmp_path / "data")}
    loading = subprocess.run(
        ["make", "sample-data"],  # noqa: S607 - the command on the page
        cwd=ROOT,
        env=settings,
        check=True,
        capture_output=True,
        text=True,
    )

    assert "3 organizations" in loading.stdout
