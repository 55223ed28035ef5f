"""Fixtures: `measured` records this process's telemetry; stores come from the contract tests."""

import pytest
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api import telemetry
from tests.contract.conftest import any_store
from tests.stores.conftest import stub_operation
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb

__all__ = ["any_store", "aws", "dynamodb", "moto_server", "on_dynamodb", "stub_operation"]


class Measured:
    """The spans and metrics recorded so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers, meters = TracerProvider(), MeterProvider([self._reader])
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        monkeypatch.setattr(telemetry, "_tracer", tracers.get_tracer("api"))
        meter = meters.get_meter("api")
        for name, instrument in list(vars(telemetry).items()):
            if known := getattr(instrument, "_name", None):
                is_histogram = isinstance(instrument, Histogram)
                make = meter.create_histogram if is_histogram else meter.create_counter
                monkeypatch.setattr(telemetry, name, make(known))

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._spans.get_finished_spans() if span.name == name]

    def points(self, name: str) -> dict[tuple[object, ...], float]:
        """Return the sums of a metric, keyed by the values of its attributes."""
        data = self._reader.get_metrics_data()
        found = data.resource_metrics[0].scope_metrics[0].metrics if data else ()
        return {
            tuple(point.attributes.values()): getattr(point, "value", None) or point.sum
            for metric in found
            if metric.name == name
            for point in metric.data.data_points
        }


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    return Measured(monkeypatch)
