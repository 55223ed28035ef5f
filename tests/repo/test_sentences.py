"""The script for the reading test draws the same sentences from the same text."""

from pathlib import Path

from scripts.sentences import draw

ROOT = Path(__file__).parents[2]


def test_a_seed_draws_the_same_sentences_from_every_kind_of_text():
    drawn = draw(ROOT, seed=7, count=50)

    assert drawn == draw(ROOT, seed=7, count=50)
    assert drawn != draw(ROOT, seed=8, count=50)
    assert len(set(drawn)) == 50
    suffixes = {Path(sentence.place.split()[0]).suffix for sentence in drawn}
    assert {".md", ".py", ".tsx"} <= suffixes


def test_wrapped_lines_are_joined_and_tables_and_code_are_omitted(tmp_path: Path):
    for name in ("answers.md", "CONTRIBUTING.md", "SECURITY.md"):
        (tmp_path / name).write_text("")
    (tmp_path / "README.md").write_text(
        "# A heading that is not read\n\nThe first sentence is\nwrapped. "
        "The `second*` is **[linked](x)**.\n"
        "\n| a table is | not read |\n\n```sh\ncode is not read\n```\n"
    )
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text(
        "- An item is one sentence.\n\n  ```sh\n  code in an item is not read\n  ```\n"
    )
    (tmp_path / "src/api").mkdir(parents=True)
    (tmp_path / "src/api/errors.py").write_text('"""A module of this test."""\nTITLE = "A title"\n')
    (tmp_path / "src/app").mkdir()
    (tmp_path / "src/app/page.tsx").write_text("<p>No events yet</p>")

    drawn = {sentence.text for sentence in draw(tmp_path, seed=1, count=50)}

    assert drawn == {
        "The first sentence is wrapped.",
        "The `second*` is linked.",
        "An item is one sentence.",
        "A module of this test.",
        "A title",
        "No events yet",
    }
