# The event lake: a Delta Lake table per organisation, in an account of its own. It has no hierarchical namespace, because
# deltalake needs none. It is not copied to a second region, because it can be built again.
resource "azurerm_storage_account" "lake" {
  # checkov:skip=CKV_AZURE_33: The account has no queues.
  # checkov:skip=CKV_AZURE_43: The name contains a hash, which checkov can't compute.
  # checkov:skip=CKV_AZURE_59: Outside dev, the account has no public address (private_network).
  # checkov:skip=CKV_AZURE_206: The lake can be built again from Cosmos DB, so copies in three zones suffice.
  # checkov:skip=CKV2_AZURE_38: Soft delete would keep files that an erasure deletes.
  # checkov:skip=CKV2_AZURE_1: The platform's keys encrypt the account; a key of our own would be another thing that can be lost.

  name                     = "stlake${var.environment}${local.unique}"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = var.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.environment == "dev" ? "LRS" : "ZRS"
  is_hns_enabled           = false

  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  public_network_access_enabled     = !var.private_network
  https_traffic_only_enabled        = true
  min_tls_version                   = "TLS1_2"
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false
  infrastructure_encryption_enabled = true

  # No soft delete: deleted files would contain erased events, and a lost lake can be built again from Cosmos DB.
  blob_properties {
    versioning_enabled  = false
    change_feed_enabled = false
  }

  tags = local.tags
}

resource "azurerm_storage_container" "lake" {
  # checkov:skip=CKV2_AZURE_21: Only one function reads the blobs, and its own log lists what it does.

  name                  = "lake"
  storage_account_id    = azurerm_storage_account.lake.id
  container_access_type = "private"
}

locals {
  lake_url = "${azurerm_storage_account.lake.primary_blob_endpoint}${azurerm_storage_container.lake.name}"
  # The role of each function that uses the lake. The names of the needs are those of functions/manifest.json.
  lake_roles = merge(
    { for function, needs in local.needs : function => "Storage Blob Data Reader" if contains(needs, "lake") },
    { for function, needs in local.needs : function => "Storage Blob Data Contributor" if contains(needs, "lake_writer") },
  )
}
