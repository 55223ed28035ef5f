"""The export of telemetry with OTLP over HTTP. No other module imports OpenTelemetry's SDK.

OpenTelemetry's SDK reads its own `OTEL_…` variables for sampling, resource attributes, headers and
intervals.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Self

from opentelemetry import metrics, propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.domain.paths import without_ids

EXPORT_SECONDS = 2.0
FLUSH_SECONDS = 1.0
PAUSE_SECONDS = 30.0  # without flushes after a flush has timed out

log = logging.getLogger(__name__)


class Exporter:
    """The providers of spans and metrics, and their export to an OpenTelemetry collector."""

    def __init__(
        self, endpoint: str, *, service: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        base, resource = endpoint.rstrip("/"), _resource(service)
        self._tracers = TracerProvider(resource=resource)
        self._tracers.add_span_processor(_NoUserIds())
        spans = OTLPSpanExporter(f"{base}/v1/traces", timeout=EXPORT_SECONDS)
        self._tracers.add_span_processor(BatchSpanProcessor(spans))
        points = OTLPMetricExporter(f"{base}/v1/metrics", timeout=EXPORT_SECONDS)
        self._meters = MeterProvider([PeriodicExportingMetricReader(points)], resource)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._begun = 0
        self._paused_until = 0.0

    def install(self) -> Self:
        """Install the providers of spans and metrics for this process.

        OpenTelemetry allows providers to be installed only once per process.
        """
        trace.set_tracer_provider(self._tracers)
        metrics.set_meter_provider(self._meters)
        # Without this call, the caller's baggage headers would be sent to the store and key vaults.
        propagate.set_global_textmap(TraceContextTextMapPropagator())
        return self

    async def flush(self) -> None:
        """Export all buffered telemetry.

        If the export takes more than one second, the call returns early, and all calls in the next
        30 seconds do nothing.

        The export runs in a thread, because the SDK blocks without a time limit. Concurrent callers
        share one flush.
        """
        if self._clock() < self._paused_until:
            return
        wanted = self._begun + 1
        try:
            async with asyncio.timeout(FLUSH_SECONDS), self._lock:
                if self._begun < wanted:
                    self._begun += 1
                    await asyncio.to_thread(self._send)
        except TimeoutError:
            self._paused_until = self._clock() + PAUSE_SECONDS
            log.warning("the telemetry export timed out and pauses for %d s", PAUSE_SECONDS)

    def _send(self) -> None:
        self._tracers.force_flush()
        self._meters.force_flush()


class _NoUserIds(SpanProcessor):
    """A span processor that redacts query strings and paths, which may contain user ids."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - set by the protocol
        attributes = span.attributes or {}
        if "url.query" in attributes:
            span.set_attribute("url.query", "REDACTED")
        if path := attributes.get("url.path"):  # `http.route` is the whole template
            span.set_attribute("url.path", without_ids(str(path)))


def _resource(service: str) -> Resource:
    """Return the resource that describes this service in OpenTelemetry.

    The variables `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` override the resource's default
    attributes.
    """
    found = Resource.create({SERVICE_NAMESPACE: "acme-analytics"})
    is_named = not str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found if is_named else found.merge(Resource({SERVICE_NAME: service}))
