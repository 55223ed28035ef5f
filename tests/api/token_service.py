"""A client that gets tokens from the real app, whose store holds users, memberships and keys."""

from dataclasses import replace

import jwt

from api.auth.claims import ID_TOKEN
from api.auth.jwks import JwksCache
from api.auth.keys.file import FileKeySource
from api.auth.signing import sign_token
from api.auth.verifier import JwtVerifier
from api.domain.reference import ApiKey, Membership, User, hash_api_key
from api.routers.auth import TOKEN_EXCHANGE
from api.stores.protocol import Throttled
from tests.support import START
from tests.tokens import ISSUER, access_claims

TOKEN_URL = "/api/v1/auth/token"
ID_ISSUER = f"{ISSUER}/local-identity"
ID_AUDIENCE = "acme-analytics-dashboard"
SECRET_KEY, PUBLISHABLE_KEY, LOCAL_KEY = "ak_acme_1f2e3d", "pk_acme_1f2e3d", "ak_local_acme"

_SINCE = "2026-01-01T00:00:00.000000Z"
_RECORDS = [
    User("usr_ada", "ada@example.com", "Ada", "admin", _SINCE, _SINCE),
    User("usr_bob", "bob@example.com", "Bob", "viewer", _SINCE, _SINCE),
    Membership("usr_ada", "org_acme", "admin", _SINCE),
    Membership("usr_ada", "org_globex", "viewer", _SINCE),
    Membership("usr_bob", "org_globex", "member", _SINCE),
    ApiKey(hash_api_key(SECRET_KEY), "org_acme", "secret", "server", _SINCE),
    ApiKey(hash_api_key(PUBLISHABLE_KEY), "org_acme", "publishable", "browser", _SINCE),
]


def claims_of(response):
    """Return the claims of the access token in the response."""
    return jwt.decode(response.json()["access_token"], options={"verify_signature": False})


def is_problem(response, status, code):
    """Check that the response is a problem with this status and code."""
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (status, code)
    return True


def id_claims(now=START, **changes):
    """Return the claims of a valid ID token of user Ada with changes; `...` removes a claim."""
    defaults = {"iss": ID_ISSUER, "aud": ID_AUDIENCE, "sub": "usr_ada"}
    return access_claims(now, **({"org_id": ..., "scope": ..., "role": ...} | defaults | changes))


class TokenService:
    """A client of the app that can also change the app's resources."""

    def __init__(self, app, client, settings, clock):
        self._app = app
        self._settings = settings
        self.client = client
        self.clock = clock

    async def register_people(self):
        for record in _RECORDS:
            await self._app.state.resources.store.create(record)

    def change(self, **resources):
        self._app.state.resources = replace(self._app.state.resources, **resources)

    def throttle(self):
        self.change(opened_store=_ThrottlingStore())

    def lose_identity_provider(self):
        """Make the identity provider unreachable, without any cached keys."""

        async def fetch():
            raise OSError

        keys = JwksCache(fetch, now=self.clock)
        self.change(
            id_tokens=JwtVerifier(
                keys,
                issuer=ID_ISSUER,
                audience=ID_AUDIENCE,
                profile=ID_TOKEN,
                now=self.clock,
            )
        )

    async def id_token(self, **changes):
        """Return an ID token with `id_claims(**changes)`, signed by the identity provider."""
        path = self._settings.data_dir / "identity-key.json"
        keys = FileKeySource(path, is_local=True, now=self.clock)
        return await sign_token(keys, id_claims(**changes), token_type="JWT")

    async def exchange_key(self, api_key):
        return await self.client.post(TOKEN_URL, json={"api_key": api_key})

    async def exchange(self, subject_token, org_id, /, **changes):
        grant = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": subject_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "org_id": org_id,
        } | changes
        grant = {name: value for name, value in grant.items() if value is not ...}
        return await self.client.post(TOKEN_URL, data=grant)

    async def headers_of(self, user_id, org_id="org_acme"):
        """Return headers with an access token of this user."""
        response = await self.exchange(await self.id_token(sub=user_id), org_id)
        return {"Authorization": f"Bearer {response.json()['access_token']}"}

    async def me(self, token_response, query=""):
        headers = {"Authorization": f"Bearer {token_response.json()['access_token']}"}
        return await self.client.get(f"/api/v1/me{query}", headers=headers)


class _ThrottlingStore:
    async def read(self, *_):
        raise Throttled(2.5)

    create = find = read
