"""Handle GET /api/v1/metrics/summary."""

from api.hosting import endpoint

function = endpoint("summarize_metrics")
