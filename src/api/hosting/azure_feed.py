"""The Azure functions of a reader of the change feed, and of work on a schedule.

The change feed and a timer trigger these functions.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import azure.functions as func

from api.hosting.feed import TRIGGERS, Feed
from api.settings import Settings

CONNECTION = "CosmosDBConnection"  # settings CosmosDBConnection__accountEndpoint, __clientId, …
FOR_EVER = "-1"
EVERY_FIVE_MINUTES = "0 */5 * * * *"


def feed_functions(settings: Settings, name: str, feed: Feed) -> func.FunctionApp:
    """Return an app with two functions: one processes the change feed, and one runs the sweep."""
    functions, triggers = func.FunctionApp(), TRIGGERS[name]

    @functions.function_name(name)
    @functions.cosmos_db_trigger(
        arg_name="documents",
        connection=CONNECTION,
        database_name=settings.cosmos_database,
        container_name="events",
        lease_container_name="leases",
        lease_container_prefix=name,
        start_from_beginning=True,  # pyright: ignore[reportArgumentType] - its annotation is wrong
        feed_poll_delay=triggers.poll_ms,
        max_items_per_invocation=triggers.documents_max,
    )
    @functions.retry(strategy="fixed_delay", max_retry_count=FOR_EVER, delay_interval="00:00:05")
    async def apply(documents: func.DocumentList) -> None:  # pyright: ignore[reportUnusedFunction]
        await feed.apply(cast("Iterable[Mapping[str, Any]]", documents))

    _add_timer(functions, triggers.timer, feed.sweep)
    return functions


def timer_functions(name: str, work: Callable[[], Awaitable[None]]) -> func.FunctionApp:
    """Return an app with one function, which does the work every five minutes."""
    functions = func.FunctionApp()
    _add_timer(functions, name, work)
    return functions


def _add_timer(functions: func.FunctionApp, name: str, work: Callable[[], Awaitable[None]]) -> None:
    @functions.function_name(name)
    @functions.timer_trigger(arg_name="timer", schedule=EVERY_FIVE_MINUTES)
    async def sweep(timer: func.TimerRequest) -> None:  # pyright: ignore[reportUnusedFunction]
        del timer
        await work()
