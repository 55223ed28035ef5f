"""POST /api/v1/auth/token, a test per status."""

import json
from urllib.parse import urlencode

import jwt
import pytest

from api.auth.keys.file import FileKeySource
from api.routers.auth import TOKEN_EXCHANGE
from tests.api.token_service import (
    LOCAL_KEY,
    PUBLISHABLE_KEY,
    SECRET_KEY,
    TOKEN_URL,
    id_claims,
)
from tests.support import START
from tests.tokens import AUDIENCE, ISSUER, signed

SECONDS = int(START.timestamp())
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def claims_of(answer):
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})


def is_problem(answer, status, code):
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    return True


class Test200:
    @pytest.mark.parametrize(
        ("api_key", "scope"),
        [
            (SECRET_KEY, "events:read events:write metrics:read"),
            (PUBLISHABLE_KEY, "events:write"),
            (LOCAL_KEY, "events:read events:write metrics:read"),
        ],
    )
    async def test_an_api_key_becomes_a_token_of_its_kind(self, service, api_key, scope):
        answer = await service.exchange_key(api_key)
        body = answer.json()

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 900, scope)

    async def test_the_token_says_who_for_whom_what_and_how_long(self, service):
        claims = claims_of(await service.exchange_key(SECRET_KEY))

        assert claims.pop("sub").startswith("api_key:")
        assert len(claims.pop("jti")) >= 32
        assert claims == {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "org_id": "org_acme",
            "scope": "events:read events:write metrics:read",
            "iat": SECONDS,
            "nbf": SECONDS,
            "exp": SECONDS + 900,
        }

    async def test_an_api_key_gets_the_same_token_again_for_five_minutes(self, service):
        first = (await service.exchange_key(SECRET_KEY)).json()
        other = (await service.exchange_key(PUBLISHABLE_KEY)).json()
        service.clock.forward(minutes=4, seconds=59)
        again = (await service.exchange_key(SECRET_KEY)).json()
        service.clock.forward(seconds=1)
        later = (await service.exchange_key(SECRET_KEY)).json()

        assert again == first | {"expires_in": 601}
        assert later["expires_in"] == 900
        assert len({one["access_token"] for one in (first, other, later)}) == 3

    async def test_a_rotated_signing_key_ends_the_reuse(self, service, settings):
        first = (await service.exchange_key(SECRET_KEY)).json()
        path = settings.data_dir / "signing-key.json"
        FileKeySource(path, is_local=True, now=service.clock).rotate()
        again = await service.exchange_key(SECRET_KEY)

        assert again.json()["access_token"] != first["access_token"]
        assert (await service.me(again)).status_code == 200

    async def test_a_user_gets_a_token_of_its_own_every_time(self, service):
        id_token = await service.id_token(sub="usr_ada")
        answers = [await service.exchange(id_token, "org_acme") for _ in range(2)]

        assert claims_of(answers[0])["jti"] != claims_of(answers[1])["jti"]

    @pytest.mark.parametrize(
        ("user_id", "org_id", "role", "scope"),
        [
            ("usr_ada", "org_acme", "admin", "events:read events:write keys:manage metrics:read"),
            ("usr_ada", "org_globex", "viewer", "events:read metrics:read"),
            ("usr_bob", "org_globex", "member", "events:read events:write metrics:read"),
        ],
    )
    async def test_a_user_s_role_in_the_organisation_decides(
        self, service, user_id, org_id, role, scope
    ):
        answer = await service.exchange(await service.id_token(sub=user_id), org_id)
        claims = claims_of(answer)

        assert answer.status_code == 200
        assert answer.json()["scope"] == claims["scope"] == scope
        assert (claims["sub"], claims["org_id"], claims["role"]) == (user_id, org_id, role)
        assert answer.json()["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"

    @pytest.mark.parametrize(
        ("user_id", "org_id"), [("usr_ada", "org_acme"), ("usr_bob", "org_globex")]
    )
    async def test_without_an_organisation_it_is_the_user_s_first(self, service, user_id, org_id):
        answer = await service.exchange(await service.id_token(sub=user_id), ...)

        assert answer.status_code == 200
        assert claims_of(answer)["org_id"] == org_id

    async def test_json_is_as_good_as_a_form(self, service):
        grant = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": await service.id_token(sub="usr_bob"),
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "org_id": "org_globex",
        }
        exchange = await service.client.post(TOKEN_URL, json=grant)
        with_charset = {"Content-Type": "Application/JSON; charset=utf-8"}
        again = await service.client.post(
            TOKEN_URL, content=json.dumps(grant), headers=with_charset
        )

        assert (exchange.status_code, again.status_code) == (200, 200)

    async def test_the_token_opens_the_api(self, service):
        answer = await service.exchange_key(SECRET_KEY)

        assert (await service.me(answer)).status_code == 200

    async def test_until_it_expires(self, service):
        answer = await service.exchange_key(SECRET_KEY)
        service.clock.forward(minutes=15, seconds=30)

        assert is_problem(await service.me(answer), 401, "token_expired")


class Test400:
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"{'api_key': 1}", b"NaN", b'"\\ud800"', b"\xff", b"[" * 10_000]
    )
    async def test_what_is_not_json_is_malformed(self, service, body):
        headers = {"Content-Type": "application/json"}
        answer = await service.client.post(TOKEN_URL, content=body, headers=headers)

        assert is_problem(answer, 400, "malformed_json")


class Test401:
    @pytest.mark.parametrize(
        "api_key",
        ["ak_acme_1f2e3", "ak_acme_1f2e3d ", "AK_ACME_1F2E3D", "x", "é", "a\0b", "ak_" * 80],
    )
    async def test_an_unknown_or_malformed_key_is_refused_in_the_same_words(self, service, api_key):
        answer = await service.exchange_key(api_key)
        other = await service.exchange_key("ak_unknown")

        assert is_problem(answer, 401, "credential_invalid")
        assert answer.json()["detail"] == other.json()["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_the_key_is_never_repeated(self, service):
        answer = await service.exchange_key("ak_mistyped_secret")

        assert "mistyped" not in answer.text

    async def test_a_local_key_is_nothing_outside_local(self, service):
        service.change(is_local=False)
        answer = await service.exchange_key(LOCAL_KEY)

        assert is_problem(answer, 401, "credential_invalid")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"exp": SECONDS - 31}, "token_expired"),
            ({"nbf": SECONDS + 31}, "token_invalid"),
            ({"iss": ISSUER}, "token_invalid"),
            ({"aud": AUDIENCE}, "token_invalid"),
            ({"sub": ...}, "token_invalid"),
            ({"sub": 7}, "token_invalid"),
        ],
        ids=repr,
    )
    async def test_an_id_token_must_be_genuine_current_and_for_us(self, service, changes, code):
        id_token = await service.id_token(**changes)

        assert is_problem(await service.exchange(id_token, "org_acme"), 401, code)

    async def test_an_id_token_of_a_foreign_key_is_refused(self, service):
        answer = await service.exchange(signed(id_claims()), "org_acme")

        assert is_problem(answer, 401, "token_invalid")

    async def test_an_access_token_is_no_id_token(self, service):
        issued = await service.exchange_key(SECRET_KEY)
        answer = await service.exchange(issued.json()["access_token"], "org_globex")

        assert is_problem(answer, 401, "token_invalid")

    async def test_an_id_token_is_no_access_token(self, service):
        headers = {"Authorization": f"Bearer {await service.id_token(sub='usr_ada')}"}

        assert is_problem(
            await service.client.get("/api/v1/me", headers=headers), 401, "token_invalid"
        )


class Test403:
    async def test_who_is_no_member_learns_nothing_of_the_organisation(self, service):
        id_token = await service.id_token(sub="usr_bob")
        existing = await service.exchange(id_token, "org_acme")
        missing = await service.exchange(id_token, "org_nowhere")

        assert is_problem(existing, 403, "not_a_member")
        assert existing.json()["detail"] == missing.json()["detail"]

    async def test_a_user_the_store_does_not_know_is_no_member(self, service):
        stranger = await service.id_token(sub="usr_eve")

        assert is_problem(await service.exchange(stranger, "org_acme"), 403, "not_a_member")
        assert is_problem(await service.exchange(stranger, ...), 403, "not_a_member")


class Test413:
    async def test_a_body_may_have_64_kib(self, service):
        good = json.dumps({"api_key": SECRET_KEY})
        headers = {"Content-Type": "application/json"}
        largest = await service.client.post(TOKEN_URL, content=good.ljust(65_536), headers=headers)
        larger = await service.client.post(TOKEN_URL, content=good.ljust(65_537), headers=headers)

        assert largest.status_code == 200
        assert is_problem(larger, 413, "body_too_large")
        assert "65536" in larger.json()["detail"]

    async def test_an_endless_body_is_cut_off(self, service):
        sent = 0

        async def endless():
            nonlocal sent
            while True:
                sent += 1
                yield b"x" * 1024

        headers = {"Content-Type": "application/json"}
        answer = await service.client.post(TOKEN_URL, content=endless(), headers=headers)

        assert is_problem(answer, 413, "body_too_large")
        assert sent < 100


class Test415:
    @pytest.mark.parametrize("media_type", [None, "text/plain", "multipart/form-data", "json", ""])
    async def test_only_json_and_forms_are_read(self, service, media_type):
        headers = {} if media_type is None else {"Content-Type": media_type}
        answer = await service.client.post(TOKEN_URL, content=b"{}", headers=headers)

        assert is_problem(answer, 415, "unsupported_media_type")
        assert "application/json" in answer.json()["detail"]


class Test422:
    @pytest.mark.parametrize(
        ("payload", "pointer"),
        [
            ({}, "/api_key"),
            ({"api_key": None}, "/api_key"),
            ({"api_key": 7}, "/api_key"),
            ({"api_key": ""}, "/api_key"),
            ({"api_key": "x" * 257}, "/api_key"),
            ([], ""),
            ("grant_type", ""),
            (7, ""),
            ({"grant_type": "password"}, "/grant_type"),
            ({"grant_type": TOKEN_EXCHANGE}, "/subject_token"),
        ],
        ids=repr,
    )
    async def test_a_wrong_field_is_pointed_at(self, service, payload, pointer):
        answer = await service.client.post(TOKEN_URL, json=payload)

        assert is_problem(answer, 422, "invalid_payload")
        assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("grant_type", "client_credentials"),
            ("subject_token", ...),
            ("subject_token", ""),
            ("subject_token_type", ...),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
            ("org_id", ""),
            ("org_id", "org/acme"),
            ("org_id", "org_acme\0"),
            ("org_id", "org_acme\n"),
            ("org_id", "x" * 129),
        ],
    )
    async def test_a_wrong_form_field_is_pointed_at(self, service, field, value):
        answer = await service.exchange("token", "org_acme", **{field: value})

        assert is_problem(answer, 422, "invalid_payload")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{field}"]

    @pytest.mark.parametrize("form", [b"", b"\xff", b"&".join([b"a=b"] * 21), b"%00=%ff"])
    async def test_any_form_is_answered(self, service, form):
        answer = await service.client.post(TOKEN_URL, content=form, headers=FORM)

        assert is_problem(answer, 422, "invalid_payload")

    async def test_a_repeated_form_field_is_ambiguous(self, service):
        form = urlencode([("org_id", "org_acme"), ("org_id", "org_globex")]).encode()
        answer = await service.client.post(TOKEN_URL, content=form, headers=FORM)

        assert is_problem(answer, 422, "invalid_payload")
        assert answer.json()["errors"][0]["pointer"] == "/org_id"


async def test_429_when_the_store_throttles(service):
    service.throttle()
    answer = await service.exchange_key(SECRET_KEY)

    assert is_problem(answer, 429, "throttled")
    assert answer.headers["retry-after"] == "3"


async def test_503_when_the_identity_provider_s_keys_cannot_be_had(service):
    id_token = await service.id_token(sub="usr_ada")
    service.lose_identity_provider()
    answer = await service.exchange(id_token, "org_acme")

    assert is_problem(answer, 503, "identity_provider_unavailable")
    assert answer.headers["retry-after"] == "30"
