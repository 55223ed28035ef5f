"""Share links of saved views: test names begin with the operation and the status."""

import json
from dataclasses import replace

import pytest

from api.auth.caller import SHARED_VIEW_READ
from api.auth.shares import TOKEN_LIFETIME
from api.domain.reference import ACTIVE, DELETED, SUSPENDED, AuditEntry, Membership, Organization
from api.domain.views import Share
from api.routers.open_share import PATH as OPEN
from api.routers.views import PATH as VIEWS
from api.services.organizations import put
from tests.api.tenant_view_calls import NEW_SHARE
from tests.api.test_role_matrix import MATRIX
from tests.api.token_service import claims_of, is_problem

NOW = "2026-03-10T12:00:00.000000Z"
NEW = {"name": "Sign-ups", "page": "explore", "state": "range=7d"}
UNKNOWN = f"share_{'0' * 64}"
COUNTRY = {"property": "country"}
OF_COUNTRY = COUNTRY | {"operator": "is", "values": ["CZ", 1, True, 0.5]}
OF_PLAN = {"property": "/plan/name", "operator": "is_set"}
BY_USER = {"field": "user_id", "operator": "is", "values": ["u"]}
SERIES = {"event_type": "paid", "aggregate": "sum", "property": "amount"}
QUERIES = {
    "overview": [("trends", {"series": [{}]}), ("trends", {"series": [{}], "breakdown": COUNTRY})],
    "explore": [("trends", {"series": [SERIES], "filters": [{"or": [OF_PLAN, OF_COUNTRY]}]})],
    "funnels": [("funnels", {"steps": [{"event_type": "viewed"}, {}], "window_seconds": 60})],
    "retention": [("retention", {"interval": "day", "return": {"filters": [OF_PLAN]}})],
}
DATES = {"start_date": "2026-01-01", "end_date": "2026-01-31", "timezone": "Asia/Tokyo"}
OTHERS = [
    ("trends", {"series": [{"event_type": "paid"}]}),
    ("trends", {"series": [{}, {}]}),
    ("trends", {"series": [{}], "filters": [OF_PLAN]}),
    ("trends", {"series": [{}], "breakdown": {"property": "email"}}),
    ("trends", {"series": [{}], "breakdown": COUNTRY | {"limit": 24}}),
    ("trends", {"series": [SERIES], "filters": [{"and": [OF_PLAN, OF_COUNTRY]}]}),
    ("trends", {"series": [SERIES], "filters": [{"or": [OF_PLAN]}]}),
    ("trends", {"series": [SERIES | {"aggregate": "max"}], "filters": []}),
    ("funnels", {"steps": [{"event_type": "viewed"}, {}], "window_seconds": 61}),
    ("funnels", {"steps": [{"event_type": "viewed"}, {}]}),
    ("retention", {"interval": "week", "return": {"filters": [OF_PLAN]}}),
    ("retention", {"interval": "day", "start": {"filters": [OF_PLAN]}}),
    ("retention", {"interval": "day", "return": {"filters": [OF_PLAN]}, "periods": 31}),
]
OF_USERS = [
    ("trends", {"series": [{}], "breakdown": {"field": "user_id"}}),
    ("trends", {"series": [{}], "filters": [BY_USER]}),
    ("trends", {"series": [{"filters": [{"or": [{"and": [BY_USER]}]}]}]}),
    ("funnels", {"steps": [{}, {"filters": [BY_USER]}]}),
    ("retention", {"start": {"filters": [BY_USER]}}),
]


def queries_of(page):
    return [{"insight": insight, "query": query} for insight, query in QUERIES[page]]


@pytest.fixture
async def member(service, store):
    """Return a client of a member of org_acme who isn't an admin."""
    await put(store, Membership("usr_bob", "org_acme", "member", "2026-01-01"))
    service.client.headers.update(await service.headers_of("usr_bob"))
    return service.client


@pytest.fixture
async def path(member):
    """Return the path of the links of a saved view."""
    return await path_for(member, "explore")


async def path_for(member, page):
    saved = await member.post(VIEWS, json=NEW | {"page": page})
    return f"{VIEWS}/{saved.json()['view_id']}/shares"


async def open_share(member, secret):
    """Exchange the secret as somebody without a session does."""
    return await member.post(OPEN, json={"secret": secret}, headers={"Authorization": ""})


async def share(member, path, page="explore", **body):
    created = await member.post(path, json={"queries": queries_of(page)} | body)
    assert created.status_code == 201, created.text
    return created.json()


async def test_create_201_the_secret_is_returned_once_and_only_its_hash_is_stored(
    member, path, store
):
    created = await member.post(path, json=NEW_SHARE)
    shared = created.json()
    secret = shared.pop("secret")
    [stored] = await store.find(Share, "org_acme", first="share_", last="share_\uffff")

    assert created.headers["cache-control"] == "no-store"
    assert shared == {
        "share_id": stored.share_id,
        **NEW,
        "last_four": secret[-4:],
        "created_by": "usr_bob",
        "created_at": NOW,
        "expires_at": "2026-03-17T12:00:00.000000Z",
    }
    assert len(bytes.fromhex(secret.removeprefix("org_acme."))) * 8 >= 160 + 4 * 4
    assert (await member.get(path)).json() == {"data": [shared], "next_cursor": None}
    assert secret not in repr(stored)
    assert secret not in repr(await store.find(AuditEntry, "org_acme"))


@pytest.mark.parametrize(
    "expires_at", [NOW, "2026-03-01T00:00:00Z", "2026-06-08T12:00:01Z", "soon"]
)
async def test_create_422_the_link_expires_in_the_next_90_days(member, path, expires_at):
    response = await member.post(path, json=NEW_SHARE | {"expires_at": expires_at})

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/expires_at"]


@pytest.mark.parametrize("page", ["users", "live"])
async def test_create_422_views_of_pages_that_list_users_cannot_be_shared(member, page):
    response = await member.post(await path_for(member, page), json=NEW_SHARE)

    assert is_problem(response, 422, "view_not_shareable")


async def test_create_404_for_the_view_of_another_organisation(member, path, service, store):
    await put(store, Organization("org_globex", "Globex", "", "2026-01-01"))
    await put(store, Membership("usr_eve", "org_globex", "owner", "2026-01-01"))
    foreign = await service.headers_of("usr_eve", "org_globex")
    shared = await share(member, path)

    assert is_problem(await member.post(path, json=NEW_SHARE, headers=foreign), 404, "not_found")
    assert is_problem(await member.get(path, headers=foreign), 404, "not_found")
    deleted = await member.delete(f"{path}/{shared['share_id']}", headers=foreign)
    assert is_problem(deleted, 404, "not_found")
    assert (await open_share(member, shared["secret"])).status_code == 200


async def test_open_200_the_token_permits_the_view_and_nothing_else(member, path):
    shared = await share(member, path)
    opened = await open_share(member, shared["secret"])
    body, claims = opened.json(), claims_of(opened)
    body.pop("access_token")

    assert opened.headers["cache-control"] == "no-store"
    assert body == {
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME.total_seconds(),
        "scope": SHARED_VIEW_READ,
        "expires_at": shared["expires_at"],
        "view": NEW,
        "organization": {"name": "Acme Corporation", "timezone": "UTC"},
    }
    assert claims["org_id"] == "org_acme"
    assert len(claims["shared_queries"]) == 1
    assert claims["sub"] == f"share:{shared['share_id'][6:22]}"
    assert "role" not in claims


async def test_open_200_the_token_never_outlives_the_link(member, path, clock):
    shared = await share(member, path, expires_at="2026-03-10T12:01:00Z")
    clock.forward(seconds=20)
    opened = await open_share(member, shared["secret"])

    assert (opened.json()["expires_in"], claims_of(opened)["exp"]) == (40, clock().timestamp() + 40)


async def test_open_404_is_the_same_for_every_link_that_does_not_work(member, path, store, clock):
    paths = [path, *[await path_for(member, "funnels") for _ in range(3)]]
    expired, revoked, of_deleted, working = [
        await share(member, one, expires_at="2026-03-10T12:00:30Z" if one == path else None)
        for one in paths
    ]
    _, revoking, deleted, _ = paths
    removed = [
        await member.delete(f"{revoking}/{revoked['share_id']}"),
        await member.delete(deleted.removesuffix("/shares")),
    ]
    assert [one.status_code for one in removed] == [204, 204]
    clock.forward(seconds=30)

    secret = working["secret"]
    guessed = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    unknown = [guessed, secret.replace("org_acme", "org_globex"), secret[9:], ".", "a.b", "é.1"]
    known = [one["secret"] for one in (expired, revoked, of_deleted)]
    outcomes = [await open_share(member, one) for one in (*known, *unknown)]
    for status in (SUSPENDED, DELETED):
        await set_status(store, status)
        outcomes.append(await open_share(member, secret))
    await set_status(store, ACTIVE)

    assert {one.status_code for one in outcomes} == {404}
    bodies = [one.json() | {"request_id": ""} for one in outcomes]
    assert bodies == [bodies[0]] * len(bodies)
    assert (await open_share(member, secret)).status_code == 200


async def set_status(store, status):
    known = await store.read(Organization, "org_acme")
    await put(store, replace(known.record, status=status))


async def test_revoke_204_the_token_of_the_link_expires_within_minutes(member, path, clock):
    shared = await share(member, path)
    token = (await open_share(member, shared["secret"])).json()["access_token"]
    other = await path_for(member, "explore")
    of_other_view = await member.delete(f"{other}/{shared['share_id']}")
    assert is_problem(of_other_view, 404, "not_found")
    assert (await member.delete(f"{path}/{shared['share_id']}")).status_code == 204

    assert (await member.get(path)).json()["data"] == []
    assert is_problem(await member.delete(f"{path}/{UNKNOWN}"), 404, "not_found")
    clock.forward(seconds=TOKEN_LIFETIME.total_seconds() + 30)
    late = await ask(member, token, *QUERIES["explore"][0])
    assert is_problem(late, 401, "token_expired")
    assert TOKEN_LIFETIME.total_seconds() + 30 <= 300


async def ask(member, token, operation, body):
    headers = {"Authorization": f"Bearer {token}"}
    return await member.post(f"/api/v1/insights/{operation}", json=body, headers=headers)


@pytest.mark.parametrize("page", QUERIES)
async def test_the_token_makes_only_the_queries_of_its_link_for_any_dates(member, page):
    shared = await share(member, await path_for(member, page), page)
    token = (await open_share(member, shared["secret"])).json()["access_token"]
    every = {(insight, spell(query)): query for own in QUERIES.values() for insight, query in own}
    every |= {(insight, spell(query)): query for insight, query in [*OTHERS, *OF_USERS]}
    statuses = {
        known: (await ask(member, token, known[0], query | DATES)).status_code
        for known, query in every.items()
    }

    own = {(insight, spell(query)) for insight, query in QUERIES[page]}
    assert {known for known, status in statuses.items() if status == 200} == own
    assert {status for known, status in statuses.items() if known not in own} == {403}


def spell(query):
    return json.dumps(query)


async def test_members_that_vary_from_day_to_day_or_have_their_default_do_not_change_a_query(
    member, path
):
    shared = await share(member, path)
    token = (await open_share(member, shared["secret"])).json()["access_token"]
    [(insight, query)] = QUERIES["explore"]
    varied = {"interval": "hour", "compare": "previous_period", "week_start": "sunday"}
    usual = {"breakdown": None, "series": [SERIES | {"filters": []}]}

    assert (await ask(member, token, insight, query | varied | usual)).status_code == 200


@pytest.mark.parametrize(("insight", "query"), OF_USERS)
async def test_create_422_no_query_filters_or_groups_by_user(member, path, insight, query):
    queries = [*queries_of("explore"), {"insight": insight, "query": query}]
    response = await member.post(path, json={"queries": queries})

    assert is_problem(response, 422, "invalid_payload")
    [error] = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/queries/1/query", "names_users")


@pytest.mark.parametrize(
    ("queries", "pointer"),
    [
        ([], "/queries"),
        ([*queries_of("explore") * 5], "/queries"),
        ([{"insight": "users", "query": {}}], "/queries/0"),
        ([{"insight": [], "query": {}}], "/queries/0"),
        ([{"insight": "trends", "query": {"series": []}}], "/queries/0/query/series"),
        (
            [{"insight": "retention", "query": {"start": {"filters": [{"field": "x"}]}}}],
            "/queries/0/query/start/filters/0/field",
        ),
        (
            [{"insight": "trends", "query": {"series": [{"aggregate": "sum"}]}}],
            "/queries/0/query/series/0/property",
        ),
    ],
)
async def test_create_422_names_the_fault_of_a_query(member, path, queries, pointer):
    response = await member.post(path, json={"queries": queries})

    assert is_problem(response, 422, "invalid_payload")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]


async def test_create_412_if_the_view_was_changed(member, path):
    view = path.removesuffix("/shares")
    tag = (await member.get(view)).headers["etag"]
    await member.patch(view, json={"state": "range=30d"})
    stale = await member.post(path, json=NEW_SHARE, headers={"If-Match": tag})
    current = (await member.get(view)).headers["etag"]
    created = await member.post(path, json=NEW_SHARE, headers={"If-Match": current})

    assert is_problem(stale, 412, "precondition_failed")
    assert created.json()["state"] == "range=30d"


@pytest.mark.parametrize("name", sorted(MATRIX.keys() - {"query_trends"}))
async def test_403_the_token_is_refused_by_every_other_operation(member, path, name):
    shared = await share(member, path)
    token = (await open_share(member, shared["secret"])).json()["access_token"]
    operation = MATRIX[name]
    response = await member.request(
        operation.method,
        operation.path,
        json=operation.body,
        headers={"Authorization": f"Bearer {token}"},
    )

    assert is_problem(response, 403, "insufficient_scope")
