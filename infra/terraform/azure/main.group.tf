data "azurerm_client_config" "deployer" {}

# While the group's region is lost, nothing in the group can be changed, wherever it is
# (https://learn.microsoft.com/azure/azure-resource-manager/management/overview). The group of the first copy contains the
# Cosmos DB account, which must then be changed, so the group is in the second region.
resource "azurerm_resource_group" "this" {
  name     = "rg-${local.name}"
  location = var.copy == 1 ? coalesce(var.cosmos.second_region, var.location) : var.location
  tags     = local.tags

  lifecycle {
    ignore_changes = [location] # a group can't be moved
  }
}
