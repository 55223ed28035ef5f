"""Handle GET /healthz."""

from api.hosting import endpoint

function = endpoint("check_health")
