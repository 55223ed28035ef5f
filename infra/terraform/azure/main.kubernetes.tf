# The API in a Kubernetes cluster (infra/helm) instead of the function apps: an identity with the permissions of all
# functions together, and the chart's values. The cluster itself isn't part of this configuration.
locals {
  is_on_kubernetes = var.kubernetes != null
  kubernetes_roles = !local.is_on_kubernetes ? {} : {
    sign      = { role = "Key Vault Crypto User", scope = azurerm_key_vault_key.signing.resource_versionless_id, reason = "Signs access tokens with this one key." }
    publish   = { role = "Key Vault Reader", scope = azurerm_key_vault_key.signing.resource_versionless_id, reason = "Reads the public halves of this one key." }
    cursor    = { role = "Key Vault Secrets User", scope = azurerm_key_vault_secret.cursor.resource_versionless_id, reason = "Signs and checks cursors with this one secret." }
    lake      = { role = "Storage Blob Data Contributor", scope = azurerm_storage_container.lake.id, reason = "Archives events in the lake, and reads it." }
    user_hash = { role = "Key Vault Secrets User", scope = azurerm_key_vault_secret.user_hash.resource_versionless_id, reason = "User ids are hashed with keys derived from this one secret." }
  }
}

resource "azurerm_user_assigned_identity" "kubernetes" {
  count = local.is_on_kubernetes ? 1 : 0

  name                = "id-kubernetes-${var.environment}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = local.tags
}

# Only the pods of this one service account can use the identity.
resource "azurerm_federated_identity_credential" "kubernetes" {
  count = local.is_on_kubernetes ? 1 : 0

  name                      = "kubernetes"
  user_assigned_identity_id = azurerm_user_assigned_identity.kubernetes[0].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = var.kubernetes.oidc_issuer
  subject                   = "system:serviceaccount:${var.kubernetes.namespace}:${var.kubernetes.release}-api"
}

# One process serves all operations, so it has the roles of all functions. An account can't have more than 100 definitions.
resource "azurerm_cosmosdb_sql_role_assignment" "kubernetes" {
  for_each = local.is_on_kubernetes ? local.grants : {}

  resource_group_name = local.account_group
  account_name        = azurerm_cosmosdb_account.this.name
  role_definition_id  = azurerm_cosmosdb_sql_role_definition.function[each.key].id
  principal_id        = azurerm_user_assigned_identity.kubernetes[0].principal_id
  scope               = each.value.scope
}

resource "azurerm_role_assignment" "kubernetes" {
  for_each = local.kubernetes_roles

  description          = each.value.reason
  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.kubernetes[0].principal_id
  principal_type       = "ServicePrincipal"
}

output "chart_values" {
  description = "The values of infra/helm that depend on this environment; null without var.kubernetes."
  value = !local.is_on_kubernetes ? null : {
    api = {
      settings = merge(
        {
          ANALYTICS_ENV                   = var.environment
          ANALYTICS_STORE                 = "cosmos"
          ANALYTICS_COSMOS_ENDPOINT       = azurerm_cosmosdb_account.this.endpoint
          ANALYTICS_COSMOS_DATABASE       = azurerm_cosmosdb_sql_database.this.name
          ANALYTICS_JWT_AUDIENCE          = local.token_audience
          ANALYTICS_OIDC_ISSUER           = var.oidc.issuer
          ANALYTICS_OIDC_JWKS_URL         = var.oidc.jwks_url
          ANALYTICS_OIDC_AUDIENCE         = var.oidc.audience
          ANALYTICS_KEY_VAULT_URL         = azurerm_key_vault.this.vault_uri
          ANALYTICS_SIGNING_KEY           = azurerm_key_vault_key.signing.name
          ANALYTICS_CURSOR_SECRET_NAME    = azurerm_key_vault_secret.cursor.name
          ANALYTICS_EVENTS_RETENTION_DAYS = tostring(var.events_retention_days)
          ANALYTICS_LAKE_RETENTION_DAYS   = tostring(var.lake_retention_days)
          ANALYTICS_LAKE_URL              = local.lake_url
          ANALYTICS_SIGN_UP               = var.sign_up
          ANALYTICS_USER_HASH_SECRET_NAME = azurerm_key_vault_secret.user_hash.name
        },
        local.telemetry_settings,
      )
      serviceAccount = {
        annotations = { "azure.workload.identity/client-id" = azurerm_user_assigned_identity.kubernetes[0].client_id }
        podLabels   = { "azure.workload.identity/use" = "true" }
      }
    }
    app = {
      settings = local.dashboard_settings
      secret   = { external = { keys = { for setting, secret in local.dashboard_secrets : setting => secret.name } } }
    }
  }
}
