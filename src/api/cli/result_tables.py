"""Tables of figures: aligned for a terminal, or CSV."""

import csv
import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.measure import measure_renderables
from rich.table import Table
from rich.text import Text

from api.cli.console import one_line, out
from api.cli.export_format import escape_formula

_UNLIMITED = 100_000  # columns of a terminal
_SPARKS = "▁▂▃▄▅▆▇█"
_SPARKS_MAX = 40
_UNITS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))

type Cell = str | int | float | None


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    footer: Sequence[Cell] = (),
    *,
    left: int = 1,
) -> None:
    """Print one line per row, however long. The first `left` columns contain text, not figures."""
    table = Table(box=SIMPLE, show_footer=bool(footer), show_edge=False)
    for index, (name, total) in enumerate(zip(columns, footer or [""] * len(columns), strict=True)):
        justify = "left" if index < left else "right"
        table.add_column(_text(name), _text(total), justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*map(_text, row))
    options = out.options.update(max_width=_UNLIMITED)
    width = measure_renderables(out, options, [table]).maximum
    Console(width=width).print(table, highlight=False)  # the terminal wraps lines that are too long


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print CSV. Text that a spreadsheet would execute as a formula begins with an apostrophe."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])


def percent(share: float | None, mark: str = "") -> str:
    return "-" if share is None else f"{share:.1%}{mark}"


def duration(seconds: float | None) -> str:
    """Return a duration in its two largest units, such as `2 d 3 h`."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    whole = round(seconds)
    for size, unit, smaller, smaller_unit in _UNITS:
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {smaller_unit}" if rest else "")
    return f"{whole} s"


def drawing(values: Sequence[float | None]) -> str:
    """Draw the values as bars of text.

    If there are many values, a bar shows the mean of several.
    """
    size = -(-len(values) // _SPARKS_MAX)
    means = [_mean(values[start : start + size]) for start in range(0, len(values), size)]
    most = max((mean for mean in means if mean is not None), default=0)
    return "".join(" " if mean is None else _bar(mean, most) for mean in means)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _bar(value: float, most: float) -> str:
    if most <= 0 or value <= 0:
        return _SPARKS[0]
    return _SPARKS[min(len(_SPARKS) - 1, int(value / most * len(_SPARKS)))]


def _text(cell: Cell) -> Text:
    match cell:
        case None:
            return Text("-")
        case str():
            return Text(one_line(cell))
        case int():
            return Text(f"{cell:,}")
        case _:
            return Text(f"{cell:,.2f}")
