"""Terraform reports common mistakes in the AWS configuration before or during the plan."""

import pytest

from tests.infra.terraform import Terraform

VALIDATE = {
    "a misspelt argument": (
        "main.feed.tf",
        "bisect_batch_on_function_error ",
        "bisect_batch_on_error ",
        "Unsupported argument",
    ),
    "an invalid starting position": (
        "main.feed.tf",
        '"TRIM_HORIZON"',
        '"BEGINNING"',
        "to be one of",
    ),
    "an invalid stream view type": (
        "main.tables.tf",
        '"NEW_IMAGE"',
        '"NEW"',
        "to be one of",
    ),
    "an invalid processor architecture": ("main.functions.tf", '"arm64"', '"arm"', "to be one of"),
    "a timeout above the platform's limit": (
        "main.functions.tf",
        "25 : 300",
        "25 : 3000",
        "to be in",
    ),
    "a function without a package": (
        "main.functions.tf",
        "s3_bucket        = aws_s3_object.package[each.key].bucket",
        "",
        "exactly one of",
    ),
    "an attribute that does not exist": (
        "main.function_settings.tf",
        "aws_apigatewayv2_api.this.api_endpoint",
        "aws_apigatewayv2_api.this.endpoint",
        "no argument, nested block, or exported attribute named",
    ),
    "an invalid billing mode": (
        "main.tables.tf",
        '  billing_mode                = "PAY_PER_REQUEST"',
        '  billing_mode                = "ON_DEMAND"',
        "to be one of",
    ),
    "an invalid authorizer type": (
        "main.gateway.tf",
        'authorizer_type  = "JWT"',
        'authorizer_type  = "OIDC"',
        "to be one of",
    ),
}


@pytest.mark.parametrize("mistake", VALIDATE)
def test_terraform_reports_the_mistake(terraform: Terraform, mistake: str):
    file, old, new, message = VALIDATE[mistake]
    root = terraform.root("aws")
    root.edit(file, old, new)

    assert message in root.failure("plan", "-input=false", "-var-file=environments/prod.tfvars")


def test_a_missing_bundle_is_reported_by_name(terraform: Terraform):
    root = terraform.root("aws")
    (root.path / "../../../build/lambda/ingest_events.zip").unlink()

    said = root.failure("plan", "-input=false", "-var-file=environments/prod.tfvars")
    assert "ingest_events.zip" in said


def test_an_authorizer_that_precedes_its_issuer_is_a_cycle(terraform: Terraform):
    """Show why public and protected routes are separate resources."""
    root = terraform.root("aws")
    root.edit(
        "main.gateway.tf",
        "    aws_apigatewayv2_route.public,\n",
        "    aws_apigatewayv2_route.public,\n    aws_apigatewayv2_route.protected,\n",
    )

    assert "Cycle" in root.failure("validate")


def test_the_plan_shows_that_a_changed_key_replaces_the_tables(terraform: Terraform):
    root = terraform.root("aws")
    root.apply("dev", "-target=aws_dynamodb_table.this")
    root.edit("main.tables.tf", 'range_key                   = "sk"', 'range_key = "id"')
    changes = root.plan("dev").changes

    assert changes['aws_dynamodb_table.this["events"]'] == ("delete", "create")
