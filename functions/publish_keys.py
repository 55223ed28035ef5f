"""Handle GET /.well-known/jwks.json and GET /.well-known/openid-configuration."""

from api.hosting import endpoint

function = endpoint("publish_keys")
