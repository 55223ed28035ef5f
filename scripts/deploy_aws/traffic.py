"""Move the traffic of functions to new versions, and monitor the new versions."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from api.cli.errors import Failure
from api.manifest import FUNCTIONS
from scripts.pipeline.roll_back_aws import ALIAS

POLL_SECONDS = 15.0
_SERVER_ERROR = 500
# Nothing serves this path, so a function that starts responds 404.
REQUEST: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/started",
    "rawQueryString": "",
    "headers": {"host": "localhost"},
    "isBase64Encoded": False,
    "requestContext": {
        "http": {"method": "GET", "path": "/started", "sourceIp": "127.0.0.1"},
        "stage": "$default",
    },
}
NO_CHANGES: dict[str, Any] = {"Records": []}


@dataclass(frozen=True, slots=True)
class Function:
    """A function, and the latest version that Terraform has published."""

    name: str  # in functions/manifest.json
    lambda_name: str
    version: str
    stage: int  # of an upgrade


@dataclass(slots=True)
class Traffic:
    """The aliases of an environment's functions."""

    client: Any  # of Lambda; botocore is untyped
    cloudwatch: Any
    weight: float  # the first part of the traffic for a new version
    seconds: float  # how long a new version is monitored before it gets all traffic
    moved: dict[Function, str] = field(default_factory=dict)  # with their previous versions

    def live(self, function: Function) -> str:
        alias = self.client.get_alias(FunctionName=function.lambda_name, Name=ALIAS)
        return alias["FunctionVersion"]

    def move(self, functions: Sequence[Function]) -> None:
        """Move the traffic of a stage. Raises Failure if a new version fails."""
        if not functions:
            return
        for function in functions:
            self._start(function)
        firing, since = self._firing(), datetime.now(UTC) - timedelta(minutes=1)
        for function in functions:
            self.moved[function] = self.live(function)
            self._route(function, self.moved[function], {function.version: self.weight})
        self._observe(functions, firing, since)
        for function in functions:
            self._route(function, function.version, {})
            print(f"{function.name}: version {self.moved[function]} → {function.version}")

    def return_all(self) -> None:
        """Restore the previous versions of the functions that were moved."""
        for function, version in reversed(self.moved.items()):
            self._route(function, version, {})
            print(f"{function.name} returned to version {version}")

    def _route(self, function: Function, version: str, weights: dict[str, float]) -> None:
        self.client.update_alias(
            FunctionName=function.lambda_name,
            Name=ALIAS,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def _start(self, function: Function) -> None:
        """Invoke the new version once. Raises Failure if it doesn't start."""
        event = REQUEST if FUNCTIONS[function.name].router else NO_CHANGES
        response = self.client.invoke(
            FunctionName=function.lambda_name,
            Qualifier=function.version,
            Payload=json.dumps(event).encode(),
        )
        payload: dict[str, Any] | None = json.loads(response["Payload"].read() or b"null")
        status: int = payload.get("statusCode", 0) if payload else 0
        if response.get("FunctionError") or status >= _SERVER_ERROR:
            raise Failure(f"{function.name} {function.version} doesn't start: {payload}")

    def _observe(self, functions: Sequence[Function], firing: set[str], since: datetime) -> None:
        end = time.monotonic() + self.seconds
        while True:
            if started := self._firing() - firing:
                raise Failure(f"Alarms started to fire: {', '.join(sorted(started))}.")
            for function in functions:
                if errors := self._errors(function, since):
                    raise Failure(f"{function.name} {function.version} failed {errors:.0f} times.")
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_SECONDS, left))

    def _errors(self, function: Function, since: datetime) -> float:
        """Return the number of failed invocations of the new version through the alias."""
        dimensions = {
            "FunctionName": function.lambda_name,
            "Resource": f"{function.lambda_name}:{ALIAS}",
            "ExecutedVersion": function.version,
        }
        found = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=since,
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    def _firing(self) -> set[str]:
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM")
        return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}
