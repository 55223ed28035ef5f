"""Authentication and authorisation: who calls, for which organisation, with which scopes."""
