"""Terraform's output `chart_values` and the examples of the chart together configure the API."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.plan import Plan
from tests.infra.terraform import Root, Terraform

RECORDED = Path(__file__).parent / "chart_values.json"
ISSUER = "https://oidc.cluster.example.com/id/1"
# Only these resources and those that they need are applied, to save a minute.
TARGETS = {
    "azure": (
        "azurerm_cosmosdb_sql_role_assignment.kubernetes",
        "azurerm_federated_identity_credential.kubernetes",
        "azurerm_key_vault_secret.oidc_client",
        "azurerm_key_vault_secret.session",
        "azurerm_role_assignment.kubernetes",
    ),
    "aws": (
        "aws_iam_role_policy.function",
        "aws_iam_role_policy.kubernetes",
        "aws_kms_alias.signing",
        "aws_s3_bucket.this",
    ),
}
VARIABLES = {"azure": ("-var=secrets_version={cursor=1, session=1, oidc_client=1}",), "aws": ()}
COSMOS_ROLE = "azurerm_cosmosdb_sql_role_assignment"
SERVICE_ACCOUNT = "system:serviceaccount:analytics:analytics-api"

type Applied = tuple[Root, Plan]


@pytest.fixture(scope="module", params=["azure", "aws"])
def applied(request: pytest.FixtureRequest, terraform: Terraform) -> Applied:
    """Return the development environment with a Kubernetes cluster, after an apply."""
    root = terraform.root(request.param)
    cluster = f'-var=kubernetes={{oidc_issuer="{ISSUER}"}}'
    targets = (f"-target={address}" for address in TARGETS[request.param])
    options = (cluster, *VARIABLES[request.param], *targets)
    root.apply("dev", *options)
    return root, root.plan("dev", *options)


def cloud(applied: Applied) -> str:
    return applied[0].path.name


def test_the_recorded_values_are_those_of_terraform(applied: Applied) -> None:
    """If this fails, write the values into chart_values.json, with which the chart is tested."""
    root, plan = applied
    values = json.loads(root.run("output", "-json", "chart_values"))

    assert plan.changes == {}
    assert json.loads(RECORDED.read_text())[cloud(applied)] == values


def test_the_dashboard_in_a_cluster_gets_the_settings_of_the_container_app(azure_prod: Resources):
    app = json.loads(RECORDED.read_text())["azure"]["app"]
    (container,) = azure_prod.the("container_app")["template"][0]["container"]
    addresses = {"ANALYTICS_API_URL", "ANALYTICS_DASHBOARD_URL", "ANALYTICS_PUBLIC_API_URL"}
    by_secret = {each["name"] for each in container["env"] if each["secret_name"]}

    assert by_secret == set(app["secret"]["external"]["keys"])
    assert {each["name"] for each in container["env"]} - addresses - by_secret == {*app["settings"]}


def test_only_the_apis_service_account_gets_the_identity(applied: Applied) -> None:
    _, plan = applied
    if cloud(applied) == "azure":
        credential = plan.the("azurerm_federated_identity_credential")
        trusted = (credential["issuer"], credential["subject"])
        identity = plan.the("azurerm_user_assigned_identity", "kubernetes")
        annotation = identity["client_id"]
    else:
        role = plan.the("aws_iam_role", "kubernetes")
        (statement,) = json.loads(role["assume_role_policy"])["Statement"]
        host = ISSUER.removeprefix("https://")
        assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{host}")
        condition = statement["Condition"]["StringEquals"]
        assert condition[f"{host}:aud"] == "sts.amazonaws.com"
        trusted = (ISSUER, condition[f"{host}:sub"])
        annotation = role["arn"]

    assert trusted == (ISSUER, SERVICE_ACCOUNT)
    account = plan.outputs["chart_values"]["api"]["serviceAccount"]
    assert [*account["annotations"].values()] == [annotation]


def test_the_identity_has_the_permissions_of_all_functions(applied: Applied) -> None:
    _, plan = applied
    own, functions = (
        (cosmos_roles(plan.of(COSMOS_ROLE, "kubernetes")), every_cosmos_role(plan))
        if cloud(applied) == "azure"
        else (
            data_actions(plan.of("aws_iam_role_policy", "kubernetes")),
            data_actions(plan.of("aws_iam_role_policy", "function")),
        )
    )

    assert own == functions
    assert own


def cosmos_roles(assignments: Mapping[str, Any]) -> set[str]:
    return {one["role_definition_id"] for one in assignments.values()}


def every_cosmos_role(plan: Plan) -> set[str]:
    return {one["id"] for one in plan.of("azurerm_cosmosdb_sql_role_definition").values()}


def data_actions(policies: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (action, resource) of the policies, without those of Lambda itself."""
    return {
        (action, resource)
        for policy in policies.values()
        for statement in json.loads(policy["policy"])["Statement"]
        for action in texts(statement["Action"])
        for resource in texts(statement["Resource"])
        if not action.startswith(("logs:", "sqs:")) and "/stream/" not in resource
    }


def texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
