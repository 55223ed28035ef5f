"""Request log lines and spans refer to each other."""

import logging

from api import telemetry
from tests.support import an_event, send


async def test_a_log_line_has_the_trace_id_of_its_span(http, measured, caplog):
    caplog.set_level(logging.INFO, "api.request")
    with telemetry._tracer.start_as_current_span("request"):
        await http.get("/healthz", headers={"X-Request-Id": "r-1"})
    [span] = measured.spans("request")
    [line] = [r.fields for r in caplog.records if r.message == "request"]

    assert line["trace_id"] == f"{span.context.trace_id:032x}"
    assert span.attributes["analytics.request_id"] == line["request_id"] == "r-1"


async def test_a_span_has_the_organisation_and_the_error_code(acme, measured):
    with telemetry._tracer.start_as_current_span("request"):
        await send(acme, an_event(1, user_id=7))
    [span] = measured.spans("request")

    assert span.attributes["analytics.org_id"] == "org_acme"
    assert span.attributes["analytics.error_code"] == "events_rejected"
    assert measured.points("analytics.events") == {("rejected",): 1}
