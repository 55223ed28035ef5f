"""Run the real `terraform` on copies of `infra/terraform/<root>`, because it writes files there."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.infra.plan import Plan
from tests.infra.provider import ProviderServers

REPOSITORY = Path(__file__).parents[2]
ROOTS = REPOSITORY / "infra/terraform"
# Staging differs from production by its sizes, and each plan takes a quarter of a minute.
ENVIRONMENTS = ("dev", pytest.param("staging", marks=pytest.mark.full), "prod")
MISSING = (
    "terraform is not installed (1.11 or newer): https://developer.hashicorp.com/terraform/install"
)
# What a deployer gives to a plan in the environment.
OIDC_CLIENT_SECRET = "the-secret-of-the-identity-provider"
# The files outside a root's folder that the root reads.
_COPIED = ("infra/terraform/{root}", "infra/openapi.json", "functions")
_BACKEND = 'terraform {{\n  backend "http" {{\n    address = "{address}"\n  }}\n}}\n'
_DECORATION = re.compile(r"\x1b\[\d*m|[│╷╵]")


def partly_full(names: Iterable[str], always: Collection[str]) -> list[Any]:
    """Return the names as parameters, of which only `make test-full` runs those not in `always`."""
    assert {*always} <= {*names}
    return [pytest.param(name, marks=() if name in always else pytest.mark.full) for name in names]


class Root:
    """An initialised configuration folder whose state is a file in it."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        self.path = path
        self._environment = environment
        address = f"{environment['STATES']}{path}/terraform.tfstate"
        (path / "state_override.tf").write_text(_BACKEND.format(address=address))
        self.run("init", "-input=false")

    def run(self, *arguments: str) -> str:
        """Return the output of `terraform`. Raises AssertionError with the output if it fails."""
        done = self._terraform(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def failure(self, *arguments: str) -> str:
        """Run a `terraform` command that must fail. Return its error message as one line."""
        done = self._terraform(*arguments)
        assert done.returncode != 0, f"terraform {arguments[0]} accepts it"
        return " ".join(_DECORATION.sub("", done.stdout + done.stderr).split())

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text that occurs exactly once, usually to introduce a mistake."""
        text = (self.path / file).read_text()
        assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
        (self.path / file).write_text(text.replace(old, new))

    @contextmanager
    def edited(self, file: str, old: str, new: str) -> Generator[None]:
        """Replace the only occurrence of a text inside the block."""
        before = (self.path / file).read_text()
        self.edit(file, old, new)
        try:
            yield
        finally:
            (self.path / file).write_text(before)

    def plan(self, environment: str = "", *arguments: str) -> Plan:
        """Plan, with the variables of `environments/<environment>.tfvars` if it is given."""
        self.run("plan", *_inputs(environment), "-out=the.plan", *arguments)
        return Plan(environment, json.loads(self.run("show", "-json", "the.plan")))

    def apply(self, environment: str = "", *arguments: str) -> None:
        self.run("apply", *_inputs(environment), "-auto-approve", *arguments)

    def _terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - fixed arguments
            ["terraform", *arguments],  # noqa: S607 - the one on the PATH
            cwd=self.path,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )


class Terraform:
    """Creates roots, and plans each environment once per test session."""

    def __init__(self, servers: ProviderServers, states: str, folder: Path) -> None:
        self._folder = folder
        # The resources that exist there.
        self.aws = servers.clouds["hashicorp/aws"]
        self.azure = servers.clouds["hashicorp/azurerm"]
        self.environment = os.environ | {
            "TF_REATTACH_PROVIDERS": servers.reattach(),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "GOGC": "1000",  # else Go's garbage collector takes a third of Terraform's time
            "STATES": states,
            "NO_COLOR": "1",
            "TF_VAR_oidc_client_secret": OIDC_CLIENT_SECRET,
            "TF_CLI_ARGS_test": "-no-color",  # `test` ignores the arguments of `plan`
        }
        self._copies = 0
        self.plan = cache(self._plan)
        self.applied_root = cache(self._applied_root)
        self.applied = cache(self._applied)

    def root(self, name: str) -> Root:
        """Return a fresh copy of `infra/terraform/<name>` that the test may change."""
        folder = self._new_folder(name)
        for pattern in _COPIED:
            _copy(pattern.format(root=name), folder)
        _write_bundles(folder)
        return Root(folder / "infra/terraform" / name, self.environment)

    def written(self, text: str) -> Root:
        """Return a root with only a `main.tf`, which contains this text."""
        folder = self._new_folder("written")
        folder.mkdir()
        (folder / "main.tf").write_text(text)
        return Root(folder, self.environment)

    def _new_folder(self, name: str) -> Path:
        self._copies += 1
        return self._folder / f"{name}-{self._copies}"

    def _plan(self, root: str, environment: str) -> Plan:
        """Plan from an empty state: `terraform.plan("aws", "prod")`."""
        return self.root(root).plan(environment)

    def _applied(self, root: str, environment: str) -> Plan:
        """Return the plan after an apply. Every value is known, and `changes` should be empty."""
        return self.applied_root(root, environment).plan(environment)

    def _applied_root(self, root: str, environment: str) -> Root:
        """Return the applied copy itself, whose files and state the test must not change."""
        copy = self.root(root)
        copy.apply(environment)
        return copy


def _inputs(environment: str) -> tuple[str, ...]:
    variables = (f"-var-file=environments/{environment}.tfvars",) if environment else ()
    return ("-input=false", *variables)


def _copy(name: str, folder: Path) -> None:
    source, target = REPOSITORY / name, folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))


def _write_bundles(folder: Path) -> None:
    """Write placeholder bundles. A plan reads only their hashes."""
    target = folder / "build/lambda"
    target.mkdir(parents=True)
    for function in (folder / "functions").glob("[!_]*.py"):
        (target / function.with_suffix(".zip").name).write_text(function.stem)
