"""Handle POST /api/v1/keys."""

from api.hosting import endpoint

function = endpoint("create_key")
