"""The README of the emulator is true: its examples run, its tables are complete."""

import re
from pathlib import Path

import pytest

import cosmos_emulator
from cosmos_emulator import Emulator
from cosmos_emulator.unsupported import UNSUPPORTED

README = (Path(cosmos_emulator.__file__).parent / "README.md").read_text()
EXAMPLES = re.findall(r"^## (.+?)$|^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def examples() -> list[object]:
    """Each block of Python, named after its section."""
    found, section = [], ""
    for title, code in EXAMPLES:
        section = title or section
        if code:
            found.append(pytest.param(code, id=f"{section}-{len(found)}"))
    return found


@pytest.mark.parametrize("code", examples())
def test_an_example_runs(code: str) -> None:
    assert "assert " in code
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102


def test_the_table_of_what_is_not_supported_is_the_list_that_is_tested() -> None:
    table = README.partition("## What is not supported")[2]
    features = re.findall(r"^\| (.+?) \| `", table, re.MULTILINE)

    assert features == [one.feature for one in UNSUPPORTED]


@pytest.mark.parametrize(
    "name",
    [*cosmos_emulator.__all__, *(name for name in vars(Emulator) if not name.startswith("_"))],
)
def test_every_public_name_is_explained(name: str) -> None:
    names = README.partition("## The public names")[2].partition("## ")[0]

    assert re.search(rf"\b{name}\b", names)
