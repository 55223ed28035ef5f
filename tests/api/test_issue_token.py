"""POST /api/v1/auth/token, one test class per response status."""

import json
from urllib.parse import urlencode

import pytest

from api.auth.keys.file import FileKeySource
from api.routers.auth import TOKEN_EXCHANGE
from tests.api.token_service import (
    LOCAL_KEY,
    PUBLISHABLE_KEY,
    SECRET_KEY,
    TOKEN_URL,
    claims_of,
    id_claims,
    is_problem,
)
from tests.support import START
from tests.tokens import AUDIENCE, ISSUER, signed

SECONDS = int(START.timestamp())
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

KEY_SCOPES = "events:read events:write insights:read metrics:read"
MEMBER_SCOPES = f"{KEY_SCOPES} views:write"
ADMIN_SCOPES = f"{KEY_SCOPES} keys:manage organization:manage privacy:manage views:write"
ADMIN_SCOPES = " ".join(sorted(ADMIN_SCOPES.split()))


class Test200:
    @pytest.mark.parametrize(
        ("api_key", "scope"),
        [
            (SECRET_KEY, KEY_SCOPES),
            (PUBLISHABLE_KEY, "events:write"),
            (LOCAL_KEY, KEY_SCOPES),
        ],
    )
    async def test_the_kind_of_api_key_determines_the_scopes(self, service, api_key, scope):
        response = await service.exchange_key(api_key)
        body = response.json()

        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 900, scope)

    async def test_the_token_has_the_documented_claims(self, service):
        claims = claims_of(await service.exchange_key(SECRET_KEY))

        assert claims.pop("sub").startswith("api_key:")
        assert len(claims.pop("jti")) >= 32
        assert claims == {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "org_id": "org_acme",
            "scope": KEY_SCOPES,
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

    async def test_a_user_gets_a_new_token_every_time(self, service):
        id_token = await service.id_token(sub="usr_ada")
        responses = [await service.exchange(id_token, "org_acme") for _ in range(2)]

        assert claims_of(responses[0])["jti"] != claims_of(responses[1])["jti"]

    @pytest.mark.parametrize(
        ("user_id", "org_id", "role", "scope"),
        [
            ("usr_ada", "org_acme", "admin", ADMIN_SCOPES),
            ("usr_ada", "org_globex", "viewer", "events:read insights:read metrics:read"),
            ("usr_bob", "org_globex", "member", MEMBER_SCOPES),
        ],
    )
    async def test_a_users_role_in_the_organisation_determines_the_scopes(
        self, service, user_id, org_id, role, scope
    ):
        response = await service.exchange(await service.id_token(sub=user_id), org_id)
        claims = claims_of(response)

        assert response.status_code == 200
        assert response.json()["scope"] == claims["scope"] == scope
        assert (claims["sub"], claims["org_id"], claims["role"]) == (user_id, org_id, role)
        assert (
            response.json()["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
        )

    @pytest.mark.parametrize(
        ("user_id", "org_id"), [("usr_ada", "org_acme"), ("usr_bob", "org_globex")]
    )
    async def test_the_default_organisation_is_the_users_first(self, service, user_id, org_id):
        response = await service.exchange(await service.id_token(sub=user_id), ...)

        assert response.status_code == 200
        assert claims_of(response)["org_id"] == org_id

    async def test_the_grant_may_be_json_or_a_form(self, service):
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

    async def test_the_token_is_accepted_by_the_api(self, service):
        response = await service.exchange_key(SECRET_KEY)

        assert (await service.me(response)).status_code == 200

    async def test_an_expired_token_is_refused(self, service):
        response = await service.exchange_key(SECRET_KEY)
        service.clock.forward(minutes=15, seconds=30)

        assert is_problem(await service.me(response), 401, "token_expired")


class Test400:
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"{'api_key': 1}", b"NaN", b'"\\ud800"', b"\xff", b"[" * 10_000]
    )
    async def test_a_body_that_is_not_json_is_malformed(self, service, body):
        headers = {"Content-Type": "application/json"}
        response = await service.client.post(TOKEN_URL, content=body, headers=headers)

        assert is_problem(response, 400, "malformed_json")


class Test401:
    @pytest.mark.parametrize(
        "api_key",
        ["ak_acme_1f2e3", "ak_acme_1f2e3d ", "AK_ACME_1F2E3D", "x", "é", "a\0b", "ak_" * 80],
    )
    async def test_unknown_and_malformed_keys_get_the_same_error(self, service, api_key):
        response = await service.exchange_key(api_key)
        other = await service.exchange_key("ak_unknown")

        assert is_problem(response, 401, "credential_invalid")
        assert response.json()["detail"] == other.json()["detail"]
        assert response.headers["www-authenticate"] == "Bearer"

    async def test_the_response_never_contains_the_key(self, service):
        response = await service.exchange_key("ak_mistyped_secret")

        assert "mistyped" not in response.text

    async def test_a_local_key_is_invalid_outside_the_local_environment(self, service):
        service.change(is_local=False)
        response = await service.exchange_key(LOCAL_KEY)

        assert is_problem(response, 401, "credential_invalid")

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
    async def test_an_id_token_must_have_valid_claims(self, service, changes, code):
        id_token = await service.id_token(**changes)

        assert is_problem(await service.exchange(id_token, "org_acme"), 401, code)

    async def test_an_id_token_of_a_foreign_key_is_refused(self, service):
        response = await service.exchange(signed(id_claims()), "org_acme")

        assert is_problem(response, 401, "token_invalid")

    async def test_an_access_token_is_not_accepted_as_an_id_token(self, service):
        issued = await service.exchange_key(SECRET_KEY)
        response = await service.exchange(issued.json()["access_token"], "org_globex")

        assert is_problem(response, 401, "token_invalid")

    async def test_an_id_token_is_not_accepted_as_an_access_token(self, service):
        headers = {"Authorization": f"Bearer {await service.id_token(sub='usr_ada')}"}

        assert is_problem(
            await service.client.get("/api/v1/me", headers=headers), 401, "token_invalid"
        )


class Test403:
    async def test_a_non_member_cannot_tell_whether_the_organisation_exists(self, service):
        id_token = await service.id_token(sub="usr_bob")
        existing = await service.exchange(id_token, "org_acme")
        missing = await service.exchange(id_token, "org_nowhere")

        assert is_problem(existing, 403, "not_a_member")
        assert existing.json()["detail"] == missing.json()["detail"]

    async def test_a_user_missing_from_the_store_is_not_a_member(self, service):
        stranger = await service.id_token(sub="usr_eve")

        assert is_problem(await service.exchange(stranger, "org_acme"), 403, "not_a_member")
        assert is_problem(await service.exchange(stranger, ...), 403, "not_a_member")


class Test413:
    async def test_a_body_may_be_up_to_64_kib(self, service):
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
        response = await service.client.post(TOKEN_URL, content=endless(), headers=headers)

        assert is_problem(response, 413, "body_too_large")
        assert sent < 100


class Test415:
    @pytest.mark.parametrize("media_type", [None, "text/plain", "multipart/form-data", "json", ""])
    async def test_only_json_and_forms_are_read(self, service, media_type):
        headers = {} if media_type is None else {"Content-Type": media_type}
        response = await service.client.post(TOKEN_URL, content=b"{}", headers=headers)

        assert is_problem(response, 415, "unsupported_media_type")
        assert "application/json" in response.json()["detail"]


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
    async def test_the_error_points_at_the_invalid_field(self, service, payload, pointer):
        response = await service.client.post(TOKEN_URL, json=payload)

        assert is_problem(response, 422, "invalid_payload")
        assert pointer in [fault["pointer"] for fault in response.json()["errors"]]

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
            ("org_id", ".."),
        ],
    )
    async def test_the_error_points_at_the_invalid_form_field(self, service, field, value):
        response = await service.exchange("token", "org_acme", **{field: value})

        assert is_problem(response, 422, "invalid_payload")
        assert [fault["pointer"] for fault in response.json()["errors"]] == [f"/{field}"]

    @pytest.mark.parametrize("form", [b"", b"\xff", b"&".join([b"a=b"] * 21), b"%00=%ff"])
    async def test_unusual_forms_are_refused_as_invalid(self, service, form):
        response = await service.client.post(TOKEN_URL, content=form, headers=FORM)

        assert is_problem(response, 422, "invalid_payload")

    async def test_an_api_key_is_accepted_as_json_only(self, service):
        response = await service.client.post(TOKEN_URL, data={"api_key": SECRET_KEY})

        assert is_problem(response, 422, "invalid_payload")

    async def test_a_repeated_form_field_is_refused(self, service):
        form = urlencode([("org_id", "org_acme"), ("org_id", "org_globex")]).encode()
        response = await service.client.post(TOKEN_URL, content=form, headers=FORM)

        assert is_problem(response, 422, "invalid_payload")
        assert response.json()["errors"][0]["pointer"] == "/org_id"


async def test_429_when_the_store_throttles(service):
    service.throttle()
    response = await service.exchange_key(SECRET_KEY)

    assert is_problem(response, 429, "throttled")
    assert response.headers["retry-after"] == "3"


async def test_503_when_the_identity_providers_keys_are_unavailable(service):
    id_token = await service.id_token(sub="usr_ada")
    service.lose_identity_provider()
    response = await service.exchange(id_token, "org_acme")

    assert is_problem(response, 503, "identity_provider_unavailable")
    assert response.headers["retry-after"] == "30"
