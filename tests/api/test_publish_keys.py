"""GET /.well-known/jwks.json and /.well-known/openid-configuration let a gateway verify tokens."""

import jwt

from tests.api.token_service import SECRET_KEY
from tests.tokens import AUDIENCE, ISSUER


async def test_a_token_can_be_verified_with_only_the_published_keys(service):
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


async def test_only_public_parts_of_keys_are_published(service):
    response = await service.client.get("/.well-known/jwks.json")

    assert response.status_code == 200
    assert "max-age" in response.headers["cache-control"]
    for key in response.json()["keys"]:
        assert key.keys() == {"kty", "use", "alg", "kid", "n", "e"}


async def test_the_discovery_document_links_to_keys_and_tokens(service):
    response = await service.client.get("/.well-known/openid-configuration")
    document = response.json()
    keys = await service.client.get(document["jwks_uri"])
    token = await service.client.post(document["token_endpoint"], json={"api_key": SECRET_KEY})

    assert document["issuer"] == ISSUER
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert (keys.status_code, token.status_code) == (200, 200)
