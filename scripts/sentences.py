"""Draw sentences at random for the reading test.

A reader who has not seen the code reads each sentence once and decides whether it is clear.
The same seed draws the same sentences from the same text.
"""

import argparse
import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
SKIPPED_FOLDERS = {"node_modules", "build", "dist", ".next", ".venv", ".data", ".git"}
MARKUP = re.compile(r"(`[^`]*`)|!?\[([^\]]*)\]\([^)]*\)|\*+")  # keeps code, and the text of links
BLOCK_START = re.compile(r"\s*([-*>#|!<]|\d+\.)")
FENCED = re.compile(r"^[ \t]*```.*?^[ \t]*```", re.DOTALL | re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9`])")
JSX_TEXT = re.compile(r">\s*([A-Z][^<>{}]+?)\s*<")
COPY_LITERAL = re.compile(r'"([A-Z][^"\n]*\s[^"\n]*\s[^"\n]*)"')
WORD = re.compile(r"[a-z]{2}")  # the paths of icons contain none
WORDS_MIN = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the project's text, and its place: the file and the heading or the name."""

    place: str
    text: str


def main() -> None:
    """Print the sentences, one numbered line each."""
    parser = argparse.ArgumentParser(description="Draw sentences at random for the reading test.")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the random draw")
    parser.add_argument("--count", type=int, default=50, help="the number of sentences to draw")
    arguments = parser.parse_args()
    for number, sentence in enumerate(draw(ROOT, arguments.seed, arguments.count), start=1):
        print(f"{number:3}  {sentence.text}\n     {sentence.place}")


def draw(root: Path, seed: int, count: int) -> list[Sentence]:
    """Draw `count` sentences, an equal share from each kind of text, in random order."""
    random = Random(seed)  # noqa: S311 (a repeatable sample)
    kinds = [
        sorted(set(kind), key=lambda sentence: (sentence.place, sentence.text))
        for kind in (
            _documents(root, ["README.md", "answers.md", "CONTRIBUTING.md", "SECURITY.md"]),
            _documents(root, ["docs/**/*.md", "src/**/README.md", "infra/**/README.md"]),
            _docstrings(root),
            _problem_titles(root),
            _interface_copy(root),
        )
    ]
    shares = [count // len(kinds) + (index < count % len(kinds)) for index in range(len(kinds))]
    drawn = [
        sentence
        for kind, share in zip(kinds, shares, strict=True)
        for sentence in random.sample(kind, min(share, len(kind)))
    ]
    random.shuffle(drawn)
    return drawn


def _documents(root: Path, patterns: list[str]) -> Iterator[Sentence]:
    for path in _files(root, patterns):
        text = FENCED.sub("", path.read_text(encoding="utf-8"))
        for heading, paragraph in _paragraphs(text):
            yield from _sentences(root, path, MARKUP.sub(r"\1\2", paragraph), heading)


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the heading and the text, on one line, of each paragraph and list item."""
    lines: list[str] = []
    heading = ""
    for line in [*text.splitlines(), ""]:
        if lines and (not line.strip() or BLOCK_START.match(line)):
            paragraph = " ".join(lines)
            if not paragraph.startswith(("|", "#", "!", "<")):
                yield heading, re.sub(r"^(- |\* |> |\d+\. )", "", paragraph)
            lines = []
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if line.strip():
            lines.append(line.strip())


def _docstrings(root: Path) -> Iterator[Sentence]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for path in _files(root, ["src/**/*.py", "functions/**/*.py", "scripts/**/*.py"]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, documented) and (docstring := ast.get_docstring(node)):
                name = "" if isinstance(node, ast.Module) else node.name
                yield from _sentences(root, path, docstring, name)


def _problem_titles(root: Path) -> Iterator[Sentence]:
    path = root / "src/api/errors.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from _sentences(root, path, node.value.split("\n")[0], words_min=2)


def _interface_copy(root: Path) -> Iterator[Sentence]:
    for path in _files(root, ["src/app/**/*.ts*", "src/sdk/react/src/**/*.ts*"]):
        if "tests" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        for pattern in (JSX_TEXT, COPY_LITERAL) if path.suffix == ".tsx" else (COPY_LITERAL,):
            for text in filter(WORD.search, pattern.findall(source)):
                yield from _sentences(root, path, text, words_min=2)


def _files(root: Path, patterns: list[str]) -> Iterator[Path]:
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if not SKIPPED_FOLDERS.intersection(path.relative_to(root).parts):
                yield path


def _sentences(
    root: Path, path: Path, text: str, name: str = "", *, words_min: int = WORDS_MIN
) -> Iterator[Sentence]:
    place = f"{path.relative_to(root)} {name}".rstrip()
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        if len(sentence.split()) >= words_min:
            yield Sentence(place, sentence)


if __name__ == "__main__":
    main()
