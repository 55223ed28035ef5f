"""`analytics key`: create, list and revoke the API keys of an organisation."""

from secrets import token_hex
from typing import Annotated, Literal

import typer

from api.cli.administration import (
    AsJson,
    OrgId,
    administer,
    show_result,
    show_rows,
    was_done,
)
from api.domain.field_patterns import KEY_HASH
from api.domain.reference import ApiKey
from api.errors import ApiError
from api.services.acts import Context
from api.services.administration import find_organization
from api.services.input_checks import check_name, check_text
from api.services.keys import SECRET_BYTES, NewKey, create_key, list_keys, revoke_key
from api.stores.protocol import Store


def create_command(
    org: OrgId,
    name: Annotated[str, typer.Option(help="Name that tells the key from others.")],
    kind: Annotated[
        Literal["secret", "read", "publishable"],
        typer.Option(
            help="`secret` reads and writes; `read` only reads; `publishable` only writes events."
        ),
    ] = "secret",
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it. It is not stored and can't be shown again.

    A repeated command creates another key.
    """
    check_name("name", name)

    async def create(store: Store, context: Context) -> tuple[ApiKey, str]:
        random = token_hex(SECRET_BYTES)
        return await create_key(store, context, org, NewKey(name, kind), random=random)

    key, secret = administer(create)
    values = {"org_id": org, "key_id": key.key_hash, "name": name, "kind": kind, "api_key": secret}
    show_result(secret, "created", values, as_json=as_json)


def list_command(org: OrgId, as_json: AsJson = False) -> None:
    """List the API keys of an organisation, newest first, without their secrets."""

    async def rows(store: Store, _: Context) -> list[dict[str, str]]:
        await find_organization(store, org)
        return [
            {
                "key_id": key.key_hash,
                "name": key.name,
                "kind": key.kind,
                "created_at": key.created_at,
                "created_by": key.created_by,
            }
            for key in await list_keys(store, org)
        ]

    columns = ("key_id", "name", "kind", "created_at", "created_by")
    show_rows(columns, administer(rows), as_json=as_json)


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

    is_changed = administer(revoke)
    result = "revoked" if is_changed else "unchanged"
    sentence = f"{org}: the key {'is' if is_changed else 'was already'} revoked."
    show_result(sentence, result, {"org_id": org, "key_id": key_id}, as_json=as_json)
