resource "azurerm_key_vault" "this" {
  # checkov:skip=CKV_AZURE_189: Outside dev, the vault has no public address (private_network).

  name                = "kv-an-${var.environment}-${local.unique}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tenant_id           = data.azurerm_client_config.deployer.tenant_id
  sku_name            = "standard"

  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = var.environment == "prod" ? 90 : 7
  public_network_access_enabled = !var.private_network

  network_acls {
    bypass         = "None"
    default_action = var.private_network ? "Deny" : "Allow"
  }

  tags = local.tags
}

# Plans at different times must be equal, because the pipeline applies only the approved plan. Therefore the time is that of
# the apply. If you replace the key, replace this resource too: its time would be too old for the new key.
resource "time_static" "signing_key" {
  triggers = { vault = azurerm_key_vault.this.id }
}

# The key that signs access tokens; the private key never leaves the vault. It is rotated every 90 days. The application
# publishes a new version ten minutes before it signs with it, and keeps publishing the old version for an hour.
resource "azurerm_key_vault_key" "signing" {
  # checkov:skip=CKV_AZURE_112: The vault's own modules protect the key; a dedicated HSM costs more than the rest of the environment.

  name         = "access-tokens"
  key_vault_id = azurerm_key_vault.this.id
  key_type     = "RSA"
  key_size     = 2048
  key_opts     = ["sign", "verify"]

  # The policy sets the expiry only of versions that a rotation creates. The first version needs its own, otherwise a rotation
  # "before expiry" and the notification would never happen
  # (https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation).
  expiration_date = timeadd(time_static.signing_key.rfc3339, "2880h")

  rotation_policy {
    expire_after         = "P120D"
    notify_before_expiry = "P20D" # happens only if the rotation has failed for ten days

    automatic {
      time_after_creation = "P90D"
    }
  }

  tags = local.tags

  lifecycle {
    ignore_changes = [expiration_date]
  }

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

# Random values are generated and written during an apply, so neither the plan nor the state contains them.
ephemeral "random_password" "secret" {
  for_each = toset(["cursor", "session", "user_hash"])

  length  = 48
  special = false
}

resource "azurerm_key_vault_secret" "cursor" {
  # checkov:skip=CKV_AZURE_41: An expired secret would stop the service; secrets_version replaces it.

  name             = "cursor-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "signs cursors of GET /events"
  value_wo         = ephemeral.random_password.secret["cursor"].result
  value_wo_version = var.secrets_version.cursor
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

resource "azurerm_key_vault_secret" "session" {
  # checkov:skip=CKV_AZURE_41: An expired secret would stop the service; secrets_version replaces it.

  name             = "session-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "seals the dashboard's sessions"
  value_wo         = ephemeral.random_password.secret["session"].result
  value_wo_version = var.secrets_version.session
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

# The secret from which the keys for hashes of user ids are derived. A new version causes a rebuild of every day; see
# README.md, "Environments and state".
resource "azurerm_key_vault_secret" "user_hash" {
  # checkov:skip=CKV_AZURE_41: An expired secret would stop the service; secrets_version replaces it.

  name             = "user-hash-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "hashes user ids"
  value_wo         = ephemeral.random_password.secret["user_hash"].result
  value_wo_version = var.secrets_version.user_hash
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

resource "azurerm_key_vault_secret" "oidc_client" {
  # checkov:skip=CKV_AZURE_41: The identity provider decides when it expires.

  for_each = toset(var.secrets_version.oidc_client > 0 ? ["oidc_client"] : [])

  name             = "oidc-client-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "authenticates the dashboard at the identity provider"
  value_wo         = var.oidc_client_secret
  value_wo_version = var.secrets_version.oidc_client
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}
