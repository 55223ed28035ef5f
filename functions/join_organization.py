"""Handle POST /api/v1/invitations/accept and POST /api/v1/organizations."""

from api.hosting import endpoint

function = endpoint("join_organization")
