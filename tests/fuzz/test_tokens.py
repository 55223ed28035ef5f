"""Any bearer token and any API key is either accepted or rejected with 401."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from api.auth.caller import Caller
from api.auth.claims import ACCESS_TOKEN
from api.auth.exchange import find_api_key
from api.auth.jwks import JwksCache
from api.auth.verifier import TOKEN_BYTES_MAX, JwtVerifier
from api.errors import ApiError
from tests.fuzz.amount import FUZZ
from tests.support import START, ManualClock
from tests.tokens import AUDIENCE, ISSUER, KeyInMemory, access_claims, assemble, signed

KEY = KeyInMemory()
GOOD = signed(access_claims())
UNAUTHORIZED = 401
TEXT = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5u", "zip", "enc"])
CLAIMS = st.sampled_from([*access_claims(), "azp", "nonce", "scp", "bound_user_id"])


def verify(token: str) -> dict[str, Any] | None:
    """Return the claims of a valid token, or None for a token that is rejected with 401."""
    clock = ManualClock()
    cache = JwksCache(KEY.public_keys, now=clock)
    verifier = JwtVerifier(cache, issuer=ISSUER, audience=AUDIENCE, profile=ACCESS_TOKEN, now=clock)
    try:
        claims = dict(asyncio.run(verifier.verify(token)))
    except ApiError as error:
        refusal = error
    else:
        assert Caller.from_claims(claims).org_id == claims["org_id"]
        return claims
    assert refusal.status == UNAUTHORIZED
    return None


def nested(levels: int) -> str:
    return base64url_encode(b"[" * levels + b"]" * levels).decode()


@FUZZ
@given(TEXT | st.text("eyJhbGciOiJSUzI1NiJ9._-=", max_size=80))
@example("..")
@example(f"{nested(3000)}.e30.e30")
@example(f"{GOOD.split('.')[0]}.{nested(2500)}.{GOOD.split('.')[2]}")
@example(f"{base64url_encode(b'{"alg": ' + b'9' * 5000 + b'}').decode()}.e30.e30")
@example("x" * TOKEN_BYTES_MAX)
def test_any_text_is_rejected_as_a_token(token: str):
    assert verify(token) is None


@FUZZ
@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii") | st.just(""))
def test_a_token_with_a_changed_or_missing_character_is_rejected(position: int, character: str):
    altered = GOOD[:position] + character + GOOD[position + 1 :]
    claims = verify(altered)

    assert claims in (None, access_claims())  # base64 ignores the last bits of its last character


@FUZZ
@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_any_header_except_the_right_one_is_rejected(header: dict[str, Any]):
    def sign(message: bytes) -> bytes:
        return asyncio.run(KEY.sign(message))

    claims = verify(assemble({"kid": KEY.key_id, "alg": "RS256"} | header, access_claims(), sign))

    assert claims is None or header["typ"] == "at+jwt"


@FUZZ
@given(st.dictionaries(CLAIMS, JSON, max_size=4))
@example({"exp": float("nan")})
@example({"exp": 1e300})
@example({"iat": 10**400})
@example({"scope": ""})
@example({"aud": [[]]})
@example({"sub": "\0"})
def test_any_claims_are_rejected_or_identify_a_caller(changes: dict[str, Any]):
    verify(signed(access_claims(**changes)))


class NoKeys:
    """A store without API keys."""

    async def read(self, *_: object) -> None:
        return None


@FUZZ
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=256), st.booleans())
@example("ak_local_acme", False)  # noqa: FBT003 - not local
@example("\0", True)  # noqa: FBT003 - local
def test_any_text_is_rejected_as_an_api_key(text: str, is_local: bool):  # noqa: FBT001 - drawn
    with pytest.raises(ApiError) as error:
        asyncio.run(find_api_key(NoKeys(), text, now=START, is_local=is_local))

    assert error.value.status == UNAUTHORIZED
    assert not text.strip() or text not in json.dumps(error.value.detail) or len(text) < 8
