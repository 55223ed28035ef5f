"""`analytics metric load`: load daily values of metrics that don't come from events."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.administration import REFUSED, AsJson, administer, show_result
from api.cli.console import err
from api.cli.errors import Failure
from api.cli.metric_rows import InvalidLine, MetricRows, read_metric_rows
from api.domain.metrics import Metric, check_currency
from api.domain.reference import DELETED
from api.services.acts import Context
from api.services.administration import list_organizations
from api.services.loaded_metrics import METRIC_IDS, load_metric_values
from api.stores.protocol import Store


def _currency(code: str) -> str:
    try:
        return check_currency(code)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from error


def load_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or JSON Lines (.ndjson, .jsonl) with org_id, metric, date and value.",
            exists=True,
            dir_okay=False,
        ),
    ],
    kind: Annotated[
        Literal["sum", "gauge"] | None,
        typer.Option(
            help="Kind of new metrics: daily values of `sum` add up to a total, those of `gauge` "
            "don't.",
            show_default="sum",
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(
            help="ISO 4217 code of the values, such as EUR, if they are amounts of money.",
            parser=_currency,
            metavar="CODE",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load daily values of metrics. Loading a file again changes nothing.

    If any line is invalid, every invalid line is reported with its number and nothing is loaded. A
    value replaces the stored value of the same organisation, metric and date.
    """
    rows = read_metric_rows(file)

    async def load(store: Store, _: Context) -> dict[str, int]:
        bad = [*rows.bad, *await _in_unknown_organizations(store, rows)]
        metrics, conflicts = await _metrics(store, rows, kind, currency)
        if bad or conflicts:
            raise _rejected(file, bad, conflicts)
        return dict(await load_metric_values(store, metrics, rows.values))

    counts = administer(load)
    numbers = {name: counts.get(name, 0) for name in ("new", "changed", "unchanged")}
    said = ", ".join(f"{count:,} {name}" for name, count in numbers.items())
    show_result(f"{len(rows.values):,} values: {said}.", "loaded", numbers, as_json=as_json)


async def _in_unknown_organizations(store: Store, rows: MetricRows) -> list[InvalidLine]:
    found = await list_organizations(store)
    known = {organization.org_id for organization in found if organization.status != DELETED}
    return [
        InvalidLine(line, f"there is no organisation {value.org_id}")
        for line, value in zip(rows.lines, rows.values, strict=True)
        if value.org_id not in known
    ]


async def _metrics(
    store: Store, rows: MetricRows, kind: str | None, currency: str | None
) -> tuple[Sequence[Metric], Sequence[str]]:
    """Return the metrics of the values, and an error for each that contradicts the stored one.

    A stored metric can get a currency, but can't change its kind or its currency.
    """
    names = dict.fromkeys((value.org_id, value.name) for value in rows.values)
    stored: dict[tuple[str, str], Metric] = {}
    for org_id in dict.fromkeys(org_id for org_id, _ in names):
        for metric in await store.find(Metric, org_id, **METRIC_IDS):
            stored[org_id, metric.name] = metric
    metrics = [stored.get(key) or Metric(*key, kind or "sum") for key in names]
    conflicts = [
        f"The metric {metric.name} of {metric.org_id} has the {name} {known}, not {wanted}."
        for metric in metrics
        for name, known, wanted in (
            ("kind", metric.kind, kind),
            ("currency", metric.currency, currency),
        )
        if wanted and known and wanted != known
    ]
    return [replace(one, currency=one.currency or currency or "") for one in metrics], conflicts


def _rejected(file: Path, bad: Sequence[InvalidLine], conflicts: Sequence[str]) -> Failure:
    for one in sorted(bad, key=lambda one: one.line):
        err.print(f"{file}, line {one.line}: {one.reason}.", soft_wrap=True, markup=False)
    for conflict in conflicts:
        err.print(conflict, soft_wrap=True, markup=False)
    if bad:
        return Failure(f"{len(bad):,} invalid lines in {file}; nothing was loaded.", REFUSED)
    return Failure("Nothing was loaded.", REFUSED)
