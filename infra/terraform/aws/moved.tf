# Dead letters: the table `rejected` is now `dead_letters`. Terraform would delete the old table with its items,
# so this file removes it from the state instead. README.md, "Upgrades", describes how to copy the items and delete the table.
moved {
  from = aws_dynamodb_table.this["rejected"]
  to   = aws_dynamodb_table.rejected
}

removed {
  from = aws_dynamodb_table.rejected

  lifecycle {
    destroy = false
  }
}
