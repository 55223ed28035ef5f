"""`analytics key`: create, list and revoke the API keys of an organisation."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Annotated, Any

import typer

from api.auth.caller import KeyKind
from api.cli.administration import (
    AsJson,
    OrgId,
    administer,
    show_result,
    show_rows,
    was_done,
)
from api.cli.errors import Failure
from api.cli.options import parsed
from api.domain.field_patterns import KEY_HASH, ORIGIN
from api.domain.ranges import parse_start
from api.domain.reference import ApiKey
from api.errors import ApiError
from api.services.acts import Context
from api.services.input_checks import check_name, check_text
from api.services.keys import (
    ORIGIN_LENGTH_MAX,
    ORIGINS_MAX,
    SECRET_BYTES,
    NewKey,
    create_key,
    describe_key,
    list_keys,
    revoke_key,
)
from api.services.organization_records import find_organization
from api.stores.protocol import Store

COLUMNS = (
    *("key_id", "name", "kind", "created_at", "created_by", "expires_at", "origins"),
    "last_used_on",
)


def create_command(
    org: OrgId,
    name: Annotated[str, typer.Option(help="Name that distinguishes the key from others.")],
    kind: Annotated[
        KeyKind,
        typer.Option(
            help="`secret` reads and writes; `read` only reads; `publishable` only writes events."
        ),
    ] = "secret",
    expires: Annotated[
        datetime | None,
        typer.Option(
            help="Date (00:00 UTC) or RFC 3339 time in the future; by default never.",
            metavar="TIME",
            parser=parsed(parse_start),
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            help="For a publishable key: only pages of this origin, such as https://shop.example, "
            f"may use it; may be repeated up to {ORIGINS_MAX} times."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it. The key is not stored and can't be shown again.

    A repeated command creates another key.
    """
    check_name("name", name)
    origins = tuple(dict.fromkeys(origin or ()))
    _check_origins(kind, origins)
    new = NewKey(name, kind, expires, origins)

    async def create(store: Store, context: Context) -> tuple[ApiKey, str]:
        if expires and expires <= context.now:
            raise Failure("--expires must be in the future.")
        return await create_key(store, context, org, new, random=token_hex(SECRET_BYTES))

    key, secret = administer(create, org)
    values = {"org_id": org, **describe_key(key), "api_key": secret}
    show_result(secret, "created", values, as_json=as_json)


def _check_origins(kind: str, origins: Sequence[str]) -> None:
    if origins and kind != "publishable":
        raise Failure("--origin is for publishable keys only: add --kind publishable.")
    if len(origins) > ORIGINS_MAX:
        raise Failure(f"A key can have at most {ORIGINS_MAX} origins.")
    for each in origins:
        check_text("origin", each, ORIGIN, ORIGIN_LENGTH_MAX)


def list_command(org: OrgId, as_json: AsJson = False) -> None:
    """List the API keys of an organisation, newest first, without their secrets."""

    async def rows(store: Store, _: Context) -> list[dict[str, Any]]:
        await find_organization(store, org)
        return [describe_key(key) for key in await list_keys(store, org)]

    show_rows(COLUMNS, administer(rows, org), as_json=as_json)


def revoke_command(
    org: OrgId,
    key_id: Annotated[
        str, typer.Argument(metavar="KEY_ID", help="Id of the key, its SHA-256 (see `key list`).")
    ],
    as_json: AsJson = False,
) -> None:
    """Revoke an API key. Tokens that were already issued expire within 15 minutes 30 seconds."""
    check_text("KEY_ID", key_id, KEY_HASH, 64)

    async def revoke(store: Store, context: Context) -> bool:
        try:
            await revoke_key(store, context, org, key_id)
        except ApiError as error:
            is_known = error.code == "not_found" and await was_done(
                store, org, "api_key.revoke", key_id
            )
            if not is_known:
                raise
            return False
        return True

    is_changed = administer(revoke, org)
    result = "revoked" if is_changed else "unchanged"
    sentence = f"{org}: the key {'is' if is_changed else 'was already'} revoked."
    show_result(sentence, result, {"org_id": org, "key_id": key_id}, as_json=as_json)
