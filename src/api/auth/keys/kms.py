"""Signing keys in AWS KMS, and secrets in Secrets Manager. The private keys never leave KMS.

The setting `ANALYTICS_KMS_KEYS` lists two aliases of KMS keys. The KMS key with the first alias
signs tokens, and the public keys of both KMS keys are published. To rotate the signing key, point
the second alias at a new key, wait ten minutes until all verifiers have fetched the new key, and
swap the two aliases. Delete the old KMS key an hour after swapping the aliases.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because botocore has no type hints.
import asyncio
from collections.abc import Sequence
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from api.auth.keys.remote import KeyRing, RemoteKeySource, named_jwk, unavailable_on
from api.domain.times import Clock
from api.errors import ConfigurationError

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
_GONE = ("NotFoundException", "DisabledException", "KMSInvalidStateException")


class KmsKeySource(RemoteKeySource):
    """A `KeySource` that uses KMS keys, given by id or alias.

    The first of the KMS keys signs tokens. Each `kid` is a KMS key id.
    """

    def __init__(self, client: Any, keys: Sequence[str], *, now: Clock) -> None:  # noqa: ANN401 - botocore's
        super().__init__(now=now)
        self._client = client
        self._keys = keys

    async def fetch(self) -> KeyRing:
        with unavailable_on(BotoCoreError, ClientError):
            signing = await self._public_key(self._keys[0])
            others = [await self._published(key) for key in self._keys[1:]]
        found = {jwk["kid"]: jwk for jwk in (signing, *others) if jwk}
        return KeyRing(signing["kid"], list(found.values()))

    async def sign_digest(self, key_id: str, digest: bytes) -> bytes:
        with unavailable_on(BotoCoreError, ClientError):
            response = await asyncio.to_thread(
                self._client.sign,
                KeyId=key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
            )
        return response["Signature"]

    async def _published(self, key: str) -> dict[str, str] | None:
        """Return the public key of a KMS key that doesn't sign.

        Return None if the KMS key doesn't exist.
        """
        try:
            return await self._public_key(key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise

    async def _public_key(self, key: str) -> dict[str, str]:
        response = await asyncio.to_thread(self._client.get_public_key, KeyId=key)
        public_key = load_der_public_key(response["PublicKey"])
        if not isinstance(public_key, RSAPublicKey):
            raise ConfigurationError(f"The KMS key {key} is not an RSA key.")
        return named_jwk(response["KeyId"].rpartition("/")[2], public_key)


def make_client(service: str, **options: Any) -> Any:  # noqa: ANN401 - botocore's
    """Return a client of the AWS service `kms` or `secretsmanager`.

    The client uses this process's region and role.
    """
    return Session().create_client(service, config=_CONFIG, **options)


async def read_aws_secret(client: Any, name: str) -> bytes:  # noqa: ANN401 - botocore's
    with unavailable_on(BotoCoreError, ClientError):
        secret = await asyncio.to_thread(client.get_secret_value, SecretId=name)
    return secret["SecretString"].encode() if "SecretString" in secret else secret["SecretBinary"]
