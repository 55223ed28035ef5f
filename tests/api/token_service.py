"""The routers of tokens and callers as one app, over reference records in memory."""

from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from api.dependencies import Services
from api.domain.reference import ApiKey, Membership, Organization, User, hash_api_key
from api.middleware import add_middleware
from api.problems import add_problem_handlers
from api.routers import auth, caller, local_identity
from api.stores.protocol import Stored, Throttled
from api.stores.records import record_kind
from api.tokens.claims import ACCESS_TOKEN_CLAIMS, ID_TOKEN_CLAIMS
from api.tokens.issuer import TokenIssuer
from api.tokens.jwks import JwksCache
from api.tokens.jwt_verifier import JwtVerifier
from api.tokens.local_identity import LocalIdentityProvider
from tests.tokens import AUDIENCE, ISSUER, KeyInMemory, SettableClock

SINCE = "2026-01-01T00:00:00.000000Z"
ID_ISSUER = f"{ISSUER}/local-identity"
ID_AUDIENCE = "acme-analytics-dashboard"
ADA = User("usr_ada", "ada@example.com", "Ada", "admin", SINCE, SINCE)
BOB = User("usr_bob", "bob@example.com", "Bob", "viewer", SINCE, SINCE)
SECRET_KEY, PUBLISHABLE_KEY, LOCAL_KEY = "ak_acme_1f2e3d", "pk_acme_1f2e3d", "ak_local_acme"
RECORDS = [
    Organization("org_acme", "Acme", "enterprise", SINCE),
    Organization("org_globex", "Globex", "pro", SINCE),
    Membership("usr_ada", "org_acme", "admin", SINCE),
    Membership("usr_ada", "org_globex", "viewer", SINCE),
    Membership("usr_bob", "org_globex", "member", SINCE),
    ApiKey(hash_api_key(SECRET_KEY), "org_acme", "secret", "server", SINCE),
    ApiKey(hash_api_key(PUBLISHABLE_KEY), "org_acme", "publishable", "browser", SINCE),
    ApiKey(hash_api_key(LOCAL_KEY), "org_acme", "secret", "local", SINCE),
]


class ReferenceStore:
    """Reads and finds the records above, as a store does."""

    def __init__(self):
        self.records = {(type(r), *record_kind(type(r)).key(r)): r for r in RECORDS}
        self.is_throttling = False

    async def read(self, kind, *key):
        if self.is_throttling:
            raise Throttled(2.5)
        record = self.records.get((kind, *key))
        return Stored(record, "1") if record else None

    async def find(self, kind, owner, *, first="", last="\uffff"):
        keys = sorted(key[1:] for key in self.records if key[0] is kind and key[1] == owner)
        return [self.records[(kind, *key)] for key in keys if first <= key[1] <= last]


class TokenService:
    """A client of the app, with what a test may turn: the clock, the store, the keys."""

    def __init__(self, client, app, clock):
        self.client = client
        self._app = app
        self.clock = clock
        self.store = app.state.services.store
        self.identity = app.state.services.local_identity

    def change(self, **services):
        self._app.state.services = replace(self._app.state.services, **services)

    def lose_identity_keys(self):
        """The identity provider can't be reached, and its keys were never fetched."""

        async def fail():
            raise OSError

        self.change(id_tokens=_verifier(fail, ID_ISSUER, ID_AUDIENCE, ID_TOKEN_CLAIMS, self.clock))

    async def id_token(self, user_id):
        return await self.identity.sign_in(user_id, self.clock())

    async def exchange(self, subject_token, org_id, /, **changes):
        grant = {
            "grant_type": auth.TOKEN_EXCHANGE,
            "subject_token": subject_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "org_id": org_id,
        } | changes
        grant = {name: value for name, value in grant.items() if value is not ...}
        return await self.client.post("/api/v1/auth/token", data=grant)

    async def me(self, token_answer, query=""):
        token = token_answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.get(f"/api/v1/me{query}", headers=headers)


async def _users():
    return [ADA, BOB]


def _services(clock):
    keys, id_keys, ids = KeyInMemory("first"), KeyInMemory("identity"), count()
    return Services(
        store=ReferenceStore(),
        now=clock,
        verifier=_verifier(keys.public_keys, ISSUER, AUDIENCE, ACCESS_TOKEN_CLAIMS, clock),
        id_tokens=_verifier(id_keys.public_keys, ID_ISSUER, ID_AUDIENCE, ID_TOKEN_CLAIMS, clock),
        token_issuer=TokenIssuer(
            keys, issuer=ISSUER, audience=AUDIENCE, new_id=lambda: f"id-{next(ids)}"
        ),
        key_source=keys,
        issuer=ISSUER,
        cursor_secret=b"",
        is_local=True,
        local_identity=LocalIdentityProvider(
            id_keys, _users, issuer=ID_ISSUER, audience=ID_AUDIENCE, is_local=True
        ),
    )


def _verifier(fetch, issuer, audience, required, clock):
    cache = JwksCache(fetch, now=clock)
    return JwtVerifier(cache, issuer=issuer, audience=audience, required=required, now=clock)


@asynccontextmanager
async def token_service():
    app, clock = FastAPI(), SettableClock()
    app.state.services = _services(clock)
    for module in (auth, caller, local_identity):
        app.include_router(module.router)
    add_problem_handlers(app)
    add_middleware(app, cors_origins=())
    async with AsyncClient(transport=ASGITransport(app), base_url=ISSUER) as client:
        yield TokenService(client, app, clock)
