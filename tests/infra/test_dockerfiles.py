"""The Dockerfiles follow hadolint's rules and ours. `make images` builds and runs the images."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "infra/docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
HADOLINT = Path(sys.executable).parent / "hadolint"


@pytest.fixture(params=DOCKERFILES, ids=lambda path: path.stem)
def dockerfile(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_hadolint_passes(dockerfile: Path) -> None:
    command = [HADOLINT, "--config", DOCKER / ".hadolint.yaml", dockerfile]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own

    assert done.stdout == ""
    assert done.returncode == 0


def test_images_run_unprivileged_and_have_a_health_check(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    final = text[text.rindex("\nFROM ") :]

    assert "\nUSER 10001\n" in final
    assert "\nHEALTHCHECK " in text


def test_the_base_image_is_pinned_by_digest(dockerfile: Path) -> None:
    """Check that each Dockerfile has one external image, whose content can't change."""
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", dockerfile.read_text(), re.MULTILINE)
    names = {name for _, name in stages}
    (base,) = [image for image, _ in stages if image not in names]

    assert re.fullmatch(r"debian:trixie-slim@sha256:[0-9a-f]{64}", base)
    assert stages[0][0] == base
    assert "apt-get upgrade -y" in dockerfile.read_text().split("\nFROM ")[1]


def test_the_dockerfiles_have_the_same_base() -> None:
    bases = {re.findall(r"^FROM (\S+)", path.read_text(), re.MULTILINE)[0] for path in DOCKERFILES}

    assert len(bases) == 1


def test_only_the_demo_runs_as_local(dockerfile: Path) -> None:
    """Check that a deployed image without settings doesn't accept the sample users and keys."""
    stages = dockerfile.read_text().split("\nFROM ")

    assert re.search(r"^ENV ANALYTICS_ENV=production\b", stages[-1], re.MULTILINE)
    assert not any("ANALYTICS_ENV" in stage for stage in stages[:-1])
    assert (
        yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]["app"]["environment"][
            "ANALYTICS_ENV"
        ]
        == "local"
    )


def test_tools_have_the_projects_versions() -> None:
    pins = (ROOT / "pyproject.toml").read_text()
    for dockerfile in DOCKERFILES:
        for name, version in re.findall(
            r"install --no-cache-dir (\S+)==(\S+)", dockerfile.read_text()
        ):
            assert name == "uv" or f'"{name}=={version}"' in pins


def test_compose_starts_both_services_after_health_checks() -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]

    assert services.keys() == {"api", "app"}
    assert services["app"]["depends_on"] == {"api": {"condition": "service_healthy"}}
    for service in services.values():
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert service["read_only"] is True
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def copied_sources(dockerfile: Path, folder: Path) -> Path:
    """Copy what the Dockerfile copies from the repository, without what tools have built there."""
    ignore = shutil.ignore_patterns("node_modules", "dist", ".next", "__pycache__")
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile.read_text(), re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target, ignore=ignore, dirs_exist_ok=True)
            else:
                (folder / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder / target)
    return folder


def install(folder: Path) -> None:
    """Link the installed packages, except those of the workspace, which are linked to the copy."""
    (folder / "node_modules/@acme").mkdir(parents=True)
    for package in (ROOT / "node_modules").iterdir():
        if package.name == "@acme":
            for workspace in package.iterdir():
                (folder / "node_modules/@acme" / workspace.name).symlink_to(
                    folder / workspace.resolve().relative_to(ROOT)
                )
        else:
            (folder / "node_modules" / package.name).symlink_to(package)


def test_the_dashboards_image_has_all_files_that_its_packages_need_to_build(tmp_path: Path) -> None:
    folder = copied_sources(DOCKER / "app.Dockerfile", tmp_path)
    install(folder)
    command = ["uv", "run", "--no-sync", "--project", ROOT, "npm", "run", "build:sdk"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "src/sdk/react/dist/cjs/index.js").exists()
