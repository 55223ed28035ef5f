"""Handle GET /api/v1/event-types."""

from api.hosting import endpoint

function = endpoint("list_event_types")
