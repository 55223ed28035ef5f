"""The gateway on Azure has the API's operations, checks and limits."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from starlette.middleware.cors import CORSMiddleware

from api.app import create_app
from api.errors import STATUS_AND_TITLE
from api.hosting import Endpoint
from api.routers import (
    alerts,
    annotations,
    auth,
    beacon,
    boards,
    event_payloads,
    insights,
    invitations,
    joining,
    keys,
    members,
    open_share,
    organization,
    privacy,
    shares,
    views,
)
from api.settings import Settings
from tests.infra.gateway import parsed
from tests.infra.gateway_expressions import value_of

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "infra/terraform/azure/policies"
DOCUMENT = json.loads((ROOT / "infra/openapi.json").read_text())
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
APP = "function_app_flex_consumption"
WITH_A_BODY = {"POST", "PATCH"}
HASHING = {"beacon_events", "ingest_events", "rollup_metrics"}
BODY_LIMITS = {
    "ingest_events": event_payloads.BODY_BYTES_MAX,
    "beacon_events": beacon.BODY_BYTES_MAX,
    "issue_token": auth.BODY_BYTES_MAX,
    "open_share": open_share.BODY_BYTES_MAX,
    "query_trends": insights.BODY_BYTES_MAX,
    "query_funnel": insights.BODY_BYTES_MAX,
    "list_dropped_users": insights.BODY_BYTES_MAX,
    "query_retention": insights.BODY_BYTES_MAX,
    "create_key": keys.BODY_BYTES_MAX,
    "update_organization": organization.BODY_BYTES_MAX,
    "add_member": members.BODY_BYTES_MAX,
    "change_member": members.BODY_BYTES_MAX,
    "create_invitation": invitations.BODY_BYTES_MAX,
    "create_erasure": privacy.BODY_BYTES_MAX,
    "create_view": views.BODY_BYTES_MAX,
    "update_view": views.BODY_BYTES_MAX,
    "create_board": boards.BODY_BYTES_MAX,
    "update_board": boards.BODY_BYTES_MAX,
    "create_annotation": annotations.BODY_BYTES_MAX,
    "update_annotation": annotations.BODY_BYTES_MAX,
    "create_share": shares.BODY_BYTES_MAX,
    "create_alert": alerts.BODY_BYTES_MAX,
    "update_alert": alerts.BODY_BYTES_MAX,
    "rotate_alert_secret": alerts.BODY_BYTES_MAX,  # they have no body
    "test_alert": alerts.BODY_BYTES_MAX,
    "accept_invitation": joining.BODY_BYTES_MAX,
    "create_organization": joining.BODY_BYTES_MAX,
}


def functions_of_operations():
    """Return the folder in functions/ that serves each operation, according to its code."""
    names = [p.stem for p in (ROOT / "functions").glob("*.py") if not p.stem.startswith("_")]
    entries = {name: import_module(f"functions.{name}").function for name in names}
    return {
        route.operation_id: name
        for name, entry in entries.items()
        if isinstance(entry, Endpoint)
        for route in entry.routes
    }


def policy_of(azure, operation):
    policies = azure.of("api_management_api_operation_policy")
    return parsed(policies[operation]["xml_content"])


def inbound(policy):
    (section,) = policy.iter("inbound")
    return [element.tag for element in section]


def test_operations_equal_those_of_the_openapi_document(azure):
    made = azure.of("api_management_api_operation")

    assert {k: (v["method"], v["url_template"]) for k, v in made.items()} == {
        name: (method, path) for name, (method, path, _) in OPERATIONS.items()
    }
    assert azure.the("api_management_api")["path"] == ""
    assert azure.the("api_management_api")["subscription_required"] is False
    assert [p["name"] for p in made["revoke_key"]["template_parameter"]] == ["key_id"]


def test_every_operation_reaches_the_function_that_serves_it(azure):
    hosts = {v["name"]: v["url"] for v in azure.each("api_management_backend")}
    apps = azure.of(APP)
    serves = functions_of_operations()

    assert set(serves) == set(OPERATIONS)
    for operation, function in serves.items():
        (backend,) = policy_of(azure, operation).iter("set-backend-service")
        assert (
            hosts[backend.attrib["backend-id"]] == f"https://{apps[function]['default_hostname']}"
        )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_checks_are_in_order_and_only_on_the_operations_that_need_them(azure, operation):
    method, _, documented = OPERATIONS[operation]
    is_protected = "security" in documented
    is_limited = azure.environment != "dev" and operation not in (
        "publish_keys",
        "describe_issuer",
        "check_health",
    )

    assert inbound(policy_of(azure, operation)) == [
        "base",
        *(["validate-jwt", "set-header"] if is_protected else []),
        *(["rate-limit-by-key"] if is_limited else []),
        *(["choose"] if method in WITH_A_BODY else []),
        "set-backend-service",
        "authentication-managed-identity",
    ]


def test_tokens_are_checked_as_in_the_app(azure):
    settings = azure.of(APP)["query_events"]["app_settings"]
    for operation, (_, _, documented) in OPERATIONS.items():
        for check in policy_of(azure, operation).iter("validate-jwt"):
            assert "security" in documented
            assert check.attrib["require-signed-tokens"] == "true"
            assert check.attrib["require-expiration-time"] == "true"
            issuer = settings["ANALYTICS_JWT_ISSUER"]
            (configuration,) = check.iter("openid-config")
            assert configuration.attrib["url"] == f"{issuer}/.well-known/openid-configuration"
            assert [i.text for i in check.iter("issuer")] == [issuer]
            assert [a.text for a in check.iter("audience")] == [settings["ANALYTICS_JWT_AUDIENCE"]]


def test_rate_limits_count_by_organisation_or_by_address(azure):
    if azure.environment == "dev":  # the tier in dev has no rate limits by key
        return
    for operation, (_, _, documented) in OPERATIONS.items():
        for limit in policy_of(azure, operation).iter("rate-limit-by-key"):
            expected = "org_id" if "security" in documented else "context.Request.IpAddress"
            assert expected in limit.attrib["counter-key"]
            assert limit.attrib["retry-after-variable-name"] == "retry-after"


@pytest.mark.parametrize("operation", BODY_LIMITS)
def test_body_limits_equal_the_apps(azure, operation):
    conditions = [w.attrib["condition"] for w in policy_of(azure, operation).iter("when")]

    assert any(c.endswith(f'"0")) > {BODY_LIMITS[operation]})') for c in conditions)


def test_every_operation_with_a_body_has_a_limit():
    assert set(BODY_LIMITS) == {o for o, (m, _, _) in OPERATIONS.items() if m in WITH_A_BODY}


def test_the_gateway_saves_the_callers_token_before_it_adds_its_own(azure):
    entra = azure.of(APP)["ingest_events"]["auth_settings_v2"][0]["active_directory_v2"][0]
    client = azure.the("user_assigned_identity", "gateway")["client_id"]
    for operation in OPERATIONS:
        (sign_in,) = policy_of(azure, operation).iter("authentication-managed-identity")
        assert sign_in.attrib["resource"] == f"api://{entra['client_id']}"
        assert entra["allowed_audiences"] == [entra["client_id"]]  # the audience of its token
        assert sign_in.attrib["client-id"] == client
        assert sign_in.attrib["ignore-error"] == "false"


def test_cors_rules_equal_the_apps(azure):
    (middleware,) = [m for m in create_app(Settings()).user_middleware if m.cls is CORSMiddleware]
    service = parsed(azure.the("api_management_policy")["xml_content"])
    (cors,) = service.iter("cors")
    (methods,) = cors.iter("allowed-methods")

    def listed(parent):
        return [element.text for element in cors.find(parent)]

    assert listed("allowed-methods") == middleware.kwargs["allow_methods"]
    assert listed("allowed-headers") == middleware.kwargs["allow_headers"]
    assert listed("expose-headers") == middleware.kwargs["expose_headers"]
    assert int(methods.attrib["preflight-result-max-age"]) == middleware.kwargs["max_age"]
    assert cors.attrib["allow-credentials"] == "false"
    dashboard = azure.the("container_app")["template"][0]["container"][0]["env"]
    (own,) = [e["value"] for e in dashboard if e["name"] == "ANALYTICS_DASHBOARD_URL"]
    assert listed("allowed-origins")[0] == own
    assert "*" not in listed("allowed-origins")


def test_problems_equal_the_apps():
    problems = json.loads((POLICIES / "problems.json").read_text())

    for code, problem in problems.items():
        assert (problem["status"], problem["title"]) == STATUS_AND_TITLE[code]
        assert ("Retry-After" in problem["headers"]) == (problem["status"] in (429, 503))
        assert ("WWW-Authenticate" in problem["headers"]) == (problem["status"] == 401)


def test_the_interpreter_supports_every_expression(azure):
    """Check that no expression is in a form that the interpreter in these tests would ignore."""
    documents = [azure.the("api_management_policy")["xml_content"]]
    documents += [v["xml_content"] for v in azure.each("api_management_api_operation_policy")]
    for document in documents:
        for element in parsed(document).iter():
            for text in (*element.attrib.values(), element.text or ""):
                if "@" in text:
                    assert text.strip().startswith("@("), text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ('@(new [] { "a", "b" }.Contains("b") ? "yes" : "no")', "yes"),
        ('@(long.Parse("12") > 11)', True),
        ('@(!("x" == "y"))', True),
        ('@(new JObject(new JProperty("a", 1)).ToString())', '{"a": 1}'),
    ],
)
def test_the_interpreter_evaluates_expressions_as_the_gateway_does(text, value):
    assert value_of(text, None) == value


def test_every_function_starts_with_its_settings(azure):
    for name, app in azure.of(APP).items():
        given = {k: v for k, v in app["app_settings"].items() if k.startswith("ANALYTICS_")}
        settings = Settings.from_environment(given)  # raises for invalid settings

        assert set(given) <= {
            f"ANALYTICS_{field.upper()}" for field in Settings.__dataclass_fields__
        }
        assert settings.env == azure.environment
        assert settings.trusts_forwarded_for
        assert bool(settings.key_vault_url) == (
            name in {"issue_token", "publish_keys", "query_events", "query_insights"} | HASHING
        )
        assert bool(settings.user_hash_secret_name) == (name in HASHING)
        assert bool(settings.signing_key) == (name in ("issue_token", "publish_keys"))
        assert settings.cors_origins == (settings.jwt_issuer,)
