# The registry of the images. All environments share it, so that an image is built once and promoted. Only identities have
# access. Its address is public, because the builders and the dashboards of all environments use it.
resource "azurerm_container_registry" "this" {
  # checkov:skip=CKV_AZURE_139: The builders and the dashboards of all environments use the public address; only identities have access.
  # checkov:skip=CKV_AZURE_164: Images are used by digest, and the pipeline attests them.
  # checkov:skip=CKV_AZURE_165: Only the Premium tier copies images; after the loss of a region, they are built again (docs/region-loss.md).
  # checkov:skip=CKV_AZURE_166: Only the Premium tier has quarantine.
  # checkov:skip=CKV_AZURE_167: Only the Premium tier has it, and a roll-back needs earlier images.
  # checkov:skip=CKV_AZURE_233: The platform makes registries of every tier zone-redundant where a region has zones.
  # checkov:skip=CKV_AZURE_237: Only the Premium tier has it.

  for_each = toset(var.has_registry ? ["this"] : [])

  name                          = "cranalytics${local.unique}"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.location
  sku                           = "Standard"
  admin_enabled                 = false
  anonymous_pull_enabled        = false
  public_network_access_enabled = true
  tags                          = local.tags

  lifecycle {
    prevent_destroy = true # an environment can't start or roll back without its image
  }
}

resource "azurerm_role_assignment" "builder" {
  for_each = merge([
    for name, builder in var.has_registry ? var.builders : {} : {
      for role, reason in {
        AcrPush = "Pushes the images of a release."
        Reader  = "Signs in to Azure, which requires access to something in the subscription."
      } : "${name}: ${role}" => { builder = builder, role = role, reason = reason }
    }
  ]...)

  description          = each.value.reason
  scope                = azurerm_container_registry.this["this"].id
  role_definition_name = each.value.role
  principal_id         = each.value.builder.object_id
  principal_type       = each.value.builder.type
}
