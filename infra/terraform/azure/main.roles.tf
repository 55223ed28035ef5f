# All permissions outside Cosmos DB, each with its reason and the smallest possible scope. Don't change a description:
# that would replace the assignment.
resource "azurerm_role_assignment" "host_storage" {
  for_each = local.functions

  description          = "The Functions host keeps leases, keys, timers and the package in its own account."
  scope                = azurerm_storage_account.function[each.key].id
  role_definition_name = "Storage Blob Data Owner"
  principal_id         = azurerm_user_assigned_identity.function[each.key].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "telemetry" {
  for_each = merge(
    { for function in local.functions : function => azurerm_user_assigned_identity.function[function].principal_id },
    { gateway = azurerm_user_assigned_identity.gateway.principal_id },
  )

  description          = "Sends telemetry; the component takes no key."
  scope                = azurerm_application_insights.this.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "sign" {
  description          = "issue_token signs access tokens with this one key."
  scope                = azurerm_key_vault_key.signing.resource_versionless_id
  role_definition_name = "Key Vault Crypto User"
  principal_id         = azurerm_user_assigned_identity.function[one([for function, needs in local.needs : function if contains(needs, "signing_key")])].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "publish" {
  description          = "publish_keys reads the public halves of this one key."
  scope                = azurerm_key_vault_key.signing.resource_versionless_id
  role_definition_name = "Key Vault Reader"
  principal_id         = azurerm_user_assigned_identity.function[one([for function, needs in local.needs : function if contains(needs, "public_keys")])].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "cursor" {
  description          = "query_events signs and checks cursors with this one secret."
  scope                = azurerm_key_vault_secret.cursor.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.function[one([for function, needs in local.needs : function if contains(needs, "cursor_secret")])].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "user_hash" {
  for_each = local.hashing_functions

  description          = "User ids are hashed with keys derived from this one secret."
  scope                = azurerm_key_vault_secret.user_hash.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.function[each.key].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "session" {
  description          = "The dashboard seals its sessions with this one secret."
  scope                = azurerm_key_vault_secret.session.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.dashboard.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "pull" {
  description          = "The dashboard's platform pulls its image."
  scope                = var.container_registry.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.dashboard.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "deployer" {
  for_each = {
    "Key Vault Crypto Officer"  = "Terraform makes the signing key and its rotation policy."
    "Key Vault Secrets Officer" = "Terraform writes the secrets, which it never reads back."
  }

  description          = each.value
  scope                = azurerm_key_vault.this.id
  role_definition_name = each.key
  principal_id         = data.azurerm_client_config.deployer.object_id
}
