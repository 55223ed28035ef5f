"""New versions of Lambda functions get the traffic step by step, on moto's Lambda."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from api.cli.errors import Failure
from scripts.deploy_aws import __main__ as deploy_aws
from scripts.deploy_aws.traffic import NO_CHANGES, REQUEST, Function, Traffic
from scripts.deploy_aws.versions import KEPT, prune
from tests.stores.moto import aws, moto_server

__all__ = ["aws", "moto_server"]

NAMES = ("publish_keys", "ingest_events", "rollup_metrics", "issue_token", "create_key")
ROLE = {"Version": "2012-10-17", "Statement": []}


class Lambda:
    """moto's Lambda. Only the invocations are simulated, because moto needs Docker for them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.faulty: dict[str, Any] = {}  # the response by version
        self.started: list[tuple[str, str, Any]] = []
        self.weights: list[tuple[str, str, dict[str, float]]] = []
        self.after_update: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def invoke(self, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.started.append((FunctionName, Qualifier, json.loads(Payload)))
        fault = self.faulty.get(FunctionName, {"payload": {"statusCode": 404}})
        payload = io.BytesIO(json.dumps(fault["payload"]).encode())
        return {"Payload": payload} | fault.get("error", {})

    def update_alias(self, **request: Any) -> None:
        weights = request["RoutingConfig"]["AdditionalVersionWeights"]
        self.weights.append((request["FunctionName"], request["FunctionVersion"], weights))
        self._client.update_alias(**request)
        self.after_update()

    def live(self) -> dict[str, str]:
        found = {}
        for name in NAMES:
            alias = self._client.get_alias(FunctionName=name, Name="live")
            assert not (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights"), name
            found[name] = alias["FunctionVersion"]
        return found


@pytest.fixture
def session(aws: str) -> Callable[[str], Any]:
    session: Any = botocore.session.Session()
    return lambda service: session.create_client(
        service,
        endpoint_url=aws,
        region_name="eu-central-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


@pytest.fixture
def client(session: Callable[[str], Any]) -> Lambda:
    """Return Lambda with two versions of each function, of which the first is live."""
    role = session("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(ROLE))
    client = Lambda(session("lambda"))
    for name in NAMES:
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="handler.handler",
            Code={"ZipFile": a_package("1")},
            Publish=True,
        )
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        publish(client, name, "2")
    return client


def publish(client: Lambda, name: str, content: str) -> None:
    client.update_function_code(FunctionName=name, ZipFile=a_package(content), Publish=True)


def a_package(content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("handler.py", content)
    return buffer.getvalue()


@pytest.fixture
def traffic(client: Lambda, session: Callable[[str], Any]) -> Traffic:
    return Traffic(client, session("cloudwatch"), weight=0.1, seconds=0)


def functions(version: str = "2") -> list[Function]:
    ordered = sorted(NAMES, key=lambda name: (deploy_aws.stage(name), name))
    return [Function(name, name, version, deploy_aws.stage(name)) for name in ordered]


def test_every_function_gets_a_part_of_the_traffic_before_all_of_it(
    client: Lambda, traffic: Traffic
) -> None:
    deploy_aws.deploy(traffic, functions())

    assert set(client.live().values()) == {"2"}
    for name in NAMES:
        own = [(version, weights) for one, version, weights in client.weights if one == name]
        assert own == [("1", {"2": 0.1}), ("2", {})]


def test_the_stages_are_those_of_an_upgrade(client: Lambda, traffic: Traffic) -> None:
    deploy_aws.deploy(traffic, functions())

    completed = [name for name, version, _ in client.weights if version == "2"]
    assert completed[0] == "publish_keys"
    assert set(completed[1:3]) == {"ingest_events", "rollup_metrics"}
    assert completed[3:] == ["issue_token", "create_key"]


def test_new_versions_are_started_before_they_get_traffic(client: Lambda, traffic: Traffic) -> None:
    deploy_aws.deploy(traffic, functions())

    events = {(name, version): event for name, version, event in client.started}
    assert events.keys() == {(name, "2") for name in NAMES}
    assert events["ingest_events", "2"] == REQUEST
    assert events["rollup_metrics", "2"] == NO_CHANGES


@pytest.mark.parametrize(
    "response",
    [
        {"payload": {"errorMessage": "No module"}, "error": {"FunctionError": "Unhandled"}},
        {"payload": {"statusCode": 503}},
    ],
)
def test_a_version_that_does_not_start_gets_no_traffic(
    client: Lambda, traffic: Traffic, response: dict[str, Any]
) -> None:
    client.faulty["issue_token"] = response

    with pytest.raises(Failure, match="issue_token 2 doesn't start"):
        deploy_aws.deploy(traffic, functions())
    assert "issue_token" not in {name for name, *_ in client.weights}
    assert set(client.live().values()) == {"1"}


def test_errors_of_a_new_version_return_every_function(
    client: Lambda, traffic: Traffic, session: Callable[[str], Any]
) -> None:
    dimensions = {
        "FunctionName": "create_key",
        "Resource": "create_key:live",
        "ExecutedVersion": "2",
    }
    session("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Errors",
                "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                "Timestamp": datetime.now(UTC),
                "Value": 2,
            }
        ],
    )

    with pytest.raises(Failure, match="create_key 2 failed 2 times"):
        deploy_aws.deploy(traffic, functions())
    assert set(client.live().values()) == {"1"}


def test_only_alarms_that_start_to_fire_stop_a_deployment(
    client: Lambda, traffic: Traffic, session: Callable[[str], Any]
) -> None:
    cloudwatch = session("cloudwatch")
    for name in ("old", "new"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName="old", StateValue="ALARM", StateReason="-")
    deploy_aws.deploy(traffic, functions()[:1])
    assert client.get_alias(FunctionName="publish_keys", Name="live")["FunctionVersion"] == "2"

    client.after_update = lambda: cloudwatch.set_alarm_state(
        AlarmName="new", StateValue="ALARM", StateReason="-"
    )
    with pytest.raises(Failure, match="Alarms started to fire: new"):
        deploy_aws.deploy(traffic, functions()[1:])
    assert client.get_alias(FunctionName="ingest_events", Name="live")["FunctionVersion"] == "1"


def test_an_interrupted_deployment_can_be_repeated(client: Lambda, traffic: Traffic) -> None:
    def interrupt() -> None:
        client.after_update = lambda: None
        raise KeyboardInterrupt

    client.after_update = interrupt
    with pytest.raises(KeyboardInterrupt):
        deploy_aws.deploy(traffic, functions())
    assert set(client.live().values()) == {"1"}

    traffic.moved.clear()
    deploy_aws.deploy(traffic, functions())
    assert set(client.live().values()) == {"2"}
    client.weights.clear()
    deploy_aws.deploy(traffic, functions())
    assert client.weights == []


def test_old_versions_are_deleted_except_those_in_use(client: Lambda) -> None:
    for number in range(3, KEPT + 4):
        publish(client, "ingest_events", str(number))

    assert prune(client, "ingest_events") == ["2", "3"]
    left = client.list_versions_by_function(FunctionName="ingest_events")["Versions"]
    assert {one["Version"] for one in left} == {"$LATEST", "1", "4", "5", "6", "7", "8"}
    assert prune(client, "ingest_events") == []


def test_the_versions_come_from_terraform(
    monkeypatch: pytest.MonkeyPatch, client: Lambda, session: Callable[[str], Any]
) -> None:
    found = {"functions": {n: n for n in NAMES}, "versions": dict.fromkeys(NAMES, "2")}
    monkeypatch.setattr(deploy_aws, "outputs", lambda *_: found)
    clients = {"lambda": client, "cloudwatch": session("cloudwatch")}
    monkeypatch.setattr(
        botocore.session.Session, "create_client", lambda _, service: clients[service]
    )

    assert deploy_aws.main(["dev", "--seconds=0"]) == 0
    assert set(client.live().values()) == {"2"}
    found["versions"] = {}
    assert deploy_aws.main(["dev", "--seconds=0"]) != 0
