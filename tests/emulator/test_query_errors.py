"""An invalid query is rejected with the same error number as in Cosmos DB."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

type Query = Callable[..., Awaitable[list[Any]]]

REFUSED = [
    ("SELECT * FROM c WHERE", "SC1001"),
    ("SELECT * FROM", "SC1001"),
    ("  ", "SC1001"),
    ("SELECT c.value FROM c", "SC1001"),
    ("SELECT * FROM c WHERE c.a == 1", "SC1001"),
    ("SELECT * FROM c WHERE c.s = '\\x'", "SC1001"),
    ("SELECT * FROM c WHERE x.a = 1", "SC2001"),
    ("SELECT * FROM c WHERE c.a = @missing", "SC2001"),
    ("SELECT * FROM c WHERE FROBNICATE(c.a)", "SC2005"),
    ("SELECT * FROM c WHERE STARTSWITH(c.a)", "SC2050"),
    ("SELECT * FROM c WHERE COUNT(1) > 1", "SC2102"),
    ("SELECT TOP @n * FROM c", "SC2001"),
    ("SELECT TOP @name * FROM c", "SC2062"),
    ("SELECT TOP @name VALUE COUNT(1) FROM c", "SC2062"),
    ("SELECT * FROM c ORDER BY c.a, c.b", "SC2104"),
    ("SELECT * FROM c ORDER BY c.a + 1", "2206"),
    ("SELECT * FROM c ORDER BY c", "2206"),
    ("SELECT *", "SC1001"),
    ("SELECT VALUE c.id", "SC2001"),
    ("SELECT * FROM c JOIN t IN c.tags", "SC2040"),
    ("SELECT * FROM c JOIN t IN x.tags", "SC2001"),
    ("SELECT VALUE c FROM t IN c.tags", "SC2001"),
    ("SELECT VALUE t FROM c JOIN t IN c.tags ORDER BY t", "SC2106"),
    ("SELECT VALUE (SELECT VALUE t FROM t IN c.tags) FROM c", "SC2205"),
    ("SELECT c.id, COUNT(1) FROM c", "SC2102"),
    ("SELECT c.n FROM c GROUP BY c.s", "SC2102"),
    ("SELECT * FROM c GROUP BY c.s", "SC2041"),
    ("SELECT VALUE COUNT(SUM(c.n)) FROM c", "SC2101"),
    ("SELECT c.s FROM c GROUP BY c.s ORDER BY c.s", "SC2103"),
    ("SELECT c.s FROM c GROUP BY COUNT(1)", "SC2102"),
    ("SELECT * FROM c WHERE c.s LIKE 'a' ESCAPE 'ab'", "SC1001"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
async def test_an_invalid_query_is_rejected_with_the_error_number(
    items: ContainerProxy, query: Query, text: str, code: str
) -> None:
    await items.create_item({"id": "1", "pk": "p", "tags": ["x", "y"]})
    with pytest.raises(CosmosHttpResponseError, match=code) as refused:
        await query(items, text, "p", name="x")

    assert refused.value.status_code == 400
