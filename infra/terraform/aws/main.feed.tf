# The stream of `events` invokes rollup_metrics. A scheduled sweep finds deltas that the stream did not deliver.
resource "aws_sqs_queue" "failed_changes" {
  name                      = "${local.name}-failed-changes"
  message_retention_seconds = 1209600 # two weeks, for the stream positions of failed batches
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_event_source_mapping" "rollups" {
  event_source_arn                   = aws_dynamodb_table.this["events"].stream_arn
  function_name                      = aws_lambda_alias.live["rollup_metrics"].arn
  starting_position                  = "TRIM_HORIZON" # from the oldest record, to include changes from before the mapping existed
  batch_size                         = 1000
  maximum_batching_window_in_seconds = 1 # so that one fold adds several deltas of a day
  parallelization_factor             = 1 # an organisation's day is in one shard, so parallel batches would compete for its rollup
  bisect_batch_on_function_error     = true
  maximum_retry_attempts             = 10
  maximum_record_age_in_seconds      = 86400 # the retention time of the stream

  # Events and deletions are filtered out, so of the 101 items of a full ingest batch, only the delta is delivered.
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
  description         = "Folds deltas that the stream did not deliver."
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

# A failed sweep is not retried, because the next sweep does the same work.
resource "aws_lambda_function_event_invoke_config" "sweep" {
  function_name                = aws_lambda_alias.live["rollup_metrics"].function_name
  qualifier                    = aws_lambda_alias.live["rollup_metrics"].name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}
