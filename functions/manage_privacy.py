"""Handle requests to /api/v1/erasures and /api/v1/users/{user_id}/export."""

from api.hosting import endpoint

function = endpoint("manage_privacy")
