"""GET /.well-known/jwks.json and /.well-known/openid-configuration: what gateways verify by."""

from api.hosting import endpoint

function = endpoint("publish_keys", "describe_issuer", uses_store=False)
