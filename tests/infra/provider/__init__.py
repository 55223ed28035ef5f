"""A Terraform provider that has only a schema, which `terraform` uses in these tests."""

from tests.infra.provider.server import ProviderServers, serve

__all__ = ["ProviderServers", "serve"]
