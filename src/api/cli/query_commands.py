"""`analytics query`: trends, funnels and retention in the terminal."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal

import typer

from api.cli.administration import print_json
from api.cli.client import explain, open_client, read_object
from api.cli.console import err
from api.cli.errors import Failure, Permanent
from api.cli.keys import load_keys
from api.cli.options import DEFAULT_URL, Key, Org, Patience, Url
from api.cli.query_filters import step
from api.cli.query_options import (
    AsCsv,
    AsJson,
    BreakdownBy,
    Filters,
    First,
    Last,
    Limit,
    QueryFile,
    Style,
    Timezone,
    Window,
    breakdown_of,
    choices,
    query_of,
    scope,
    series_of,
    steps_of,
    style_of,
)
from api.cli.query_results import FunnelReport, Report, RetentionReport, TrendsReport
from api.domain.calendars import Interval, Weekday
from api.domain.insights import CohortKind, Comparison, Order, ReturnMode

QUERY_PATIENCE_SECONDS = 10.0

type _Json = dict[str, Any]
type _Connection = tuple[
    str, str | None, str | None, float
]  # the URL, organisation, key and retry time


def trends_command(  # noqa: PLR0913, PLR0917 - a command's options
    series: Annotated[
        list[str] | None,
        typer.Option(help="Event type to measure; may be repeated. By default, all events."),
    ] = None,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(
            help="total (the default), unique_users, per_user, or sum, average, min, max, p50, "
            "p90, p95, p99 of --property. Once for all series, or once for each."
        ),
    ] = None,
    property_: Annotated[
        list[str] | None,
        typer.Option("--property", help="Property whose numbers are aggregated."),
    ] = None,
    interval: Annotated[
        Interval | None, typer.Option(metavar=choices(Interval), help="By default day.")
    ] = None,
    week_start: Annotated[
        Weekday | None, typer.Option(metavar=choices(Weekday), help="By default monday.")
    ] = None,
    breakdown: BreakdownBy = None,
    limit: Limit = None,
    compare: Annotated[
        Comparison | None,
        typer.Option(
            metavar=choices(Comparison), help="Also show an earlier range of the same length."
        ),
    ] = None,
    first: First = None,
    last: Last = None,
    timezone: Timezone = None,
    filters: Filters = None,
    query: QueryFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    org: Org = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    patience: Patience = QUERY_PATIENCE_SECONDS,
) -> None:
    """Count events or users, or aggregate a property, per day or another interval.

    Example: `analytics query trends --org org_acme --series signed_up --breakdown plan`
    """
    given = {
        **scope(first, last, timezone, filters),
        "series": series_of(series, aggregate, property_),
        "interval": interval,
        "week_start": week_start,
        "breakdown": breakdown_of(breakdown, limit),
        "compare": compare,
    }
    body = query_of(query, given)
    if query is None:
        body.setdefault("series", [{}])
    _run("trends", body, (url, org, key, patience), TrendsReport, style_of(as_json, as_csv))


def funnel_command(  # noqa: PLR0913, PLR0917 - a command's options
    steps: Annotated[
        str | None,
        typer.Option(help="Event types of the steps, such as signed_up,paid; * is any event."),
    ] = None,
    window: Window = None,
    order: Annotated[
        Order | None,
        typer.Option(
            metavar=choices(Order), help="Whether other events may be between; by default ordered."
        ),
    ] = None,
    breakdown: BreakdownBy = None,
    limit: Limit = None,
    first: First = None,
    last: Last = None,
    timezone: Timezone = None,
    filters: Filters = None,
    query: QueryFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    org: Org = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    patience: Patience = QUERY_PATIENCE_SECONDS,
) -> None:
    """Show how many users reached each step of a funnel, and how long they took.

    Example: `analytics query funnel --org org_acme --steps signed_up,paid --window 14d`
    """
    given = {
        **scope(first, last, timezone, filters),
        "steps": steps_of(steps),
        "window_seconds": window,
        "order": order,
        "breakdown": breakdown_of(breakdown, limit),
    }
    body = query_of(query, given)
    if query is None and steps is None:
        raise Failure("Pass --steps, such as signed_up,paid, or --query.")
    _run("funnels", body, (url, org, key, patience), FunnelReport, style_of(as_json, as_csv))


def retention_command(  # noqa: PLR0913, PLR0917 - a command's options
    start: Annotated[
        str | None, typer.Option(help="Event type that begins a cohort; by default any.")
    ] = None,
    returning: Annotated[
        str | None,
        typer.Option("--return", help="Event type with which users return; by default any."),
    ] = None,
    interval: Annotated[
        Literal["day", "week", "month"] | None,
        typer.Option(metavar="day|week|month", help="By default week."),
    ] = None,
    periods: Annotated[
        int | None, typer.Option(help="Number of intervals to show; by default 8.")
    ] = None,
    cohorts: Annotated[
        CohortKind | None,
        typer.Option(
            metavar=choices(CohortKind),
            help="Whether a user is in one cohort or in several; by default first_time.",
        ),
    ] = None,
    mode: Annotated[
        ReturnMode | None,
        typer.Option(
            metavar=choices(ReturnMode),
            help="Whether users must return in the period itself; by default on.",
        ),
    ] = None,
    week_start: Annotated[
        Weekday | None, typer.Option(metavar=choices(Weekday), help="By default monday.")
    ] = None,
    first: First = None,
    last: Last = None,
    timezone: Timezone = None,
    filters: Filters = None,
    query: QueryFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    org: Org = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    patience: Patience = QUERY_PATIENCE_SECONDS,
) -> None:
    """Show which share of each cohort of users came back in the periods after their start.

    Example: `analytics query retention --org org_acme --start signed_up --interval week`
    """
    given = {
        **scope(first, last, timezone, filters),
        "start": None if start is None else step(start),
        "return": None if returning is None else step(returning),
        "interval": interval,
        "periods": periods,
        "cohorts": cohorts,
        "mode": mode,
        "week_start": week_start,
    }
    body = query_of(query, given)
    _run("retention", body, (url, org, key, patience), RetentionReport, style_of(as_json, as_csv))


def _run(
    insight: str,
    query: _Json,
    connection: _Connection,
    report: Callable[[_Json, _Json], Report],
    style: Style,
) -> None:
    """Send the query to the API, and print the result."""
    result = asyncio.run(_ask(insight, query, connection))
    if style == "json":
        print_json(result)
    elif style == "csv":
        report(query, result).print_csv()
    else:
        report(query, result).print_table()
        through = result["complete_through"]
        received = f"until {through}" if through else "(none so far)"
        err.print(f"Events that the API received {received} are counted.", soft_wrap=True)


async def _ask(insight: str, query: _Json, connection: _Connection) -> _Json:
    """Return the API's response to the query. Raises Permanent if the API rejects the query."""
    url, org, key, patience = connection
    async with open_client(url, load_keys(url, key), patience_seconds=patience) as client:
        path = f"/api/v1/insights/{insight}"
        response = await client.request("POST", path, org_id=org, json=query)
    if response.status_code != HTTPStatus.OK:
        raise Permanent(f"The API rejected the query: {explain(response)}")
    return read_object(response)
