locals {
  suffix = var.copy == 1 ? "" : "-${var.copy}"
  name   = "analytics-${var.environment}${local.suffix}"
  unique = substr(sha256("${var.subscription_id}/${var.environment}${local.suffix}/bootstrap"), 0, 6) # for globally unique names
  tags = {
    product     = "acme-analytics"
    environment = var.environment
    managed_by  = "terraform"
    source      = "infra/terraform/azure-bootstrap"
  }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.name}-bootstrap"
  location = var.location
  tags     = local.tags
}
