"""Terraform reports common mistakes in the AWS configuration before or during the plan."""

import pytest

from tests.infra.terraform import Root, Terraform, partly_full

PLAN = ("plan", "-input=false", "-var-file=environments/prod.tfvars")
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


# One mistake of each kind: a range, a set of values and a combination of arguments.
EACH_KIND = {
    "a timeout above the platform's limit",
    "an invalid billing mode",
    "a function without a package",
}


@pytest.fixture(scope="module")
def root(terraform: Terraform) -> Root:
    """Return a copy of the root, which tests share. Each of them reverts its mistake."""
    return terraform.root("aws")


@pytest.mark.parametrize("mistake", partly_full(VALIDATE, EACH_KIND))
def test_terraform_reports_the_mistake(root: Root, mistake: str):
    file, old, new, message = VALIDATE[mistake]
    with root.edited(file, old, new):
        assert message in root.failure(*PLAN)


def test_a_missing_bundle_is_reported_by_name(root: Root):
    bundle = root.path / "../../../build/lambda/ingest_events.zip"
    content = bundle.read_bytes()
    bundle.unlink()
    try:
        assert "ingest_events.zip" in root.failure(*PLAN)
    finally:
        bundle.write_bytes(content)


def test_an_authorizer_that_precedes_its_issuer_is_a_cycle(root: Root):
    """Show why public and protected routes are separate resources."""
    public = "    aws_apigatewayv2_route.public,\n"
    protected = "    aws_apigatewayv2_route.protected,\n"
    with root.edited("main.gateway.tf", public, public + protected):
        assert "Cycle" in root.failure("validate")


def test_the_plan_shows_that_a_changed_key_replaces_the_tables(terraform: Terraform):
    root = terraform.root("aws")
    root.apply("dev", "-target=aws_dynamodb_table.this")
    root.edit("main.tables.tf", 'range_key                   = "sk"', 'range_key = "id"')
    changes = root.plan("dev").changes

    assert changes['aws_dynamodb_table.this["events"]'] == ("delete", "create")
