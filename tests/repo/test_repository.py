"""Rules for the repository: names, documentation, lengths of files, and dependencies."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from api import telemetry
from api.cli import app
from api.errors import STATUS_AND_TITLE
from api.settings import Settings, variable
from api.stores.protocol import RollupStore, Store

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()
API = (ROOT / "docs/api.md").read_text()
TELEMETRY = (ROOT / "docs/telemetry.md").read_text()
LINES_MAX = 350  # so that a file can be read in one sitting
LONGER_WITH_REASON = {
    "sql/queries.sql": "the brief requires one file for T1.1 to T1.3",
}
NOT_BUILT_YET = {
    "A": 2,
    "B": 1,
    "C": 2,
    "D": 1,
    "E": 2,
    "F": 1,
    "H": 2,
}  # in each section of answers.md
HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.com|deb\.debian\.org")
MACHINE_PATHS = re.compile(r"(^|[^A-Za-z0-9_.])/(root|work|farm)/[A-Za-z]")


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-z", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).exists()]


def test_no_file_names_a_registry_host_or_a_machine_path():
    for path in tracked():
        if path == Path(__file__) or b"\0" in (content := path.read_bytes())[:8000]:
            continue
        for number, line in enumerate(content.decode().splitlines(), 1):
            assert not HOSTS.search(line), f"{path}:{number}"
            assert not MACHINE_PATHS.search(line), f"{path}:{number}"


def test_no_lock_file_with_addresses_is_tracked():
    assert not tracked("uv.lock", "poetry.lock", "yarn.lock")
    for path in tracked("package-lock.json", "**/package-lock.json"):
        assert '"resolved": "http' not in path.read_text()


def test_files_are_not_longer_than_the_limit():
    for path in tracked("*.py", "*.ts", "*.tsx", "*.mjs", "*.tf", "*.sql"):
        lines = len(path.read_text().splitlines())
        name = str(path.relative_to(ROOT))
        assert lines <= LINES_MAX or name in LONGER_WITH_REASON, f"{name} has {lines} lines"


@pytest.mark.parametrize("name", Settings.__dataclass_fields__)
def test_every_setting_is_documented(name: str):
    assert f"`{variable(name)}`" in SETTINGS


def test_the_documented_telemetry_names_equal_those_in_the_code():
    """Compare our own spans, metrics and attributes. Those of other libraries are not listed."""
    in_code = set(
        re.findall(r'"(analytics\.[a-z_.]+)"', (ROOT / "src/api/telemetry.py").read_text())
    )
    documented = set(re.findall(r"`(analytics\.[a-z_.]+)`", TELEMETRY))

    assert in_code == documented
    for path in tracked("src/api/*.py"):
        if path.name != "telemetry.py":
            assert not re.search(r'"analytics\.[a-z]', path.read_text()), path


def test_every_metric_has_its_own_line_in_the_documentation():
    metrics = [name for name in vars(telemetry).values() if hasattr(name, "_unit")]
    lines = re.findall(r"^\| `(analytics\.[a-z_.]+)` \|", TELEMETRY, re.MULTILINE)

    assert metrics
    assert {metric._name for metric in metrics} <= set(lines)


def test_every_setting_of_the_dashboard_is_documented():
    source = (ROOT / "src/app/server/settings.ts").read_text()
    names = re.findall(r'value\("(\w+)"\)', source)

    assert names
    for name in names:
        assert f"`ANALYTICS_{name}`" in SETTINGS


@pytest.mark.parametrize("code", STATUS_AND_TITLE)
def test_every_error_code_is_documented(code: str):
    assert f"`{code}`" in API


def test_every_operation_is_documented():
    paths = json.loads((ROOT / "infra/openapi.json").read_text())["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert f"| `{operation['operationId']}` | `{method.upper()} {path}` |" in API


def test_every_make_target_has_a_description():
    targets = re.findall(r"^([a-z0-9-]+):(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert targets
    for name, rest in targets:
        assert "## " in rest, name


def test_every_make_target_is_documented():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    documents = README + "".join(path.read_text() for path in tracked("docs/*.md"))
    named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", documents, re.MULTILINE))

    assert targets - {"help"} <= named


def test_commands_in_documents_exist():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = {command.name for command in [*app.registered_commands, *app.registered_groups]}
    for path in tracked("*.md"):
        text = path.read_text()
        for name in re.findall(r"(?:`|^)make ([a-z0-9-]+)", text, re.MULTILINE):
            assert name in targets, f"{path}: make {name}"
        for name in re.findall(r"uv run analytics ([a-z0-9-]+)", text):
            assert name in commands, f"{path}: analytics {name}"


def test_link_targets_in_documents_exist():
    for path in tracked("*.md"):
        for target, anchor in re.findall(
            r"\]\((?!https?://|mailto:)([^)#]*)(?:#([^)]+))?\)", path.read_text()
        ):
            file = path.parent / target if target else path
            assert file.exists(), f"{path}: {target}"
            assert not anchor or anchor in anchors(file), f"{path}: {target}#{anchor}"


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in plain}


def test_the_number_of_unbuilt_promises_is_as_expected():
    """If this fails, change NOT_BUILT_YET: a feature was promised or built."""
    sections = (ROOT / "answers.md").read_text().split("\n## ")[1:]
    promises = {section[0]: section.count("Not built yet") for section in sections}

    assert {section: count for section, count in promises.items() if count} == NOT_BUILT_YET


def test_constraints_pin_every_direct_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    emulator = tomllib.loads((ROOT / "src/cosmos-emulator/pyproject.toml").read_text())
    lists = [
        *(one["project"]["dependencies"] for one in (project, emulator)),
        *project["project"]["optional-dependencies"].values(),
        *emulator["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    direct = {re.split(r"[\[<>=;]", name)[0].lower() for names in lists for name in names}
    pinned = {
        pin.split("==")[0].lower() for pin in project["tool"]["uv"]["constraint-dependencies"]
    }

    assert direct - {"acme-analytics", "cosmos-emulator"} <= pinned


@pytest.mark.parametrize("protocol", [Store, RollupStore])
def test_a_store_has_at_most_twelve_methods(protocol: type):
    assert len([name for name in vars(protocol) if not name.startswith("_")]) <= 12
