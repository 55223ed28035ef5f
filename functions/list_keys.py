"""Handle GET /api/v1/keys."""

from api.hosting import endpoint

function = endpoint("list_keys")
