"""The composition root: settings in, a FastAPI app out. The only module that names a store."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.metadata import version
from secrets import token_bytes
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI

from api.dependencies import Services, system_clock
from api.domain.reference import User
from api.errors import ConfigurationError
from api.middleware import add_middleware
from api.openapi import describe
from api.problems import add_problem_handlers
from api.routers import auth, caller, events, health, local_identity, metrics
from api.services.organizations import ensure_local_organizations
from api.services.rollups import follow
from api.settings import EMULATOR, Settings
from api.stores.protocol import Store
from api.tokens.claims import ACCESS_TOKEN_CLAIMS, ID_TOKEN_CLAIMS
from api.tokens.file_keys import FileKeySource
from api.tokens.issuer import TokenIssuer
from api.tokens.jwks import FetchJwks, JwksCache, jwks_over_http
from api.tokens.jwt_verifier import JwtVerifier
from api.tokens.local_identity import LocalIdentityProvider
from api.tokens.protocol import Clock

ROUTERS = (events.router, metrics.router, auth.router, caller.router, health.router)

_COSMOS_OPTIONS: dict[str, Any] = {
    "retry_throttle_backoff_max": 2,  # seconds in all; after that the client is told
    "no_response_on_write": True,
    "enable_compact_utf8_item_writes": True,  # escaped, 1 MiB of text could become 3 MB
}

type OpenStore = Callable[[Settings], AbstractAsyncContextManager[Store]]


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncGenerator[Store]:
    """The store that the settings name, closed at the end.

    Raises ConfigurationError when it can't be opened with these settings.
    """
    if settings.cosmos_endpoint != EMULATOR:
        async with _open_cosmos(settings, settings.cosmos_endpoint, settings.cosmos_key) as store:
            yield store
        return
    from cosmos_emulator import Emulator, FileInUseError  # noqa: PLC0415 - bundles leave it out

    try:
        emulator = Emulator(settings.data_dir / "cosmos.db")
    except FileInUseError as error:
        raise ConfigurationError(str(error)) from error
    try:
        async with open_emulated(settings, emulator) as store:
            yield store
    finally:
        emulator.close()


@asynccontextmanager
async def open_emulated(settings: Settings, emulator: Any) -> AsyncGenerator[Store]:  # noqa: ANN401 - the emulator's types stay out of bundles
    """The store on this emulator, in process and without a socket."""
    from cosmos_emulator.transports import AsyncTransport  # noqa: PLC0415 - as above

    transport = AsyncTransport(emulator)
    async with _open_cosmos(
        settings, emulator.endpoint, emulator.key, transport=transport
    ) as store:
        yield store


@asynccontextmanager
async def _open_cosmos(
    settings: Settings,
    endpoint: str,
    key: str,
    **options: Any,  # noqa: ANN401 - the SDK's own
) -> AsyncGenerator[Store]:
    from azure.cosmos.aio import CosmosClient  # noqa: PLC0415 - half of a cold start

    from api.stores.cosmos import CosmosStore  # noqa: PLC0415 - as above
    from api.stores.cosmos_containers import create_containers  # noqa: PLC0415 - as above

    if not key:
        raise ConfigurationError(
            "ANALYTICS_COSMOS_ENDPOINT names an account, but ANALYTICS_COSMOS_KEY is not set."
        )
    async with CosmosClient(endpoint, key, **_COSMOS_OPTIONS, **options) as client:
        if settings.is_local:
            await create_containers(client, settings.cosmos_database)
        yield CosmosStore(client.get_database_client(settings.cosmos_database))


def build_services(settings: Settings, store: Store, *, now: Clock) -> Services:
    """What the routers work with. Raises ConfigurationError outside `local`: see `KeySource`."""
    keys = FileKeySource(
        settings.data_dir / "signing-key.json", is_local=settings.is_local, now=now
    )
    identity = _local_identity(settings, store, now) if settings.is_local else None
    return Services(
        store=store,
        now=now,
        verifier=JwtVerifier(
            JwksCache(_fetch_keys(settings.jwks_url, keys.public_keys), now=now),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            required=ACCESS_TOKEN_CLAIMS,
            now=now,
        ),
        id_tokens=_id_token_verifier(settings, identity, now),
        token_issuer=TokenIssuer(
            keys,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            new_id=lambda: uuid4().hex,
        ),
        key_source=keys,
        issuer=settings.jwt_issuer,
        cursor_secret=_cursor_secret(settings),
        is_local=settings.is_local,
        local_identity=identity,
    )


def _local_identity(settings: Settings, store: Store, now: Clock) -> LocalIdentityProvider:
    async def list_users() -> list[User]:
        return list(await store.find(User, None))

    return LocalIdentityProvider(
        FileKeySource(settings.data_dir / "identity-key.json", is_local=True, now=now),
        list_users,
        issuer=f"{settings.jwt_issuer}/local-identity",
        audience=settings.oidc_audience,
        is_local=settings.is_local,
    )


def _id_token_verifier(
    settings: Settings, identity: LocalIdentityProvider | None, now: Clock
) -> JwtVerifier:
    """Verifies a configured provider's ID tokens, else the local identity provider's."""
    if not settings.oidc_issuer and identity is not None:
        issuer, fetch = identity.issuer, identity.public_keys
    else:
        issuer, fetch = settings.oidc_issuer, jwks_over_http(settings.oidc_jwks_url)
    return JwtVerifier(
        JwksCache(fetch, now=now),
        issuer=issuer,
        audience=settings.oidc_audience,
        required=ID_TOKEN_CLAIMS,
        now=now,
    )


def _fetch_keys(url: str, own: FetchJwks) -> FetchJwks:
    return jwks_over_http(url) if url else own


def _cursor_secret(settings: Settings) -> bytes:
    """The configured secret, or one of this data folder's own, which only `local` may lack."""
    if settings.cursor_secret:
        return settings.cursor_secret.encode()
    path = settings.data_dir / "cursor-secret"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes(32))
    return path.read_bytes()


def create_app(
    settings: Settings,
    *routers: APIRouter,
    open_store: OpenStore = open_store,
    now: Clock = system_clock,
    folds: bool = True,
) -> FastAPI:
    """The app with the given routers, or with all of them.

    It opens the store at start-up and closes it at shutdown; `folds`: it keeps the rollups current
    in the background, as the function `rollup_metrics` does in the cloud.
    """
    settings.checked()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_store(settings) as store:
            app.state.services = build_services(settings, store, now=now)
            if settings.is_local:
                await ensure_local_organizations(store)
            async with _in_background(follow(store) if folds else None):
                yield

    app = FastAPI(
        title="Acme Analytics",
        version=version("acme-analytics"),
        description="Events in; events and daily metrics out. One organisation per token.",
        lifespan=lifespan,
    )
    for router in routers or ROUTERS:
        app.include_router(router)
    if settings.is_local and not routers:
        app.include_router(local_identity.router)
    add_problem_handlers(app)
    add_middleware(app, cors_origins=settings.cors_origins)
    app.openapi = lambda: describe(app)
    return app


@asynccontextmanager
async def _in_background(work: Any) -> AsyncGenerator[None]:  # noqa: ANN401 - a coroutine or None
    if work is None:
        yield
        return
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
