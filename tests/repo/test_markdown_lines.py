"""Markdown has semantic newlines: one sentence per line, at most 120 columns."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS_MAX = 120
# These words end with a full stop, but don't end a sentence.
_ABBREVIATIONS = ("e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.", "no.")
_FENCE = re.compile(r"^\s*(```|~~~)")
_CODE = re.compile(r"(`+).*?\1")
_LINK = re.compile(r"(!?\[[^\]]*\])\([^)]*\)")
_SENTENCE_END = re.compile(r"(?P<word>\S+[.!?])(?P<closing>[)\"'*_”]*) +(?=[*_(\[\"“]*[A-Z`…\d])")


def _files() -> list[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listing = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own command
    return [name for name in listing.stdout.splitlines() if (ROOT / name).exists()]


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines outside code, tables, headings and comments, with their numbers."""
    is_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            is_code = not is_code
        elif not is_code and not line.lstrip().startswith(("|", "#", "<", "[!")):
            yield number, line


def _faults(text: str) -> Iterator[str]:
    for number, line in _prose(text):
        words = re.sub(r"^\s*(?:[-*>]|\d+\.) +(?:\[[ x]\] )?", "", line)
        readable = _LINK.sub(r"\1", words)
        if len(_LINK.sub(r"\1", line)) > COLUMNS_MAX:
            yield f"{number}: {len(line)} columns"
        for found in _SENTENCE_END.finditer(_CODE.sub("`code`", readable)):
            if not found["word"].lower().endswith(_ABBREVIATIONS):
                yield f"{number}: a second sentence after {found['word']!r}"


@pytest.mark.parametrize("name", _files())
def test_lines_are_short_and_contain_one_sentence(name: str):
    assert list(_faults((ROOT / name).read_text())) == []


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("One sentence.", 0),
        ("One sentence. And another.", 1),
        ("- **A list item:** one (with a note). Another `one`. A third!", 2),
        ("Version 1.2 of `a. B` is fine, e.g. This one.", 0),
        ("1. An item of a numbered list.", 0),
        ("| a table. May | hold any. Text |", 0),
        ("word " * 24, 0),
        ("word " * 25, 1),
        ("[a long link](https://example.com/" + "x" * 120 + ")", 0),
    ],
)
def test_the_check_finds_the_expected_faults(line: str, faults: int):
    assert len(list(_faults(line.rstrip()))) == faults
