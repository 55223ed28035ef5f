"""The leases with which a trigger stores its position in the change feed."""

from typing import TYPE_CHECKING

from azure.core import MatchConditions

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function


async def keep_lease(function: "Function") -> None:
    """Use the lease container as the documentation of the change feed processor describes."""
    leases = function.database.get_container_client("leases")
    await leases.create_item({"id": "lease"})
    [lease] = [item async for item in leases.query_items("SELECT * FROM c WHERE c.id = 'lease'")]
    await leases.replace_item(
        "lease",
        lease | {"owner": "host"},
        etag=lease["_etag"],
        match_condition=MatchConditions.IfNotModified,
    )
    assert (await leases.read_item("lease", "lease"))["owner"] == "host"
    await leases.delete_item("lease", "lease")
