"""The planned Cosmos DB containers equal the definitions in the code."""

from api.stores.cosmos_containers import CONTAINERS


def test_containers_equal_the_stores_definitions(azure):
    made = azure.of("cosmosdb_sql_container")

    assert set(made) == {container.name for container in CONTAINERS}
    for container in CONTAINERS:
        values = made[container.name]
        assert tuple(values["partition_key_paths"]) == container.partition_key
        assert values["partition_key_kind"] == (
            "MultiHash" if len(container.partition_key) > 1 else "Hash"
        )
        assert values["partition_key_version"] == 2
        assert values["default_ttl"] == container.ttl
        assert values["unique_key"] == []
        (policy,) = values["indexing_policy"]
        assert indexing(policy) == container.indexing_policy
        assert not policy["composite_index"]
        assert not policy["spatial_index"]


def indexing(policy):
    """Convert Terraform's indexing policy to the service's format, as the store defines it."""
    return {
        "indexingMode": policy["indexing_mode"],
        "automatic": True,  # part of mode "consistent", but not in Terraform
        "includedPaths": [{"path": p["path"]} for p in policy["included_path"]],
        "excludedPaths": [{"path": p["path"]} for p in policy["excluded_path"]],
    }


def test_there_is_one_write_region_and_backups_are_continuous(azure):
    account = azure.the("cosmosdb_account")
    regions = sorted(account["geo_location"], key=lambda region: region["failover_priority"])

    assert account["multiple_write_locations_enabled"] is False
    assert account["backup"][0]["type"] == "Continuous"
    assert account["consistency_policy"][0]["consistency_level"] == "Session"
    if azure.environment == "prod":
        assert [region["location"] for region in regions] == ["swedencentral", "northeurope"]
        assert all(region["zone_redundant"] for region in regions)
        assert account["automatic_failover_enabled"] is True
    else:
        assert [region["location"] for region in regions] == ["swedencentral"]


def test_throughput_is_serverless_or_autoscaled(azure):
    capabilities = [c["name"] for c in azure.the("cosmosdb_account")["capabilities"]]
    scales = {
        name: [s["max_throughput"] for s in container["autoscale_settings"]]
        for name, container in azure.of("cosmosdb_sql_container").items()
    }

    if azure.environment == "prod":
        assert capabilities == []
        assert scales["events"] == [20000]
        assert scales["users"] == [1000]
        assert all(scales.values())
    else:
        assert capabilities == ["EnableServerless"]
        assert not any(scales.values())
