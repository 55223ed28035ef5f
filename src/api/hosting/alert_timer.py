"""The work on a schedule that checks alerts and delivers their messages."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.backends import lake_reader, open_lake, open_store
from api.dependencies import system_clock
from api.errors import ConfigurationError
from api.hosting.feed import measured
from api.hosting.opening import OpenOnce
from api.services.alert_checks import AlertChecker
from api.services.webhooks import WebhookSender
from api.settings import Settings


class AlertTimer:
    """The alerts of all organisations."""

    def __init__(self, settings: Settings) -> None:
        self.start = OpenOnce(lambda: _opened(settings))

    async def sweep(self) -> None:
        """Check alerts, and send messages that are due."""
        async with measured():
            checker = await self.start()
            await checker.run()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[AlertChecker]:
    async with open_store(settings) as store, open_lake(settings) as storage:
        if storage is None:
            raise ConfigurationError("ANALYTICS_LAKE_URL is missing, so alerts can't be checked.")
        sender = WebhookSender(is_local=settings.is_local)
        yield AlertChecker(store, lake_reader(storage), sender, system_clock)
