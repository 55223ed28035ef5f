resource "azurerm_key_vault" "this" {
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

# The key that signs access tokens; the private key never leaves the vault. It is rotated every 90 days. The application
# publishes a new version ten minutes before it signs with it, and keeps publishing the old version for an hour.
resource "azurerm_key_vault_key" "signing" {
  name         = "access-tokens"
  key_vault_id = azurerm_key_vault.this.id
  key_type     = "RSA"
  key_size     = 2048
  key_opts     = ["sign", "verify"]

  # The policy sets the expiry only of versions that a rotation creates. The first version needs its own, otherwise a rotation
  # "before expiry" and the notification would never happen
  # (https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation).
  expiration_date = timeadd(plantimestamp(), "2880h")

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
  name             = "cursor-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "signs cursors of GET /events"
  value_wo         = ephemeral.random_password.secret["cursor"].result
  value_wo_version = var.secrets_version.cursor
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

resource "azurerm_key_vault_secret" "session" {
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
  name             = "user-hash-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "hashes user ids"
  value_wo         = ephemeral.random_password.secret["user_hash"].result
  value_wo_version = var.secrets_version.user_hash
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

resource "azurerm_key_vault_secret" "oidc_client" {
  for_each = toset(var.secrets_version.oidc_client > 0 ? ["oidc_client"] : [])

  name             = "oidc-client-secret"
  key_vault_id     = azurerm_key_vault.this.id
  content_type     = "authenticates the dashboard at the identity provider"
  value_wo         = var.oidc_client_secret
  value_wo_version = var.secrets_version.oidc_client
  tags             = local.tags

  depends_on = [time_sleep.deployer_roles, azurerm_private_endpoint.data]
}

# The vault logs the Event Grid events of its keys even if nothing subscribes to them
# (https://learn.microsoft.com/azure/key-vault/general/logging).
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "signing_key" {
  name                    = "signing-key-not-rotated"
  description             = "The signing key was not rotated in time, or a rotation failed. The key stops signing 120 days after its creation: rotate it by hand and look for the reason."
  resource_group_name     = azurerm_resource_group.this.name
  location                = var.location
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  severity                = 1
  window_duration         = "PT1H"
  evaluation_frequency    = "PT15M" # less than the window, because a log line can arrive after ten minutes
  auto_mitigation_enabled = false   # somebody must rotate the key
  skip_query_validation   = true    # the table doesn't exist before the vault's first log line
  tags                    = local.tags

  criteria {
    query                   = <<-KQL
      AzureDiagnostics
      | where ResourceProvider == "MICROSOFT.KEYVAULT"
      | where OperationName in ("KeyNearExpiryEventGridNotification", "KeyExpiredEventGridNotification")
          or (OperationName in ("KeyRotate", "KeyRotateIfDue") and ResultType != "Success")
      | summarize events = count()
    KQL
    metric_measure_column   = "events"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 0
  }
  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}
