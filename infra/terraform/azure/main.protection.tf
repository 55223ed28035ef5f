# Protection of customers' data, and of the keys to it, from accidental deletion. Only dev may be destroyed.
#
# Against Terraform: `prevent_destroy` can't depend on a variable. These guards have it in the place of the resources that
# they name: they would be replaced or destroyed together with them, so Terraform refuses such a plan.
resource "terraform_data" "keep_container" {
  for_each = toset([for name in keys(local.containers) : name if var.environment != "dev"])

  lifecycle {
    prevent_destroy      = true # a changed key needs a new container and a migration of its data
    replace_triggered_by = [azurerm_cosmosdb_sql_container.this[each.key].id]
  }
}

resource "terraform_data" "keep_stores" {
  count = var.environment == "dev" ? 0 : 1

  lifecycle {
    prevent_destroy = true
    replace_triggered_by = [
      azurerm_cosmosdb_account.this.id,
      azurerm_cosmosdb_sql_database.this.id,
      azurerm_key_vault.this.id,
    ]
  }
}

# Not part of keep_stores, because a new reference in that guard would replace the guard, which Terraform refuses.
resource "terraform_data" "keep_lake" {
  count = var.environment == "dev" ? 0 : 1

  lifecycle {
    prevent_destroy      = true
    replace_triggered_by = [azurerm_storage_account.lake.id, azurerm_storage_container.lake.id]
  }
}

# Against people: a lock where nothing is deleted in ordinary operation. Only containers are below the database. A lock on
# the account or the vault would also block the deletion of role assignments, diagnostic settings and private endpoint
# connections (https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources). The vault needs none,
# because a deleted vault can be recovered and can't be purged.
resource "azurerm_management_lock" "database" {
  count = var.environment == "prod" ? 1 : 0

  name       = "keep-database"
  scope      = azurerm_cosmosdb_sql_database.this.id
  lock_level = "CanNotDelete"
  notes      = "Holds customers' data: remove the lock by hand, with a second pair of eyes."

  depends_on = [azurerm_cosmosdb_sql_container.this]
}
