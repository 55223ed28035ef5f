"""The tables in the emulator's README are correct. test_distribution.py runs its examples."""

import json
import re
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import pytest

import cosmos_emulator
from cosmos_emulator import Emulator, throughput
from cosmos_emulator.query import limits
from cosmos_emulator.query.functions import AGGREGATES, GROUPS
from cosmos_emulator.query.nodes import SUBQUERY_LEVELS
from cosmos_emulator.query.values import LEVELS_MAX
from cosmos_emulator.scripts import engine, execution, worker
from cosmos_emulator.unsupported import UNSUPPORTED
from scripts import emulator_sdk_suite

ROOT = Path(__file__).parents[2]
README = (ROOT / "src/cosmos-emulator/README.md").read_text()


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_table_of_unsupported_features_equals_the_tested_list() -> None:
    features = re.findall(r"^\| (.+?) \| `", section("What is not supported"), re.MULTILINE)

    assert features == [one.feature for one in UNSUPPORTED]


def table(part: str) -> dict[str, str]:
    """Return the rows of the tables in a section that have two columns."""
    return dict(re.findall(r"^\| (.+?) \| (.+) \|$", section(part), re.MULTILINE))


def test_the_table_of_clients_equals_the_tested_versions() -> None:
    stated = re.findall(r"^\| `(.+?)`.*? \| ([\d.]+) \|", section("Tested clients"), re.MULTILINE)
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    programs = (path.read_text() for path in (Path(__file__).parent / "packages").glob("*.py"))
    tested = {
        *chain.from_iterable(re.findall(r'"([a-z-]+)==([\d.]+)"', text) for text in programs),
        ("@azure/cosmos", lock["node_modules/@azure/cosmos"]["version"]),
        ("azure-cosmos", version("azure-cosmos")),
    }

    assert set(stated) == tested


def test_the_table_of_the_sdk_tests_has_the_features_of_the_suite() -> None:
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \|", section("Tested clients"), re.MULTILINE)
    passed, failed = (sum(int(row[column]) for row in rows) for column in (1, 2))

    assert [feature for feature, *_ in rows] == list(emulator_sdk_suite.FEATURES)
    assert f"{passed:,} pass and {failed:,} fail" in section("Tested clients")
    assert passed / (passed + failed) >= emulator_sdk_suite.SHARE_MIN


def test_the_tables_of_functions_equal_the_code() -> None:
    rows = table("The query language")

    assert {group: rows[group].split(", ") for group in GROUPS} == {
        group: sorted(functions) for group, functions in GROUPS.items()
    }
    assert rows["aggregates"].split(", ") == sorted(AGGREGATES)


def test_the_table_of_limits_equals_the_code() -> None:
    rows = list(table("The query language").items())
    stated = rows[rows.index(("limit", "maximum")) + 1 :]

    assert [int(maximum.replace(",", "")) for _, maximum in stated] == [
        limits.QUERY_LENGTH_MAX,
        limits.WORDS_MAX,
        limits.JOINS_MAX,
        limits.CONDITIONS_MAX,
        limits.OPTIONS_MAX,
        limits.DEPTH_MAX,
        limits.TEXT_LENGTH_MAX,
        limits.NODES_MAX,
        LEVELS_MAX,
        limits.SECONDS_MAX,
    ]
    assert f"a subquery counts as {SUBQUERY_LEVELS} levels" in section("The query language")
    assert f"each item read adds {limits.SECONDS_PER_ITEM * 1000:.0f} ms" in rows[-1][0]


@pytest.mark.parametrize(
    "name",
    [*cosmos_emulator.__all__, *(name for name in vars(Emulator) if not name.startswith("_"))],
)
def test_every_public_name_is_explained(name: str) -> None:
    assert re.search(rf"\b{name}\b", section("The public names"))


def test_the_table_of_charges_equals_the_code() -> None:
    rows = [line for line in section("Request charges").splitlines() if line.startswith("|")]
    charges = [row.strip("| ").rpartition(" | ")[2] for row in rows[2:]]
    stated = [float(number) for number in re.findall(r"\d+\.\d+", " ".join(charges))]

    assert stated == [
        *chain(throughput.READS, throughput.WRITES),
        throughput.INDEXED_TERM,
        throughput.INDEXED_TERM,
        throughput.PATCH_PROPERTY,
        throughput.DELETE_IN_BACKGROUND,
        throughput.QUERY,
        throughput.QUERY_KILOBYTE,
        throughput.FEED_MIN,
        throughput.METADATA,
    ]


def test_the_limits_of_scripts_equal_the_code() -> None:
    rows = table("Scripts")
    time, accepting, memory = (int(rows[name]) for name in rows if name[:4] in ("time", "memo"))

    assert time == engine.SECONDS_MAX
    assert accepting == engine.SECONDS_MAX * execution.ACCEPTING_SHARE
    assert memory << 20 == worker.MEMORY_BYTES_MAX
    text = engine.RUNTIME.read_text()
    names = re.findall(r"`(\w+)`", rows["collection, also as `__`"].partition(" (with")[0])
    names += re.findall(r"`(\w+)`", rows["request and response"])
    assert names
    assert [name for name in names if f"{name}: (" not in text] == []
