"""On AWS, a burst of events leaves capacity for everything else, and the README states limits."""

import json
import re

import pytest

from api.manifest import FUNCTIONS
from tests.infra.plan import Plan
from tests.infra.terraform import ENVIRONMENTS, ROOTS, Terraform

README = (ROOTS / "aws/README.md").read_text()
RULES = json.loads((ROOTS.parents[1] / "tests/infra/rules.json").read_text())
QUOTA = int(RULES["aws"]["data"]["aws_servicequotas_service_quota"]["value"])
INGEST = {"beacon_events", "ingest_events"}
UNRESERVED_MIN = 100  # Lambda always keeps this number for functions without a reservation


@pytest.fixture(params=ENVIRONMENTS)
def aws(request: pytest.FixtureRequest, terraform: Terraform) -> Plan:
    return terraform.applied("aws", request.param)


def test_only_ingest_has_a_maximum_and_leaves_concurrency_to_the_rest(aws: Plan):
    reserved = {
        name: function["reserved_concurrent_executions"]
        for name, function in aws.of("aws_lambda_function").items()
        if function["reserved_concurrent_executions"] >= 0
    }
    warm = aws.of("aws_lambda_provisioned_concurrency_config")

    assert set(reserved) == (INGEST if aws.environment == "prod" else set())
    assert QUOTA - sum(reserved.values()) >= UNRESERVED_MIN + 300
    assert set(warm) <= set(FUNCTIONS)
    for name in set(warm) & set(reserved):
        assert warm[name]["provisioned_concurrent_executions"] <= reserved[name]


def test_a_quota_that_is_too_small_is_reported_before_the_apply(terraform: Terraform):
    root = terraform.root("aws")
    most = QUOTA - UNRESERVED_MIN - 2  # three more instances of other functions are kept warm
    limit = f"-var=function_concurrency_max={{ingest_events={most}}}"
    said = root.failure("plan", "-input=false", "-var-file=environments/prod.tfvars", limit)

    assert f"executions is {QUOTA}, but" in said
    assert f"need {QUOTA + 1}: see" in said


def test_an_environment_without_reservations_needs_no_larger_quota(terraform: Terraform):
    """New accounts have a quota of 10 (https://docs.aws.amazon.com/lambda/latest/dg/limits)."""
    root = terraform.root("aws")
    root.edit(
        "main.functions.tf",
        "data.aws_servicequotas_service_quota.concurrency.value",
        "min(10, data.aws_servicequotas_service_quota.concurrency.value)",
    )

    assert root.plan("dev").of("aws_lambda_function")


def test_an_apply_does_not_move_the_traffic(terraform: Terraform):
    """Check that only `make deploy-aws` and a roll-back move the alias to another version."""
    text = (ROOTS / "aws/main.functions.tf").read_text()
    (alias,) = re.findall(r'resource "aws_lambda_alias" "live" \{.*?\n\}', text, re.DOTALL)
    plan = terraform.applied("aws", "prod")

    assert "ignore_changes = [function_version, routing_config]" in alias
    assert plan.outputs["versions"].keys() == plan.outputs["functions"].keys() == FUNCTIONS.keys()


def test_the_readme_states_how_much_ingest_may_use(terraform: Terraform):
    functions = terraform.applied("aws", "prod").of("aws_lambda_function")
    [(most, quota)] = re.findall(r"to ([\d,]+) of ([\d,]+) concurrent executions", README)

    assert int(most) == sum(functions[n]["reserved_concurrent_executions"] for n in INGEST)
    assert int(quota.replace(",", "")) == QUOTA


def test_the_readme_states_what_one_organisation_can_send():
    """DynamoDB accepts 1,000 write units per second for one partition key."""
    [(second, day)] = re.findall(r"about (\d+) events per second, which is (\d+) million", README)
    [(deltas, deletion)] = re.findall(
        r"deltas of 4 KB 10,000 \S (\d) \S 2, .* their deletion ([\d,]+);", README
    )
    per_event = 2 + (10_000 * int(deltas) * 2 + int(deletion.replace(",", ""))) / 1_000_000

    assert f"{per_event - 2:.2f} units in batches of 100" in README
    assert 0.95 * 1000 / per_event < int(second) <= 1000 / per_event
    assert round(int(second) * 86_400 / 1_000_000) == int(day)


def test_a_new_key_signs_after_the_gateway_has_fetched_it():
    """HTTP APIs cache the public keys for two hours."""
    (rotation,) = re.findall(r"\*\*Signing key:\*\* set(.*?)\n\n", README, re.DOTALL)

    assert "wait two hours" in rotation
    assert "minutes until" not in rotation
