"""A JSON Web Token in compact form, signed by a key source."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from api.auth.protocol import Claims, KeySource


async def sign_token(keys: KeySource, claims: Claims, *, token_type: str) -> str:
    """Return the signed token.

    `token_type` becomes the header's `typ`: `at+jwt` for access tokens (RFC 9068), and `JWT` for
    other tokens.
    """
    header = {"alg": "RS256", "kid": keys.key_id, "typ": token_type}
    message = b".".join((_encode(header), _encode(claims)))
    signature = await keys.sign(message)
    return b".".join((message, _base64url(signature))).decode()


def _encode(part: Mapping[str, Any]) -> bytes:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
