"""Handle POST /api/v1/auth/token."""

from api.hosting import endpoint

function = endpoint("issue_token")
