"""Small CSV tables with a header, such as the files of keys, of metrics and of sample data."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from api.cli.errors import UnusableFile


def read_table(
    path: Path, columns: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that isn't blank with the number of its last line. Other columns may exist.

    `aliases` maps other names of columns to their names. Raises UnusableFile for a file that isn't
    such a table.
    """
    for line, row in read_rows(path, columns, aliases=aliases):
        if isinstance(row, str):
            raise UnusableFile(f"{path}, line {line}: {row}.")
        yield line, row


def read_rows(
    path: Path, columns: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield the rows like `read_table`, but yield the reason instead of a row of another length."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        try:
            header = _header(path, next(reader, list[str]()), columns, aliases or {})
            for cells in reader:
                if len(cells) == len(header):
                    yield reader.line_num, dict(zip(header, cells, strict=True))
                elif cells:
                    reason = f"has {len(cells)} cells where the header has {len(header)}"
                    yield reader.line_num, reason
        except UnicodeDecodeError as error:
            raise UnusableFile(f"{path} is not UTF-8. Convert the file to UTF-8.") from error
        except csv.Error as error:
            line = reader.line_num
            raise UnusableFile(f"{path}, line {line}: is not valid CSV: {error}.") from error


def _header(
    path: Path, cells: Sequence[str], columns: Sequence[str], aliases: Mapping[str, str]
) -> Sequence[str]:
    names = [aliases.get(cell.strip(), cell.strip()) for cell in cells]
    if missing := [column for column in columns if column not in names]:
        raise UnusableFile(
            f"{path} lacks the columns {', '.join(missing)}. The first line of a CSV file must "
            f"name the columns {', '.join(columns)}."
        )
    if repeated := [column for column in columns if names.count(column) > 1]:
        raise UnusableFile(f"{path} has the column {repeated[0]} more than once.")
    return names
