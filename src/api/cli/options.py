"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_URL = "http://127.0.0.1:8000"


def without_slash(url: str) -> str:
    return url.rstrip("/")


Url = Annotated[str, typer.Option(help="URL of the API.", callback=without_slash)]
Key = Annotated[
    str | None, typer.Option(help="API key of the organisation: ak_…, or rk_… to read only.")
]
Org = Annotated[
    str | None, typer.Option(help="Organisation, such as org_acme, if the API runs locally.")
]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        help="CSV file with the columns org_id,api_key, for several organisations.",
        exists=True,
        dir_okay=False,
    ),
]
Patience = Annotated[float, typer.Option(help="Seconds to retry while the API is unavailable.")]
