"""Handle GET /api/v1/me."""

from api.hosting import endpoint

function = endpoint("describe_caller")
