"""GET /.well-known/jwks.json and /.well-known/openid-configuration: enough for any gateway."""

import jwt

from tests.api.token_service import SECRET_KEY
from tests.tokens import AUDIENCE, ISSUER


async def test_a_token_verifies_with_the_published_keys_alone(service):
    issued = await service.exchange_key(SECRET_KEY)
    token = issued.json()["access_token"]
    keys = jwt.PyJWKSet.from_dict((await service.client.get("/.well-known/jwks.json")).json())

    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["org_id"] == "org_acme"


async def test_nothing_private_is_published(service):
    answer = await service.client.get("/.well-known/jwks.json")

    assert answer.status_code == 200
    assert "max-age" in answer.headers["cache-control"]
    for key in answer.json()["keys"]:
        assert key.keys() == {"kty", "use", "alg", "kid", "n", "e"}


async def test_discovery_leads_to_keys_and_tokens(service):
    answer = await service.client.get("/.well-known/openid-configuration")
    document = answer.json()
    keys = await service.client.get(document["jwks_uri"])
    token = await service.client.post(document["token_endpoint"], json={"api_key": SECRET_KEY})

    assert document["issuer"] == ISSUER
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert (keys.status_code, token.status_code) == (200, 200)
