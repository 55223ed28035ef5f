"""Handle POST /api/v1/events/beacon."""

from api.hosting import endpoint

function = endpoint("beacon_events")
