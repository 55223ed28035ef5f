"""Handle DELETE /api/v1/keys/{key_id}."""

from api.hosting import endpoint

function = endpoint("revoke_key")
