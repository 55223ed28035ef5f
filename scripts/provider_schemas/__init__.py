"""Schemas of Terraform providers for `tests/infra`, out of prebuilt packages; `make schemas`."""
