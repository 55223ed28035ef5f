# /// script
# requires-python = ">=3.13"
# dependencies = ["langgraph-store-cosmosdb==0.1.0", "azure-cosmos==4.17.1"]
# ///
"""langgraph-store-cosmosdb: a memory store with vector search."""

import os
import re

from langgraph_store_cosmosdb import CosmosDBStore

WORDS = ("sushi", "pizza", "bicycle")


def embed(texts: list[str]) -> list[list[float]]:
    """Count a few words, so that results are known."""
    return [[0.1 + len(re.findall(word, text)) for word in WORDS] for text in texts]


if __name__ == "__main__":
    store = CosmosDBStore(
        endpoint=os.environ["COSMOSDB_ENDPOINT"],
        key=os.environ["COSMOSDB_KEY"],
        database_name="langgraph",
        container_name="memory",
        index={"dims": len(WORDS), "embed": embed, "fields": ["text"]},
    )
    one, two = ("users", "1"), ("users", "2")
    store.put(one, "food/1", {"text": "loves sushi", "kind": "food"})
    store.put(one, "food/2", {"text": "hates pizza", "kind": "food"})
    store.put(one, "way", {"text": "rides a bicycle", "kind": "way"})
    store.put(two, "food", {"text": "sushi and sushi", "kind": "food"})

    item = store.get(one, "food/1")
    assert item is not None
    assert item.value == {"text": "loves sushi", "kind": "food"}
    assert {found.key for found in store.search(one)} == {"food/1", "food/2", "way"}
    assert {found.key for found in store.search(one, filter={"kind": "way"})} == {"way"}

    ranked = store.search(one, query="a bicycle", limit=2)
    assert ranked[0].key == "way"
    assert ranked[0].score is not None
    assert ranked[0].score > 0.9
    filtered = store.search(("users",), query="sushi", filter={"kind": "food"}, limit=10)
    assert [found.namespace for found in filtered[:2]] == [one, two]
    assert len(filtered) == 3

    assert sorted(store.list_namespaces(prefix=("users",))) == [one, two]
    store.delete(one, "food/1")
    assert store.get(one, "food/1") is None
