"""Every invalid token is a 401 with a reason; a valid token is verified once and remembered."""

import hmac
import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from jwt.utils import base64url_encode

from api.auth import verifier as verifier_module
from api.auth.claims import ACCESS_TOKEN, ACCESS_TOKEN_CLAIMS, ID_TOKEN
from api.auth.jwks import JwksCache
from api.auth.verifier import JwtVerifier
from api.errors import ApiError
from tests.support import START, ManualClock
from tests.tokens import (
    AUDIENCE,
    ISSUER,
    KeyInMemory,
    access_claims,
    assemble,
    signed,
)

KEY = KeyInMemory()
SECONDS = int(START.timestamp())
GOOD = signed(access_claims())
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")


def verifier(clock, keys=KEY, profile=ACCESS_TOKEN):
    cache = JwksCache(keys.public_keys, now=clock)
    return JwtVerifier(cache, issuer=ISSUER, audience=AUDIENCE, profile=profile, now=clock)


async def refusal(token):
    with pytest.raises(ApiError) as caught:
        await verifier(ManualClock()).verify(token)
    return caught.value


def hmac_with_public_key(encoding, form):
    secret = KEY.private_key.public_key().public_bytes(encoding, form)
    header = {"alg": "HS256", "kid": KEY.key_id}
    return assemble(header, access_claims(), lambda m: hmac.digest(secret, m, sha256))


def rs512(message):
    return KEY.private_key.sign(message, padding.PKCS1v15(), hashes.SHA512())


def pss(message):
    salted = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return KEY.private_key.sign(message, salted, hashes.SHA256())


def segment(value):
    return base64url_encode(json.dumps(value).encode()).decode()


PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PKCS1 = serialization.PublicFormat.PKCS1
ESCALATED = segment(access_claims(scope="events:read events:write keys:manage"))

FORGERIES = {
    "alg none without signature": (
        assemble({"alg": "none"}, access_claims(), lambda _: b""),
        "RS256",
    ),
    "alg none with a key id": (
        assemble({"alg": "none", "kid": KEY.key_id}, access_claims(), lambda _: b""),
        "RS256",
    ),
    "alg NONE with our signature": (signed(access_claims(), alg="NONE"), "RS256"),
    "alg missing": (signed(access_claims(), alg=...), "RS256"),
    "alg a list": (signed(access_claims(), alg=["RS256"]), "RS256"),
    "HMAC with the public key in PEM": (hmac_with_public_key(PEM, SPKI), "RS256"),
    "HMAC with the public key in PKCS 1": (hmac_with_public_key(PEM, PKCS1), "RS256"),
    "HMAC with the public key in DER": (hmac_with_public_key(DER, SPKI), "RS256"),
    "RS512 with the correct key": (
        assemble({"alg": "RS512", "kid": KEY.key_id}, access_claims(), rs512),
        "RS256",
    ),
    "PSS with the correct key, declared as RS256": (
        assemble({"alg": "RS256", "kid": KEY.key_id, "typ": "at+jwt"}, access_claims(), pss),
        "signature",
    ),
    "unknown key": (signed(access_claims(), KeyInMemory("foreign")), "no key"),
    "another key with our key id": (
        signed(access_claims(), KeyInMemory("foreign"), kid=KEY.key_id),
        "signature",
    ),
    "its own key in the header": (
        signed(
            access_claims(), KeyInMemory("foreign"), kid=KEY.key_id, jwk=KeyInMemory("foreign").jwk
        ),
        "signature",
    ),
    "no key id": (signed(access_claims(), kid=...), "has no key id"),
    "key id null": (signed(access_claims(), kid=None), "compact form"),
    "key id a number": (signed(access_claims(), kid=7), "compact form"),
    "claims exchanged after signing": (f"{HEADER}.{ESCALATED}.{SIGNATURE}", "signature"),
    "signature of another token": (f"{GOOD[:-3]}AAA", "signature"),
    "missing signature": (f"{HEADER}.{PAYLOAD}.", "signature"),
    "unknown critical header": (signed(access_claims(), crit=["exp2"], exp2=1), "compact form"),
    "payload not encoded": (signed(access_claims(), b64=False, crit=["b64"]), "compact form"),
    "payload a list": (signed([1]), "compact form"),
    "header a list": (f"{segment([1])}.{PAYLOAD}.{SIGNATURE}", "compact form"),
    "header nested 5,000 deep": (
        f"{base64url_encode(b'[' * 5000).decode()}.{PAYLOAD}.{SIGNATURE}",
        "compact form",
    ),
    "one dot": (f"{HEADER}.{PAYLOAD}", "compact form"),
    "no dot": ("garbage", "compact form"),
    "three dots": (f"{GOOD}.{SIGNATURE}", "compact form"),
    "empty": ("", "compact form"),
    "only dots": ("..", "compact form"),
    "not base64": ("%%%.???.!!!", "compact form"),
    "not ASCII": (f"{GOOD}é", "compact form"),
    "a lone surrogate": ("\ud800", "compact form"),
    "a NUL": (f"{GOOD}\0", "compact form"),
    "9 KiB": (signed(access_claims(padding="x" * 7000)), "compact form"),
    "1 MiB of garbage": ("x" * 2**20, "compact form"),
    "wrong issuer": (signed(access_claims(iss="http://evil.example")), "issuer"),
    "issuer a list": (signed(access_claims(iss=[ISSUER])), "issuer"),
    "wrong audience": (signed(access_claims(aud="another-api")), "audience"),
    "other audiences": (signed(access_claims(aud=["another-api", "a third"])), "audience"),
    "audience a number": (signed(access_claims(aud=1)), "audience"),
    "not valid yet (nbf)": (signed(access_claims(nbf=SECONDS + 31)), "claim nbf"),
    "issued in the future (iat)": (signed(access_claims(iat=SECONDS + 31)), "claim iat"),
}


@pytest.mark.parametrize(("token", "reason"), FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_or_malformed_token_is_refused_with_a_reason(token, reason):
    error = await refusal(token)

    assert (error.status, error.code) == (401, "token_invalid")
    assert reason in error.detail
    challenge = error.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer error="invalid_token", error_description="')
    assert challenge.isascii()
    assert challenge.count('"') == 4


@pytest.mark.parametrize("claim", ACCESS_TOKEN_CLAIMS)
@pytest.mark.parametrize("value", [..., None], ids=["missing", "null"])
async def test_each_claim_is_required(claim, value):
    error = await refusal(signed(access_claims(**{claim: value})))

    assert (error.status, error.code) == (401, "token_invalid")
    assert claim in error.detail or (claim == "iss" and "issuer" in error.detail)


NOT_A_NAME = [1, True, [], {}, "", "a\0b", "line\nbreak", "\ud800", "x" * 256]
NOT_A_TIME = ["1800000000", True, [], {}, -1, float("nan"), float("inf"), 1e300]
WRONG_TYPES = [
    *(("sub", value) for value in NOT_A_NAME),
    *(("org_id", value) for value in NOT_A_NAME),
    *(("role", value) for value in [None, *NOT_A_NAME]),
    *(("jti", value) for value in NOT_A_NAME),
    *(("scope", value) for value in [1, True, ["events:read"], {}, "a\0b"]),
    *((name, value) for name in ("exp", "iat", "nbf") for value in NOT_A_TIME),
]


@pytest.mark.parametrize(("claim", "value"), WRONG_TYPES, ids=repr)
async def test_each_claim_must_have_the_right_type(claim, value):
    error = await refusal(signed(access_claims(**{claim: value})))

    assert (error.status, error.code) == (401, "token_invalid")


@pytest.mark.parametrize("length", [*range(0, len(GOOD), 37), len(GOOD) - 1])
async def test_a_truncated_token_is_invalid(length):
    assert (await refusal(GOOD[:length])).code == "token_invalid"


async def test_an_expired_token_is_refused_as_expired():
    error = await refusal(signed(access_claims(exp=SECONDS - 30)))

    assert (error.status, error.code) == (401, "token_expired")
    assert "expired" in error.headers["WWW-Authenticate"]


@pytest.mark.parametrize("changes", [{"exp": SECONDS - 29}, {"nbf": SECONDS + 30}, {"nbf": ...}])
async def test_clocks_may_differ_by_thirty_seconds(changes):
    claims = access_claims(**changes)

    assert await verifier(ManualClock()).verify(signed(claims)) == claims


def id_claims(**changes):
    return access_claims(**({"org_id": ..., "scope": ..., "role": ...} | changes))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": ...}, {"typ": "application/jwt"}])
@pytest.mark.parametrize(
    "changes", [{}, {"azp": AUDIENCE}, {"aud": ["another", AUDIENCE], "azp": AUDIENCE}]
)
async def test_an_id_token_needs_no_organisation(header, changes):
    claims = id_claims(**changes)

    id_tokens = verifier(ManualClock(), profile=ID_TOKEN)

    assert await id_tokens.verify(signed(claims, **header)) == claims


@pytest.mark.parametrize("typ", [..., "JWT", "", "at+jwtx", "logout+jwt", None, 1, ["at+jwt"], {}])
async def test_a_token_of_another_type_is_not_accepted_as_an_access_token(typ):
    error = await refusal(signed(access_claims(), typ=typ))

    assert (error.status, error.code) == (401, "token_invalid")


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_of_an_access_token_is_a_media_type(typ):
    token = signed(access_claims(), typ=typ)

    assert await verifier(ManualClock()).verify(token) == access_claims()


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "logout+jwt", 1, ["JWT"]])
async def test_a_token_of_another_type_is_not_accepted_as_an_id_token(typ):
    with pytest.raises(ApiError) as caught:
        await verifier(ManualClock(), profile=ID_TOKEN).verify(signed(id_claims(), typ=typ))

    assert caught.value.code == "token_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"azp": "another-client"},
        {"azp": None},
        {"azp": [AUDIENCE]},
        {"aud": ["another", AUDIENCE]},
        {"aud": ["another", AUDIENCE], "azp": "another"},
    ],
)
async def test_an_id_token_that_was_issued_to_another_client_is_refused(changes):
    token = signed(id_claims(**changes), typ="JWT")

    with pytest.raises(ApiError) as caught:
        await verifier(ManualClock(), profile=ID_TOKEN).verify(token)

    assert "azp" in caught.value.detail


class TestVerifiedTokensAreRemembered:
    @pytest.fixture
    def decoded(self, monkeypatch):
        calls, decode = [], verifier_module.jwt.decode

        def counting(token, *args, **kwargs):
            calls.append(token)
            return decode(token, *args, **kwargs)

        monkeypatch.setattr(verifier_module.jwt, "decode", counting)
        return calls

    async def test_the_signature_is_checked_once(self, decoded):
        tokens = verifier(ManualClock())
        claims = [await tokens.verify(GOOD) for _ in range(5)]

        assert claims == [access_claims()] * 5
        assert decoded == [GOOD]

    async def test_a_remembered_token_still_expires(self):
        clock = ManualClock()
        tokens = verifier(clock)
        await tokens.verify(GOOD)
        clock.forward(seconds=929)
        await tokens.verify(GOOD)
        clock.forward(seconds=1)

        with pytest.raises(ApiError) as caught:
            await tokens.verify(GOOD)
        assert caught.value.code == "token_expired"

    async def test_a_remembered_token_is_refused_after_its_key_is_withdrawn(self):
        clock, keys = ManualClock(), KeyInMemory()
        tokens = verifier(clock, keys)
        long_lived = signed(access_claims(exp=SECONDS + 86_400))
        await tokens.verify(long_lived)
        keys.jwk = KeyInMemory("second").jwk
        clock.forward(minutes=11)

        with pytest.raises(ApiError) as caught:
            await tokens.verify(long_lived)
        assert caught.value.code == "token_invalid"

    async def test_a_refused_token_is_not_remembered(self, decoded):
        tokens, forged = verifier(ManualClock()), f"{GOOD[:-3]}AAA"
        for _ in range(2):
            with pytest.raises(ApiError):
                await tokens.verify(forged)

        assert decoded == [forged] * 2

    async def test_memory_is_bounded_and_keeps_recently_used_tokens(self, decoded, monkeypatch):
        monkeypatch.setattr(verifier_module, "CACHED_TOKENS_MAX", 2)
        tokens = verifier(ManualClock())
        second, third = (signed(access_claims(jti=jti)) for jti in ("2", "3"))
        for token in (GOOD, second, GOOD, third, GOOD, second):
            await tokens.verify(token)

        assert decoded == [GOOD, second, third, second]
