"""A Terraform provider with a schema but without a cloud, which `terraform` uses in these tests."""

from tests.infra.provider.server import ProviderServers, serve

__all__ = ["ProviderServers", "serve"]
