"""Handle requests to /api/v1/organization, /api/v1/members and /api/v1/invitations."""

from api.hosting import endpoint

function = endpoint("manage_organization")
