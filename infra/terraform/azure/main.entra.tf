# The application in Entra ID that represents the functions, and the gateway's permission to call it. Entra ID issues no
# token for the functions to any other identity, and the functions themselves accept only the gateway's.
locals {
  gateway_app_role = "6b1a5b0e-5d3c-4f0a-9d0e-3c8f6f1f7a52" # a random id of our own
  # Groups can't own an application. An owner needs no permission to change other applications.
  application_owners = [for deployer in values(var.deployers) : deployer.object_id if deployer.type != "Group"]
}

resource "azuread_application" "functions" {
  display_name            = "${local.name}-functions"
  owners                  = local.application_owners
  prevent_duplicate_names = true
  sign_in_audience        = "AzureADMyOrg"

  # The functions check the issuer of version 2. The default is version 1, whose tokens have another issuer and audience
  # (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
  api {
    requested_access_token_version = 2
  }

  app_role {
    id                   = local.gateway_app_role
    allowed_member_types = ["Application"]
    display_name         = "Call functions"
    description          = "The gateway calls the functions."
    value                = "Functions.Call"
    enabled              = true
  }

  lifecycle {
    ignore_changes = [identifier_uris] # contain the client id, and are therefore a resource of their own
  }
}

resource "azuread_application_identifier_uri" "functions" {
  application_id = azuread_application.functions.id
  identifier_uri = "api://${azuread_application.functions.client_id}"
}

resource "azuread_service_principal" "functions" {
  client_id                    = azuread_application.functions.client_id
  owners                       = local.application_owners
  app_role_assignment_required = true
}

resource "azuread_app_role_assignment" "gateway" {
  app_role_id         = local.gateway_app_role
  principal_object_id = azurerm_user_assigned_identity.gateway.principal_id
  resource_object_id  = azuread_service_principal.functions.object_id
}
