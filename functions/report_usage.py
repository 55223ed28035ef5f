"""Handle GET /api/v1/usage."""

from api.hosting import endpoint

function = endpoint("report_usage")
