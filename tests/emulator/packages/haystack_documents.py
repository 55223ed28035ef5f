# /// script
# requires-python = ">=3.13"
# dependencies = ["haystack-azure-cosmosdb==0.1.0", "azure-cosmos==4.17.1"]
# ///
"""haystack-azure-cosmosdb: a document store with filters and vector search."""

import os

from azure.cosmos import CosmosClient, PartitionKey
from haystack.dataclasses import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_azure_cosmosdb import (
    AzureCosmosDBNoSqlDocumentStore,
    AzureCosmosDBNoSqlEmbeddingRetriever,
)


def document(name: str, *embedding: float, **meta: object) -> Document:
    """Return a document whose text is its name."""
    return Document(id=name, content=name, embedding=list(embedding), meta=meta)


if __name__ == "__main__":
    client = CosmosClient(os.environ["COSMOSDB_ENDPOINT"], os.environ["COSMOSDB_KEY"])
    store = AzureCosmosDBNoSqlDocumentStore(
        cosmos_client=client,
        database_name="haystack",
        container_name="documents",
        vector_embedding_policy={
            "vectorEmbeddings": [
                {
                    "path": "/embedding",
                    "dataType": "float32",
                    "dimensions": 2,
                    "distanceFunction": "cosine",
                }
            ]
        },
        indexing_policy={
            "indexingMode": "consistent",
            "includedPaths": [{"path": "/*"}],
            "excludedPaths": [{"path": '/"_etag"/?'}],
            "vectorIndexes": [{"path": "/embedding", "type": "quantizedFlat"}],
        },
        cosmos_container_properties={"partition_key": PartitionKey("/id")},
    )
    documents = [
        document("north", 0.0, 1.0, year=2020, tag="a"),
        document("east", 1.0, 0.0, year=2021, tag="b"),
        document("north-east", 1.0, 1.0, year=2022, tag="a"),
    ]
    assert store.write_documents(documents) == 3
    assert store.count_documents() == 3
    try:
        store.write_documents(documents[:1], policy=DuplicatePolicy.FAIL)
    except DuplicateDocumentError:
        pass
    else:
        raise AssertionError("a duplicate was written")
    changed = document("north", 0.0, 1.0, year=2023, tag="a")
    assert store.write_documents([changed], policy=DuplicatePolicy.OVERWRITE) == 1

    conditions = [
        {"field": "meta.tag", "operator": "==", "value": "a"},
        {"field": "meta.year", "operator": ">=", "value": 2023},
    ]
    both = store.filter_documents({"operator": "AND", "conditions": conditions})
    assert [one.id for one in both] == ["north"]
    either = store.filter_documents({"operator": "OR", "conditions": conditions})
    assert {one.id for one in either} == {"north", "north-east"}
    listed = store.filter_documents({"field": "meta.tag", "operator": "not in", "value": ["a"]})
    assert [one.id for one in listed] == ["east"]

    retriever = AzureCosmosDBNoSqlEmbeddingRetriever(document_store=store, top_k=2)
    found = retriever.run(query_embedding=[1.0, 0.1])["documents"]
    assert [one.id for one in found] == ["east", "north-east"]
    assert found[0].score is not None
    assert found[0].score > 0.99
    filtered = retriever.run([1.0, 0.1], filters=conditions[0])["documents"]
    assert [one.id for one in filtered] == ["north-east", "north"]

    store.delete_documents(["east"])
    assert store.count_documents() == 2
