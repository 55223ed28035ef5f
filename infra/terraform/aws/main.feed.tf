# The stream of `events` drives the rollups; a schedule finds what a lost signal left.
resource "aws_sqs_queue" "failed_changes" {
  name                      = "${local.name}-failed-changes"
  message_retention_seconds = 1209600 # two weeks: where in the stream what failed can be found
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_event_source_mapping" "rollups" {
  event_source_arn                   = aws_dynamodb_table.this["events"].stream_arn
  function_name                      = aws_lambda_alias.live["rollup_metrics"].arn
  starting_position                  = "TRIM_HORIZON" # from the oldest: what was written before the mapping existed counts too
  batch_size                         = 1000
  maximum_batching_window_in_seconds = 1 # several deltas of a day become one fold
  parallelization_factor             = 1 # an organisation's day has one shard: more would race for the same rollup
  bisect_batch_on_function_error     = true
  maximum_retry_attempts             = 10
  maximum_record_age_in_seconds      = 86400 # the stream itself keeps no more

  # Events say nothing, and a deletion leaves nothing: of 101 items of a full batch one is read.
  filter_criteria {
    filter {
      pattern = jsonencode({ dynamodb = { NewImage = { type = { S = ["delta", "rollup"] } } } })
    }
  }
  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.failed_changes.arn
    }
  }
}

resource "aws_cloudwatch_event_rule" "sweep" {
  name                = "${local.name}-sweep-rollups"
  description         = "Folds what a lost signal left."
  schedule_expression = "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule = aws_cloudwatch_event_rule.sweep.name
  arn  = aws_lambda_alias.live["rollup_metrics"].arn
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "sweep"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.live["rollup_metrics"].function_name
  qualifier     = aws_lambda_alias.live["rollup_metrics"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn
}

# A sweep that failed is not repeated: the next one does the same.
resource "aws_lambda_function_event_invoke_config" "sweep" {
  function_name                = aws_lambda_alias.live["rollup_metrics"].function_name
  qualifier                    = aws_lambda_alias.live["rollup_metrics"].name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}
