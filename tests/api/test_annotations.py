"""`/api/v1/annotations`: test names begin with the operation and the status."""

import pytest

from api.domain.reference import Membership
from api.routers.annotations import PATH, TEXT_MAX
from api.services.organizations import put
from tests.api.token_service import is_problem

NEW = {"at": "2026-03-01T10:30:00+02:00", "text": "إطلاق صفحة الدفع 🎉"}
NOW = "2026-03-10T12:00:00.000000Z"


@pytest.fixture
async def member(service, store):
    """Return a client of a member of org_acme who isn't an admin."""
    await put(store, Membership("usr_bob", "org_acme", "member", "2026-01-01"))
    service.client.headers.update(await service.headers_of("usr_bob"))
    return service.client


@pytest.fixture
async def annotation(member):
    return (await member.post(PATH, json=NEW)).json()


async def test_create_201_an_annotation_that_the_organisation_can_read(member, service):
    created = await member.post(PATH, json=NEW)
    annotation = created.json()
    key = await service.exchange_key("rk_local_acme")
    by_key = {"Authorization": f"Bearer {key.json()['access_token']}"}
    read = await member.get(f"{PATH}/{annotation['annotation_id']}", headers=by_key)

    assert created.status_code == 201
    assert annotation == {
        "annotation_id": annotation["annotation_id"],
        "at": "2026-03-01T08:30:00.000000Z",
        "text": NEW["text"],
        "created_by": "usr_bob",
        "created_at": NOW,
        "updated_at": NOW,
        "version": created.headers["etag"].strip('"'),
    }
    assert (read.json(), read.headers["etag"]) == (annotation, created.headers["etag"])
    assert is_problem(await member.post(PATH, json=NEW, headers=by_key), 403, "insufficient_scope")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"text": " "}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "two\nlines"}, "/text"),
        ({"text": "\u202egnorw"}, "/text"),
        ({"text": "x" * (TEXT_MAX + 1)}, "/text"),
        ({"at": "2026-03-01"}, "/at"),
        ({"at": "2026-03-01T10:30:00"}, "/at"),
        ({"at": "2026-02-30T10:30:00Z"}, "/at"),
        ({"at": 5}, "/at"),
        ({"color": "red"}, "/color"),
    ],
)
async def test_create_and_update_422_for_an_invalid_annotation(
    member, annotation, changes, pointer
):
    path = f"{PATH}/{annotation['annotation_id']}"
    for response in (
        await member.post(PATH, json=NEW | changes),
        await member.patch(path, json=changes),
    ):
        assert is_problem(response, 422, "invalid_payload")
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_update_200_only_the_given_fields_change(member, annotation, clock):
    clock.forward(seconds=1)
    path = f"{PATH}/{annotation['annotation_id']}"
    longest = "🎉" * TEXT_MAX
    updated = await member.patch(path, json={"text": longest})
    moved = await member.patch(path, json={"at": "2026-03-02T00:00:00Z"})

    assert updated.json() == annotation | {
        "text": longest,
        "updated_at": "2026-03-10T12:00:01.000000Z",
        "version": updated.headers["etag"].strip('"'),
    }
    assert moved.json()["at"] == "2026-03-02T00:00:00.000000Z"
    assert moved.json()["text"] == longest


async def test_update_412_if_another_member_has_changed_the_annotation(member, annotation):
    path = f"{PATH}/{annotation['annotation_id']}"
    based = {"If-Match": f'"{annotation["version"]}"'}
    first = await member.patch(path, json={"text": "First"}, headers=based)
    second = await member.patch(path, json={"text": "Second"}, headers=based)

    assert first.status_code == 200
    assert is_problem(second, 412, "precondition_failed")
    assert is_problem(await member.delete(path, headers=based), 412, "precondition_failed")
    assert (await member.delete(path)).status_code == 204
    assert is_problem(await member.get(path), 404, "not_found")


async def test_list_200_the_annotations_of_a_range_in_pages(member):
    for day in (3, 1, 2):
        at = f"2026-03-0{day}T12:00:00Z"
        await member.post(PATH, json={"at": at, "text": str(day)})

    async def texts(**params):
        page = (await member.get(PATH, params=params)).json()
        return [one["text"] for one in page["data"]], page["next_cursor"]

    first, cursor = await texts(limit=2)
    assert (first, await texts(cursor=cursor)) == (["3", "2"], (["1"], None))
    assert await texts(start_date="2026-03-02") == (["3", "2"], None)
    assert await texts(end_date="2026-03-02") == (["2", "1"], None)
    assert await texts(start_date="2026-03-01T12:00:00Z", end_date="2026-03-01T12:00:00Z") == (
        ["1"],
        None,
    )


@pytest.mark.parametrize(
    "params",
    [{"start_date": "2026"}, {"start_date": "2026-03-02", "end_date": "2026-03-01"}],
)
async def test_list_400_for_an_invalid_range(member, params):
    assert is_problem(await member.get(PATH, params=params), 400, "invalid_parameter")
