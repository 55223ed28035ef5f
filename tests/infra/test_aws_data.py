"""The tables on AWS equal the store's definitions, and their stream starts the rollups."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.stores.dynamodb_tables import create_tables
from tests.infra.plan import Plan, Values
from tests.infra.terraform import Terraform


@pytest.fixture(scope="module")
def aws(terraform: Terraform) -> Plan:
    return terraform.applied("aws", "prod")


@dataclass
class Recorder:
    """A DynamoDB client that records the tables that the store creates."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def table(self, name: str) -> str:
        return f"analytics-prod-{name}"

    async def call(self, operation: str, *, TableName: str, **request: Any) -> None:  # noqa: N803
        del operation
        self.tables.setdefault(TableName, {}).update(request)


async def test_tables_equal_those_that_the_store_creates(aws: Plan):
    recorder = Recorder()
    await create_tables(recorder)

    planned = {t["name"]: _as_request(t) for t in aws.of("aws_dynamodb_table").values()}
    assert planned == recorder.tables


def _as_request(table: Values) -> dict[str, Any]:
    """Convert a planned table to DynamoDB's CreateTable request."""
    request: dict[str, Any] = {
        "BillingMode": table["billing_mode"],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in sorted(
                ((a["name"], a["type"]) for a in table["attribute"]),
                key=lambda named: ["pk", "sk", named[0]].index(named[0]),
            )
        ],
        "KeySchema": _keys(table),
    }
    if table["stream_enabled"]:
        request["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": table["stream_view_type"],
        }
    if indexes := table["global_secondary_index"]:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index["name"],
                "KeySchema": [{"AttributeName": index["hash_key"], "KeyType": "HASH"}],
                "Projection": {"ProjectionType": index["projection_type"]},
            }
            for index in indexes
        ]
    for ttl in table["ttl"]:
        request["TimeToLiveSpecification"] = {
            "Enabled": ttl["enabled"],
            "AttributeName": ttl["attribute_name"],
        }
    return request


def _keys(table: Values) -> list[dict[str, str]]:
    return [
        {"AttributeName": table["hash_key"], "KeyType": "HASH"},
        {"AttributeName": table["range_key"], "KeyType": "RANGE"},
    ]


def test_the_rollup_function_reads_the_stream_from_the_start_and_isolates_failures(aws: Plan):
    mapping = aws.the("aws_lambda_event_source_mapping")

    assert mapping["event_source_arn"] == aws.of("aws_dynamodb_table")["events"]["stream_arn"]
    assert mapping["function_name"] == aws.of("aws_lambda_alias")["rollup_metrics"]["arn"]
    assert mapping["starting_position"] == "TRIM_HORIZON"
    assert mapping["bisect_batch_on_function_error"]
    assert mapping["maximum_retry_attempts"] >= 1
    (target,) = mapping["destination_config"][0]["on_failure"]
    assert target["destination_arn"] == aws.the("aws_sqs_queue")["arn"]


def test_the_stream_filter_matches_the_documents_that_the_feed_processes(aws: Plan):
    (criteria,) = aws.the("aws_lambda_event_source_mapping")["filter_criteria"]
    (pattern,) = [json.loads(each["pattern"]) for each in criteria["filter"]]

    assert pattern == {"dynamodb": {"NewImage": {"type": {"S": ["delta", "rollup"]}}}}


def test_a_schedule_starts_the_sweep(aws: Plan):
    rule, target = aws.the("aws_cloudwatch_event_rule"), aws.the("aws_cloudwatch_event_target")

    assert rule["schedule_expression"] == "rate(5 minutes)"
    assert target["rule"] == rule["name"]
    assert target["arn"] == aws.of("aws_lambda_alias")["rollup_metrics"]["arn"]
