"""Handle requests about the organisation: its members, and what they have saved."""

from api.hosting import endpoint

function = endpoint("manage_organization")
