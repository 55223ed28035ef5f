"""Features of Cosmos DB that the emulator doesn't support, with a sample request for each feature.

The emulator responds to each sample request with 400 and a message. A test sends every sample
request.
"""

from typing import NamedTuple

ITEMS = "dbs/{database}/colls/{container}/docs"


class Unsupported(NamedTuple):
    """An unsupported feature and a request that requires it.

    A sample query is sent for one partition key.
    """

    feature: str
    method: str = "POST"
    path: str = ITEMS
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    query: str = ""


def _query(feature: str, text: str) -> Unsupported:
    return Unsupported(feature, query=text)


UNSUPPORTED = (
    _query("full-text search", "SELECT * FROM c WHERE FullTextContains(c.a, 'x')"),
    _query("ORDER BY RANK", "SELECT TOP 1 * FROM c ORDER BY RANK FullTextScore(c.a, 'x')"),
    _query("formatting dates", "SELECT VALUE DateTimeFormat(c.a, 'yyyy') FROM c"),
    _query("ORDER BY expressions", "SELECT * FROM c ORDER BY LOWER(c.a)"),
)
