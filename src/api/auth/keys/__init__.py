"""Sources of signing keys: a file, Azure Key Vault or AWS KMS."""
