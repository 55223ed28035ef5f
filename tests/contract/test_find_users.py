"""How an operator's input, an id or an e-mail address, is matched with stored users and members."""

import pytest

from api.domain.reference import User
from api.errors import ApiError
from api.services.member_records import find_member_id, find_user_id
from api.services.members import Person, add_member
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.contract.quota_senders import CountingStore

SINCE = "2026-01-01"


async def add(store: Store, acting: Acting, user_id: str, email: str) -> None:
    await add_member(store, acting(), ORG, person=Person(user_id, email), role="viewer")


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("\u212aim@acme.test", "kim@acme.test"),  # the Kelvin sign
        ("stra\u00dfe@acme.test", "strasse@acme.test"),
        ("\u017fam@acme.test", "sam@acme.test"),  # the long s
    ],
)
async def test_another_address_is_not_found_by_folding_its_case(
    any_store: Store, acting: Acting, stored: str, typed: str
):
    await organization_with(any_store, acting, [("ada", "owner")])
    await add(any_store, acting, "mallory", stored)

    assert await find_user_id(any_store, typed) is None
    with pytest.raises(ApiError, match="is not a member of"):
        await find_member_id(any_store, ORG, typed)
    assert await find_user_id(any_store, stored) == "mallory"
    assert await find_member_id(any_store, ORG, stored) == "mallory"


async def test_the_case_of_ascii_letters_is_ignored(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [("ada", "owner")])
    await add(any_store, acting, "bob", "Bob@acme.test")

    assert await find_user_id(any_store, "bOB@ACME.test") == "bob"
    assert await find_member_id(any_store, ORG, "bOB@ACME.test") == "bob"


async def test_only_an_email_address_is_looked_for_in_all_users(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [("ada", "owner")])
    await any_store.create(User("bob", "bob@acme.test", "Bob", "viewer", SINCE, SINCE))
    counted = CountingStore(any_store)
    found = [await find_user_id(counted, user) for user in ("bob", "new-sub", "not an id")]
    with pytest.raises(ApiError, match="new-sub is not a member of"):
        await find_member_id(counted, ORG, "new-sub")

    assert found == ["bob", None, None]
    assert counted.calls == {"read User": 2, "read Membership": 1}
