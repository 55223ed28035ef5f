# A function app per file in functions/, each with its own plan, identity, storage, permissions and scaling.
resource "azurerm_user_assigned_identity" "function" {
  for_each = local.functions

  name                = "id-${local.app_name[each.key]}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = local.tags
}

resource "azurerm_service_plan" "function" {
  # checkov:skip=CKV_AZURE_212: Flex Consumption scales from zero; function_always_ready keeps instances warm.
  # checkov:skip=CKV_AZURE_225: Only the functions in functions_across_zones need it, because it costs two warm instances per function.

  for_each = local.functions # Flex Consumption allows one app per plan

  name                = "plan-${local.app_name[each.key]}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  os_type             = "Linux"
  sku_name            = "FC1"
  tags                = local.tags

  # Instances in two zones continue if a zone fails. The platform then keeps at least two of them warm, and bills them
  # (https://learn.microsoft.com/azure/reliability/reliability-functions).
  zone_balancing_enabled = contains(var.functions_across_zones, each.key)
}

resource "azurerm_function_app_flex_consumption" "this" {
  for_each = local.functions

  name                = "func-${local.app_name[each.key]}-${local.unique}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  service_plan_id     = azurerm_service_plan.function[each.key].id

  runtime_name           = "python"
  runtime_version        = "3.13"
  instance_memory_in_mb  = 2048 # with 512 MB, imports take four times as long
  maximum_instance_count = var.function_instances_max
  http_concurrency       = contains(local.http_functions, each.key) ? 16 : null # the handlers are asynchronous

  storage_container_type            = "blobContainer"
  storage_container_endpoint        = "${azurerm_storage_account.function[each.key].primary_blob_endpoint}${azurerm_storage_container.package[each.key].name}"
  storage_authentication_type       = "UserAssignedIdentity"
  storage_user_assigned_identity_id = azurerm_user_assigned_identity.function[each.key].id

  https_only                                     = true
  public_network_access_enabled                  = !var.private_network
  virtual_network_subnet_id                      = lookup(local.subnet_ids, "functions", null)
  webdeploy_publish_basic_authentication_enabled = false

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.function[each.key].id]
  }

  dynamic "always_ready" {
    for_each = contains(keys(var.function_always_ready), each.key) ? [var.function_always_ready[each.key]] : []
    content {
      name           = contains(local.http_functions, each.key) ? "http" : "function:${each.key}"
      instance_count = always_ready.value
    }
  }

  # The platform accepts only calls of the gateway. The app then verifies the caller's own token again.
  auth_settings_v2 {
    auth_enabled           = true
    require_authentication = true
    require_https          = true
    unauthenticated_action = "Return401"
    excluded_paths         = ["/build"] # returns only the package's hash, for the smoke test after a deployment
    default_provider       = "azureactivedirectory"

    active_directory_v2 {
      client_id                   = azuread_application.functions.client_id
      tenant_auth_endpoint        = "https://login.microsoftonline.com/${data.azurerm_client_config.deployer.tenant_id}/v2.0"
      allowed_audiences           = [azuread_application.functions.client_id] # the audience of tokens of version 2
      allowed_identities          = [azurerm_user_assigned_identity.gateway.principal_id]
      www_authentication_disabled = true
    }
    login {
      token_store_enabled = false
    }
  }

  site_config {
    application_insights_connection_string = azurerm_application_insights.this.connection_string # the component accepts only identities

    minimum_tls_version               = "1.2"
    scm_minimum_tls_version           = "1.2"
    http2_enabled                     = true
    vnet_route_all_enabled            = var.private_network
    ip_restriction_default_action     = "Allow" # private apps have no public address; dev relies on identities
    scm_ip_restriction_default_action = "Allow"
  }

  app_settings = merge(local.host_settings[each.key], local.app_settings[each.key])

  tags = local.tags

  lifecycle {
    # azurerm adds a key to this setting (its issue 29693); see README.md, "Limits of tests without an account".
    ignore_changes = [app_settings["AzureWebJobsStorage"]]

    precondition {
      condition     = contains(keys(local.manifest), each.key)
      error_message = "functions/manifest.json must have an entry for ${each.key}."
    }
  }

  depends_on = [azurerm_role_assignment.host_storage, azurerm_private_endpoint.data]
}
