"""The project's vocabulary: former names are gone, and prose is in standard English."""

import ast
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HISTORY = {"CHANGELOG.md", "WORKLOG.md", "tests/repo/test_vocabulary.py"}
CODE = ("*.py", "*.ts", "*.tsx", "*.mjs", "*.json", "*.toml", "*.md")
PROSE = (
    *(
        "*.md",
        "*.py",
        "*.ts",
        "*.tsx",
        "*.mjs",
        "*.sql",
        "*.sh",
        "*.tf",
        "*.tftpl",
        "*.yaml",
        "*.yml",
    ),
    *(
        "*.toml",
        ".oxlintrc.json",
        "infra/openapi.json",
        "*problems.json",
        "Makefile",
        "*Dockerfile",
    ),
)
FORMER_NAMES = (
    *("Claim", "claim_of", "new_claim", "open_claim", "complete_claim", "release_claim"),
    *("IngestAnswer", "answer_of", "Services", "ServicesDep", "build_services", "origin_in"),
    *("api.trust", "api.tokens", "api.domain.bearer", "api.domain.tenancy", "api.services.claims"),
    *("KeysOnDemand", "VerifierOnDemand", "parse_key", "set_aside", "mend_day", "reject_document"),
    *("two_worlds", "test_named_moments", "test_ingest_again", "functions_at_work"),
    *("Farewell", "Ownership", "ClientParts", "isOwnAffair", "toldDropped", "holdBy"),
    *("useAbove", "useWindow", "ApiAway", "ProviderAway", "IdentityEnded", "ApiRefusal"),
    *("_Answer", "Gate", "take_step", "BadLine", "api.lake.places", "without_store"),
)
FORMER_FILES = (
    *("trouble.ts", "troubles.ts", "advice.ts", "sealed.ts", "farewell.ts", "ownership.ts"),
    *("comfort.spec.ts", "shell.spec.ts", "trust.py", "bearer.py", "tenancy.py"),
    *("two_worlds.py", "functions_at_work.py", "test_every_answer.py", "test_same_answers.py"),
)
PHRASES = (
    *("set aside", "by itself", "anew", "whoever", "mends", "mended", "mending"),
    *("asks for patience", "is none of (?!it)", "does not answer", "did not answer"),
)
FREE_RELATIVE = re.compile(r"(What|Who|Whom|Whose|Where|How|Whether|Whoever|Whatever)\b")
IN_NOUN_PHRASES = ("src/api/", "functions/", "scripts/", "benchmarks/", "sample_data/")
type Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def tracked(*patterns: str) -> list[str]:
    command = ["git", "ls-files", "-z", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    names = (name for name in listing.split("\0") if name)
    return [name for name in names if name not in HISTORY and (ROOT / name).is_file()]


def test_former_names_are_gone():
    names = "|".join(map(re.escape, FORMER_NAMES))
    former = re.compile(rf"(?<![\w.])(?:{names})(?!\w)")
    for path in tracked(*CODE):
        found = former.search((ROOT / path).read_text())
        assert not found, f"{path}: {found}"


def test_former_files_are_gone():
    assert not [path for path in tracked() if path.rpartition("/")[2] in FORMER_FILES]


def test_no_class_name_of_the_api_has_two_meanings():
    """Only the schema of a route may have the same name as the record that it describes."""
    found = defaultdict[str, list[str]](list)
    for path in tracked("src/api/*.py"):
        if not path.startswith("src/api/routers/"):
            for node in ast.parse((ROOT / path).read_text()).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(path)

    assert not {name: paths for name, paths in found.items() if len(paths) > 1}


def test_phrases_of_the_former_dialect_are_gone():
    former = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)
    for path in tracked(*PROSE):
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            assert not former.search(line), f"{path}:{number}: {line.strip()}"


@pytest.mark.parametrize("path", tracked(*(f"{folder}*.py" for folder in IN_NOUN_PHRASES)))
def test_docstrings_begin_with_a_verb_or_name_a_thing(path: str):
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, Documented.__value__):
            text = ast.get_docstring(node) or ""
            assert not FREE_RELATIVE.match(text), text.splitlines()[0]
