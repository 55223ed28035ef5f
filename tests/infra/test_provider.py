"""The provider for tests rejects the same errors as the real one, and stores the same values."""

import json

import pytest

from tests.infra.provider.wire import decode, encode
from tests.infra.terraform import Terraform

QUEUE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "eu-central-1"
  default_tags { tags = { product = "acme" } }
}
resource "aws_kms_key" "ours" {
  key_usage = "SIGN_VERIFY"
}
resource "aws_sqs_queue" "late" {
  name              = "late"
  kms_master_key_id = aws_kms_key.ours.arn
  tags              = { purpose = "late" }
}
resource "aws_secretsmanager_secret" "ours" {
  name = "ours"
}
resource "aws_secretsmanager_secret_version" "ours" {
  secret_id                = aws_secretsmanager_secret.ours.id
  secret_string_wo         = "a-secret-nobody-may-see"
  secret_string_wo_version = 1
}
data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.late.arn]
  }
}
output "policy" {
  value = data.aws_iam_policy_document.send.json
}
"""

MISTAKES = {
    "a misspelt argument": ("name              =", "nmae =", "Unsupported argument"),
    "a missing argument": (
        "secret_id                =",
        "description =",
        '"secret_id" is required',
    ),
    "a wrong type": ('= "late"\n', '= ["late"]\n', "string required"),
    "a misspelt attribute": ("late.arn", "late.anr", "Did you mean"),
    "an unknown block": ("statement {", "statment {", "Unsupported block type"),
    "a read-only argument": ('name = "ours"', 'arn = "ours"', "is read-only"),
    "a value outside the list": ("SIGN_VERIFY", "SIGN", "to be one of"),
    "an unknown type": ('"aws_kms_key" "ours"', '"aws_kms_kye" "ours"', "Invalid resource type"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_validate_reports_the_mistake(terraform: Terraform, mistake: str):
    old, new, message = MISTAKES[mistake]
    root = terraform.written(QUEUE)
    root.edit("main.tf", old, new)

    assert message in root.failure("validate")


@pytest.fixture(scope="module")
def applied(terraform: Terraform):
    root = terraform.written(QUEUE)
    root.apply()
    return root


def test_after_apply_the_plan_is_empty_and_every_value_is_known(applied):
    plan = applied.plan()

    assert plan.changes == {}
    queue = plan.the("aws_sqs_queue")
    assert queue["arn"] == "arn:aws:sqs:eu-central-1:123456789012:late"
    assert queue["kms_master_key_id"] == plan.the("aws_kms_key")["arn"]
    assert queue["tags_all"] == {"product": "acme", "purpose": "late"}
    assert plan.references("aws_sqs_queue.late", "kms_master_key_id") == {
        "aws_kms_key.ours.arn",
        "aws_kms_key.ours",
    }


def test_plans_contain_policies_as_sent_to_the_cloud(applied):
    (statement,) = json.loads(applied.plan().outputs["policy"])["Statement"]

    assert statement == {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:eu-central-1:123456789012:late",
    }


def test_write_only_values_are_absent_from_state_and_plan(applied):
    version = applied.plan().the("aws_secretsmanager_secret_version")
    state = (applied.path / "terraform.tfstate").read_text()

    assert version["secret_string_wo_version"] == 1
    assert version["secret_string_wo"] is None
    assert "a-secret-nobody-may-see" not in state


def test_a_changed_name_replaces_the_queue(terraform: Terraform):
    root = terraform.written(QUEUE)
    root.apply()
    root.edit("main.tf", 'name              = "late"', 'name = "later"')

    assert root.plan().changes == {"aws_sqs_queue.late": ("delete", "create")}


def test_decoded_messages_equal_the_encoded_ones():
    diagnostic = {
        "severity": 1,
        "summary": "größer",
        "attribute": {"steps": [{"attribute": "rule"}, {"index": 0}, {"index": 300}]},
    }
    message = {"diagnostics": [diagnostic, {"severity": 2, "summary": "x" * 300}]}

    assert decode("Diagnostics", encode("Diagnostics", message)) == message
