output "api_url" {
  description = "The API's base URL, which is also the issuer of its tokens."
  value       = local.public_base_url
}

output "cosmos_endpoint" {
  description = "The Cosmos DB account, for people who run `analytics` with a role of their own."
  value       = azurerm_cosmosdb_account.this.endpoint
}

output "dashboard_image" {
  description = "The dashboard's image of the last apply, which a plan without an image keeps."
  value       = var.dashboard_image
}

output "dashboard_url" {
  description = "The dashboard's URL."
  value       = local.dashboard_url
}

output "environment" {
  description = "The environment of this state, which scripts/pipeline/outputs.py compares with its argument."
  value       = var.environment
}

output "function_apps" {
  description = "Where scripts/deploy_azure deploys build/azure/<function>.zip and keeps it for a roll-back, by function."
  value = {
    for function, app in azurerm_function_app_flex_consumption.this : function => {
      name       = app.name
      url        = "https://${app.default_hostname}"
      scm_url    = "https://${replace(app.default_hostname, "/^[^.]+/", "$0.scm")}"
      builds_url = "${azurerm_storage_account.function[function].primary_blob_endpoint}${azurerm_storage_container.builds[function].name}"
    }
  }
}

output "identities" {
  description = "The principal ids of each function, the gateway and the dashboard."
  value = merge(
    { for function, identity in azurerm_user_assigned_identity.function : function => identity.principal_id },
    { gateway = azurerm_user_assigned_identity.gateway.principal_id, dashboard = azurerm_user_assigned_identity.dashboard.principal_id },
  )
}

output "key_vault_url" {
  description = "The vault of the signing key and the secrets."
  value       = azurerm_key_vault.this.vault_uri
}

output "lake_url" {
  description = "The event lake, for people who run `analytics lake` with a role of their own."
  value       = local.lake_url
}

output "outbound_address" {
  description = "The outbound address of the functions and the dashboard; null without a private network."
  value       = try(local.network.outbound_address, null)
}
