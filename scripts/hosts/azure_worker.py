"""A worker process that runs one function app with the real `azure-functions-runtime`.

The worker and its host exchange JSON lines through an inherited socket. The worker first sends a
description of the app's functions, and then a response to each call when the call completes. The
real worker of Azure Functions uses gRPC instead of JSON lines.
"""

# pyright: reportUnknownMemberType=false
# Pyright's checks for unknown types are off here, because the runtime is untyped.
import asyncio
import json
import socket
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import azure_functions_runtime as runtime

from scripts.hosts import protos

HOST_VERSION = "4.1040.0"


async def main(folder: Path, descriptor: int) -> None:
    """Load the app and serve calls until the host closes the connection."""
    reader, writer = await asyncio.open_connection(
        sock=socket.socket(fileno=descriptor), limit=2**26
    )
    functions = await load(folder)
    _write(writer, {"functions": [_description(function) for function in functions.values()]})
    running = set[asyncio.Task[None]]()
    while line := await reader.readline():
        task = asyncio.create_task(_respond(functions, json.loads(line), writer))
        running.add(task)
        task.add_done_callback(running.discard)


async def load(folder: Path) -> dict[str, Any]:
    """Load the app and return its functions by name.

    Raises RuntimeError with the runtime's own message if the app can't be loaded.
    """
    runtime.start_threadpool_executor()
    sys.path.insert(0, str(folder))  # the runtime imports `function_app`
    started = await _call(
        runtime.worker_init_request,
        worker_init_request=protos.WorkerInitRequest(
            host_version=HOST_VERSION, function_app_directory=str(folder)
        ),
    )
    if started.result.status != protos.StatusResult.Success:
        raise RuntimeError(
            f"{started.result.exception.message}\n{started.result.exception.stack_trace}"
        )
    found = await _call(
        runtime.functions_metadata_request,
        functions_metadata_request=protos.FunctionsMetadataRequest(
            function_app_directory=str(folder)
        ),
    )
    functions = {one.name: one for one in found.function_metadata_results or ()}
    for one in functions.values():
        request = protos.FunctionLoadRequest(function_id=one.function_id, metadata=one)
        await _call(runtime.function_load_request, function_load_request=request)
    return functions


def _description(function: Any) -> dict[str, Any]:
    retry = function.retry_options
    return {
        "name": function.name,
        "bindings": [json.loads(binding) for binding in function.raw_bindings],
        "retries": retry.max_retry_count if retry else 0,
    }


async def _respond(functions: dict[str, Any], call: Any, writer: asyncio.StreamWriter) -> None:
    function = functions[call["function"]]
    [trigger] = [b for b in map(json.loads, function.raw_bindings) if b["type"].endswith("rigger")]
    response = await _call(
        runtime.invocation_request,
        invocation_request=protos.InvocationRequest(
            invocation_id=str(uuid4()),
            function_id=function.function_id,
            input_data=[protos.ParameterBinding(name=trigger["name"], data=_input(call))],
            trace_context=protos.RpcTraceContext(trace_parent=call.get("traceparent", "")),
        ),
    )
    _write(writer, {"id": call["id"]} | _outcome(response))


def _input(call: Any) -> Any:
    if "json" in call:
        return protos.TypedData(json=json.dumps(call["json"]))
    http = dict(call["http"])
    body = b64decode(http.pop("body"))
    return protos.TypedData(
        http=protos.RpcHttp(**http, body=protos.TypedData(bytes=body) if body else None)
    )


def _outcome(response: Any) -> dict[str, Any]:
    if response.result.status != protos.StatusResult.Success:
        error = response.result.exception
        return {"error": error.message, "stack": error.stack_trace}
    if response.return_value is None:
        return {}
    http = response.return_value.http
    headers = [
        *http.headers.items(),
        *(("set-cookie", f"{c.name}={c.value}") for c in http.cookies),
    ]
    return {
        "status": int(http.status_code),
        "headers": headers,
        "body": b64encode(http.body.bytes).decode(),
    }


async def _call(operation: Any, **request: Any) -> Any:
    properties = {"protos": protos, "host": "127.0.0.1"}
    return await operation(
        SimpleNamespace(request=SimpleNamespace(**request), properties=properties)
    )


def _write(writer: asyncio.StreamWriter, message: Any) -> None:
    writer.write(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
