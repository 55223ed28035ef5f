# A further copy of an environment, in another region, replaces the first copy after the loss of its region: docs/region-loss.md.
# It has its own resources, but continues with the first copy's Cosmos DB account, which has failed over.
locals {
  account_name  = "cosmos-analytics-${var.environment}-${substr(sha256("${var.subscription_id}/${var.environment}"), 0, 6)}"
  account_group = var.copy == 1 ? azurerm_resource_group.this.name : "rg-analytics-${var.environment}"

  # The ids of what a further copy imports.
  account_id  = "/subscriptions/${var.subscription_id}/resourceGroups/rg-analytics-${var.environment}/providers/Microsoft.DocumentDB/databaseAccounts/${local.account_name}"
  database_id = "${local.account_id}/sqlDatabases/analytics"
  imported    = var.copy == 1 ? [] : ["this"]
}

import {
  for_each = toset(local.imported)
  to       = azurerm_cosmosdb_account.this
  id       = local.account_id
}

import {
  for_each = toset(local.imported)
  to       = azurerm_cosmosdb_sql_database.this
  id       = local.database_id
}

import {
  for_each = toset(var.copy == 1 ? [] : keys(local.containers))
  to       = azurerm_cosmosdb_sql_container.this[each.value]
  id       = "${local.database_id}/containers/${each.value}"
}

import {
  for_each = var.copy == 1 ? {} : local.role_ids
  to       = azurerm_cosmosdb_sql_role_definition.function[each.key]
  id       = "${local.account_id}/sqlRoleDefinitions/${each.value}"
}

import {
  for_each = toset(var.environment == "prod" ? local.imported : [])
  to       = azurerm_management_lock.database[0]
  id       = "${local.database_id}/providers/Microsoft.Authorization/locks/keep-database"
}

# Front Door is global, and its custom domains can't be in two profiles.
locals {
  front_door_group = "/subscriptions/${var.subscription_id}/resourceGroups/rg-analytics-${var.environment}/providers"
  profile_id       = "${local.front_door_group}/Microsoft.Cdn/profiles/afd-analytics-${var.environment}"
  endpoint_id      = "${local.profile_id}/afdEndpoints/analytics-${var.environment}"
  imported_doors   = var.copy == 1 ? {} : local.front_doors
  imported_fronts  = toset(var.copy == 1 ? [] : keys(local.fronted))
}

import {
  for_each = local.imported_doors
  to       = azurerm_cdn_frontdoor_profile.this[each.key]
  id       = local.profile_id
}

import {
  for_each = local.imported_doors
  to       = azurerm_cdn_frontdoor_endpoint.this[each.key]
  id       = local.endpoint_id
}

import {
  for_each = local.imported_fronts
  to       = azurerm_cdn_frontdoor_origin_group.this[each.key]
  id       = "${local.profile_id}/originGroups/${each.key}"
}

import {
  for_each = local.imported_fronts
  to       = azurerm_cdn_frontdoor_origin.this[each.key]
  id       = "${local.profile_id}/originGroups/${each.key}/origins/${each.key}"
}

import {
  for_each = local.imported_fronts
  to       = azurerm_cdn_frontdoor_custom_domain.this[each.key]
  id       = "${local.profile_id}/customDomains/${each.key}"
}

import {
  for_each = local.imported_fronts
  to       = azurerm_cdn_frontdoor_route.this[each.key]
  id       = "${local.endpoint_id}/routes/${each.key}"
}

import {
  for_each = local.imported_fronts
  to       = azurerm_cdn_frontdoor_firewall_policy.this[each.key]
  id       = "${local.front_door_group}/Microsoft.Network/frontDoorWebApplicationFirewallPolicies/waf${var.environment}${each.key}"
}

import {
  for_each = local.imported_fronts
  to       = azurerm_cdn_frontdoor_security_policy.this[each.key]
  id       = "${local.profile_id}/securityPolicies/${each.key}"
}
