"""On AWS, prod can have a firewall for its API and replicas, and survive the loss of its region."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.infra.aws_account import BUCKET, client, use_account
from tests.infra.aws_copies import FRONT, LOST, NEW, ROLES, TABLE, First, Recovered, deploy, recover
from tests.infra.terraform import REPOSITORY, Terraform
from tests.infra.walk import resources
from tests.stores.moto import moto_server

__all__ = ["moto_server"]

API = "api.example.com"


@pytest.fixture(scope="module")
def account(moto_server: str) -> Iterator[str]:
    with use_account(moto_server):
        yield moto_server


@pytest.fixture(scope="module")
def prod(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory, account: str) -> First:
    return deploy(terraform, tmp_path_factory.mktemp("options"), account)


@pytest.fixture(scope="module")
def recovered(prod: First, terraform: Terraform, account: str) -> Recovered:
    return recover(prod, terraform, account)


def test_the_gateway_accepts_only_clients_with_cloudfronts_certificate(prod: First):
    plan, build = prod.plan, prod.laptop / "build"
    authority = prod.root.path / "environments/prod.authority.pem"
    verified = subprocess.run(  # noqa: S603 - our own files
        ["openssl", "verify", "-purpose", "sslclient", "-CAfile", authority, build / "client.pem"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    gateway = plan.the("aws_apigatewayv2_domain_name")
    truststore = plan.the("aws_s3_object", "authority")
    (origin,) = plan.the(FRONT)["origin"]
    (settings,) = origin["custom_origin_config"]
    (client_certificate,) = settings["origin_mtls_config"]

    assert verified.returncode == 0, verified.stderr
    assert not [*build.glob("*.key")]
    assert truststore["content"] == authority.read_text()
    assert gateway["mutual_tls_authentication"][0]["truststore_uri"] == (
        f"s3://{truststore['bucket']}/{truststore['key']}"
    )
    assert plan.the("aws_apigatewayv2_api")["disable_execute_api_endpoint"] is True
    assert origin["domain_name"] == gateway["domain_name"] == f"origin.{API}"
    assert settings["origin_protocol_policy"] == "https-only"
    assert client_certificate["client_certificate_arn"].startswith("arn:aws:acm:us-east-1:")


def test_all_names_lead_to_their_targets_with_valid_certificates(prod: First):
    plan = prod.plan
    hosts = plan.of("aws_route53_record", "host")
    certificates = plan.of("aws_acm_certificate")
    distribution = plan.the(FRONT)
    gateway = plan.the("aws_apigatewayv2_domain_name")["domain_name_configuration"][0]

    assert plan.changes == {}
    assert plan.outputs["api_url"] == f"https://{API}"
    assert distribution["aliases"] == [API]
    assert hosts["api"]["alias"][0]["name"] == distribution["domain_name"]
    assert hosts["origin"]["alias"][0]["name"] == gateway["target_domain_name"]
    assert gateway["certificate_arn"] == certificates["origin"]["arn"]
    assert (
        distribution["viewer_certificate"][0]["acm_certificate_arn"] == certificates["api"]["arn"]
    )
    regions = {name: certificate["region"] for name, certificate in certificates.items()}
    assert regions == {"api": "us-east-1", "dashboard": LOST, "origin": LOST}


def test_nothing_is_cached_and_every_header_reaches_the_gateway(prod: First):
    (behaviour,) = prod.plan.the(FRONT)["default_cache_behavior"]

    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
    assert behaviour["cache_policy_id"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    # …/using-managed-origin-request-policies.html: all except Host, which is the gateway's own name
    assert behaviour["origin_request_policy_id"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    (cors,) = prod.plan.the("aws_apigatewayv2_api")["cors_configuration"]
    assert {*cors["allow_methods"], "OPTIONS"} <= set(behaviour["allowed_methods"])


def test_the_firewall_limits_tokens_and_addresses(prod: First):
    acl = prod.plan.of("aws_wafv2_web_acl", "api")["api"]
    rules = json.loads(acl["rule_json"])
    session: Any = botocore.session.Session()
    shape = session.get_service_model("wafv2").operation_model("CreateWebACL").input_shape
    report = ParamValidator().validate(rules, shape.members["Rules"])
    limits = {rule["Name"]: rule["Statement"]["RateBasedStatement"] for rule in rules}

    assert not report.has_errors(), report.generate_report()
    assert (acl["scope"], acl["region"]) == ("CLOUDFRONT", "us-east-1")
    assert prod.plan.the(FRONT)["web_acl_id"] == acl["arn"]
    assert {name: limit["Limit"] for name, limit in limits.items()} == {
        "requests-per-token": 30000,
        "tokens-per-address": 1000,
        "requests-per-address": 30000,
    }
    assert limits["requests-per-token"]["CustomKeys"][0]["Header"]["Name"] == "authorization"
    scope = limits["tokens-per-address"]["ScopeDownStatement"]["ByteMatchStatement"]
    document = json.loads((REPOSITORY / "infra/openapi.json").read_text())
    limited = [
        operations["post"]["operationId"]
        for path, operations in document["paths"].items()
        if path.startswith(scope["SearchString"])
    ]
    assert scope["PositionalConstraint"] == "STARTS_WITH"
    assert sorted(limited) == ["issue_token", "open_share"]


def test_clients_send_refused_requests_again(prod: First):
    """The SDK retries 429, but a browser shows it only responses with CORS headers."""
    rules = json.loads(prod.plan.of("aws_wafv2_web_acl", "api")["api"]["rule_json"])
    for rule in rules:
        response = rule["Action"]["Block"]["CustomResponse"]
        headers = {one["Name"]: one["Value"] for one in response["ResponseHeaders"]}

        assert response["ResponseCode"] == 429
        assert int(headers["Retry-After"]) > 0
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_every_table_has_a_protected_replica_and_a_stream_for_it(prod: First):
    for name, table in prod.plan.of(TABLE).items():
        (replica,) = table["replica"]

        assert replica["region_name"] == NEW, name
        assert replica["deletion_protection_enabled"] is True
        assert replica["point_in_time_recovery"] is True
        assert (table["stream_enabled"], table["stream_view_type"]) == (True, "NEW_AND_OLD_IMAGES")


@pytest.mark.full
def test_only_the_functions_of_the_first_copy_are_stopped(recovered: Recovered):
    iam = client(recovered.account, "iam", LOST)
    stopped = {
        name: [
            p["PolicyName"]
            for p in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        ]
        for name in ROLES
    }
    roles = [
        one for one in recovered.first.plan.each("aws_iam_role") if "dashboard" not in one["name"]
    ]

    assert stopped == {
        "analytics-prod-ingest-events": ["AWSDenyAll"],
        "analytics-prod-plan": [],
        "analytics-build": [],
    }
    for role in roles:
        assert role["description"].startswith("The permissions of "), role["name"]
        assert role["force_detach_policies"] is True


@pytest.mark.full
def test_the_tables_are_imported_without_a_change(recovered: Recovered):
    changes = recovered.second.json["resource_changes"]
    imported = {
        change["address"]: change["change"]["actions"]
        for change in changes
        if "importing" in change["change"]
    }
    front = imported.pop('aws_cloudfront_distribution.api["api"]')
    others = [
        change["change"]["actions"]
        for change in changes
        if change["mode"] == "managed" and "importing" not in change["change"]
    ]

    assert front == ["update"]
    tables = {one.address for one in recovered.first.plan.resources if one.type == TABLE}
    assert imported == {address: ["no-op"] for address in tables}
    assert {*map(tuple, others)} == {("create",)}


@pytest.mark.full
def test_the_second_copy_shares_only_tables_and_public_names(recovered: Recovered):
    """Names of these types are unique in all regions of an account, or in all of AWS."""
    first, second = recovered.first.plan, recovered.second
    for kind in ("aws_budgets_budget", "aws_iam_role", "aws_s3_bucket", "aws_wafv2_web_acl"):
        names = [
            {one.get("bucket") or one["name"] for one in plan.each(kind)}
            for plan in (first, second)
        ]
        assert names[0].isdisjoint(names[1]), kind
    for kind in (TABLE, "aws_route53_record"):
        records = [
            {one["name"] for one in plan.each(kind) if one.get("name")} for plan in (first, second)
        ]
        assert records[1] <= records[0], kind
    hosts = second.of("aws_route53_record", "host")
    assert {one["allow_overwrite"] for one in hosts.values()} == {True}
    assert not any(
        one["allow_overwrite"] for one in first.of("aws_route53_record", "host").values()
    )


@pytest.mark.full
def test_the_functions_of_the_second_copy_use_the_replicas(recovered: Recovered):
    functions = recovered.second.of("aws_lambda_function")
    variables = functions["ingest_events"]["environment"][0]["variables"]
    mappings = recovered.second.of("aws_lambda_event_source_mapping")

    assert functions["ingest_events"]["function_name"] == "analytics-prod-2-ingest-events"
    assert variables["ANALYTICS_DYNAMODB_TABLE_PREFIX"] == "analytics-prod-"
    assert variables["ANALYTICS_JWT_ISSUER"] == f"https://{API}"
    for mapping in mappings.values():
        assert f":{NEW}:" in mapping["event_source_arn"]
    state = resources(recovered.first.folder / "accounts" / f"{BUCKET}-2" / "analytics.tfstate")
    task = state["aws_ecs_task_definition.dashboard"]
    (container,) = json.loads(task["container_definitions"])
    assert f".{NEW}.amazonaws.com/analytics-app@" in container["image"]


@pytest.mark.full
def test_the_second_copy_has_a_state_and_a_registry_of_its_own(recovered: Recovered):
    bucket = f"{BUCKET}-2"
    s3, ecr = (client(recovered.account, service, NEW) for service in ("s3", "ecr"))

    assert (recovered.first.folder / "accounts" / bucket / "analytics.tfstate").exists()
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == NEW
    assert len(ecr.describe_repositories()["repositories"]) == 2


@pytest.mark.full
def test_the_metrics_are_corrected_before_the_lake_is_built_again(recovered: Recovered):
    calls = (recovered.first.folder / "calls").read_text().splitlines()
    commands = [" ".join(json.loads(call)) for call in calls]
    corrected = next(i for i, one in enumerate(commands) if "analytics recount --from" in one)

    assert commands[corrected].endswith("--repair")
    assert "analytics lake rebuild" in commands[corrected + 1]


@pytest.mark.full
def test_the_deletion_of_the_first_copy_keeps_what_the_second_uses(
    recovered: Recovered, terraform: Terraform
):
    state = recovered.delete_first()

    assert json.loads(state.read_text())["resources"] == []
    existing = {(kind, values.get("name")) for (kind, _), values in terraform.aws.items()}
    for table in recovered.second.each(TABLE):
        assert (TABLE, table["name"]) in existing
    assert (FRONT, recovered.first.plan.the(FRONT)["id"]) in terraform.aws
    assert ("aws_iam_role", "analytics-prod-2-ingest-events") in existing
    assert ("aws_iam_role", "analytics-prod-ingest-events") not in existing
