"""A Terraform provider that has only a schema: what `terraform` talks to in these tests."""

from tests.infra.provider.server import ProviderServers, serve

__all__ = ["ProviderServers", "serve"]
