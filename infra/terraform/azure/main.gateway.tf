# API Management, the only public entry to the functions. Its policies are in policies/.
locals {
  gateway_name  = "apim-${local.name}-${local.unique}"
  limits_by_key = !startswith(var.gateway_sku, "Consumption") # the Consumption tier has no such policy
}

resource "azurerm_user_assigned_identity" "gateway" {
  name                = "id-gateway-${var.environment}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = local.tags
}

resource "azurerm_api_management" "gateway" {
  # checkov:skip=CKV_AZURE_174: Customers' browsers and servers call the gateway.

  name                          = local.gateway_name
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.location
  publisher_name                = "Acme Analytics"
  publisher_email               = var.operators_email
  sku_name                      = var.gateway_sku
  public_network_access_enabled = true # customers' browsers and servers call it
  virtual_network_type          = var.private_network ? "External" : "None"

  dynamic "virtual_network_configuration" {
    for_each = compact([lookup(local.subnet_ids, "gateway", null)])
    content {
      subnet_id = virtual_network_configuration.value
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }

  tags = local.tags

  lifecycle {
    precondition {
      condition     = var.private_network == local.limits_by_key
      error_message = "The Consumption tier can call only public functions. Use another tier for private functions."
    }
  }
}

resource "azurerm_api_management_api" "analytics" {
  name                  = "analytics"
  resource_group_name   = azurerm_resource_group.this.name
  api_management_name   = azurerm_api_management.gateway.name
  display_name          = local.openapi.info.title
  description           = local.openapi.info.description
  revision              = "1"
  path                  = ""
  protocols             = ["https"]
  subscription_required = false # callers are identified by tokens
}

# The operations are generated instead of imported, because the importer doesn't guarantee support for OpenAPI 3.1.
resource "azurerm_api_management_api_operation" "this" {
  for_each = local.operations

  operation_id        = each.key
  api_name            = azurerm_api_management_api.analytics.name
  api_management_name = azurerm_api_management.gateway.name
  resource_group_name = azurerm_resource_group.this.name
  display_name        = each.value.summary
  method              = each.value.method
  url_template        = each.value.path

  dynamic "template_parameter" {
    for_each = flatten(regexall("{(\\w+)}", each.value.path))
    content {
      name     = template_parameter.value
      type     = "string"
      required = true
    }
  }
}

resource "azurerm_api_management_backend" "function" {
  for_each = local.http_functions

  name                = replace(each.key, "_", "-")
  api_management_name = azurerm_api_management.gateway.name
  resource_group_name = azurerm_resource_group.this.name
  protocol            = "http"
  url                 = "https://${azurerm_function_app_flex_consumption.this[each.key].default_hostname}"

  tls {
    validate_certificate_chain = true
    validate_certificate_name  = true
  }
}

resource "azurerm_api_management_logger" "this" {
  name                = "application-insights"
  api_management_name = azurerm_api_management.gateway.name
  resource_group_name = azurerm_resource_group.this.name
  resource_id         = azurerm_application_insights.this.id

  application_insights {
    connection_string  = azurerm_application_insights.this.connection_string
    identity_client_id = azurerm_user_assigned_identity.gateway.client_id
  }
}

# Logs requests and their traces without bodies and headers, which contain customers' data and tokens.
resource "azurerm_api_management_api_diagnostic" "this" {
  identifier                = "applicationinsights"
  api_name                  = azurerm_api_management_api.analytics.name
  api_management_name       = azurerm_api_management.gateway.name
  resource_group_name       = azurerm_resource_group.this.name
  api_management_logger_id  = azurerm_api_management_logger.this.id
  sampling_percentage       = var.environment == "prod" ? 5 : 100
  always_log_errors         = true
  log_client_ip             = false
  http_correlation_protocol = "W3C"
  verbosity                 = "error"
}
