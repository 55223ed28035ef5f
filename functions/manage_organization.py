"""Handle requests about the organisation: its members, invitations, saved views and boards."""

from api.hosting import endpoint

function = endpoint("manage_organization")
