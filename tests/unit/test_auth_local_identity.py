"""The local identity provider signs in sample users, only in the local environment."""

import pytest

from api.auth.claims import ID_TOKEN
from api.auth.jwks import JwksCache
from api.auth.local_identity import LocalIdentityProvider
from api.auth.verifier import JwtVerifier
from api.domain.reference import User
from api.errors import ApiError, ConfigurationError
from tests.support import START, ManualClock
from tests.tokens import KeyInMemory

ISSUER = "http://localhost:8000/local-identity"
ADA = User("usr_1", "ada@example.com", "Ada", "admin", "2026-01-01", "2026-01-01")


async def users():
    return [ADA]


def provider(*, is_local=True):
    keys = KeyInMemory("identity")
    return LocalIdentityProvider(keys, users, issuer=ISSUER, audience="app", is_local=is_local)


async def test_an_id_token_verifies_with_the_providers_keys():
    identity, clock = provider(), ManualClock()
    cache = JwksCache(identity.public_keys, now=clock)
    id_tokens = JwtVerifier(cache, issuer=ISSUER, audience="app", profile=ID_TOKEN, now=clock)
    claims = await id_tokens.verify(await identity.sign_in("usr_1", START))

    assert (claims["sub"], claims["email"], claims["name"]) == ("usr_1", "ada@example.com", "Ada")
    assert claims["exp"] - claims["iat"] == 3600
    assert "org_id" not in claims


async def test_only_sample_users_can_sign_in():
    with pytest.raises(ApiError) as caught:
        await provider().sign_in("usr_2", START)
    assert caught.value.status == 404


def test_creation_is_refused_outside_the_local_environment():
    with pytest.raises(ConfigurationError, match="local only"):
        provider(is_local=False)
