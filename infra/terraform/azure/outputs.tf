output "api_url" {
  description = "Where the API is called; also the issuer of its tokens."
  value       = local.public_base_url
}

output "cosmos_endpoint" {
  description = "The account, for `analytics` run by somebody with rights of their own."
  value       = azurerm_cosmosdb_account.this.endpoint
}

output "dashboard_url" {
  description = "Where people sign in."
  value       = local.dashboard_url
}

output "function_apps" {
  description = "The app to deploy build/azure/<function>.zip to, by function."
  value       = { for function, app in azurerm_function_app_flex_consumption.this : function => app.name }
}

output "identities" {
  description = "Principal ids: of each function, the gateway and the dashboard."
  value = merge(
    { for function, identity in azurerm_user_assigned_identity.function : function => identity.principal_id },
    { gateway = azurerm_user_assigned_identity.gateway.principal_id, dashboard = azurerm_user_assigned_identity.dashboard.principal_id },
  )
}

output "key_vault_url" {
  description = "The vault of the signing key and the two secrets."
  value       = azurerm_key_vault.this.vault_uri
}

output "outbound_address" {
  description = "The address that the functions and the dashboard call others from; null without a private network."
  value       = one([for address in azurerm_public_ip.outbound : address.ip_address])
}
