"""A JSON Web Token in compact form, signed by a key source."""

import json
from collections.abc import Mapping
from typing import Any

from jwt.utils import base64url_encode

from api.tokens.protocol import Claims, KeySource


async def sign_token(keys: KeySource, claims: Claims, *, token_type: str) -> str:
    """`token_type` is the `typ` of the header: `at+jwt` (RFC 9068) or `JWT`."""
    header = {"alg": "RS256", "kid": keys.key_id, "typ": token_type}
    message = b".".join((_encode(header), _encode(claims)))
    signature = await keys.sign(message)
    return b".".join((message, base64url_encode(signature))).decode()


def _encode(part: Mapping[str, Any]) -> bytes:
    return base64url_encode(json.dumps(part, separators=(",", ":")).encode())
