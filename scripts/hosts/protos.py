"""The messages between the Azure Functions host and its Python worker, without protobuf.

`azure-functions-runtime` takes the module of messages as an argument. The messages must have the
same attributes, enum numbers and `WhichOneof` method as in protobuf. As in protobuf, an unknown
field raises an error, so that a release of the runtime with new fields fails visibly.
"""

# ruff: noqa: N802 - the protocol defines the names
from typing import Any, ClassVar


class Message:
    """A message whose fields are keyword arguments. Omitted fields have default values."""

    fields: ClassVar[dict[str, Any]] = {}

    def __init__(self, **values: Any) -> None:
        if unknown := values.keys() - self.fields.keys():
            raise ValueError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self._present = [name for name, value in values.items() if value is not None]
        for name, default in self.fields.items():
            value = values.get(name)
            fresh = default() if isinstance(default, type) else default
            setattr(self, name, fresh if value is None else value)

    def WhichOneof(self, _group: str) -> str | None:
        """Return the name of the one field that is set in a group of alternative fields."""
        return next(iter(self._present), None)

    def HasField(self, name: str) -> bool:
        return name in self._present


def _message(name: str, /, **fields: Any) -> type[Message]:
    return type(name, (Message,), {"fields": fields})


class StatusResult(Message):
    """The result of one of the worker's operations."""

    Failure, Success, Cancelled = range(3)
    fields: ClassVar = {"status": 0, "result": "", "exception": None, "logs": list}


class BindingInfo(Message):
    """A parameter of a function."""

    out, inout = 1, 2
    undefined, string, binary, stream = range(4)
    fields: ClassVar = {"type": "", "data_type": 0, "direction": 0, "properties": dict}


class ParameterBinding(Message):
    """The value of a function's parameter. Values in shared memory are not supported."""

    fields: ClassVar = {"name": "", "data": None}

    def WhichOneof(self, _group: str) -> str:
        return "data"


class RpcRetryOptions(Message):
    """The options of a function's retry decorator."""

    exponential_backoff, fixed_delay = range(2)
    fields: ClassVar = {
        "max_retry_count": 0,
        "retry_strategy": 0,
        "delay_interval": None,
        "minimum_interval": None,
        "maximum_interval": None,
    }


class RpcHttpCookie(Message):
    """The parts of a Set-Cookie header."""

    class SameSite:
        """The values of a cookie's SameSite attribute."""

        Lax, Strict, ExplicitNone = 1, 2, 3

    fields: ClassVar = {
        "name": "",
        "value": "",
        "domain": None,
        "path": None,
        "expires": None,
        "secure": None,
        "http_only": None,
        "same_site": 0,
        "max_age": None,
    }


setattr(RpcHttpCookie.SameSite, "None", 0)  # `None` is a keyword in Python

TypedData = _message(
    "TypedData",
    string="",
    json="",
    bytes=b"",
    stream=b"",
    http=None,
    int=0,
    double=0.0,
    collection_bytes=None,
    collection_string=None,
    collection_double=None,
    collection_sint64=None,
    model_binding_data=None,
    collection_model_binding_data=None,
)
RpcHttp = _message(
    "RpcHttp",
    method="",
    url="",
    headers=dict,
    body=TypedData,
    params=dict,
    query=dict,
    status_code="",
    cookies=list,
    enable_content_negotiation=False,
)
RpcException = _message("RpcException", message="", stack_trace="", source="", type="")
RpcTraceContext = _message("RpcTraceContext", trace_parent="", trace_state="", attributes=dict)
RetryContext = _message("RetryContext", retry_count=0, max_retry_count=0, exception=RpcException)
NullableString = _message("NullableString", value="")
NullableBool = _message("NullableBool", value=False)
NullableDouble = _message("NullableDouble", value=0.0)
NullableTimestamp = _message("NullableTimestamp", value=None)
WorkerMetadata = _message(
    "WorkerMetadata",
    runtime_name="",
    runtime_version="",
    worker_version="",
    worker_bitness="",
    custom_properties=dict,
)
WorkerInitRequest = _message(
    "WorkerInitRequest", host_version="", capabilities=dict, function_app_directory=""
)
WorkerInitResponse = _message(
    "WorkerInitResponse", worker_version="", capabilities=dict, result=None, worker_metadata=None
)
FunctionsMetadataRequest = _message("FunctionsMetadataRequest", function_app_directory="")
RpcFunctionMetadata = _message(
    "RpcFunctionMetadata",
    name="",
    directory="",
    script_file="",
    entry_point="",
    bindings=dict,
    is_proxy=False,
    language="",
    raw_bindings=list,
    function_id="",
    managed_dependency_enabled=False,
    retry_options=None,
    properties=dict,
)
FunctionMetadataResponse = _message(
    "FunctionMetadataResponse",
    function_metadata_results=list,
    result=None,
    use_default_metadata_indexing=False,
)
FunctionLoadRequest = _message("FunctionLoadRequest", function_id="", metadata=None)
FunctionLoadResponse = _message("FunctionLoadResponse", function_id="", result=None)
InvocationRequest = _message(
    "InvocationRequest",
    invocation_id="",
    function_id="",
    input_data=list,
    trigger_metadata=dict,
    trace_context=RpcTraceContext,
    retry_context=RetryContext,
)
InvocationResponse = _message(
    "InvocationResponse", invocation_id="", output_data=list, return_value=None, result=None
)
