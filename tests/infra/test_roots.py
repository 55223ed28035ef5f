"""Terraform accepts every root in `infra/terraform`, for every environment."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline.terraform import code_of
from tests.infra.terraform import ENVIRONMENTS, ROOTS, Terraform

SCHEMA = Path(__file__).parent / "schema"
NAMES = sorted(folder.name for folder in ROOTS.glob("*") if [*folder.glob("*.tf")])
RULES = json.loads((Path(__file__).parent / "rules.json").read_text())


def _own_tests() -> Iterator[Any]:
    """Yield the root and the name of each test file of the roots.

    `variables.tftest.hcl` has a plan per invalid value. If `plan.tftest.hcl` contains some of the
    plans, only `make test-full` runs the others.
    """
    for file in sorted(ROOTS.glob("*/tests/*.tftest.hcl")):
        few = file.with_name("plan.tftest.hcl")
        is_long = file != few and few.exists()
        marks = pytest.mark.full if is_long else ()
        yield pytest.param(file.parts[-3], file.name, marks=marks)


each_root = pytest.mark.parametrize("name", NAMES)
each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)
_USED = re.compile(r'^\s*(resource|data|ephemeral) "(\w+)"', re.MULTILINE)
_REQUIRED = re.compile(r'(\w+) = \{\s+source\s+= "(\S+)"\s+version\s+= "([^"]+)"\s+\}')


def _required(root: str) -> list[tuple[str, str, str]]:
    """Return (provider, source, version) of the root's `required_providers`."""
    return _REQUIRED.findall((ROOTS / root / "terraform.tf").read_text())


@each_root
def test_is_formatted_and_valid(terraform: Terraform, name: str):
    root = terraform.root(name)
    (root.path / "state_override.tf").unlink()

    root.run("fmt", "-check", "-recursive", "-diff")
    root.run("init", "-backend=false", "-input=false")
    root.run("validate")


@each_root
@each_environment
def test_the_plan_after_an_apply_is_empty(terraform: Terraform, name: str, environment: str):
    created = terraform.plan(name, environment)
    applied = terraform.applied(name, environment)

    assert set(created.changes.values()) == {("create",)}
    assert applied.changes == {}
    assert len(applied.resources) == len(created.resources)


@each_root
@pytest.mark.parametrize("environment", [pytest.param("dev", marks=pytest.mark.full), "prod"])
def test_a_later_plan_has_the_same_approval_code(terraform: Terraform, name: str, environment: str):
    """Check that `make apply` can apply an approved plan of a new environment."""
    approved = terraform.plan(name, environment).json
    later = terraform.root(name).plan(environment).json

    assert later["timestamp"] > approved["timestamp"]
    assert code_of(later) == code_of(approved)


@pytest.mark.parametrize(("name", "file"), [*_own_tests()])
def test_passes_its_own_tests(terraform: Terraform, name: str, file: str):
    report = terraform.root(name).run("test", f"-filter=tests/{file}")

    assert re.search(r"Success! [1-9]\d* passed, 0 failed", report), report


@each_root
def test_requires_the_versions_whose_schemas_are_tested(name: str):
    """Check the versions here, because Terraform doesn't check those of attached providers."""
    required = _required(name)

    assert required
    for provider, source, version in required:
        schema = json.loads((SCHEMA / f"{provider}.json").read_text())
        assert (schema["provider"], schema["version"]) == (source, version)
    assert {provider for provider, *_ in required} == {
        _provider_of(used) for used in _types_used(name) if _provider_of(used) != "terraform"
    }


@pytest.mark.parametrize("provider", sorted(file.stem for file in SCHEMA.glob("*.txt")))
def test_schemas_contain_exactly_the_used_types(provider: str):
    """If this fails, change schema/<provider>.txt and run `make schemas`."""
    used = {prefixed for prefixed in _types_used() if _provider_of(prefixed) == provider}
    schema = json.loads((SCHEMA / f"{provider}.json").read_text())

    assert _listed(provider) == used
    assert {
        *schema["resources"],
        *(f"data.{name}" for name in schema["data_sources"]),
        *(f"ephemeral.{name}" for name in schema["ephemeral"]),
    } == used


@pytest.mark.parametrize("provider", sorted(RULES))
def test_every_rule_names_an_existing_attribute(provider: str):
    schema = json.loads((SCHEMA / f"{provider}.json").read_text())
    blocks = schema["resources"] | {f"data.{k}": v for k, v in schema["data_sources"].items()}
    rules = RULES[provider]
    dotted = [*rules["enum"], *rules["regex"], *rules["range"], *rules["fakes"]]
    for kind in ("force_new", "sensitive"):
        dotted += [
            f"{type_name}.{path}" for type_name, paths in rules[kind].items() for path in paths
        ]

    assert [
        path for path in dotted if not path.startswith("*.") and not _exists(blocks, path)
    ] == []


def test_no_files_written_by_terraform_are_committed():
    names = [".terraform", ".terraform.lock.hcl", "terraform.tfstate", "crash.log"]

    assert [path for name in names for path in ROOTS.rglob(name)] == []


def _types_used(root: str = "*") -> set[str]:
    prefixes = {"resource": "", "data": "data.", "ephemeral": "ephemeral."}
    texts = [file.read_text() for file in ROOTS.glob(f"{root}/*.tf")]
    return {prefixes[kind] + name for text in texts for kind, name in _USED.findall(text)}


def _provider_of(prefixed: str) -> str:
    return prefixed.rpartition(".")[2].partition("_")[0]


def _listed(provider: str) -> set[str]:
    lines = (SCHEMA / f"{provider}.txt").read_text().splitlines()
    return {line for line in lines if not line.startswith("#")}


def _exists(blocks: dict, dotted: str) -> bool:
    names = dotted.split(".")
    split = 2 if names[0] == "data" else 1
    block = blocks.get(".".join(names[:split]))
    *parents, leaf = names[split:]
    for parent in parents:
        block = (block or {}).get("block_types", {}).get(parent, {}).get("block")
    return leaf in (block or {}).get("attributes", {})
