"""The tables on AWS equal the store's definitions, and their stream starts its readers."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.hosting.feed import TIMERS, TRIGGERS
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


# The documents that each function processes.
TYPES = {"rollup_metrics": ["delta", "rollup"], "archive_events": ["event"]}


def test_two_functions_read_the_stream_from_the_start_and_isolate_failures(aws: Plan):
    mappings, queues = aws.of("aws_lambda_event_source_mapping"), aws.of("aws_sqs_queue")

    assert set(mappings) == set(TYPES)
    for name, mapping in mappings.items():
        assert mapping["event_source_arn"] == aws.of("aws_dynamodb_table")["events"]["stream_arn"]
        assert mapping["function_name"] == aws.of("aws_lambda_alias")[name]["arn"]
        assert mapping["starting_position"] == "TRIM_HORIZON"
        assert mapping["bisect_batch_on_function_error"]
        (target,) = mapping["destination_config"][0]["on_failure"]
        assert target["destination_arn"] == queues[name]["arn"]


def test_failed_batches_are_retried_and_an_alarm_reports_those_that_are_dropped(aws: Plan):
    mappings, queues = aws.of("aws_lambda_event_source_mapping"), aws.of("aws_sqs_queue")
    alarms = aws.of("aws_cloudwatch_metric_alarm", "changes_failed")
    retries = {name: mapping["maximum_retry_attempts"] for name, mapping in mappings.items()}

    assert retries["rollup_metrics"] >= 1
    assert retries["archive_events"] == -1  # until the records expire
    assert {name: alarm["dimensions"]["QueueName"] for name, alarm in alarms.items()} == {
        name: queue["name"] for name, queue in queues.items()
    }


def test_events_are_gathered_for_less_than_a_minute(aws: Plan):
    mapping = aws.of("aws_lambda_event_source_mapping")["archive_events"]

    assert (
        mapping["maximum_batching_window_in_seconds"] * 1000 == TRIGGERS["archive_events"].poll_ms
    )
    assert 30 <= mapping["maximum_batching_window_in_seconds"] < 60


def test_the_stream_filters_match_the_documents_that_the_functions_process(aws: Plan):
    for name, mapping in aws.of("aws_lambda_event_source_mapping").items():
        (criteria,) = mapping["filter_criteria"]
        (pattern,) = [json.loads(each["pattern"]) for each in criteria["filter"]]

        assert pattern == {"dynamodb": {"NewImage": {"type": {"S": TYPES[name]}}}}


def test_schedules_start_the_sweeps(aws: Plan):
    rules, targets = aws.of("aws_cloudwatch_event_rule"), aws.of("aws_cloudwatch_event_target")

    assert set(rules) == set(targets) == {*TYPES, *TIMERS}
    for name, target in targets.items():
        assert rules[name]["schedule_expression"] == "rate(5 minutes)"
        assert target["rule"] == rules[name]["name"]
        assert target["arn"] == aws.of("aws_lambda_alias")[name]["arn"]
