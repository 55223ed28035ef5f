"""The composition root, which builds the FastAPI app from the settings.

A module that only some apps need is imported where it is used, because imports take most of the
time of a cold start.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig

from api import manifest
from api.auth.factory import (
    access_token_verifier,
    id_token_verifier,
    local_identity,
    read_cursor_secret,
    signing_keys,
    signs_in_locally,
    token_issuer,
)
from api.backends import OpenStore, lake_reader, lake_writer, open_lake, open_store
from api.dependencies import Resources, system_clock
from api.domain.times import Clock
from api.middleware import add_middleware
from api.problems import add_problem_handlers
from api.services.quotas import Quotas
from api.services.unnamed_types import UnnamedTypes
from api.services.work_limits import WorkLimiter
from api.settings import OPEN, Settings
from api.stores.protocol import RollupStore, Store

if TYPE_CHECKING:
    from api.lake.storage import LakeStorage

# FastAPI records metrics and spans of requests. FastAPI's logs are off, because they would contain
# the messages of exceptions.
_REQUEST_TELEMETRY: TelemetryConfig = {
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def load_router(name: str) -> APIRouter:
    """Import a module of `api.routers` and return its router."""
    return import_module(f"api.routers.{name}").router


def load_route(operation: str) -> APIRoute:
    """Return the route of one operation, importing only its router."""
    routes = load_router(manifest.router_of(operation)).routes
    return next(r for r in routes if isinstance(r, APIRoute) and r.operation_id == operation)


def build_resources(
    settings: Settings, store: Store | None, *, now: Clock, cursor_secret: bytes = b""
) -> Resources:
    """Build the resources that the routers share.

    `functions/manifest.json` lists the resources that each serverless function needs.
    """
    keys = signing_keys(settings, now)
    identity = local_identity(settings, store, now) if store else None
    return Resources(
        opened_store=store,
        now=now,
        verifier=access_token_verifier(settings, keys, now),
        id_tokens=id_token_verifier(settings, identity, now),
        token_issuer=token_issuer(settings, keys),
        key_source=keys,
        issuer=settings.jwt_issuer,
        cursor_secret=cursor_secret,
        is_local=settings.is_local,
        sign_up_is_open=settings.sign_up == OPEN,
        unnamed_types=UnnamedTypes(),
        quotas=Quotas(settings.events_retention_days),
        limiter=WorkLimiter(settings.work_per_second),
        local_identity=identity,
        has_lake=settings.has_lake,
    )


def create_app(
    settings: Settings,
    *routers: APIRouter,
    open_store: OpenStore = open_store,
    now: Clock = system_clock,
    folds: bool = True,
) -> FastAPI:
    """Return the app with the given routers, or with all routers if none is given.

    The app opens the store at start-up and closes it at shutdown. If `folds` is true, the app also
    keeps the rollups and the event lake current in the background, as serverless functions do in
    the cloud.
    """
    settings.checked()
    served = routers or _all_routers(settings)
    needs = manifest.needs_of(_operations(served))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with (
            open_store(settings) if manifest.STORE in needs else nullcontext() as store,
            open_lake(settings) if manifest.LAKE in needs or folds else nullcontext() as lake,
        ):
            if store and manifest.USER_HASH_SECRET in needs:
                _ = store.user_keys.version  # fails at start-up if the secret is missing
            secret = await read_cursor_secret(settings) if manifest.CURSOR_SECRET in needs else b""
            resources = build_resources(settings, store, now=now, cursor_secret=secret)
            if lake and manifest.LAKE in needs:
                resources = replace(resources, opened_lake=lake_reader(lake))
            app.state.resources = resources
            if store and settings.is_local:
                from api.services.organizations import (  # noqa: PLC0415 - local only
                    ensure_local_records,
                )

                with_people = not routers and resources.local_identity is not None
                await ensure_local_records(store, with_people=with_people)
            if needs & {manifest.SIGNING_KEY, manifest.PUBLIC_KEYS}:
                await resources.key_source.public_keys()  # fails at start-up if a key is missing
            work = (
                _background(settings, resources, store, lake) if store and folds else nullcontext()
            )
            async with work:
                yield

    app = FastAPI(
        title="Acme Analytics",
        description="Events in; events and daily metrics out. One organisation per token.",
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would repeat the request's Host header
        docs_url=None,
        redoc_url=None,
        telemetry=_REQUEST_TELEMETRY,
    )
    for router in served:
        app.include_router(router)
    add_problem_handlers(app)
    add_middleware(app, cors_origins=settings.allowed_origins, is_server=not routers)
    app.openapi = lambda: _describe(app)
    if not routers:
        _prepare_for_a_server(app)
    return app


def _background(
    settings: Settings, resources: Resources, store: RollupStore, storage: "LakeStorage | None"
) -> AbstractAsyncContextManager[None]:
    from api.services.alert_checks import AlertChecker  # noqa: PLC0415 - only in servers
    from api.services.background import kept_current  # noqa: PLC0415 - imports numpy
    from api.services.erasure_jobs import Eraser  # noqa: PLC0415 - as above
    from api.services.webhooks import WebhookSender  # noqa: PLC0415 - as above

    lake, settle = lake_writer(storage) if storage else None, resources.quotas.settle
    eraser = Eraser(store, lake, resources.now, settings.has_lake, settle=settle)
    checker, sender = None, WebhookSender(is_local=settings.is_local)
    if resources.opened_lake:
        checker = AlertChecker(store, resources.opened_lake, sender, resources.now)
    days = settings.events_retention_days, settings.lake_retention_days
    return kept_current(eraser, checker, *days)


def _describe(app: FastAPI) -> dict[str, Any]:
    from importlib.metadata import version  # noqa: PLC0415 - functions don't serve the document

    from api.openapi import describe  # noqa: PLC0415 - as above

    app.version = version("acme-analytics")
    return describe(app)


def _prepare_for_a_server(app: FastAPI) -> None:
    """Add the documentation pages, and show start-up errors as short messages."""
    from api.documentation import add_documentation  # noqa: PLC0415 - functions don't need it
    from api.startup import StartupErrors  # noqa: PLC0415 - as above

    add_documentation(app)
    app.add_middleware(StartupErrors)


def _operations(routers: Iterable[APIRouter]) -> set[str | None]:
    return {r.operation_id for one in routers for r in one.routes if isinstance(r, APIRoute)}


def _all_routers(settings: Settings) -> list[APIRouter]:
    local = ["local_identity"] if signs_in_locally(settings) else []
    return [load_router(name) for name in (*manifest.ROUTERS, *local)]
