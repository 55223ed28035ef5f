# Permissions on the data from functions/manifest.json, as one role per function and container. Tests compare the code
# with the same file. The scopes are paths of the data plane, not ARM ids.
locals {
  grants = merge([
    for function in local.functions : {
      for container, grant in lookup(local.rights, function, {}) : "${function}${container == "/" ? "" : ":"}${container}" => {
        function = function
        scope    = container == "/" ? azurerm_cosmosdb_account.this.id : "${local.database_scope}/colls/${azurerm_cosmosdb_sql_container.this[container].name}"
        actions  = [for action in grant.actions : "${container == "/" ? local.account_actions : local.container_actions}/${action}"]
      }
    }
  ]...)
  # The same in every environment, so that a further copy can import the definitions.
  role_ids          = { for name in keys(local.grants) : name => uuidv5("url", "https://analytics.example.com/roles/${name}") }
  database_scope    = "${azurerm_cosmosdb_account.this.id}/dbs/${azurerm_cosmosdb_sql_database.this.name}"
  account_actions   = "Microsoft.DocumentDB/databaseAccounts"
  container_actions = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"
}

resource "azurerm_cosmosdb_sql_role_definition" "function" {
  for_each = local.grants

  name                = each.key
  role_definition_id  = local.role_ids[each.key]
  resource_group_name = local.account_group
  account_name        = azurerm_cosmosdb_account.this.name
  type                = "CustomRole"
  assignable_scopes   = [each.value.scope]

  permissions {
    data_actions = each.value.actions
  }
}

resource "azurerm_cosmosdb_sql_role_assignment" "function" {
  for_each = local.grants

  resource_group_name = local.account_group
  account_name        = azurerm_cosmosdb_account.this.name
  role_definition_id  = azurerm_cosmosdb_sql_role_definition.function[each.key].id
  principal_id        = azurerm_user_assigned_identity.function[each.value.function].principal_id
  scope               = each.value.scope
}
