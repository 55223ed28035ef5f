"""Functions that record every span, metric and attribute of the service.

This module uses only OpenTelemetry's API, which FastAPI imports anyway. Nothing is recorded until
`export` is called with an endpoint. docs/telemetry.md lists every name.
"""

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    format_trace_id,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.errors import ConfigurationError

if TYPE_CHECKING:
    from api.exporter import Exporter

LINKS_MAX = 99  # per fold, which has at most 99 deltas
_DROPPED_DIGITS_MAX = 6

_tracer = trace.get_tracer("api")
_meter = metrics.get_meter("api")
_trace_context = TraceContextTextMapPropagator()

_events = _meter.create_counter("analytics.events", "{event}", "Results of events, by outcome")
_dropped = _meter.create_counter(
    "analytics.sdk.dropped_events", "{event}", "Events that SDKs report as dropped"
)
_LAGS = (0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
_lag = _meter.create_histogram(
    "analytics.rollup.lag",
    "s",
    "Time from an event's receipt to its rollup, and to its projection",
    explicit_bucket_boundaries_advisory=_LAGS,
)
_archive_lag = _meter.create_histogram(
    "analytics.archive.lag",
    "s",
    "Time from an event's receipt until it is in the event lake",
    explicit_bucket_boundaries_advisory=_LAGS,
)
_dead_letters = _meter.create_counter(
    "analytics.dead_letters", "{document}", "Documents that can't be processed"
)
_request_units = _meter.create_counter(
    "analytics.store.request_units", "{request_unit}", "Request units charged by Cosmos DB"
)
_throttles = _meter.create_counter(
    "analytics.store.throttles", "{response}", "Throttled responses of the store"
)
_exporter: "Exporter | None" = None


def export(endpoint: str, *, service: str) -> None:
    """Start exporting telemetry to this OTLP endpoint. Ignore repeated calls in a process.

    Raises ConfigurationError if the extra `telemetry` isn't installed.
    """
    global _exporter  # noqa: PLW0603 - OpenTelemetry's providers are global too
    if not endpoint or _exporter:
        return
    try:
        from api.exporter import Exporter  # noqa: PLC0415 - it imports many modules
    except ImportError as error:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra `telemetry` is not installed."
        ) from error
    _exporter = Exporter(endpoint, service=service).install()


async def flush() -> None:
    """Export buffered telemetry, because a host may freeze the process after each response."""
    if _exporter:
        await _exporter.flush()


def current_trace_id() -> str | None:
    """Return the id of the current span's trace."""
    span = trace.get_current_span().get_span_context()
    return format_trace_id(span.trace_id) if span.is_valid else None


def current_traceparent() -> str | None:
    """Return the current span as a W3C `traceparent` header."""
    carrier: dict[str, str] = {}
    _trace_context.inject(carrier)
    return carrier.get("traceparent")


def describe_request(**attributes: str) -> None:
    """Add the log line's `org_id`, `request_id` and `code` to the current request's span."""
    span = trace.get_current_span()
    for name, value in attributes.items():
        span.set_attribute(_REQUEST_ATTRIBUTES[name], value)


_REQUEST_ATTRIBUTES = {
    "org_id": "analytics.org_id",
    "request_id": "analytics.request_id",
    "code": "analytics.error_code",
}


def count_events(outcomes: Mapping[str, int]) -> None:
    """Count the results of a request's events."""
    for outcome, count in outcomes.items():
        _events.add(count, {"outcome": outcome})


def count_dropped(header: str | None) -> None:
    """Count the dropped events that an SDK reports in a header. Ignore an invalid header."""
    if header and header.isdecimal() and len(header) <= _DROPPED_DIGITS_MAX:
        _dropped.add(int(header))


def count_dead_letter() -> None:
    """Count a document that can't be processed."""
    _dead_letters.add(1)


def count_request_units(charge: float, *, container: str) -> None:
    """Add the request charge of a Cosmos DB response to a counter."""
    _request_units.add(charge, {"container": container})


def count_throttle(store: str) -> None:
    """Count a throttled response from the store, even if the request is retried."""
    _throttles.add(1, {"store": store})


def record_lag(
    received_at: datetime, step: str, *, clock: Callable[[], float] = time.time
) -> float:
    """Record and return the seconds from an event's receipt to its fold or projection.

    The argument `step` is `fold` or `projection`.
    """
    seconds = _seconds_since(received_at, clock)
    _lag.record(seconds, {"step": step})
    return seconds


def record_archive_lag(received_at: datetime, *, clock: Callable[[], float] = time.time) -> float:
    """Record and return the seconds from an event's receipt until it is in the event lake."""
    seconds = _seconds_since(received_at, clock)
    _archive_lag.record(seconds)
    return seconds


def _seconds_since(moment: datetime, clock: Callable[[], float]) -> float:
    return max(0.0, clock() - moment.timestamp())


@contextmanager
def quiet() -> Generator[None]:
    """Suppress spans in this block, except spans that continue a request's trace.

    Without this context manager, the background worker would record spans for every poll, although
    most polls find no changes.
    """
    unsampled = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.DEFAULT))
    with trace.use_span(NonRecordingSpan(unsampled)):
        yield


def fold_span(
    org_id: str, day: str, traceparents: Iterable[str | None]
) -> AbstractContextManager[object]:
    """Start the span of a fold.

    If all deltas of the fold belong to one trace, the span continues this trace. If the deltas
    belong to several traces, the span starts a new trace with links to the traces of the deltas.
    """
    traces = {span.trace_id: span for span in map(_remote_span, traceparents) if span.is_valid}
    parents = list(traces.values())
    return _background_span(
        "analytics.fold",
        parent=parents[0] if len(parents) == 1 else INVALID_SPAN_CONTEXT,
        links=parents[:LINKS_MAX] if len(parents) > 1 else (),
        attributes={"analytics.org_id": org_id, "analytics.day": day},
    )


def projection_span(
    org_id: str, day: str, traceparent: str | None
) -> AbstractContextManager[object]:
    """Start the span of a projection in the trace of its fold."""
    return _background_span(
        "analytics.project",
        parent=_remote_span(traceparent),
        attributes={"analytics.org_id": org_id, "analytics.day": day},
    )


def dynamodb_span(operation: str) -> AbstractContextManager[object]:
    """Start the span of a DynamoDB call. For Cosmos DB, azure-core starts the spans."""
    return _tracer.start_as_current_span(
        f"DynamoDB.{operation}",
        kind=SpanKind.CLIENT,
        attributes={"db.system.name": "aws.dynamodb", "db.operation.name": operation},
    )


def _background_span(
    name: str,
    *,
    parent: SpanContext,
    links: Iterable[SpanContext] = (),
    attributes: Mapping[str, str],
) -> AbstractContextManager[object]:
    """Start a span under this parent or, if the parent is invalid, in a new trace."""
    return _tracer.start_as_current_span(
        name,
        context=trace.set_span_in_context(NonRecordingSpan(parent), Context()),
        kind=SpanKind.CONSUMER,
        links=[Link(link) for link in links],
        attributes=attributes,
    )


def _remote_span(traceparent: str | None) -> SpanContext:
    carrier = {"traceparent": traceparent or ""}
    context = _trace_context.extract(carrier, Context())
    return trace.get_current_span(context).get_span_context()
