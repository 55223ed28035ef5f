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

# The readers of changes: there were only the resources of rollup_metrics.
moved {
  from = aws_sqs_queue.failed_changes
  to   = aws_sqs_queue.failed["rollup_metrics"]
}

moved {
  from = aws_lambda_event_source_mapping.rollups
  to   = aws_lambda_event_source_mapping.feed["rollup_metrics"]
}

moved {
  from = aws_cloudwatch_event_rule.sweep
  to   = aws_cloudwatch_event_rule.sweep["rollup_metrics"]
}

moved {
  from = aws_cloudwatch_event_target.sweep
  to   = aws_cloudwatch_event_target.sweep["rollup_metrics"]
}

moved {
  from = aws_lambda_permission.sweep
  to   = aws_lambda_permission.sweep["rollup_metrics"]
}

moved {
  from = aws_lambda_function_event_invoke_config.sweep
  to   = aws_lambda_function_event_invoke_config.sweep["rollup_metrics"]
}

moved {
  from = aws_cloudwatch_metric_alarm.changes_failed
  to   = aws_cloudwatch_metric_alarm.changes_failed["rollup_metrics"]
}

moved {
  from = aws_cloudwatch_log_metric_filter.dead_letters
  to   = aws_cloudwatch_log_metric_filter.dead_letters["rollup_metrics"]
}

moved {
  from = aws_cloudwatch_metric_alarm.changes_wait
  to   = aws_cloudwatch_metric_alarm.changes_wait["rollup_metrics"]
}
