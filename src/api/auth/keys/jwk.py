"""RSA public keys as JSON Web Keys (RFC 7517), identified by their thumbprint (RFC 7638)."""

import json
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.utils import base64url_encode, to_base64url_uint


def public_jwk(key: RSAPublicKey) -> dict[str, str]:
    """Return the key as a JWK whose `kid` is its thumbprint."""
    numbers = key.public_numbers()
    essence = {"e": _encode(numbers.e), "kty": "RSA", "n": _encode(numbers.n)}
    canonical = json.dumps(essence, separators=(",", ":"), sort_keys=True)
    kid = base64url_encode(sha256(canonical.encode()).digest()).decode()
    return essence | {"kid": kid, "use": "sig", "alg": "RS256"}


def _encode(number: int) -> str:
    return to_base64url_uint(number).decode()
