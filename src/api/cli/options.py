"""Options that several commands share, and their checks."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from api.cli.errors import Failure
from api.domain.times import MAX_DAY, MIN_DAY, parse_date
from api.errors import ApiError
from api.services.input_checks import check_org_id

DEFAULT_URL = "http://127.0.0.1:8000"
_PORT_MAX = 65_535


def valid_url(url: str) -> str:
    """Return the URL without a slash at its end. Raises BadParameter if the URL is invalid."""
    try:
        parsed = httpx2.URL(url)
        parsed.host.encode("idna")
        is_valid = parsed.scheme in ("http", "https") and bool(parsed.host)
        is_valid = is_valid and 0 < (parsed.port or 1) <= _PORT_MAX
    except (httpx2.InvalidURL, ValueError):
        is_valid = False
    if not is_valid:
        raise typer.BadParameter(f"{url!r} is not a URL. Write it as {DEFAULT_URL}.")
    return url.rstrip("/")


def valid_org_id(org_id: str) -> str:
    """Return the id. Raises BadParameter if the text isn't a valid organisation id."""
    try:
        check_org_id(org_id)
    except ApiError as error:
        raise typer.BadParameter(error.errors[0].detail) from error
    return org_id


def valid_org_ids(org_ids: list[str] | None) -> list[str]:
    return [valid_org_id(org_id) for org_id in org_ids or ()]


def require_known(org_ids: Sequence[str], known: Collection[str]) -> None:
    """Raise Failure if an organisation doesn't exist, so that a misspelt id isn't overlooked."""
    for org_id in org_ids:
        if org_id not in known:
            raise Failure(f"There is no organisation {org_id}.")


def parsed[R](parse: Callable[[str], R]) -> Callable[[str], R]:
    """Return an option parser that reports the ValueError of `parse` as an invalid option."""

    def parse_option(text: str) -> R:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error

    return parse_option


def _day_or(default: str) -> Callable[[str], str]:
    """Return an option parser for a date. An empty text becomes the default."""
    return parsed(lambda text: parse_date(text or default).isoformat())


Url = Annotated[str, typer.Option(help="URL of the API.", callback=valid_url)]
Key = Annotated[
    str | None, typer.Option(help="API key of the organisation: ak_…, or rk_… to read only.")
]
Org = Annotated[
    str | None, typer.Option(help="Organisation, such as org_acme, if the API runs locally.")
]
Orgs = Annotated[
    list[str] | None,
    typer.Option(help="Only this organisation; may be repeated.", callback=valid_org_ids),
]
FirstDay = Annotated[
    str,
    typer.Option("--from", help="First day.", callback=_day_or(MIN_DAY), show_default=False),
]
LastDay = Annotated[
    str,
    typer.Option("--to", help="Last day, included.", callback=_day_or(MAX_DAY), show_default=False),
]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        help="CSV file with the columns org_id,api_key, for several organisations.",
        exists=True,
        dir_okay=False,
    ),
]
Patience = Annotated[
    float, typer.Option(help="Seconds to retry while the API is unavailable.", min=0)
]
