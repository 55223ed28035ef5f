"""Read small CSV files with a header, such as files of API keys, metric values or sample data."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from api.cli.errors import UnusableFile


def read_table(
    path: Path, columns: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells of each row, and skip blank rows.

    The number of a row that spans several lines is the number of its last line. The file must have
    all `columns`, and may have others. `aliases` maps alternative column names to the names in
    `columns`. Raises UnusableFile for an invalid header, row or encoding.
    """
    for line, row in read_rows(path, columns, aliases=aliases):
        if isinstance(row, str):
            raise UnusableFile(f"{path}, line {line}: {row}.")
        yield line, row


def read_rows(
    path: Path, columns: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield rows like `read_table`, but yield an error message for a row of the wrong length."""
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
