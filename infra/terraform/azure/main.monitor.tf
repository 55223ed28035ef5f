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
  # What each thing logs about itself. Requests are in the gateway's log and in Application Insights, not here again.
  diagnostics = merge(
    {
      gateway = { id = azurerm_api_management.gateway.id, logs = ["GatewayLogs"] }
      cosmos  = { id = azurerm_cosmosdb_account.this.id, logs = ["ControlPlaneRequests", "PartitionKeyRUConsumption"] }
      vault   = { id = azurerm_key_vault.this.id, logs = ["AuditEvent"] }
    },
    { for function in local.functions : function => { id = azurerm_function_app_flex_consumption.this[function].id, logs = ["AppServiceAuthenticationLogs"] } },
  )
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = local.diagnostics

  name                           = "to-workspace"
  target_resource_id             = each.value.id
  log_analytics_workspace_id     = azurerm_log_analytics_workspace.this.id
  log_analytics_destination_type = "Dedicated"

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
