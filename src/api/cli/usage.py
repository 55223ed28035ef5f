"""`analytics usage`: how many events an organisation sent per month and day."""

from datetime import date
from typing import Annotated

import typer

from api.cli.administration import AsJson, OrgId, administer, print_json, show_rows
from api.domain.usage import MONTHS_MAX
from api.services.acts import Context
from api.services.organization_records import find_organization
from api.services.usage import MonthUsage, months_until, report_usage
from api.stores.protocol import Store


def usage_command(
    org: OrgId,
    months: Annotated[
        int, typer.Option(min=1, max=MONTHS_MAX, help="The current month and the months before it.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Print how many events an organisation sent per day.

    An event counts when it is received, whatever its timestamp is. Events of the last seconds may
    be missing. Days are in UTC.
    """
    found = administer(lambda store, context: _report(store, context, org, months))
    if as_json:
        print_json({"org_id": org, "months": [_as_json(month) for month in found]})
        return
    for month in found:
        days = [(day, events) for day, events in month.daily if events]
        rows = [{"date": day, "events": f"{events:,}"} for day, events in days]
        show_rows(("date", "events"), [*rows, {"date": month.month, "events": f"{month.events:,}"}])


async def _report(store: Store, context: Context, org: str, months: int) -> list[MonthUsage]:
    await find_organization(store, org)
    today: date = context.now.date()
    return await report_usage(store, org, months_until(today, months))


def _as_json(month: MonthUsage) -> dict[str, object]:
    daily = [{"date": day, "events": events} for day, events in month.daily]
    return {"month": month.month, "events": month.events, "daily": daily}
