"""Verification of RS256 JSON Web Tokens from one issuer for one audience."""

from collections import OrderedDict
from hashlib import sha256
from typing import Any

import jwt
from jwt.types import Options

from api.auth.claims import TokenProfile, check_client, check_shape, check_times, check_type
from api.auth.errors import token_invalid
from api.auth.jwks import JwksCache
from api.auth.protocol import Claims
from api.domain.times import Clock

ALGORITHM = "RS256"
TOKEN_BYTES_MAX = 8 * 1024
CACHED_TOKENS_MAX = 4096

_REASONS: dict[type[jwt.PyJWTError], str] = {
    jwt.InvalidSignatureError: "its signature does not match the key it names",
    jwt.InvalidAlgorithmError: f"its algorithm must be {ALGORITHM}",
    jwt.InvalidIssuerError: "its issuer is not trusted here",
    jwt.InvalidAudienceError: "it is meant for another audience",
}
# PyJWT checks the signature, the issuer and the audience. `api.auth.claims` checks everything else.
_SIGNATURE_ISSUER_AUDIENCE: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
    "verify_jti": False,
}
_MALFORMED = "it is not a signed JSON Web Token in compact form"


class JwtVerifier:
    """A `TokenVerifier` for the type of token that `profile` describes.

    Verified tokens are cached, because checking a signature takes longer than most requests.
    Whenever a cached token is used, its times are checked again, and its issuer must still publish
    the key that signed it.
    """

    def __init__(
        self,
        keys: JwksCache,
        *,
        issuer: str,
        audience: str,
        profile: TokenProfile,
        now: Clock,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._profile = profile
        self._now = now
        self._verified: OrderedDict[bytes, tuple[str, Claims]] = OrderedDict()

    async def verify(self, token: str) -> Claims:
        """Return the token's claims. Raises the same errors as `TokenVerifier.verify`."""
        if len(token) > TOKEN_BYTES_MAX or not token.isascii():
            raise token_invalid(_MALFORMED)
        digest = sha256(token.encode()).digest()
        key_id, claims = self._verified.get(digest) or await self._verify_signature(token)
        await self._keys.find(key_id)
        check_times(claims, self._now())
        self._remember(digest, key_id, claims)
        return claims

    async def _verify_signature(self, token: str) -> tuple[str, Claims]:
        key_id = _key_id_of(token, self._profile)
        key = await self._keys.find(key_id)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options=_SIGNATURE_ISSUER_AUDIENCE,
            )
        except jwt.PyJWTError as error:
            raise _refused(error) from error
        check_shape(claims, self._profile.required)
        if self._profile.names_client:
            check_client(claims, self._audience)
        return key_id, claims

    def _remember(self, digest: bytes, key_id: str, claims: Claims) -> None:
        self._verified[digest] = (key_id, claims)
        self._verified.move_to_end(digest)
        if len(self._verified) > CACHED_TOKENS_MAX:
            self._verified.popitem(last=False)


def _key_id_of(token: str, profile: TokenProfile) -> str:
    """Return the key id in the token's header.

    Raises ApiError `token_invalid` for an invalid header, so that an invalid header never causes a
    fetch of keys.
    """
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise token_invalid(_MALFORMED) from error
    if header.get("alg") != ALGORITHM:
        raise token_invalid(_REASONS[jwt.InvalidAlgorithmError])
    check_type(header, profile)
    if not isinstance(key_id := header.get("kid"), str):
        raise token_invalid("its header has no key id (kid)")
    return key_id


def _refused(error: jwt.PyJWTError) -> Exception:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return token_invalid(f"the claim {error.claim} is missing")
    return token_invalid(_REASONS.get(type(error), _MALFORMED))
