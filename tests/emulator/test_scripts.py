"""Stored procedures, triggers and user-defined functions are stored and executed."""

import sys
from typing import Any
from urllib.parse import unquote

import pytest
from azure.cosmos import CosmosClient
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from cosmos_emulator import Emulator
from cosmos_emulator.scripts import engine
from cosmos_emulator.transports import Transport

BODY = "function () {}"
TRIGGER = {"id": "t", "body": BODY, "triggerType": "Pre", "triggerOperation": "All"}
COLLECTION = "const items = getContext().getCollection(), link = items.getSelfLink();"


async def run(items: ContainerProxy, body: str, *params: Any, key: Any = "p") -> Any:
    """Store a procedure under the name `s`, and execute it."""
    await items.scripts.create_stored_procedure({"id": "s", "body": body})
    return await items.scripts.execute_stored_procedure("s", key, params=list(params))


async def failure(items: ContainerProxy, body: str, *params: Any) -> CosmosHttpResponseError:
    with pytest.raises(CosmosHttpResponseError) as failed:
        await run(items, body, *params)
    return failed.value


async def ids(items: ContainerProxy) -> list[str]:
    return [item["id"] async for item in items.read_all_items()]


# Resources


async def test_scripts_are_stored(items: ContainerProxy) -> None:
    scripts = items.scripts
    await scripts.create_stored_procedure({"id": "s", "body": BODY})
    await scripts.create_trigger(TRIGGER)
    await scripts.create_user_defined_function({"id": "f", "body": BODY})
    await scripts.replace_stored_procedure("s", {"id": "s2", "body": BODY})

    assert [found["id"] async for found in scripts.list_stored_procedures()] == ["s2"]
    assert (await scripts.get_trigger("t"))["triggerType"] == "Pre"
    query = scripts.query_user_defined_functions("SELECT VALUE f.body FROM f")
    assert [found async for found in query] == [BODY]
    await scripts.delete_trigger("t")
    with pytest.raises(CosmosResourceNotFoundError):
        await scripts.get_trigger("t")


@pytest.mark.parametrize(
    "body", [{"id": "t"}, {"id": "t", "body": BODY, "triggerType": "Never"}, {"body": BODY}]
)
async def test_an_invalid_trigger_is_rejected(items: ContainerProxy, body: Any) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.scripts.create_trigger(body)

    assert refused.value.status_code == 400


async def test_the_feed_of_conflicts_is_empty(emulator: Emulator, items: ContainerProxy) -> None:
    assert [conflict async for conflict in items.list_conflicts()] == []
    assert [conflict async for conflict in items.query_conflicts("SELECT * FROM c")] == []
    assert emulator.handle("GET", "/dbs/db/colls/items/conflicts/a", {}).status == 404


async def test_without_the_engine_the_message_names_the_extra(
    items: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, engine.PACKAGE, None)
    failed = await failure(items, BODY)

    assert failed.status_code == 400
    assert "executing Javascript" in failed.message
    assert "install cosmos-emulator[scripts]" in failed.message


# Stored procedures


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("function (a, b) { getContext().getResponse().setBody({a, b}); }", {"a": 1, "b": [2]}),
        ("(a, b) => { __.response.setBody(`${a}`); };", "1"),
        ("// a comment\nfunction () { __.response.setBody(null); }", None),
        ("function () { __.response.appendBody('x'); __.response.appendBody(1); }", "x1"),
        ("function helped() { __.response.setBody(help()); } function help() { return 7; }", 7),
        ("async function () { await null; __.response.setBody('later'); }", "later"),
    ],
)
async def test_a_procedure_receives_parameters_and_sets_the_body(
    items: ContainerProxy, body: str, expected: Any
) -> None:
    assert await run(items, body, 1, [2]) == expected


async def test_a_procedure_writes_and_reads_items(items: ContainerProxy) -> None:
    body = f"""function () {{
        {COLLECTION}
        const seen = [], alt = items.getAltLink() + "/docs/";
        const check = (error) => {{ if (error) throw error; }};
        items.createDocument(link, {{id: "a", pk: "p", n: 1}}, (error, a) => {{
            check(error);
            items.upsertDocument(link, {{id: "b", pk: "p"}}, {{}}, check);
            items.replaceDocument(a._self, {{...a, n: 2}}, {{etag: a._etag}}, (error, replaced) => {{
                check(error);
                items.deleteDocument(alt + "b", check);
                items.readDocument(alt + "a", {{}}, (error, read) => {{
                    check(error);
                    __.response.setBody([replaced._etag === read._etag, read.n]);
                }});
            }});
        }});
    }}"""

    assert await run(items, body) == [True, 2]
    assert await ids(items) == ["a"]


async def test_a_procedure_queries_its_partition_key_page_by_page(items: ContainerProxy) -> None:
    for number in range(5):
        await items.create_item({"id": f"{number}", "pk": "p", "n": number})
    await items.create_item({"id": "other", "pk": "q", "n": 3})
    body = f"""function (least) {{
        {COLLECTION}
        const query = {{
            query: "SELECT VALUE c.id FROM c WHERE c.n >= @least",
            parameters: [{{name: "@least", value: least}}],
        }};
        const found = [];
        const next = (continuation) => items.queryDocuments(
            link, query, {{pageSize: 2, continuation}}, (error, page, options) => {{
                if (error) throw error;
                found.push(page);
                if (options.continuation) next(options.continuation);
                else items.readDocuments(link, (_, all) => {{
                    __.response.setBody([found, all.length]);
                }});
            }},
        );
        next();
    }}"""

    assert await run(items, body, 1) == [[["1", "2"], ["3", "4"]], 5]


async def test_promises_are_settled(items: ContainerProxy) -> None:
    body = f"""async function (id) {{
        {COLLECTION}
        const created = await new Promise((resolve, reject) => items.createDocument(
            link, {{id, pk: "p"}}, (error, item) => error ? reject(error) : resolve(item),
        ));
        __.response.setBody(created.id);
    }}"""
    assert await run(items, body, "a") == "a"

    with pytest.raises(CosmosHttpResponseError, match="already exists"):
        await items.scripts.execute_stored_procedure("s", "p", params=["a"])


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("throw new Error('enough');", "Exception = Error: enough"),
        ("items.createDocument(link, {id: 'a', pk: 'p'});", "already exists"),
        ("items.createDocument(link, {id: 'b', pk: 'q'});", "partition keys other than the one"),
        ("items.createDocument(link, {id: 1, pk: 'p'});", "'id; ' - is missing"),
        ("items.deleteDocument(link + 'docs/none');", "Resource Not Found"),
        ("items.deleteDocument('dbs/x/colls/y/docs/a');", "The link"),
        ("items.queryDocuments(link, 'SELECT oops');", "SC2001"),
        ("items.queryDocuments(link, 'SELECT * FROM c', {pageSize: 0});", "pageSize"),
        ("items.filter(() => true);", "not supported by the emulator"),
        ("items.queryDocuments(link, () => true);", "not supported by the emulator"),
        ("undefined.x;", "TypeError"),
        ("throw {code: 7};", '{\\"code\\":7}'),
    ],
)
async def test_a_failed_procedure_writes_nothing(
    items: ContainerProxy, ending: str, message: str
) -> None:
    failed = await failure(
        items,
        f"""function () {{
            {COLLECTION}
            items.createDocument(link, {{id: "a", pk: "p"}}, (error) => {{ {ending} }});
        }}""",
    )

    assert failed.status_code == 400
    assert "Encountered exception while executing Javascript" in failed.message
    assert message in failed.message
    assert await ids(items) == []


async def test_a_callback_handles_the_error_of_its_operation(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    body = f"""function () {{
        {COLLECTION}
        items.createDocument(link, {{id: "a", pk: "p"}}, (error) => {{
            items.createDocument(link, {{id: "b" + error.number, pk: "p"}});
            items.createDocument(link, {{pk: "p"}}, (_, item) => __.response.setBody(item.id));
        }});
    }}"""
    generated = await run(items, body)

    assert sorted(await ids(items)) == sorted(["a", "b409", generated])


async def test_a_script_that_is_not_a_function_fails(items: ContainerProxy) -> None:
    failed = await failure(items, "function (")
    assert "compiling Javascript. Exception = SyntaxError" in failed.message

    await items.scripts.replace_stored_procedure("s", {"id": "s", "body": "1 + 1"})
    with pytest.raises(CosmosHttpResponseError, match="not a function"):
        await items.scripts.execute_stored_procedure("s", "p")


async def test_the_log_is_returned_on_request(items: ContainerProxy) -> None:
    body = "function () { console.log('ü', {a: 1}); console.log('x'.repeat(20000)); }"
    await items.scripts.create_stored_procedure({"id": "s", "body": body})
    headers = items.client_connection
    await items.scripts.execute_stored_procedure("s", "p", enable_script_logging=True)
    log = headers.last_response_headers["x-ms-documentdb-script-log-results"]
    await items.scripts.execute_stored_procedure("s", "p")

    assert unquote(log).startswith('ü {"a":1}\nxxx')
    assert len(log) == 8_192
    assert "x-ms-documentdb-script-log-results" not in headers.last_response_headers


async def test_a_procedure_needs_a_partition_key_and_a_list_of_parameters(
    emulator: Emulator, items: ContainerProxy
) -> None:
    await items.scripts.create_stored_procedure({"id": "s", "body": BODY})
    url, key = "/dbs/db/colls/items/sprocs/s", {"x-ms-documentdb-partitionkey": '["p"]'}

    assert emulator.handle("POST", url, {}, b"[]").status == 400
    assert emulator.handle("POST", url, key, b"{}").status == 400
    assert emulator.handle("POST", url, key).status == 200
    with pytest.raises(CosmosResourceNotFoundError):
        await items.scripts.execute_stored_procedure("missing", "p")


# Limits


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SECONDS_MAX", 0.3)
    monkeypatch.setattr("cosmos_emulator.scripts.execution.SECONDS_MAX", 0.3)


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize(
    "ending",
    [
        "while (true) {}",
        "Promise.resolve().then(() => { while (true) {} });",
        "const again = () => items.readDocuments(link, again); again();",
        "/^(a+)+$/.test('a'.repeat(50) + '!');",
    ],
)
async def test_an_endless_script_fails_with_408(
    items: ContainerProxy, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"function () {{ {COLLECTION} items.createDocument(link, {{pk: 'p'}}); {ending} }}"
    failed = await failure(items, body)

    assert failed.status_code == 408
    assert await ids(items) == []
    monkeypatch.undo()
    await items.scripts.replace_stored_procedure("s", {"id": "s", "body": "() => __.response.setBody(1)"})
    assert await items.scripts.execute_stored_procedure("s", "p") == 1


@pytest.mark.parametrize(
    "body",
    [
        "function () { const all = []; while (true) all.push(new Array(1000).fill(all)); }",
        "function () { let text = 'x'; while (true) text += text; }",
        "function () { __.response.setBody('x'.repeat(20 * 1024 * 1024)); }",
        "function () { const all = []; while (true) all.push(new Uint8Array(1 << 24).fill(1)); }",
        "function f() { f(); }",
    ],
)
async def test_a_script_that_exhausts_memory_fails_with_400(
    items: ContainerProxy, body: str
) -> None:
    assert (await failure(items, body)).status_code == 400

    await items.scripts.replace_stored_procedure("s", {"id": "s", "body": "() => __.response.setBody(1)"})
    assert await items.scripts.execute_stored_procedure("s", "p") == 1


async def test_an_operation_is_not_accepted_shortly_before_the_end(
    items: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosmos_emulator.scripts.execution.ACCEPTING_SHARE", -1)
    body = f"function () {{ {COLLECTION} __.response.setBody(items.readDocuments(link)); }}"

    assert await run(items, body) is False


@pytest.mark.parametrize(
    "name", ["require", "process", "fetch", "setTimeout", "WebAssembly", "SharedArrayBuffer"]
)
async def test_a_script_has_no_access_to_the_host(items: ContainerProxy, name: str) -> None:
    assert await run(items, f"() => __.response.setBody(typeof {name})") == "undefined"


# Triggers


async def create_trigger(items: ContainerProxy, kind: str, body: str, operation: str = "All") -> None:
    await items.scripts.create_trigger(
        {"id": kind, "body": body, "triggerType": kind, "triggerOperation": operation}
    )


async def test_a_pre_trigger_changes_the_item(items: ContainerProxy) -> None:
    await create_trigger(
        items,
        "Pre",
        """function () {
            const request = getContext().getRequest(), item = request.getBody();
            request.setBody({...item, by: request.getOperationType()});
        }""",
    )
    options = {"pre_trigger_include": "Pre"}

    created = await items.create_item({"id": "a", "pk": "p"}, **options)
    upserted = await items.upsert_item({"id": "a", "pk": "p"}, **options)
    replaced = await items.replace_item("a", {"id": "a", "pk": "p"}, **options)
    assert [created["by"], upserted["by"], replaced["by"]] == ["Create", "Upsert", "Replace"]
    assert "by" not in await items.upsert_item({"id": "a", "pk": "p"})


async def test_a_post_trigger_writes_in_the_same_transaction(items: ContainerProxy) -> None:
    await create_trigger(
        items,
        "Post",
        f"""function () {{
            {COLLECTION}
            const item = getContext().getResponse().getBody();
            items.createDocument(link, {{id: "copy of " + item.id, pk: "p"}});
        }}""",
    )
    await items.create_item({"id": "a", "pk": "p"}, post_trigger_include=["Post"])
    charge = float(items.client_connection.last_response_headers["x-ms-request-charge"])

    assert await ids(items) == ["a", "copy of a"]
    assert charge > 9.9
    await items.delete_item("a", "p")
    with pytest.raises(CosmosHttpResponseError, match="already exists") as failed:
        await items.create_item({"id": "a", "pk": "p"}, post_trigger_include="Post")
    assert failed.value.status_code == 400
    assert await ids(items) == ["copy of a"]


async def test_a_pre_trigger_can_prevent_a_delete(items: ContainerProxy) -> None:
    await create_trigger(items, "Pre", "function () { throw new Error('kept'); }", "Delete")
    await items.create_item({"id": "a", "pk": "p"})

    with pytest.raises(CosmosHttpResponseError, match="kept"):
        await items.delete_item("a", "p", pre_trigger_include="Pre")
    assert await ids(items) == ["a"]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"pre_trigger_include": "missing"}, 404),
        ({"post_trigger_include": "Pre"}, 400),
        ({"pre_trigger_include": ["Pre", "Pre"]}, 400),
        ({"pre_trigger_include": "Pre"}, 400),
    ],
)
async def test_a_trigger_that_does_not_apply_is_rejected(
    items: ContainerProxy, options: Any, status: int
) -> None:
    await create_trigger(items, "Pre", BODY, "Delete")

    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.create_item({"id": "a", "pk": "p"}, **options)
    assert refused.value.status_code == status


# User-defined functions


@pytest.fixture
async def priced(items: ContainerProxy) -> ContainerProxy:
    """Return a container with items in several partitions, and with a function `tax`."""
    for number in range(4):
        await items.create_item({"id": f"{number}", "pk": f"{number}", "n": number})
    body = "function tax(n) { if (n === undefined) return 'none'; if (n > 0) return n / 4; }"
    await items.scripts.create_user_defined_function({"id": "tax", "body": body})
    return items


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE c.id FROM c WHERE udf.tax(c.n) >= 0.5 ORDER BY c.n", ["2", "3"]),
        ("SELECT VALUE udf.tax(c.n) FROM c ORDER BY c.n", [0.25, 0.5, 0.75]),
        ("SELECT VALUE udf.tax(c.missing) FROM c WHERE c.id = '0'", ["none"]),
        ("SELECT VALUE SUM(udf.tax(c.n)) FROM c", [1.5]),
        ("SELECT DISTINCT VALUE udf.tax(c.n) > 0 FROM c ORDER BY c.n", [True]),
    ],
)
async def test_queries_call_functions_in_all_partitions(
    priced: ContainerProxy, query: Any, text: str, expected: list[Any]
) -> None:
    assert await query(priced, text) == expected


async def test_a_procedure_calls_a_function_in_a_query(priced: ContainerProxy) -> None:
    body = f"""function () {{
        {COLLECTION}
        items.queryDocuments(link, "SELECT VALUE udf.tax(c.n) FROM c", (_, found) => {{
            __.response.setBody(found);
        }});
    }}"""

    assert await run(priced, body, key="2") == [0.5]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("function () { throw new Error('no tax'); }", "Error: no tax"),
        ("function (", "SyntaxError"),
        ("function () { const a = {}; a.a = a; return a; }", "circular"),
        ("function () { return getContext(); }", "getContext is not defined"),
    ],
)
async def test_a_failing_function_fails_the_query(
    priced: ContainerProxy, query: Any, body: str, message: str
) -> None:
    await priced.scripts.replace_user_defined_function("tax", {"id": "tax", "body": body})

    with pytest.raises(CosmosHttpResponseError, match=message) as failed:
        await query(priced, "SELECT VALUE udf.tax(c.n) FROM c", "1")
    assert failed.value.status_code == 400


async def test_an_unknown_function_is_rejected(priced: ContainerProxy, query: Any) -> None:
    with pytest.raises(CosmosHttpResponseError, match="SC2005"):
        await query(priced, "SELECT VALUE udf.Tax(c.n) FROM c", "1")
    operation = {"op": "set", "path": "/n", "value": 1}
    with pytest.raises(CosmosHttpResponseError, match="SC2005"):
        await priced.patch_item("1", "1", [operation], filter_predicate="FROM c WHERE udf.tax(c.n)")


async def test_the_least_recently_used_functions_are_forgotten(
    items: ContainerProxy, query: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FUNCTIONS_MAX", 1)
    await items.create_item({"id": "a", "pk": "p"})
    for name in "fg":
        await items.scripts.create_user_defined_function(
            {"id": name, "body": f"() => '{name}'"}
        )

    for _ in range(2):
        assert await query(items, "SELECT VALUE udf.f() || udf.g() FROM c", "p") == ["fg"]


# The sync client


def test_the_sync_client_runs_scripts() -> None:
    emulator = Emulator()
    client = CosmosClient(emulator.endpoint, emulator.key, transport=Transport(emulator))
    database = client.create_database("db")
    items = database.create_container("items", {"paths": ["/pk"], "kind": "Hash"})  # pyright: ignore
    items.scripts.create_stored_procedure(
        {"id": "s", "body": f"(item) => {{ {COLLECTION} items.createDocument(link, item); }}"}
    )
    items.scripts.create_trigger(
        {**TRIGGER, "body": "() => __.request.setBody({...__.request.getBody(), n: 1})"}
    )
    items.scripts.create_user_defined_function({"id": "f", "body": "(n) => n + 1"})
    items.scripts.execute_stored_procedure("s", "p", params=[{"id": "a", "pk": "p"}])
    items.create_item({"id": "b", "pk": "p"}, pre_trigger_include="t")
    found = items.query_items("SELECT VALUE udf.f(c.n) FROM c", enable_cross_partition_query=True)

    assert list(found) == [2]
    emulator.close()
