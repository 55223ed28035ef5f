"""Signing keys in memory, and valid or forged tokens."""

import json
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.utils import base64url_encode

from api.auth.keys.jwk import public_jwk
from tests.support import START

ISSUER = "http://localhost:8000"
AUDIENCE = "acme-analytics"


class KeyInMemory:
    """A `KeySource` in memory; each name has one key, which is generated once per run."""

    def __init__(self, name="first"):
        self.private_key = _rsa_key(name)
        self.jwk = public_jwk(self.private_key.public_key())

    @property
    def key_id(self):
        return self.jwk["kid"]

    async def sign(self, message):
        return self.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    async def public_keys(self):
        return {"keys": [self.jwk]}


@cache
def _rsa_key(_name):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def access_claims(now=START, **changes):
    """Return the claims of a valid access token with changes; `...` removes a claim."""
    seconds = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "usr_1",
        "org_id": "org_acme",
        "scope": "events:read metrics:read",
        "role": "viewer",
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + 900,
        "jti": "id-1",
    } | changes
    return _without_removed(claims)


def assemble(header, claims, sign):
    """Return a token in compact form, signed by `sign(message)`."""
    message = b".".join(base64url_encode(json.dumps(part).encode()) for part in (header, claims))
    return b".".join((message, base64url_encode(sign(message)))).decode()


def signed(claims, key=None, **header):
    """Return a token signed with RS256, with changes to its header."""
    key = key or KeyInMemory()

    def sign(message):
        return key.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    header = {"alg": "RS256", "kid": key.key_id, "typ": "at+jwt"} | header
    return assemble(_without_removed(header), claims, sign)


def _without_removed(changed):
    return {name: value for name, value in changed.items() if value is not ...}
