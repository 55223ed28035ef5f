"""Handle requests about the organisation: members, invitations, views, boards and links."""

from api.hosting import endpoint

function = endpoint("manage_organization")
