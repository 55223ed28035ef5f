# The machine in the private network that plans, applies and deploys, by hand and as a runner of the pipeline. It has no
# public address and no identity: people and jobs sign in to Azure as themselves.
resource "azurerm_network_interface" "runner" {
  for_each = local.private

  name                = "nic-runner"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = local.tags

  ip_configuration {
    name                          = "default"
    subnet_id                     = local.subnet_ids.deployer
    private_ip_address_allocation = "Dynamic"
  }

  # cloud-init downloads packages at the first start, so outbound traffic must work.
  depends_on = [
    azurerm_nat_gateway_public_ip_association.this,
    azurerm_subnet_nat_gateway_association.this,
    azurerm_subnet_network_security_group_association.this,
  ]
}

resource "azurerm_linux_virtual_machine" "runner" {
  # checkov:skip=CKV_AZURE_50: The machine has no extensions, but the platform's automatic updates need the agent that could install them.

  for_each = local.private

  name                  = "vm-runner"
  resource_group_name   = azurerm_resource_group.this.name
  location              = var.location
  size                  = var.runner.size
  network_interface_ids = [azurerm_network_interface.runner["this"].id]
  custom_data           = base64encode(local.cloud_init)
  tags                  = local.tags

  admin_username                  = "azureuser"
  disable_password_authentication = true
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  patch_mode                      = "AutomaticByPlatform"
  reboot_setting                  = "IfRequired"

  admin_ssh_key {
    username   = "azureuser"
    public_key = var.runner.ssh_public_key
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
    disk_size_gb         = 64
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  boot_diagnostics {}
}

locals {
  cloud_init = file("${path.module}/runner/cloud-init.yaml")
}

# People reach the machine through the portal. The Developer tier is free, and has no address in our network
# (https://learn.microsoft.com/azure/bastion/quickstart-developer).
resource "azurerm_bastion_host" "this" {
  for_each = local.private

  name                = "bas-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  sku                 = "Developer"
  virtual_network_id  = azurerm_virtual_network.this["this"].id
  tags                = local.tags
}
