"""Options of `analytics query`, and the query that they describe."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAliasType, get_args

import typer

from api.cli.errors import Failure, UnusableFile
from api.cli.options import parsed
from api.cli.query_filters import ANY_TYPE, attribute, parse_duration, parse_filter, step
from api.cli.rows import RowError, parse_object
from api.domain.insights import WITHOUT_PROPERTY

STDIN = "-"


def choices(alias: TypeAliasType) -> str:
    """Return the values of a type alias for the help of an option."""
    return "|".join(get_args(alias.__value__))


type Style = Literal["table", "json", "csv"]


def _parse_filters(texts: list[str] | None) -> list[Any]:
    return [parsed(parse_filter)(text) for text in texts or ()]


First = Annotated[
    str | None,
    typer.Option("--from", help="First local day; by default, the first of the last 30 days."),
]
Last = Annotated[
    str | None, typer.Option("--to", help="Last local day, included; by default, today.")
]
Timezone = Annotated[
    str | None, typer.Option(help="Time zone in which days begin, such as Europe/Berlin.")
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        help="Count only events that meet this condition, such as 'plan is pro'; may be repeated.",
        callback=_parse_filters,
    ),
]
BreakdownBy = Annotated[
    str | None,
    typer.Option("--breakdown", help="Divide by this property, or by event_type or user_id."),
]
Limit = Annotated[int | None, typer.Option(help="How many values of --breakdown have a group.")]
Window = Annotated[
    int | None,
    typer.Option(
        help="Time from the first step to the last, such as 14d, 12h, 30m or 45s.",
        parser=parsed(parse_duration),
        metavar="DURATION",
    ),
]
QueryFile = Annotated[
    str | None,
    typer.Option(
        "--query",
        metavar="FILE",
        help="Read the whole query from this JSON file, or from standard input if it is -.",
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's response as JSON.")]


def style_of(as_json: bool, as_csv: bool) -> Style:
    if as_json and as_csv:
        raise Failure("Pass --json or --csv, and not both.")
    return "json" if as_json else "csv" if as_csv else "table"


def scope(
    first: str | None, last: str | None, timezone: str | None, filters: list[Any] | None
) -> dict[str, Any]:
    """Return the events that the options select."""
    return {
        "start_date": first,
        "end_date": last,
        "timezone": timezone,
        "filters": filters or None,
    }


def series_of(
    types: Sequence[str] | None, aggregates: Sequence[str] | None, properties: Sequence[str] | None
) -> list[dict[str, Any]] | None:
    """Return the series that the options describe, or None without options.

    Each option is given once for all series, or once for each series.
    """
    if not (types or aggregates or properties):
        return None
    types, aggregates = types or [ANY_TYPE], aggregates or ["total"]
    count = max(len(types), len(aggregates))
    types = _repeated(types, count, "--series", "--aggregate")
    aggregates = _repeated(aggregates, count, "--aggregate", "--series")
    numeric = [each for each in aggregates if each not in WITHOUT_PROPERTY]
    if properties and not numeric:
        raise Failure("--property needs an --aggregate of its numbers, such as sum or average.")
    given = _repeated(properties or [], len(numeric), "--property", "--aggregate of numbers")
    names = iter(given)
    return [
        {
            **step(event_type),
            "aggregate": aggregate,
            **({"property": next(names)} if given and aggregate not in WITHOUT_PROPERTY else {}),
        }
        for event_type, aggregate in zip(types, aggregates, strict=True)
    ]


def _repeated(values: Sequence[str], count: int, option: str, other: str) -> Sequence[str]:
    if len(values) not in (0, 1, count):
        raise Failure(f"Pass {option} once, or once for each {other}.")
    return [*values] * count if len(values) == 1 else values


def steps_of(text: str | None) -> list[dict[str, str]] | None:
    """Return the steps that a list of event types such as `signed_up,paid` describes."""
    return None if text is None else [step(name.strip()) for name in text.split(",")]


def breakdown_of(name: str | None, limit: int | None) -> dict[str, Any] | None:
    if name is None and limit is not None:
        raise Failure("--limit requires --breakdown.")
    return None if name is None else {**attribute(name), **({"limit": limit} if limit else {})}


def query_of(file: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query that the file contains, or that the given options describe."""
    query = {name: value for name, value in given.items() if value is not None}
    if file is None:
        return query
    if query:
        given_names = ", ".join(query)
        raise Failure(
            f"--query contains the whole query, so it can't be combined with {given_names}."
        )
    text = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    try:
        return parse_object(text, "standard input " if file == STDIN else f"{file} ")
    except RowError as error:
        raise UnusableFile(f"{error}.") from error
