"""Stored procedures read and write the items of one partition key in one transaction."""

from typing import Any
from urllib.parse import unquote

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from cosmos_emulator import Emulator

from .scripts import COLLECTION, failure, ids, run


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
            const changed = {{...a, n: 2}}, options = {{etag: a._etag}};
            items.replaceDocument(a._self, changed, options, (error, replaced) => {{
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
    body = """function (least) {
        const items = getContext().getCollection(), link = items.getSelfLink();
        const query = {
            query: "SELECT VALUE c.id FROM c WHERE c.n >= @least",
            parameters: [{name: "@least", value: least}],
        };
        const found = [];
        const next = (continuation) => items.queryDocuments(
            link, query, {pageSize: 2, continuation}, (error, page, options) => {
                if (error) throw error;
                found.push(page);
                if (options.continuation) next(options.continuation);
                else items.readDocuments(link, (_, all) => {
                    __.response.setBody([found, all.length]);
                });
            },
        );
        next();
    }"""

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
        await items.scripts.execute_stored_procedure("s", partition_key="p", parameters=["a"])


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
        await items.scripts.execute_stored_procedure("s", partition_key="p")


async def test_the_log_is_returned_on_request(items: ContainerProxy) -> None:
    body = "function () { console.log('ü', {a: 1}); console.log('x'.repeat(20000)); }"
    await items.scripts.create_stored_procedure({"id": "s", "body": body})
    headers = items.client_connection
    await items.scripts.execute_stored_procedure("s", partition_key="p", enable_script_logging=True)
    log = headers.last_response_headers["x-ms-documentdb-script-log-results"]
    await items.scripts.execute_stored_procedure("s", partition_key="p")

    assert unquote(log).startswith('ü {"a":1}\nxxx')
    assert len(log) == 8_192
    assert "x-ms-documentdb-script-log-results" not in headers.last_response_headers


async def test_a_procedure_needs_a_partition_key_and_a_list_of_parameters(
    emulator: Emulator, items: ContainerProxy
) -> None:
    await items.scripts.create_stored_procedure({"id": "s", "body": "() => {}"})
    url, key = "/dbs/db/colls/items/sprocs/s", {"x-ms-documentdb-partitionkey": '["p"]'}

    assert emulator.handle("POST", url, {}, b"[]").status == 400
    assert emulator.handle("POST", url, key, b"{}").status == 400
    assert emulator.handle("POST", url, key).status == 200
    with pytest.raises(CosmosResourceNotFoundError):
        await items.scripts.execute_stored_procedure("missing", partition_key="p")
