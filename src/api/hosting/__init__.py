"""Run operations of the API, a reader of the change feed or a timer as a serverless function.

Each entry module in `functions/` calls `endpoint`, `change_feed` or `timer` with its function's
name.
A function's paths, methods and schemas come from the routes of its operations. The modules for a
host (Azure or Lambda) are imported only on that host.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api import telemetry
from api.app import create_app, load_route
from api.hosting.opening import OpeningApp
from api.logs import configure_logs
from api.manifest import FUNCTIONS
from api.settings import Settings

if TYPE_CHECKING:
    from azure.functions import FunctionApp

    from api.hosting.alert_timer import AlertTimer
    from api.hosting.aws import Handler
    from api.hosting.feed import EventOf, Feed

_ARCHIVE = "archive_events"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An app that serves only the given routes."""

    name: str
    app: OpeningApp
    routes: Sequence[APIRoute]
    trusts_forwarded_for: bool

    def azure_app(self, build: str) -> "FunctionApp":
        """Return the Azure function app, which has a function for each route.

        One more function returns the hash that identifies the package.
        """
        from api.hosting.azure import http_functions  # noqa: PLC0415 - only on this host
        from api.hosting.azure_build import add_build_function  # noqa: PLC0415 - as above

        trusts = self.trusts_forwarded_for
        functions = http_functions(self.app, self.routes, trusts_forwarded_for=trusts)
        add_build_function(functions, self.name, build, self.app.start)
        return functions

    def aws_handler(self) -> "Handler":
        """Return the Lambda handler for an HTTP API of API Gateway."""
        from api.hosting.aws import http_handler  # noqa: PLC0415 - only on this host

        return http_handler(self.app)


@dataclass(frozen=True, slots=True)
class FeedReader:
    """A reader of the change feed, which a host calls with changes and on a schedule."""

    name: str
    settings: Settings

    def azure_app(self, build: str) -> "FunctionApp":
        """Return the Azure function app, triggered by Cosmos DB's change feed and a timer.

        One more function returns the hash that identifies the package.
        """
        from api.hosting.azure_build import add_build_function  # noqa: PLC0415 - only on this host
        from api.hosting.azure_feed import feed_functions  # noqa: PLC0415 - as above
        from api.stores.cosmos_events import event_of  # noqa: PLC0415 - as above

        feed = _open_feed(self.name, self.settings, event_of)
        functions = feed_functions(self.settings, self.name, feed)
        add_build_function(functions, self.name, build, feed.start)
        return functions

    def aws_handler(self) -> "Handler":
        """Return the Lambda handler, triggered by a DynamoDB stream and a schedule."""
        from api.hosting.aws_feed import feed_handler  # noqa: PLC0415 - only on this host
        from api.stores.dynamodb_items import event_of  # noqa: PLC0415 - as above

        return feed_handler(_open_feed(self.name, self.settings, event_of))


@dataclass(frozen=True, slots=True)
class Timer:
    """Work that a host does on a schedule."""

    name: str
    settings: Settings

    def azure_app(self, build: str) -> "FunctionApp":
        """Return the Azure function app, triggered by a timer.

        One more function returns the hash that identifies the package.
        """
        from api.hosting.azure_build import add_build_function  # noqa: PLC0415 - only on this host
        from api.hosting.azure_feed import timer_functions  # noqa: PLC0415 - as above

        job = self._job()
        functions = timer_functions(self.name, job.sweep)
        add_build_function(functions, self.name, build, job.start)
        return functions

    def aws_handler(self) -> "Handler":
        """Return the Lambda handler, triggered by a schedule."""
        from api.hosting.aws_feed import timer_handler  # noqa: PLC0415 - only on this host

        return timer_handler(self._job().sweep)

    def _job(self) -> "AlertTimer":
        from api.hosting.alert_timer import AlertTimer  # noqa: PLC0415 - has its own packages

        return AlertTimer(self.settings)


def _open_feed(name: str, settings: Settings, event_of: "EventOf") -> "Feed":
    """Return the reader of a function. `event_of` converts the store's documents to events."""
    if name == _ARCHIVE:
        from api.hosting.archive_feed import ArchiveFeed  # noqa: PLC0415 - has its own packages

        return ArchiveFeed(settings, event_of)
    from api.hosting.rollup_feed import RollupFeed  # noqa: PLC0415 - as above

    return RollupFeed(settings)


def endpoint(name: str) -> Endpoint:
    """Return the app for the operations that `functions/manifest.json` lists for a function."""
    settings = _settings(name)
    routes = [load_route(operation) for operation in FUNCTIONS[name].operations]
    app = create_app(settings, APIRouter(routes=[*routes]), folds=False)
    return Endpoint(name, OpeningApp(app), routes, settings.trusts_forwarded_for)


def change_feed(name: str) -> FeedReader:
    """Return the reader of the change feed that this function runs, with its settings."""
    return FeedReader(name, _settings(name))


def timer(name: str) -> Timer:
    """Return the work that this function does on a schedule, with its settings."""
    return Timer(name, _settings(name))


def _settings(service: str) -> Settings:
    settings = Settings.from_environment()
    configure_logs(settings.log_level)
    telemetry.export(settings.otlp_endpoint, service=service)
    return settings
