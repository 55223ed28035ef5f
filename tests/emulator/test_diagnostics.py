"""Responses contain diagnostics of a query if the client asks for them."""

from azure.cosmos.aio import ContainerProxy


async def test_diagnostics_of_a_query_are_returned_on_request(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p", "n": 1})
    found = items.query_items(
        "SELECT * FROM c WHERE c.n = 1",
        partition_key="p",
        populate_query_metrics=True,
        populate_index_metrics=True,
    )
    assert len([item async for item in found]) == 1
    headers = items.client_connection.last_response_headers

    assert "retrievedDocumentCount=1;" in headers["x-ms-documentdb-query-metrics"]
    used = headers["x-ms-cosmos-index-utilization"]["UtilizedSingleIndexes"]
    assert [index["IndexSpec"] for index in used] == ["/pk/?", "/n/?"]
