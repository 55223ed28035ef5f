# Dead letters: the container `rejected` is now `dead_letters`. Terraform would delete the old container with its documents,
# so it forgets it instead. README.md, "Upgrades", says how to copy the documents and delete the container.
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
