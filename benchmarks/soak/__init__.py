"""A benchmark that measures how attacks by one tenant affect the other tenants."""
