"""Authentication and authorisation of callers, their organisations and their scopes."""
