# The account of Terraform's states. Nobody but Terraform writes to it, and every change can be undone: an overwritten blob
# has earlier versions, and a deleted blob, container or account can be restored.
resource "azurerm_storage_account" "state" {
  # checkov:skip=CKV_AZURE_33: The account has no queues.
  # checkov:skip=CKV_AZURE_36: No service of the platform needs access to the states.
  # checkov:skip=CKV_AZURE_43: The name contains a hash, which checkov can't compute.
  # checkov:skip=CKV_AZURE_59: Outside dev, the account has no public address (private_network).
  # checkov:skip=CKV_AZURE_206: A second copy of the environment has a state of its own, so copies in three zones suffice.
  # checkov:skip=CKV2_AZURE_1: The platform's keys encrypt the account; a key of our own would be another thing that can be lost.

  name                     = "stanstate${var.environment}${local.unique}"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = var.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = "ZRS"

  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  public_network_access_enabled     = local.is_state_public
  https_traffic_only_enabled        = true
  min_tls_version                   = "TLS1_2"
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false
  infrastructure_encryption_enabled = true

  # With a private network, only the operator who moves the first state from a file into the account has access from outside.
  network_rules {
    default_action = var.private_network ? "Deny" : "Allow"
    bypass         = ["None"]
    ip_rules       = var.state_reachable_from
  }

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 90
    }
    container_delete_retention_policy {
      days = 90
    }
  }

  tags = local.tags

  # A lock would also block the deletion of role assignments, so a deployer could not be removed.
  lifecycle {
    prevent_destroy = true
  }
}

# The state of this configuration has a container of its own, so that the pipeline can't change network and access.
resource "azurerm_storage_container" "state" {
  # checkov:skip=CKV2_AZURE_21: Every change is kept as a version of the blob, and the roles name who can read.

  for_each = toset(["bootstrap", "tfstate"])

  name                  = each.key
  storage_account_id    = azurerm_storage_account.state.id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}

locals {
  is_state_public = !var.private_network || length(var.state_reachable_from) > 0
  state_roles = {
    administrators = { role = "Storage Blob Data Contributor", containers = ["bootstrap", "tfstate"], reason = "Applies this configuration, and repairs states." }
    deployers      = { role = "Storage Blob Data Contributor", containers = ["tfstate"], reason = "Plans and applies the environment." }
    readers        = { role = "Storage Blob Data Reader", containers = ["tfstate"], reason = "Plans the environment, and looks for drift." }
  }
}

resource "azurerm_role_assignment" "state" {
  for_each = merge(flatten([
    for group, people in { administrators = var.administrators, deployers = var.deployers, readers = var.readers } : [
      for name, principal in people : {
        for container in local.state_roles[group].containers : "${container}: ${group} ${name}" => { principal = principal, container = container, group = group }
      }
    ]
  ])...)

  description          = local.state_roles[each.value.group].reason
  scope                = azurerm_storage_container.state[each.value.container].id
  role_definition_name = local.state_roles[each.value.group].role
  principal_id         = each.value.principal.object_id
  principal_type       = each.value.principal.type
}

# The zone resolves the names of all storage accounts in the network, also those of the environment.
resource "azurerm_private_dns_zone" "blob" {
  for_each = local.private

  name                = "privatelink.blob.core.windows.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "blob" {
  for_each = local.private

  name                 = "vnet"
  private_dns_zone_id  = azurerm_private_dns_zone.blob["this"].id
  virtual_network_id   = azurerm_virtual_network.this["this"].id
  registration_enabled = false
  tags                 = local.tags
}

resource "azurerm_private_endpoint" "state" {
  for_each = local.private

  name                = "pe-state"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  subnet_id           = local.subnet_ids.endpoints
  tags                = local.tags

  private_service_connection {
    name                           = "state"
    private_connection_resource_id = azurerm_storage_account.state.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.blob["this"].id]
  }
}
