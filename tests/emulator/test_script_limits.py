"""A script has limited time and memory, and no access to the host."""

import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator.scripts import engine, execution

from .scripts import COLLECTION, failure, ids, run

ONE = "() => __.response.setBody(1)"


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SECONDS_MAX", 0.3)
    monkeypatch.setattr(execution, "SECONDS_MAX", 0.3)


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize(
    "ending",
    [
        "while (true) {}",
        "Promise.resolve().then(() => { while (true) {} });",
        "for (let n = 0; true; n++) if (n < 1000) items.readDocuments(link, () => {});",
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
    await items.scripts.replace_stored_procedure("s", {"id": "s", "body": ONE})
    assert await items.scripts.execute_stored_procedure("s", partition_key="p") == 1


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

    await items.scripts.replace_stored_procedure("s", {"id": "s", "body": ONE})
    assert await items.scripts.execute_stored_procedure("s", partition_key="p") == 1


async def test_an_operation_is_not_accepted_shortly_before_the_end(
    items: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "ACCEPTING_SHARE", -1)
    body = f"function () {{ {COLLECTION} __.response.setBody(items.readDocuments(link)); }}"

    assert await run(items, body) is False


@pytest.mark.parametrize(
    "name", ["require", "process", "fetch", "setTimeout", "WebAssembly", "SharedArrayBuffer"]
)
async def test_a_script_has_no_access_to_the_host(items: ContainerProxy, name: str) -> None:
    assert await run(items, f"() => __.response.setBody(typeof {name})") == "undefined"
