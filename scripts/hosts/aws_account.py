"""Prepare a simulated AWS account: `python -m scripts.hosts.aws_account ENDPOINT FOLDER`.

The account gets what Terraform would create: empty tables, a key in KMS and two secrets. The folder
gets a self-signed certificate for servers on loopback. The command prints the settings of the
environment `rehearsal` as JSON.
"""

import asyncio
import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from typing import Any

from botocore.session import Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.auth.keys.kms import make_client
from api.settings import Settings
from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_tables import create_tables

_REGION = "us-east-1"
_CREDENTIAL = "simulated"
_LAKE = "lake"
_SECRETS = {
    "ANALYTICS_CURSOR_SECRET_NAME": "analytics/cursor-secret",
    "ANALYTICS_USER_HASH_SECRET_NAME": "analytics/user-hash-secret",
}
_CERTIFICATE_LASTS = timedelta(days=7)


def main(endpoint: str, folder: Path) -> None:
    """Create the resources, and print the settings."""
    asyncio.run(_create_tables(endpoint))
    key = _client("kms", endpoint).create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    secrets = _client("secretsmanager", endpoint)
    for name in _SECRETS.values():
        secrets.create_secret(Name=name, SecretString=token_hex(32))
    certificate = _write_certificate(folder)
    print(
        json.dumps(
            {
                "ANALYTICS_ENV": "rehearsal",
                "ANALYTICS_STORE": "dynamodb",
                "ANALYTICS_KMS_KEYS": key["KeyMetadata"]["KeyId"],
                **_SECRETS,
                "ANALYTICS_JWT_ISSUER": "https://analytics.example",
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_DEFAULT_REGION": _REGION,
                "AWS_ACCESS_KEY_ID": _CREDENTIAL,
                "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
                "SSL_CERT_FILE": certificate,  # Python
                "NODE_EXTRA_CA_CERTS": certificate,
            }
        )
    )


def create_lake(endpoint: str) -> dict[str, str]:
    """Create a bucket for the event lake, and return the settings of functions that use it."""
    keys = {"aws_access_key_id": _CREDENTIAL, "aws_secret_access_key": _CREDENTIAL}
    session: Any = Session()  # botocore is untyped
    client = session.create_client("s3", endpoint_url=endpoint, region_name=_REGION, **keys)
    client.create_bucket(Bucket=_LAKE)
    return {
        "ANALYTICS_LAKE_URL": f"s3://{_LAKE}",
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": _REGION,
        **{name.upper(): value for name, value in keys.items()},
    }


async def _create_tables(endpoint: str) -> None:
    with closing(DynamoDBClient(endpoint, Settings().dynamodb_table_prefix)) as client:
        await create_tables(client)


def _client(service: str, endpoint: str) -> Any:
    return make_client(
        service,
        endpoint_url=endpoint,
        region_name=_REGION,
        aws_access_key_id=_CREDENTIAL,
        aws_secret_access_key=_CREDENTIAL,
    )


def _write_certificate(folder: Path) -> str:
    """Write `certificate.pem` and `key.pem`, and return the path of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _CERTIFICATE_LASTS)
    )
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (loopback, False),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    certificate = folder / "certificate.pem"
    signed = builder.sign(key, hashes.SHA256())
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(private)
    return str(certificate)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
