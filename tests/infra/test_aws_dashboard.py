"""On AWS, people can sign in to a dashboard, which has the same domain as the API."""

import json
import re
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.infra.plan import Plan
from tests.infra.terraform import REPOSITORY, ROOTS, Terraform

APP_SETTINGS = (REPOSITORY / "src/app/server/settings.ts").read_text()
README = (ROOTS / "aws/README.md").read_text()
API, APP = "api.example.com", "app.example.com"


@pytest.fixture(scope="module")
def prod(terraform: Terraform) -> Plan:
    return terraform.applied("aws", "prod")


@pytest.fixture
def container(prod: Plan) -> dict[str, Any]:
    (container,) = json.loads(prod.the("aws_ecs_task_definition")["container_definitions"])
    return container


def values(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["environment"]}


def statements(policy: str) -> list[dict[str, Any]]:
    return json.loads(policy)["Statement"]


def test_both_hosts_have_certificates_and_names(prod: Plan):
    hosts = prod.of("aws_route53_record", "host")
    checked = prod.of("aws_acm_certificate_validation")
    names = prod.the("aws_apigatewayv2_domain_name")["domain_name_configuration"][0]
    balancer, listener = prod.the("aws_lb"), prod.the("aws_lb_listener")

    assert {name: host["name"] for name, host in hosts.items()} == {"api": API, "dashboard": APP}
    assert hosts["api"]["alias"][0]["name"] == names["target_domain_name"]
    assert hosts["dashboard"]["alias"][0]["name"] == balancer["dns_name"]
    assert names["certificate_arn"] == checked["api"]["certificate_arn"]
    assert listener["certificate_arn"] == checked["dashboard"]["certificate_arn"]
    assert (listener["protocol"], listener["port"]) == ("HTTPS", 443)


def test_the_domain_is_the_issuers_and_the_apis_only_address(prod: Plan):
    api = prod.the("aws_apigatewayv2_api")
    mapping = prod.the("aws_apigatewayv2_api_mapping")

    assert prod.outputs["api_url"] == f"https://{API}"
    assert prod.outputs["dashboard_url"] == f"https://{APP}"
    assert api["disable_execute_api_endpoint"] is True
    assert mapping["api_id"] == api["id"]
    assert f"https://{APP}" in api["cors_configuration"][0]["allow_origins"]


def test_without_a_domain_there_is_no_dashboard(terraform: Terraform):
    dev = terraform.applied("aws", "dev")

    assert dev.outputs["dashboard_url"] is None
    assert dev.the("aws_apigatewayv2_api")["disable_execute_api_endpoint"] is False
    for kind in (
        "aws_lb",
        "aws_vpc",
        "aws_ecs_service",
        "aws_acm_certificate",
        "aws_wafv2_web_acl",
    ):
        assert not dev.of(kind)


def test_the_dashboard_has_its_settings(prod: Plan, container: dict[str, Any]):
    known = {f"ANALYTICS_{name}" for name in re.findall(r'value\("(\w+)"\)', APP_SETTINGS)}
    given = values(container)
    secrets = {one["name"]: one["valueFrom"] for one in container["secrets"]}
    arns = {s["name"]: s["arn"] for s in prod.of("aws_secretsmanager_secret").values()}

    assert given.keys() | secrets.keys() <= known
    assert given["ANALYTICS_API_URL"] == given["ANALYTICS_PUBLIC_API_URL"] == f"https://{API}"
    assert given["ANALYTICS_DASHBOARD_URL"] == f"https://{APP}"
    assert "openid" in given["ANALYTICS_OIDC_SCOPE"]
    assert secrets == {
        "ANALYTICS_SESSION_SECRET": arns["analytics-prod-session"],
        "ANALYTICS_OIDC_CLIENT_SECRET": arns["analytics-prod-oidc-client"],
    }


def test_the_dashboard_and_the_functions_use_the_same_provider(
    prod: Plan, container: dict[str, Any]
):
    function = prod.of("aws_lambda_function")["issue_token"]["environment"][0]["variables"]
    for name in ("ANALYTICS_ENV", "ANALYTICS_OIDC_ISSUER", "ANALYTICS_OIDC_AUDIENCE"):
        assert values(container)[name] == function[name]


def test_only_the_load_balancer_connects_to_the_tasks(prod: Plan):
    service = prod.the("aws_ecs_service")
    groups = {name: group["id"] for name, group in named(prod, "aws_security_group").items()}
    inbound = prod.resources
    rules = [r for r in inbound if r.type == "aws_vpc_security_group_ingress_rule"]
    to_tasks = [r.values for r in rules if r.values["security_group_id"] == groups["tasks"]]

    assert service["network_configuration"][0]["security_groups"] == [groups["tasks"]]
    assert [rule["referenced_security_group_id"] for rule in to_tasks] == [groups["balancer"]]
    (balancer,) = [r.values for r in rules if r.values["security_group_id"] == groups["balancer"]]
    assert (balancer["cidr_ipv4"], balancer["from_port"]) == ("0.0.0.0/0", 443)


def named(plan: Plan, kind: str) -> dict[str, Any]:
    return {one.name: one.values for one in plan.resources if one.type == kind}


def test_the_image_is_used_by_digest_and_a_faulty_one_is_rolled_back(
    prod: Plan, container: dict[str, Any]
):
    service = prod.the("aws_ecs_service")

    assert "@sha256:" in container["image"]
    assert not container.get("privileged")
    assert service["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
    assert service["wait_for_steady_state"] is True
    assert service["desired_count"] == 2
    assert len(prod.of("aws_subnet")) == 2
    assert prod.the("aws_lb_target_group")["health_check"][0]["path"] == "/healthz"


def test_the_role_only_starts_tasks(prod: Plan, container: dict[str, Any]):
    policy = statements(prod.the("aws_iam_role_policy", "dashboard")["policy"])
    everywhere = [one["Action"] for one in policy if one["Resource"] == "*"]
    pulled = next(one for one in policy if "ecr:BatchGetImage" in one["Action"])
    secrets = next(one for one in policy if one["Action"] == "secretsmanager:GetSecretValue")

    assert everywhere == ["ecr:GetAuthorizationToken"]
    assert pulled["Resource"].endswith(":repository/analytics-app")
    assert set(secrets["Resource"]) == {one["valueFrom"] for one in container["secrets"]}
    assert prod.the("aws_ecs_task_definition")["task_role_arn"] is None
    (trusted,) = statements(prod.the("aws_iam_role", "dashboard")["assume_role_policy"])
    assert trusted["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}


def test_the_firewall_limits_requests_per_address(prod: Plan):
    acl = prod.the("aws_wafv2_web_acl")
    rules = json.loads(acl["rule_json"])
    session: Any = botocore.session.Session()
    shape = session.get_service_model("wafv2").operation_model("CreateWebACL").input_shape
    report = ParamValidator().validate(rules, shape.members["Rules"])

    assert not report.has_errors(), report.generate_report()
    assert rules[0]["Statement"]["RateBasedStatement"]["Limit"] == 2000
    assert prod.the("aws_wafv2_web_acl_association")["resource_arn"] == prod.the("aws_lb")["arn"]


def test_the_options_are_off_by_default(prod: Plan):
    tables = prod.of("aws_dynamodb_table")

    assert not prod.of("aws_cloudfront_distribution")
    assert prod.the("aws_apigatewayv2_domain_name")["domain_name"] == API
    assert not any(table["replica"] for table in tables.values())
    assert [name for name, table in tables.items() if table["stream_enabled"]] == ["events"]


def test_the_readme_says_what_the_firewall_does_not_protect():
    assert "HTTP APIs support neither" in README
    assert "`firewall` protects only the dashboard" in README.replace("\n", " ")
