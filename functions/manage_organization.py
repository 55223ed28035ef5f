"""Handle GET and PATCH /api/v1/organization, and all requests to /api/v1/members."""

from api.hosting import endpoint

function = endpoint("manage_organization")
