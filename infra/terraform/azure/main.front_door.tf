# Front Door: the API and the dashboard under their own names, with managed certificates and a web application firewall. Its
# resources are global. A further copy of the environment imports them and exchanges their origins; see main.copies.tf.
locals {
  front_doors = var.front_door == null ? {} : { this = "afd-analytics-${var.environment}" }
  # The origins behind Front Door.
  fronted = var.front_door == null ? {} : {
    api       = { host = var.front_door.api_host, origin = "${local.gateway_name}.azure-api.net" }
    dashboard = { host = var.front_door.dashboard_host, origin = local.dashboard_origin }
  }
  front_door_id = one([for profile in azurerm_cdn_frontdoor_profile.this : profile.resource_guid])
  # The names of customers' applications contain any text, so rules that search requests for attacks are only for the dashboard.
  managed_rules = {
    api       = {}
    dashboard = try(var.front_door.tier, "") == "Premium" ? { Microsoft_DefaultRuleSet = "2.1", Microsoft_BotManagerRuleSet = "1.1" } : {}
  }
}

resource "azurerm_cdn_frontdoor_profile" "this" {
  for_each = local.front_doors

  name                     = each.value
  resource_group_name      = local.account_group
  sku_name                 = "${var.front_door.tier}_AzureFrontDoor"
  response_timeout_seconds = 60
  tags                     = local.tags
}

resource "azurerm_cdn_frontdoor_endpoint" "this" {
  for_each = local.front_doors

  name                     = "analytics-${var.environment}"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.this[each.key].id
  tags                     = local.tags
}

resource "azurerm_cdn_frontdoor_origin_group" "this" {
  for_each = local.fronted

  name                     = each.key
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.this["this"].id
  session_affinity_enabled = false

  load_balancing {}

  health_probe {
    interval_in_seconds = 60
    path                = "/healthz"
    protocol            = "Https"
    request_type        = "GET"
  }
}

resource "azurerm_cdn_frontdoor_origin" "this" {
  for_each = local.fronted

  name                           = each.key
  cdn_frontdoor_origin_group_id  = azurerm_cdn_frontdoor_origin_group.this[each.key].id
  host_name                      = each.value.origin
  origin_host_header             = each.value.origin
  certificate_name_check_enabled = true
  enabled                        = true
}

resource "azurerm_cdn_frontdoor_custom_domain" "this" {
  for_each = local.fronted

  name                     = each.key
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.this["this"].id
  host_name                = each.value.host

  tls {
    certificate_type = "ManagedCertificate"
  }
}

# Nothing is cached: responses depend on tokens and sessions.
resource "azurerm_cdn_frontdoor_route" "this" {
  for_each = local.fronted

  name                            = each.key
  cdn_frontdoor_endpoint_id       = azurerm_cdn_frontdoor_endpoint.this["this"].id
  cdn_frontdoor_origin_group_id   = azurerm_cdn_frontdoor_origin_group.this[each.key].id
  cdn_frontdoor_origin_ids        = [azurerm_cdn_frontdoor_origin.this[each.key].id]
  cdn_frontdoor_custom_domain_ids = [azurerm_cdn_frontdoor_custom_domain.this[each.key].id]
  patterns_to_match               = ["/*"]
  supported_protocols             = ["Http", "Https"]
  https_redirect_enabled          = true
  forwarding_protocol             = "HttpsOnly"
  link_to_default_domain          = false
}

resource "azurerm_cdn_frontdoor_firewall_policy" "this" {
  for_each = local.fronted

  name                              = "waf${var.environment}${each.key}"
  resource_group_name               = local.account_group
  sku_name                          = azurerm_cdn_frontdoor_profile.this["this"].sku_name
  mode                              = "Prevention"
  custom_block_response_status_code = 429
  tags                              = local.tags

  # The address of the connection; a caller can choose the one in X-Forwarded-For.
  custom_rule {
    name                           = "RequestsPerAddress"
    type                           = "RateLimitRule"
    action                         = "Block"
    priority                       = 1
    rate_limit_duration_in_minutes = 1
    rate_limit_threshold           = var.front_door.requests_per_minute

    match_condition {
      match_variable = "SocketAddr"
      operator       = "IPMatch"
      match_values   = ["0.0.0.0/0", "::/0"]
    }
  }

  dynamic "managed_rule" {
    for_each = local.managed_rules[each.key]
    content {
      type    = managed_rule.key
      version = managed_rule.value
      action  = "Block"
    }
  }
}

resource "azurerm_cdn_frontdoor_security_policy" "this" {
  for_each = local.fronted

  name                     = each.key
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.this["this"].id

  security_policies {
    firewall {
      cdn_frontdoor_firewall_policy_id = azurerm_cdn_frontdoor_firewall_policy.this[each.key].id

      association {
        patterns_to_match = ["/*"]

        domain {
          cdn_frontdoor_domain_id = azurerm_cdn_frontdoor_custom_domain.this[each.key].id
        }
      }
    }
  }
}

output "dns_records" {
  description = "The records that your DNS zone needs for Front Door, by name; null without var.front_door."
  value = var.front_door == null ? null : merge(
    { for domain in azurerm_cdn_frontdoor_custom_domain.this : "_dnsauth.${domain.host_name}" => "TXT ${domain.validation_token}" },
    { for domain in azurerm_cdn_frontdoor_custom_domain.this : domain.host_name => "CNAME ${azurerm_cdn_frontdoor_endpoint.this["this"].host_name}" },
  )
}
