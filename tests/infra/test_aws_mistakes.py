"""Mistakes in the AWS configuration that Terraform finds at plan time."""

import pytest

from tests.infra.terraform import Terraform

VALIDATE = {
    "a misspelt argument": (
        "main.feed.tf",
        "bisect_batch_on_function_error ",
        "bisect_batch_on_error ",
        "Unsupported argument",
    ),
    "a starting position that does not exist": (
        "main.feed.tf",
        '"TRIM_HORIZON"',
        '"BEGINNING"',
        "to be one of",
    ),
    "a stream's view that does not exist": (
        "main.tables.tf",
        '"NEW_IMAGE"',
        '"NEW"',
        "to be one of",
    ),
    "a processor that does not exist": ("main.functions.tf", '"arm64"', '"arm"', "to be one of"),
    "a time beyond the platform's": ("main.functions.tf", "25 : 300", "25 : 3000", "to be in"),
    "a function without a package": (
        "main.functions.tf",
        'filename         = "${var.bundles}/${each.key}.zip"',
        "",
        "exactly one of",
    ),
    "an attribute that does not exist": (
        "outputs.tf",
        "aws_apigatewayv2_api.this.api_endpoint",
        "aws_apigatewayv2_api.this.endpoint",
        "no argument, nested block, or exported attribute named",
    ),
    "a table's key that is missing": (
        "main.tables.tf",
        '  billing_mode                = "PAY_PER_REQUEST"',
        '  billing_mode                = "ON_DEMAND"',
        "to be one of",
    ),
    "an authorizer of a kind that does not exist": (
        "main.gateway.tf",
        'authorizer_type  = "JWT"',
        'authorizer_type  = "OIDC"',
        "to be one of",
    ),
}


@pytest.mark.parametrize("mistake", VALIDATE)
def test_terraform_finds(terraform: Terraform, mistake: str):
    file, old, new, message = VALIDATE[mistake]
    root = terraform.root("aws")
    root.edit(file, old, new)

    assert message in root.failure("plan", "-input=false", "-var-file=environments/prod.tfvars")


def test_a_bundle_that_was_not_built_is_named(terraform: Terraform):
    root = terraform.root("aws")
    (root.path / "../../../build/lambda/ingest_events.zip").unlink()

    said = root.failure("plan", "-input=false", "-var-file=environments/prod.tfvars")
    assert "ingest_events.zip" in said


def test_an_authorizer_before_its_issuer_is_a_cycle(terraform: Terraform):
    """Show why public and protected routes are two resources."""
    root = terraform.root("aws")
    root.edit(
        "main.gateway.tf",
        "    aws_apigatewayv2_route.public,\n",
        "    aws_apigatewayv2_route.public,\n    aws_apigatewayv2_route.protected,\n",
    )

    assert "Cycle" in root.failure("validate")


def test_another_key_would_replace_the_tables_and_the_plan_says_so(terraform: Terraform):
    root = terraform.root("aws")
    root.apply("dev", "-target=aws_dynamodb_table.this")
    root.edit("main.tables.tf", 'range_key                   = "sk"', 'range_key = "id"')
    changes = root.plan("dev").changes

    assert changes['aws_dynamodb_table.this["events"]'] == ("delete", "create")
