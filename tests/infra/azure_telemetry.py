"""The telemetry of our code in Azure Monitor, shaped as the platform's source and documents say."""

import io
import json
import logging
import time
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func

from api.logs import JsonLines
from cosmos_emulator import Emulator
from cosmos_emulator.messages import Response
from tests.infra.azure_monitor import Row, Sample

INFORMATION, WARNING, ERROR = 1, 2, 3


@contextmanager
def logged() -> Generator[io.StringIO]:
    """Collect the lines that the service writes to standard error."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("api")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield handler.stream
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def traces(lines: io.StringIO, app: str) -> list[Row]:
    """Return the rows for lines that a function app wrote to standard error.

    The host logs each line of a worker's standard error, with a level that depends on its words:
    https://github.com/Azure/azure-functions-host/blob/dev/src/WebJobs.Script/Workers/ProcessManagement/WorkerProcess.cs
    The role is the app's name in lower case:
    https://github.com/Azure/azure-webjobs-sdk/blob/dev/src/Microsoft.Azure.WebJobs.Logging.ApplicationInsights/Initializers/WebJobsRoleEnvironmentTelmetryInitializer.cs
    """
    return [
        Row(
            "AppTraces",
            datetime.fromisoformat(json.loads(line)["time"]),
            {
                "AppRoleName": app.lower(),
                "Message": line,
                "SeverityLevel": _severity(line.lower()),
                "ItemCount": 1,
            },
        )
        for line in lines.getvalue().splitlines()
    ]


def _severity(line: str) -> int:
    if "warn" in line:
        return WARNING
    is_error = any(word in line for word in ("error", "fail", "severe", "unhandled exception"))
    return ERROR if is_error else INFORMATION


class HostedApp:
    """A function app whose host records each invocation, and whose gateway logs each request."""

    def __init__(self, name: str, app: func.FunctionApp) -> None:
        self._name = name.lower()
        self._functions = {one.get_function_name(): one for one in app.get_functions()}

    async def invoke(self, function: str, argument: Any) -> list[Row]:
        """Call a function and return the rows of the invocation.

        `Success` means that the function raised no error, whatever its response, and the code of an
        invocation without HTTP is "0":
        https://github.com/Azure/azure-webjobs-sdk/blob/dev/src/Microsoft.Azure.WebJobs.Logging.ApplicationInsights/ApplicationInsightsLogger.cs
        """
        at, started = datetime.now(UTC), time.monotonic()
        is_http = isinstance(argument, func.HttpRequest)
        try:
            result = await self._functions[function].get_user_function()(argument)
        except Exception:  # noqa: BLE001 - the host records it
            status, is_success = 500, False
        else:
            status, is_success = result.status_code if is_http else 0, True
        milliseconds = round((time.monotonic() - started) * 1000)
        row = invocation(
            self._name, function, at, is_success=is_success, code=status if is_http else 0
        )
        return [row, *([gateway_request(function, at, status, milliseconds)] if is_http else [])]


def invocation(app: str, function: str, at: datetime, *, is_success: bool, code: int) -> Row:
    values = {"AppRoleName": app, "Name": function, "OperationName": function}
    values |= {"Success": is_success, "ResultCode": str(code), "ItemCount": 1}
    return Row("AppRequests", at, values)


def gateway_request(
    operation: str, at: datetime, status: int, milliseconds: int, backend: int | None = None
) -> Row:
    """Return a row of https://learn.microsoft.com/azure/api-management/gateway-log-schema-reference."""
    values = {"OperationId": operation, "ResponseCode": status, "TotalTime": milliseconds}
    values["BackendResponseCode"] = status if backend is None else backend
    return Row("ApiManagementGatewayLogs", at, values)


def repeated(rows: Iterable[Row], times: int, every: timedelta) -> list[Row]:
    """Return the rows again at regular intervals, because a test can't wait for hours."""
    return [
        Row(row.table, row.at + number * every, row.values, row.delay)
        for row in rows
        for number in range(times)
    ]


class CosmosMetrics:
    """The account's metric TotalRequests, which counts requests per StatusCode.

    https://learn.microsoft.com/azure/cosmos-db/monitor-reference
    """

    def __init__(self, emulator: Emulator) -> None:
        self._statuses: Counter[int] = Counter()
        handle = emulator._handle

        def counted(*arguments: Any, **options: Any) -> Response:
            response = handle(*arguments, **options)
            self._statuses[response.status] += 1
            return response

        emulator._handle = counted

    def take(self, at: datetime, times: int = 1) -> list[Sample]:
        """Return the samples since the last call, as if all requests were sent `times` times."""
        statuses, self._statuses = self._statuses, Counter()
        return [
            Sample("TotalRequests", at, count * times, {"StatusCode": str(status)})
            for status, count in statuses.items()
        ]
