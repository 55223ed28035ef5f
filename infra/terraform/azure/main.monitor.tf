resource "azurerm_log_analytics_workspace" "this" {
  name                         = "log-${local.name}"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = var.location
  sku                          = "PerGB2018"
  retention_in_days            = var.log_retention_days
  daily_quota_gb               = var.environment == "prod" ? -1 : 1
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_application_insights" "this" {
  name                         = "appi-${local.name}"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = var.location
  workspace_id                 = azurerm_log_analytics_workspace.this.id
  application_type             = "web"
  local_authentication_enabled = false
  ip_masking_enabled           = true
  tags                         = local.tags
}

locals {
  is_gateway_logged = !startswith(var.gateway_sku, "Consumption") # the Consumption tier has no request log

  # Diagnostic logs of each resource, without requests, which are in the gateway's log and Application Insights.
  diagnostics = merge(
    {
      cosmos    = { id = azurerm_cosmosdb_account.this.id, logs = ["ControlPlaneRequests", "PartitionKeyRUConsumption"], has_own_tables = true }
      dashboard = { id = azurerm_container_app_environment.this.id, logs = ["ContainerAppConsoleLogs", "ContainerAppSystemLogs"] }
      vault     = { id = azurerm_key_vault.this.id, logs = ["AuditEvent"] }
    },
    local.is_gateway_logged ? { gateway = { id = azurerm_api_management.gateway.id, logs = ["GatewayLogs"], has_own_tables = true } } : {},
    { for function in local.functions : function => { id = azurerm_function_app_flex_consumption.this[function].id, logs = ["AppServiceAuthenticationLogs"] } },
  )
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = local.diagnostics

  name                           = "to-workspace${local.suffix}" # the copies of an environment share the Cosmos DB account
  target_resource_id             = each.value.id
  log_analytics_workspace_id     = azurerm_log_analytics_workspace.this.id
  log_analytics_destination_type = try(each.value.has_own_tables, false) ? "Dedicated" : null

  dynamic "enabled_log" {
    for_each = each.value.logs
    content {
      category = enabled_log.value
    }
  }
  enabled_metric {
    category = "AllMetrics"
  }
}
