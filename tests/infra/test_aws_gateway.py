"""The HTTP API on AWS has the routes of the OpenAPI document and the service's CORS rules."""

import json
import re

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.manifest import FUNCTIONS
from api.settings import Settings
from tests.infra.plan import Plan
from tests.infra.terraform import REPOSITORY, Terraform

DOCUMENT = json.loads((REPOSITORY / "infra/openapi.json").read_text())
OPERATIONS = {
    operation["operationId"]: (f"{method.upper()} {path}", bool(operation.get("security")))
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
FUNCTION_OF = {operation: name for name, each in FUNCTIONS.items() for operation in each.operations}


@pytest.fixture(scope="module")
def aws(terraform: Terraform) -> Plan:
    return terraform.applied("aws", "prod")


def test_routes_equal_the_documents_operations(aws: Plan):
    routes = aws.of("aws_apigatewayv2_route")

    assert {name: route["route_key"] for name, route in routes.items()} == {
        name: key for name, (key, _) in OPERATIONS.items()
    }
    assert {name for name, route in routes.items() if route["authorization_type"] == "JWT"} == {
        name for name, (_, is_protected) in OPERATIONS.items() if is_protected
    }


def test_only_routes_without_token_or_with_their_own_check_are_public(aws: Plan):
    public = aws.of("aws_apigatewayv2_route", "public")

    assert set(public) == {
        "accept_invitation",  # verifies the ID token in its body
        "beacon_events",
        "check_health",
        "create_organization",  # as accept_invitation does
        "describe_issuer",
        "issue_token",
        "open_share",
        "publish_keys",
    }


def test_every_route_invokes_the_function_of_its_operation(aws: Plan):
    integrations = aws.of("aws_apigatewayv2_integration")
    aliases = aws.of("aws_lambda_alias")
    permissions = aws.of("aws_lambda_permission", "gateway")
    api = aws.the("aws_apigatewayv2_api")["execution_arn"]
    for name, route in aws.of("aws_apigatewayv2_route").items():
        function = FUNCTION_OF[name]

        assert route["target"] == f"integrations/{integrations[function]['id']}"
        assert integrations[function]["integration_uri"] == aliases[function]["invoke_arn"]
        assert integrations[function]["payload_format_version"] == "2.0"
        method, path = OPERATIONS[name][0].split(" ")
        assert permissions[name]["source_arn"] == f"{api}/*/{method}{path}"
        assert permissions[name]["qualifier"] == "live"


def test_the_gateway_verifies_the_tokens_that_the_service_issues(aws: Plan):
    authorizer = aws.the("aws_apigatewayv2_authorizer")
    (jwt,) = authorizer["jwt_configuration"]
    functions = aws.of("aws_lambda_function")
    issued = functions["issue_token"]["environment"][0]["variables"]

    assert authorizer["authorizer_type"] == "JWT"
    assert jwt["issuer"] == issued["ANALYTICS_JWT_ISSUER"] == aws.outputs["api_url"]
    assert jwt["audience"] == [issued["ANALYTICS_JWT_AUDIENCE"]]


def test_the_issuer_is_available_before_the_authorizer_is_created(terraform: Terraform):
    """Check Terraform's graph. AWS rejects an issuer if it can't read its configuration."""
    edges = re.findall(r'"(.+)" -> "(.+)";', terraform.root("aws").run("graph"))

    def all_before(node: str) -> set[str]:
        direct = {first for then, first in edges if then == node}
        return direct.union(*map(all_before, direct))

    assert all_before("aws_apigatewayv2_authorizer.token") >= {
        "aws_apigatewayv2_api_mapping.api",
        "aws_apigatewayv2_route.public",
        "aws_apigatewayv2_stage.default",
        "aws_route53_record.host",
        "aws_iam_role_policy.function",
        "aws_lambda_function.this",
        "aws_lambda_permission.gateway",
    }
    assert "aws_apigatewayv2_authorizer.token" in all_before("aws_apigatewayv2_route.protected")


async def test_preflight_responses_equal_the_services(aws: Plan):
    (cors,) = aws.the("aws_apigatewayv2_api")["cors_configuration"]
    (origin,) = cors["allow_origins"]
    app = create_app(Settings(cors_origins=(origin,)), folds=False)
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight_response = await _send(app, "OPTIONS", preflight)
    response = await _send(app, "GET", {"Origin": origin})

    assert _list(preflight_response["access-control-allow-methods"]) == set(cors["allow_methods"])
    always = {
        "Accept",
        "Accept-Language",
        "Content-Language",
    }  # Starlette also lists the headers that need no permission
    assert _list(preflight_response["access-control-allow-headers"]) - always == set(
        cors["allow_headers"]
    )
    assert preflight_response["access-control-max-age"] == str(cors["max_age"])
    assert _list(response["access-control-expose-headers"]) == set(cors["expose_headers"])
    assert "access-control-allow-credentials" not in preflight_response
    assert cors["allow_credentials"] is False


async def _send(app: FastAPI, method: str, headers: dict[str, str]) -> dict[str, str]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://api.test") as client:
        return dict((await client.request(method, "/api/v1/events", headers=headers)).headers)


def _list(header: str) -> set[str]:
    return {part.strip() for part in header.split(",")}


def test_routes_for_credentials_have_a_lower_limit_than_the_default(aws: Plan):
    stage = aws.the("aws_apigatewayv2_stage")
    (default,), credentials = stage["default_route_settings"], stage["route_settings"]

    assert stage["name"] == "$default"
    assert default["throttling_rate_limit"] == 2000
    assert {one["route_key"] for one in credentials} == {
        OPERATIONS[name][0] for name in ("issue_token", "open_share")
    }
    assert [one["throttling_rate_limit"] for one in credentials] == [50, 50]


def test_the_access_log_is_json_and_the_objectives_use_its_fields(aws: Plan):
    line = aws.the("aws_apigatewayv2_stage")["access_log_settings"][0]["format"]
    values = {"$context.status": "201", "$context.responseLatency": "12"}
    for variable, value in values.items():
        line = line.replace(variable, value)
    fields = json.loads(line)
    bad = aws.of("aws_cloudwatch_log_metric_filter")["bad"]["pattern"]

    assert (fields["status"], fields["latency"]) == (201, 12)
    for operation in ("ingest_events", "beacon_events"):
        assert f'$.route = "{OPERATIONS[operation][0]}"' in bad
    named = {name for name in fields if f"$.{name} " in bad}
    assert named == {"route", "status", "latency", "integrationStatus"}
