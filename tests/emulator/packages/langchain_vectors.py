# /// script
# requires-python = ">=3.13"
# dependencies = ["langchain-azure-cosmosdb==1.0.1", "azure-cosmos==4.17.1"]
# ///
"""langchain-azure-cosmosdb: a vector store, a chat history, checkpoints, a memory and a cache."""

import os
import re
from typing import Any

from azure.cosmos import CosmosClient, PartitionKey
from langchain_azure_cosmosdb import (
    AzureCosmosDBNoSqlVectorSearch,
    CosmosDBCacheSync,
    CosmosDBChatMessageHistory,
    CosmosDBSaverSync,
    CosmosDBStore,
)
from langchain_core.embeddings import Embeddings
from langgraph.checkpoint.base import empty_checkpoint

ENDPOINT, KEY = os.environ["COSMOSDB_ENDPOINT"], os.environ["COSMOSDB_KEY"]
WORDS = ("cat", "dog", "car")
INDEXING: dict[str, Any] = {
    "indexingMode": "consistent",
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}, {"path": "/embedding/*"}],
    "vectorIndexes": [{"path": "/embedding", "type": "quantizedFlat"}],
}
VECTORS: dict[str, Any] = {
    "vectorEmbeddings": [
        {
            "path": "/embedding",
            "dataType": "float32",
            "distanceFunction": "cosine",
            "dimensions": len(WORDS),
        }
    ]
}


class CountedWords(Embeddings):
    """An embedding that counts a few words, so that results are known."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [0.1 + len(re.findall(word, text)) for word in WORDS]


def check_vectors(client: CosmosClient) -> None:
    store = AzureCosmosDBNoSqlVectorSearch(
        cosmos_client=client,
        embedding=CountedWords(),
        vector_embedding_policy=VECTORS,
        indexing_policy=INDEXING,
        cosmos_container_properties={"partition_key": PartitionKey("/id")},
        cosmos_database_properties={},
        vector_search_fields={"text_field": "text", "embedding_field": "embedding"},
        database_name="langchain",
        container_name="vectors",
    )
    texts = ["a cat and a cat", "a dog", "a car", "a cat and a dog"]
    metadata = [{"n": n} for n in range(len(texts))]
    ids = store.add_texts(texts, metadata, ids=["0", "1", "2", "3"])

    found = store.similarity_search_with_score("cat", k=2)
    assert [document.page_content for document, _ in found] == [
        "a cat and a cat",
        "a cat and a dog",
    ]
    assert found[0][1] > found[1][1] > 0.7
    [filtered] = store.similarity_search("cat", k=1, where="c.metadata.n > 0")
    assert filtered.metadata == {"n": 3, "id": "3"}
    [different, _] = store.max_marginal_relevance_search("cat", k=2, fetch_k=4)
    assert different.page_content == "a cat and a cat"
    store.delete(ids[:1])
    assert store.similarity_search("cat", k=1)[0].page_content == "a cat and a dog"


def check_history() -> None:
    def history() -> CosmosDBChatMessageHistory:
        return CosmosDBChatMessageHistory(
            ENDPOINT, "langchain", "chats", session_id="s", user_id="u", credential=KEY, ttl=60
        )

    with history() as first:
        first.add_user_message("hello")
        first.add_ai_message("hi")
    with history() as again:
        assert [message.content for message in again.messages] == ["hello", "hi"]
        again.clear()
    with history() as cleared:
        assert cleared.messages == []


def check_checkpoints() -> None:
    saver = CosmosDBSaverSync("langchain", "checkpoints", endpoint=ENDPOINT, key=KEY)
    config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    saved = [empty_checkpoint() for _ in range(3)]
    for step, checkpoint in enumerate(saved):
        config = saver.put(config, checkpoint, {"source": "loop", "step": step}, {})
    saver.put_writes(config, [("channel", {"n": 1})], "task")

    newest = saver.get_tuple({"configurable": {"thread_id": "t", "checkpoint_ns": ""}})
    assert newest is not None
    assert newest.checkpoint["id"] == saved[2]["id"]
    assert newest.pending_writes == [("task", "channel", {"n": 1})]
    listed = [one.checkpoint["id"] for one in saver.list(config)]
    assert listed == [one["id"] for one in reversed(saved)]


def check_memory(client: CosmosClient) -> None:
    index: Any = {"dims": len(WORDS), "embed": CountedWords(), "fields": ["text"]}
    store = CosmosDBStore(client, database_name="langchain", container_name="memory", index=index)
    store.setup()
    store.put(("users", "1"), "a", {"text": "a cat", "kind": "pet"})
    store.put(("users", "1"), "b", {"text": "a car", "kind": "thing"})
    store.put(("users", "2"), "c", {"text": "a dog", "kind": "pet"})

    item = store.get(("users", "1"), "a")
    assert item is not None
    assert item.value == {"text": "a cat", "kind": "pet"}
    assert [one.key for one in store.search(("users", "1"), query="car", limit=1)] == ["b"]
    assert {one.key for one in store.search(("users",), filter={"kind": "pet"})} == {"a", "c"}
    assert sorted(store.list_namespaces(prefix=("users",))) == [("users", "1"), ("users", "2")]
    store.delete(("users", "1"), "a")
    assert store.get(("users", "1"), "a") is None


def check_cache() -> None:
    cache: Any = CosmosDBCacheSync("langchain", "cache", endpoint=ENDPOINT, key=KEY)
    cache.set({(("ns",), "a"): (1, None), (("ns",), "b"): ({"x": 2}, 60)})
    assert cache.get([(("ns",), "a"), (("ns",), "b")]) == {
        (("ns",), "a"): 1,
        (("ns",), "b"): {"x": 2},
    }
    cache.clear([("ns",)])
    assert cache.get([(("ns",), "a")]) == {}


if __name__ == "__main__":
    with CosmosClient(ENDPOINT, KEY) as client:
        check_vectors(client)
        check_memory(client)
    check_history()
    check_checkpoints()
    check_cache()
