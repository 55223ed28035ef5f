# A private endpoint per resource without a public address, and the DNS names that resolve to the endpoints.
locals {
  zones = {
    Sql   = "privatelink.documents.azure.com"
    sites = "privatelink.azurewebsites.net"
    vault = "privatelink.vaultcore.azure.net"
  }
  # The zone of blobs also resolves the name of the account of the state.
  zone_ids = merge({ for part, zone in azurerm_private_dns_zone.this : part => zone.id }, { blob = try(local.network.blob_zone_id, null) })
  private_data = merge(
    {
      cosmos = { id = azurerm_cosmosdb_account.this.id, part = "Sql" }
      lake   = { id = azurerm_storage_account.lake.id, part = "blob" }
      vault  = { id = azurerm_key_vault.this.id, part = "vault" }
    },
    { for function in local.functions : "storage-${function}" => { id = azurerm_storage_account.function[function].id, part = "blob" } },
  )
}

resource "azurerm_private_dns_zone" "this" {
  for_each = var.private_network ? local.zones : {}

  name                = each.value
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = azurerm_private_dns_zone.this

  name                 = "vnet"
  private_dns_zone_id  = each.value.id
  virtual_network_id   = local.network.id
  registration_enabled = false
  tags                 = local.tags
}

resource "azurerm_private_endpoint" "data" {
  for_each = { for name, target in local.private_data : name => target if var.private_network }

  name                = "pe-${replace(each.key, "_", "-")}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  subnet_id           = local.subnet_ids.endpoints
  tags                = local.tags

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = each.value.id
    subresource_names              = [each.value.part]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [local.zone_ids[each.value.part]]
  }
}

resource "azurerm_private_endpoint" "function" {
  for_each = { for function in local.functions : function => true if var.private_network }

  name                = "pe-${replace(each.key, "_", "-")}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  subnet_id           = local.subnet_ids.endpoints
  tags                = local.tags

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = azurerm_function_app_flex_consumption.this[each.key].id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [local.zone_ids["sites"]]
  }
}
