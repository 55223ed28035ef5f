"""Decision records are numbered without gaps, and the index lists each one with its title."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/decisions"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.name != "README.md")


def test_numbers_are_consecutive():
    """If this fails, give the new page the next number."""
    numbers = [page.name[:4] for page in PAGES]

    assert numbers == [f"{number:03}-" for number in range(1, len(PAGES) + 1)]


def test_the_index_lists_every_page_with_its_title():
    listed = re.findall(
        r"^\| (\d{3}) \| \[(.+)\]\((.+)\) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE
    )
    titles = [page.read_text().splitlines()[0].removeprefix("# ") for page in PAGES]

    assert listed == [
        (page.name[:3], title, page.name) for page, title in zip(PAGES, titles, strict=True)
    ]
