"""The Azure functions that keep the rollups current.

The change feed and a timer trigger these functions.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import azure.functions as func

from api.hosting.feed import RollupFeed
from api.settings import Settings

CONNECTION = "CosmosDBConnection"  # settings CosmosDBConnection__accountEndpoint, __clientId, …
DOCUMENTS_MAX = 500
FOR_EVER = "-1"
EVERY_FIVE_MINUTES = "0 */5 * * * *"


def feed_functions(settings: Settings, feed: RollupFeed) -> func.FunctionApp:
    """Return an app with two functions: one processes the change feed, and one runs the sweep."""
    functions = func.FunctionApp()

    @functions.function_name("rollup_metrics")
    @functions.cosmos_db_trigger(
        arg_name="documents",
        connection=CONNECTION,
        database_name=settings.cosmos_database,
        container_name="events",
        lease_container_name="leases",
        lease_container_prefix="rollup_metrics",
        start_from_beginning=True,  # pyright: ignore[reportArgumentType] - its annotation is wrong
        max_items_per_invocation=DOCUMENTS_MAX,
    )
    @functions.retry(strategy="fixed_delay", max_retry_count=FOR_EVER, delay_interval="00:00:05")
    async def rollup_metrics(documents: func.DocumentList) -> None:  # pyright: ignore[reportUnusedFunction]
        await feed.apply(cast("Iterable[Mapping[str, Any]]", documents))

    @functions.function_name("sweep_rollups")
    @functions.timer_trigger(arg_name="timer", schedule=EVERY_FIVE_MINUTES)
    async def sweep_rollups(timer: func.TimerRequest) -> None:  # pyright: ignore[reportUnusedFunction]
        del timer
        await feed.sweep()

    return functions
