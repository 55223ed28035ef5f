"""The named statements of queries.sql, for psycopg.

    connection.execute(QUERIES["top_organizations"], {"as_of": None})

A statement begins after its `-- name:` line and ends before the next one. `:name` is a parameter,
as in psql. `::type` is a cast, and text in quotes or comments is unchanged. Lines that begin with a
backslash are commands for psql, and are removed.
"""

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_PSQL_COMMAND = re.compile(r"^\\.*\n?", re.MULTILINE)
_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|::|:(?P<parameter>[a-z]\w*)")


def load_queries(path: Path) -> dict[str, str]:
    """Return every statement of the file by its name, with parameters in psycopg's format."""
    _, *parts = _NAME.split(_PSQL_COMMAND.sub("", path.read_text(encoding="utf-8")))
    names, statements = parts[::2], parts[1::2]
    if len(set(names)) < len(names):
        raise ValueError(f"{path} contains the same name twice")
    return dict(zip(names, map(_bind, statements), strict=True))


def _bind(statement: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return f"%({match['parameter']})s" if match["parameter"] else match[0]

    # psycopg sends a text without parameters unchanged, even several statements or a %.
    escaped = statement.replace("%", "%%")
    bound = _TOKEN.sub(replace, escaped)
    return (statement if bound == escaped else bound).strip()


QUERIES = load_queries(Path(__file__).with_name("queries.sql"))
