"""Handle POST /api/v1/auth/token and POST /api/v1/auth/share."""

from api.hosting import endpoint

function = endpoint("issue_token")
