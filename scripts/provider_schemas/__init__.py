"""Extract Terraform provider schemas for `tests/infra` from published packages: `make schemas`."""
