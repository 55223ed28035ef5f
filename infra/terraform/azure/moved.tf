# Dead letters: the container `rejected` is now `dead_letters`. Terraform would delete the old container with its documents,
# so this file removes it from the state instead. README.md, "Upgrades", describes how to copy the documents and delete the container.
moved {
  from = azurerm_cosmosdb_sql_container.this["rejected"]
  to   = azurerm_cosmosdb_sql_container.rejected
}

removed {
  from = azurerm_cosmosdb_sql_container.rejected

  lifecycle {
    destroy = false
  }
}

# The alerts with queries are now one resource.
moved {
  from = azurerm_monitor_scheduled_query_rules_alert_v2.ingest_available["fast"]
  to   = azurerm_monitor_scheduled_query_rules_alert_v2.this["ingest-available-fast-burn"]
}
moved {
  from = azurerm_monitor_scheduled_query_rules_alert_v2.ingest_available["slow"]
  to   = azurerm_monitor_scheduled_query_rules_alert_v2.this["ingest-available-slow-burn"]
}
moved {
  from = azurerm_monitor_scheduled_query_rules_alert_v2.metrics_fresh
  to   = azurerm_monitor_scheduled_query_rules_alert_v2.this["metrics-fresh"]
}
moved {
  from = azurerm_monitor_scheduled_query_rules_alert_v2.rollups_swept
  to   = azurerm_monitor_scheduled_query_rules_alert_v2.this["rollups-swept"]
}
moved {
  from = azurerm_monitor_scheduled_query_rules_alert_v2.dead_letters
  to   = azurerm_monitor_scheduled_query_rules_alert_v2.this["dead-letters"]
}
moved {
  from = azurerm_monitor_scheduled_query_rules_alert_v2.signing_key
  to   = azurerm_monitor_scheduled_query_rules_alert_v2.this["signing-key-not-rotated"]
}
