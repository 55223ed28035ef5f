# The files that first-apply.sh writes.
output "for_azure" {
  description = "The contents of infra/terraform/azure/environments/<environment>.bootstrap.json: the network (null without one) and the registry (null except in shared)."
  value = {
    network = !var.private_network ? null : {
      id               = azurerm_virtual_network.this["this"].id
      subnet_ids       = local.subnet_ids
      blob_zone_id     = azurerm_private_dns_zone.blob["this"].id
      outbound_address = azurerm_public_ip.outbound["this"].ip_address
    }
    registry = one([for registry in azurerm_container_registry.this : { id = registry.id, login_server = registry.login_server }])
  }
}

output "backend_azure" {
  description = "The contents of infra/terraform/azure/environments/<environment>.backend.hcl."
  value       = local.backend.tfstate
}

output "backend_bootstrap" {
  description = "The contents of environments/<environment>.backend.hcl."
  value       = local.backend.bootstrap
}

locals {
  backend = { for name, container in azurerm_storage_container.state : name => <<-EOT
    # Written by infra/terraform/azure-bootstrap/first-apply.sh.
    resource_group_name  = "${azurerm_resource_group.this.name}"
    storage_account_name = "${azurerm_storage_account.state.name}"
    container_name       = "${container.name}"
    key                  = "analytics.tfstate"
    use_azuread_auth     = true
  EOT
  }
}
