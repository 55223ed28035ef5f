"""`analytics token`: print an access token for manual requests."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from api.cli.client import open_client
from api.cli.keys import load_keys
from api.cli.options import DEFAULT_URL, Key, Org, Url

TOKEN_PATIENCE_SECONDS = 5.0


def token_command(
    org: Org = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A scope of the token, such as events:read; repeat it for several."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(help="Bind the token to this user_id: it only reads the user's events."),
    ] = None,
    curl: Annotated[bool, typer.Option("--curl", help="Print a working curl command.")] = False,
) -> None:
    """Print an access token for --key or, if the API runs locally, for --org.

    The token is valid for 15 minutes.
    """
    limits = {"scope": " ".join(scope)} if scope else {}
    if user is not None:
        limits["user_id"] = user
    token = asyncio.run(issue(url, org, key, limits))
    header = f"Authorization: Bearer {token}"
    typer.echo(f"curl -H '{header}' '{url}/api/v1/events?limit=5'" if curl else token)


async def issue(url: str, org: str | None, key: str | None, limits: Mapping[str, str]) -> str:
    async with open_client(
        url,
        load_keys(url, key),
        patience_seconds=TOKEN_PATIENCE_SECONDS,
        token_limits=limits,
    ) as client:
        return await client.access_token(org)
