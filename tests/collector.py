"""An OpenTelemetry collector on loopback that receives OTLP over HTTP and stores it in memory."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SECONDS_MAX = 30  # longest wait of a test; long because the machine may be busy


@dataclass(frozen=True)
class Span:
    """A received span; its ids are hexadecimal."""

    service: str
    scope: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    links: Sequence[str]  # trace ids
    attributes: Mapping[str, object]


class Collector:
    """A collector that listens at `url` until its `with` block ends."""

    def __init__(self, *, seconds: float = 0) -> None:
        """Delay responses by this many seconds."""
        self.spans: list[Span] = []
        self._points: dict[tuple[str, str, frozenset[tuple[str, object]]], float] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, seconds))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.paths: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def named(self, name: str, *, trace_id: str = "") -> list[Span]:
        """Return the spans with this name, optionally of one trace."""
        return [s for s in list(self.spans) if s.name == name and trace_id in ("", s.trace_id)]

    def metric(self, name: str, **attributes: object) -> float:
        """Return a counter's sum or a histogram's count over all matching points."""
        selected = attributes.items()
        points = list(self._points.items())
        return sum(value for (_, n, own), value in points if n == name and selected <= own)

    def metric_names(self) -> set[str]:
        return {name for _, name, _ in list(self._points)}

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until the condition is true, else raise AssertionError."""
        deadline = time.monotonic() + SECONDS_MAX
        while not condition():
            received = sorted({span.name for span in self.spans}), self._points
            assert time.monotonic() < deadline, f"condition not met; received {received}"
            time.sleep(0.02)

    def receive(self, path: str, body: bytes) -> None:
        self.paths.append(path)
        if path == "/v1/traces":
            self._receive_spans(ExportTraceServiceRequest.FromString(body))
        elif path == "/v1/metrics":
            self._receive_points(ExportMetricsServiceRequest.FromString(body))

    def _receive_spans(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            service = _values(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans += [_span(str(service), scope.scope.name, span) for span in scope.spans]

    def _receive_points(self, request: ExportMetricsServiceRequest) -> None:
        for resource in request.resource_metrics:
            instance = _values(resource.resource.attributes)["service.instance.id"]
            for metric in (m for scope in resource.scope_metrics for m in scope.metrics):
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    value = point.count if kind == "histogram" else point.as_int or point.as_double
                    own = frozenset(_values(point.attributes).items())
                    self._points[str(instance), metric.name, own] = value


def _handler(collector: Collector, seconds: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keep connections open

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(seconds)
            collector.receive(self.path, body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing to standard error."""

    return Handler


def _span(service, scope, span) -> Span:
    return Span(
        service=service,
        scope=scope,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        links=[link.trace_id.hex() for link in span.links],
        attributes=_values(span.attributes),
    )


def _values(attributes) -> dict[str, object]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}
