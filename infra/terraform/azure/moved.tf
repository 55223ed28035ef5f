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
