# The storage of the Functions host. Each app has its own account, so that no app can read another's keys or package.
resource "azurerm_storage_account" "function" {
  # checkov:skip=CKV_AZURE_33: The account has no queues.
  # checkov:skip=CKV_AZURE_59: Outside dev, the account has no public address (private_network).
  # checkov:skip=CKV_AZURE_206: A second copy of the environment deploys the packages again, so copies in three zones suffice.
  # checkov:skip=CKV2_AZURE_1: The platform's keys encrypt the account; a key of our own would be another thing that can be lost.

  for_each = local.functions

  name                     = "st${substr(replace(each.key, "_", ""), 0, 16)}${local.unique}"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = var.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.environment == "dev" ? "LRS" : "ZRS"

  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  public_network_access_enabled     = !var.private_network
  https_traffic_only_enabled        = true
  min_tls_version                   = "TLS1_2"
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false
  infrastructure_encryption_enabled = true

  blob_properties {
    delete_retention_policy {
      days = 7
    }
  }

  tags = local.tags
}

resource "azurerm_storage_container" "package" {
  # checkov:skip=CKV2_AZURE_21: Only the Functions host reads the package.

  for_each = local.functions

  name                  = "package"
  storage_account_id    = azurerm_storage_account.function[each.key].id
  container_access_type = "private"
}

# The packages that an app has run. The platform keeps only the current one; a roll-back needs the one before.
resource "azurerm_storage_container" "builds" {
  # checkov:skip=CKV2_AZURE_21: Only a deployment reads the packages.

  for_each = local.functions

  name                  = "builds"
  storage_account_id    = azurerm_storage_account.function[each.key].id
  container_access_type = "private"
}
