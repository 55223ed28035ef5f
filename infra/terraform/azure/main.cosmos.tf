# The containers of src/api/stores/cosmos_containers.py. A test compares both definitions field by field.
locals {
  day_seconds = 24 * 60 * 60
  containers = {
    events        = { key = ["/org_id", "/day"], indexed = ["/user_id", "/event_type", "/type"], ttl = -1 } # events have their own
    idempotency   = { key = ["/org_id", "/id"], ttl = local.day_seconds }
    rollups       = { key = ["/org_id"] }
    metrics       = { key = ["/org_id"] }
    dead_letters  = { key = ["/org_id"] }
    organizations = { key = ["/id"] }
    users         = { key = ["/id"] }
    memberships   = { key = ["/user_id"], indexed = ["/org_id"] }
    api_keys      = { key = ["/id"], indexed = ["/org_id"] }
    invitations   = { key = ["/id"], indexed = ["/org_id"], ttl = 40 * local.day_seconds }
    audit         = { key = ["/org_id"], indexed = ["/pending"], ttl = 400 * local.day_seconds }
    erasures      = { key = ["/org_id"], indexed = ["/pending"] }
    views         = { key = ["/org_id"] }
    alerts        = { key = ["/org_id"] }
    quotas        = { key = ["/org_id"], ttl = 40 * local.day_seconds }
    leases        = { key = ["/id"] }
  }
  # The first region accepts writes. The second serves reads, and takes over if the first fails. The platform then exchanges
  # their priorities, and a further copy of the environment exchanges them here.
  regions = compact([var.location, var.cosmos.second_region])
}

resource "azurerm_cosmosdb_account" "this" {
  # checkov:skip=CKV_AZURE_99: Outside dev, only the private endpoint reaches the account (private_network).
  # checkov:skip=CKV_AZURE_100: The platform's keys encrypt the data; a key of our own would be another thing that can be lost.
  # checkov:skip=CKV_AZURE_101: Outside dev, the account has no public address (private_network).
  # checkov:skip=CKV_AZURE_140: Local authentication is disabled, by an argument whose new name checkov doesn't know.

  name                = local.account_name
  resource_group_name = local.account_group
  location            = var.location
  kind                = "GlobalDocumentDB"
  offer_type          = "Standard"

  local_authentication_enabled          = false # only identities have access, so no key can leak
  access_key_metadata_writes_enabled    = false # containers are changed only here, never through the data plane
  public_network_access_enabled         = !var.private_network
  network_acl_bypass_for_azure_services = false
  minimal_tls_version                   = "Tls12"

  # Only one region accepts writes. Two would both accept the same `create`, but one of them must fail for exactly-once.
  multiple_write_locations_enabled = false
  automatic_failover_enabled       = var.cosmos.second_region != null

  consistency_policy {
    consistency_level = "Session"
  }

  dynamic "geo_location" {
    for_each = local.regions
    content {
      location          = geo_location.value
      failover_priority = geo_location.key
      zone_redundant    = var.cosmos.zone_redundant
    }
  }

  dynamic "capabilities" {
    for_each = local.is_on_serverless ? ["EnableServerless"] : []
    content {
      name = capabilities.value
    }
  }

  backup {
    type = "Continuous"
    tier = var.cosmos.backup_tier
  }

  tags = local.tags

  lifecycle {
    ignore_changes = [location] # counts only at the creation; the regions are those of geo_location
  }
}

resource "azurerm_cosmosdb_sql_database" "this" {
  name                = "analytics"
  resource_group_name = local.account_group
  account_name        = azurerm_cosmosdb_account.this.name
}

resource "azurerm_cosmosdb_sql_container" "this" {
  for_each = local.containers

  name                  = each.key
  resource_group_name   = local.account_group
  account_name          = azurerm_cosmosdb_account.this.name
  database_name         = azurerm_cosmosdb_sql_database.this.name
  partition_key_kind    = length(each.value.key) > 1 ? "MultiHash" : "Hash"
  partition_key_paths   = each.value.key
  partition_key_version = 2
  default_ttl           = try(each.value.ttl, null)

  indexing_policy {
    indexing_mode = "consistent"

    dynamic "included_path" {
      for_each = try(each.value.indexed, [])
      content {
        path = "${included_path.value}/?"
      }
    }
    excluded_path {
      path = "/*"
    }
  }

  dynamic "autoscale_settings" {
    for_each = local.is_on_serverless ? [] : [lookup(var.cosmos.max_throughput, each.key, 1000)]
    content {
      max_throughput = autoscale_settings.value
    }
  }
}
