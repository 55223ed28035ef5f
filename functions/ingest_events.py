"""Handle POST /api/v1/events."""

from api.hosting import endpoint

function = endpoint("ingest_events")
