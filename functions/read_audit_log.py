"""Handle GET /api/v1/audit-log."""

from api.hosting import endpoint

function = endpoint("read_audit_log")
