data "azurerm_client_config" "deployer" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.name}"
  location = var.location
  tags     = local.tags
}

# Protects resources with data from an accidental `destroy`.
resource "azurerm_management_lock" "data" {
  for_each = var.environment == "prod" ? { cosmos = azurerm_cosmosdb_account.this.id, vault = azurerm_key_vault.this.id } : {}

  name       = "keep-${each.key}"
  scope      = each.value
  lock_level = "CanNotDelete"
  notes      = "Holds customers' data or the keys to it: remove the lock by hand, with a second pair of eyes."
}
