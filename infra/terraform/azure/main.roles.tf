# All permissions outside Cosmos DB, each with its reason and the smallest possible scope. Don't change a description:
# that would replace the assignment.
resource "azurerm_role_assignment" "host_storage" {
  for_each = local.functions

  description          = "The Functions host keeps leases, keys, timers and the package in its own account."
  scope                = azurerm_storage_account.function[each.key].id
  role_definition_name = "Storage Blob Data Owner"
  principal_id         = azurerm_user_assigned_identity.function[each.key].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "telemetry" {
  for_each = merge(
    { for function in local.functions : function => azurerm_user_assigned_identity.function[function].principal_id },
    { gateway = azurerm_user_assigned_identity.gateway.principal_id },
  )

  description          = "Sends telemetry; the component takes no key."
  scope                = azurerm_application_insights.this.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "sign" {
  description          = "issue_token signs access tokens with this one key."
  scope                = azurerm_key_vault_key.signing.resource_versionless_id
  role_definition_name = "Key Vault Crypto User"
  principal_id         = azurerm_user_assigned_identity.function[one([for function, needs in local.needs : function if contains(needs, "signing_key")])].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "publish" {
  description          = "publish_keys reads the public halves of this one key."
  scope                = azurerm_key_vault_key.signing.resource_versionless_id
  role_definition_name = "Key Vault Reader"
  principal_id         = azurerm_user_assigned_identity.function[one([for function, needs in local.needs : function if contains(needs, "public_keys")])].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "cursor" {
  for_each = toset([for function, needs in local.needs : function if contains(needs, "cursor_secret")])

  description          = "Cursors are signed and checked with this one secret."
  scope                = azurerm_key_vault_secret.cursor.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.function[each.key].principal_id
  principal_type       = "ServicePrincipal"
}

moved {
  from = azurerm_role_assignment.cursor
  to   = azurerm_role_assignment.cursor["query_events"]
}

resource "azurerm_role_assignment" "user_hash" {
  for_each = local.hashing_functions

  description          = "User ids are hashed with keys derived from this one secret."
  scope                = azurerm_key_vault_secret.user_hash.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.function[each.key].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "lake" {
  for_each = local.lake_roles

  description          = "The archiver writes the event lake; functions with insights only read it."
  scope                = azurerm_storage_container.lake.id
  role_definition_name = each.value
  principal_id         = azurerm_user_assigned_identity.function[each.key].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "session" {
  description          = "The dashboard seals its sessions with this one secret."
  scope                = azurerm_key_vault_secret.session.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.dashboard.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "oidc_client" {
  for_each = azurerm_key_vault_secret.oidc_client

  description          = "The dashboard authenticates at the identity provider with this one secret."
  scope                = each.value.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.dashboard.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "pull" {
  description          = "The dashboard's platform pulls its image."
  scope                = local.registry.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.dashboard.principal_id
  principal_type       = "ServicePrincipal"
}

# The listed deployers get the roles, not the identity that applies. Otherwise, each apply would take the roles away from
# the operator who applied before.
resource "azurerm_role_assignment" "deployer" {
  for_each = merge([
    for name, deployer in var.deployers : {
      for role, reason in local.deployer_roles : "${name}: ${role}" => { deployer = deployer, role = role, reason = reason }
    }
  ]...)

  description          = each.value.reason
  scope                = azurerm_key_vault.this.id
  role_definition_name = each.value.role
  principal_id         = each.value.deployer.object_id
  principal_type       = each.value.deployer.type
}

locals {
  deployer_roles = {
    "Key Vault Crypto Officer"  = "Terraform makes the signing key and its rotation policy."
    "Key Vault Secrets Officer" = "Terraform writes the secrets, which it never reads back."
  }
  # "Role assignments can take up to 10 minutes" (https://learn.microsoft.com/azure/role-based-access-control/troubleshooting).
  # On the first apply, this delay costs no time, because API Management takes longer.
  role_delay = "10m"
}

resource "time_sleep" "deployer_roles" {
  create_duration = local.role_delay
  triggers        = { for name, role in azurerm_role_assignment.deployer : name => role.id }
}

# The platform pulls the image and reads the secret when it creates the app, and fails without these roles.
resource "time_sleep" "dashboard_roles" {
  create_duration = local.role_delay
  triggers = merge(
    { pull = azurerm_role_assignment.pull.id, session = azurerm_role_assignment.session.id },
    { for name, role in azurerm_role_assignment.oidc_client : name => role.id },
  )
}

check "deployers" {
  assert {
    condition     = anytrue([for deployer in values(var.deployers) : deployer.type == "Group" || deployer.object_id == data.azurerm_client_config.deployer.object_id])
    error_message = "You aren't among the deployers (var.deployers), so you will have no access to the vault."
  }
}

resource "azurerm_role_assignment" "keep_builds" {
  for_each = merge([
    for name, deployer in var.deployers : {
      for function in local.functions : "${name}: ${function}" => { deployer = deployer, function = function }
    }
  ]...)

  description          = "A deployment keeps the packages to which it can roll back. It can't read the app's other blobs."
  scope                = azurerm_storage_container.builds[each.value.function].id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.value.deployer.object_id
  principal_type       = each.value.deployer.type
}
