"""A self-signed certificate with which the server serves HTTPS on this machine."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cryptography import x509

NAMES = ("localhost", "127.0.0.1", "::1")
VALID_FOR = timedelta(days=397)  # the longest time that browsers accept
RENEWED_BEFORE = timedelta(days=30)


class Certificate(NamedTuple):
    """The files of a certificate and its private key, in PEM format."""

    path: Path
    key_path: Path


def certificate(folder: Path, host: str) -> Certificate:
    """Return the certificate in a folder, after creating it if it is missing or expires soon.

    The certificate stays the same, so that clients can be told to trust it.
    """
    found = Certificate(folder / "cosmos-emulator.pem", folder / "cosmos-emulator.key")
    if not _is_valid(found, host):
        folder.mkdir(parents=True, exist_ok=True)
        _create(found, host)
    return found


def _is_valid(found: Certificate, host: str) -> bool:
    from cryptography import x509  # noqa: PLC0415  only installed with the extra `server`

    if not (found.path.exists() and found.key_path.exists()):
        return False
    try:
        loaded = x509.load_pem_x509_certificate(found.path.read_bytes())
    except ValueError:
        return False
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    is_current = loaded.not_valid_after_utc - RENEWED_BEFORE > datetime.now(UTC)
    return is_current and _general_name(host) in list(names)


def _create(target: Certificate, host: str) -> None:
    from cryptography import x509  # noqa: PLC0415  only installed with the extra `server`
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cosmos-emulator")])
    names = [_general_name(one) for one in dict.fromkeys((*NAMES, host))]
    now = datetime.now(UTC)
    created = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    target.key_path.touch(mode=0o600)
    target.key_path.write_bytes(secret)
    target.path.write_bytes(created.public_bytes(serialization.Encoding.PEM))


def _general_name(host: str) -> "x509.GeneralName":
    from cryptography import x509  # noqa: PLC0415  only installed with the extra `server`

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
