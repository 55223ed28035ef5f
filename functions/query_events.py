"""Handle GET /api/v1/events."""

from api.hosting import endpoint

function = endpoint("query_events")
