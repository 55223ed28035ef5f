"""Handle POST /api/v1/invitations/accept."""

from api.hosting import endpoint

function = endpoint("join_organization")
