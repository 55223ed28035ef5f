"""Signing keys in KMS and a secret in Secrets Manager, with botocore on moto's server."""

import jwt
import pytest
from botocore.exceptions import ClientError
from moto.kms.utils import RSAPrivateKey

from api.auth.keys.kms import KmsKeySource, make_client, read_aws_secret
from api.auth.keys.remote import FRESH_FOR
from api.auth.signing import sign_token
from api.errors import ApiError, ConfigurationError
from scripts.hosts.moto_server import sign_digest
from tests.stores.moto import aws, moto_server

__all__ = ["aws", "moto_server"]

LOCAL = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
NOW, NEXT = "alias/signing", "alias/signing-next"


@pytest.fixture
def kms(aws):
    client = make_client("kms", endpoint_url=aws, **LOCAL)
    yield client
    client.close()


@pytest.fixture
def make_key(kms):
    def make_key(alias=None, spec="RSA_2048"):
        key_id = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        if alias:
            kms.create_alias(AliasName=alias, TargetKeyId=key_id)
        return key_id

    return make_key


@pytest.fixture
def keys(kms, clock):
    return KmsKeySource(kms, [NOW, NEXT], now=clock)


@pytest.fixture
def moto_signs_digests(monkeypatch):
    monkeypatch.setattr(RSAPrivateKey, "sign", sign_digest)


async def published(keys):
    return {jwk["kid"]: jwk for jwk in (await keys.public_keys())["keys"]}


@pytest.mark.usefixtures("moto_signs_digests")
async def test_a_signed_token_verifies_with_the_published_key(keys, make_key):
    key_id = make_key(NOW)
    jwk = (await published(keys))[key_id]
    token = await sign_token(keys, {"sub": "usr_1"}, token_type="JWT")

    assert jwt.decode(token, jwt.PyJWK(jwk), algorithms=["RS256"]) == {"sub": "usr_1"}
    assert jwt.get_unverified_header(token)["kid"] == key_id
    assert jwk.keys() == {"kty", "use", "alg", "kid", "n", "e"}


async def test_a_second_alias_is_published_and_does_not_sign(keys, make_key):
    first, second = make_key(NOW), make_key(NEXT)

    assert (await published(keys)).keys() == {first, second}
    assert keys.key_id == first


async def test_after_swapping_aliases_both_keys_stay_published(keys, kms, make_key, clock):
    first, second = make_key(NOW), make_key(NEXT)
    await keys.public_keys()
    kms.update_alias(AliasName=NOW, TargetKeyId=second)
    kms.update_alias(AliasName=NEXT, TargetKeyId=first)
    assert keys.key_id == first
    clock.forward(seconds=FRESH_FOR.total_seconds())

    assert (await published(keys)).keys() == {first, second}
    assert keys.key_id == second


async def test_a_disabled_old_key_is_no_longer_published(keys, kms, make_key, clock):
    first, second = make_key(NOW), make_key(NEXT)
    await keys.public_keys()

    def refuse(**_):
        raise ClientError({"Error": {"Code": "DisabledException"}}, "GetPublicKey")

    original = kms.get_public_key
    kms.get_public_key = lambda KeyId: refuse() if KeyId == NEXT else original(KeyId=KeyId)  # noqa: N803
    clock.forward(seconds=FRESH_FOR.total_seconds())

    assert (await published(keys)).keys() == {first}
    assert second != first


async def test_two_aliases_of_one_key_publish_one_key(keys, kms, make_key):
    key_id = make_key(NOW)
    kms.create_alias(AliasName=NEXT, TargetKeyId=key_id)

    assert len((await keys.public_keys())["keys"]) == 1


async def test_a_missing_key_is_unavailable(keys):
    with pytest.raises(ApiError, match="signing keys") as refused:
        await keys.public_keys()

    assert refused.value.code == "identity_provider_unavailable"
    assert refused.value.retry_after


async def test_a_key_that_is_not_rsa_is_named_in_the_error(keys, make_key):
    make_key(NOW, spec="ECC_NIST_P256")

    with pytest.raises(ConfigurationError, match="alias/signing is not an RSA key"):
        await keys.public_keys()


class TestSecret:
    @pytest.fixture
    def secrets(self, aws):
        client = make_client("secretsmanager", endpoint_url=aws, **LOCAL)
        yield client
        client.close()

    @pytest.mark.parametrize("value", [{"SecretString": "sé"}, {"SecretBinary": "sé".encode()}])
    async def test_a_secret_is_read_as_bytes(self, secrets, value):
        secrets.create_secret(Name="cursors", **value)

        assert await read_aws_secret(secrets, "cursors") == "sé".encode()

    async def test_a_missing_secret_is_unavailable(self, secrets):
        with pytest.raises(ApiError) as refused:
            await read_aws_secret(secrets, "cursors")

        assert refused.value.code == "identity_provider_unavailable"
