# The environment's network: one /22 for all subnets. Without a private network (dev, shared), these resources are not created.
locals {
  subnets = {
    endpoints = { newbits = 2, netnum = 0 }                                            # /24: private endpoints
    functions = { newbits = 2, netnum = 1, delegation = "Microsoft.App/environments" } # /24: outbound traffic of the functions
    dashboard = { newbits = 4, netnum = 8, delegation = "Microsoft.App/environments" } # /26
    gateway   = { newbits = 5, netnum = 18, delegation = "Microsoft.Web/serverFarms" } # /27: outbound traffic of API Management
    deployer  = { newbits = 6, netnum = 38 }                                           # /28: the machine that deploys
  }
  subnet_ids = { for name, subnet in azurerm_subnet.this : name => subnet.id }
  prefixes   = { for name, subnet in local.subnets : name => cidrsubnet(var.address_space, subnet.newbits, subnet.netnum) }
  private    = var.private_network ? { this = true } : {}

  # Allowed outbound traffic, by service tag. The key sets of our issuer and of the identity provider are on the internet.
  outbound = {
    functions = ["AzureActiveDirectory", "AzureMonitor", "Internet"]
    dashboard = ["AzureActiveDirectory", "AzureMonitor", "MicrosoftContainerRegistry", "AzureContainerRegistry", "AzureFrontDoor.FirstParty", "Internet"]
    gateway   = ["AzureActiveDirectory", "AzureMonitor", "AzureKeyVault", "Storage", "Internet"]
    deployer  = ["AzureActiveDirectory", "AzureResourceManager", "AzureContainerRegistry", "Storage", "Internet"]
    endpoints = []
  }
}

resource "azurerm_virtual_network" "this" {
  for_each = local.private

  name                = "vnet-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  address_space       = [var.address_space]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  for_each = var.private_network ? local.subnets : {}

  name                              = "snet-${each.key}"
  resource_group_name               = azurerm_resource_group.this.name
  virtual_network_name              = azurerm_virtual_network.this["this"].name
  address_prefixes                  = [local.prefixes[each.key]]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "Enabled" # security groups apply to private endpoints too

  dynamic "delegation" {
    for_each = compact([try(each.value.delegation, null)])
    content {
      name = "delegation"
      service_delegation {
        name    = delegation.value
        actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
      }
    }
  }
}

# Traffic is denied by default in both directions.
resource "azurerm_network_security_group" "this" {
  for_each = azurerm_subnet.this

  name                = "nsg-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = local.tags

  dynamic "security_rule" {
    for_each = merge(
      {
        deny-in  = { priority = 4096, direction = "Inbound", access = "Deny", protocol = "*", port = "*", from = "*", to = "*" }
        deny-out = { priority = 4096, direction = "Outbound", access = "Deny", protocol = "*", port = "*", from = "*", to = "*" }
      },
      each.key == "endpoints" ? {
        for index, from in ["functions", "gateway", "dashboard", "deployer"] : "from-${from}" =>
        { priority = 100 + index, direction = "Inbound", access = "Allow", protocol = "Tcp", port = "443", from = local.prefixes[from], to = local.prefixes.endpoints }
        } : {
        to-endpoints = { priority = 100, direction = "Outbound", access = "Allow", protocol = "Tcp", port = "443", from = local.prefixes[each.key], to = local.prefixes.endpoints }
      },
      # Bastion's Developer tier connects from the platform's address. Ubuntu's packages are signed, and come over HTTP.
      each.key == "deployer" ? {
        from-bastion = { priority = 110, direction = "Inbound", access = "Allow", protocol = "Tcp", port = "22", from = "168.63.129.16", to = local.prefixes.deployer }
        to-packages  = { priority = 110, direction = "Outbound", access = "Allow", protocol = "Tcp", port = "80", from = local.prefixes.deployer, to = "Internet" }
      } : {},
      each.key == "dashboard" ? {
        from-internet      = { priority = 100, direction = "Inbound", access = "Allow", protocol = "Tcp", port = "443", from = var.dashboard_reachable_from, to = local.prefixes.dashboard }
        from-load-balancer = { priority = 110, direction = "Inbound", access = "Allow", protocol = "Tcp", port = "30000-32767", from = "AzureLoadBalancer", to = local.prefixes.dashboard }
        inside-in          = { priority = 120, direction = "Inbound", access = "Allow", protocol = "*", port = "*", from = local.prefixes.dashboard, to = local.prefixes.dashboard }
        inside-out         = { priority = 120, direction = "Outbound", access = "Allow", protocol = "*", port = "*", from = local.prefixes.dashboard, to = local.prefixes.dashboard }
        dns                = { priority = 130, direction = "Outbound", access = "Allow", protocol = "*", port = "53", from = local.prefixes.dashboard, to = "168.63.129.16" }
      } : {},
      {
        for index, tag in local.outbound[each.key] : "to-${lower(replace(tag, ".", "-"))}" =>
        { priority = 200 + index, direction = "Outbound", access = "Allow", protocol = "Tcp", port = "443", from = local.prefixes[each.key], to = tag }
      },
    )
    content {
      name                       = security_rule.key
      priority                   = security_rule.value.priority
      direction                  = security_rule.value.direction
      access                     = security_rule.value.access
      protocol                   = security_rule.value.protocol
      source_port_range          = "*"
      destination_port_range     = security_rule.value.port
      source_address_prefix      = security_rule.value.from
      destination_address_prefix = security_rule.value.to
    }
  }
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = azurerm_subnet.this

  subnet_id                 = each.value.id
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}
