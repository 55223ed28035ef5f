# Outbound internet traffic uses one fixed address. It is for the few services without a private endpoint. Only the
# StandardV2 tier continues if a zone fails (https://learn.microsoft.com/azure/reliability/reliability-nat-gateway).
resource "azurerm_public_ip" "outbound" {
  for_each = local.private

  name                = "pip-${local.name}-outbound"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  allocation_method   = "Static"
  sku                 = "StandardV2"
  tags                = local.tags
}

resource "azurerm_nat_gateway" "this" {
  for_each = local.private

  name                = "ng-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  sku_name            = "StandardV2"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  for_each = local.private

  nat_gateway_id       = azurerm_nat_gateway.this["this"].id
  public_ip_address_id = azurerm_public_ip.outbound["this"].id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  for_each = { for name, id in local.subnet_ids : name => id if name != "endpoints" }

  subnet_id      = each.value
  nat_gateway_id = azurerm_nat_gateway.this["this"].id
}
