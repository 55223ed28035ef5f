# The stream of `events` invokes the functions that read changes, and a schedule invokes each of them for other work.
# A schedule also invokes the functions that no request and no change invokes.
# DynamoDB allows two readers of a stream.
locals {
  feeds = {
    rollup_metrics = {
      purpose  = "Keeps every day's rollup current."
      types    = ["delta", "rollup"] # of the 101 items of a full ingest batch, only the delta is delivered
      batch    = 1000
      window   = 1  # so that one fold adds several deltas of a day
      retries  = 10 # the sweep finds deltas that were dropped
      queue    = "failed-changes"
      schedule = "sweep-rollups"
      work     = "Folds deltas that the stream did not deliver."
      repair   = "The sweep will fold their days."
      waiting  = "changes"
      minutes  = 5 # after which an alarm reports that they wait
    }
    archive_events = {
      purpose  = "Writes new events into the event lake."
      types    = ["event"]
      batch    = 10000
      window   = 45 # so that each write to the lake contains many events
      retries  = -1 # until the records expire, because no sweep finds events that were dropped
      queue    = "failed-events"
      schedule = "compact-lake"
      work     = "Archives days whose events could not be archived, and joins the lake's small files."
      repair   = "Run `analytics lake verify`, and `analytics lake rebuild` for the days that differ."
      waiting  = "events"
      minutes  = 15
    }
  }
  # The functions that only a schedule invokes.
  timers = {
    check_alerts = {
      purpose  = "Checks alerts on saved views, and delivers their messages."
      schedule = "check-alerts"
      work     = "Checks alerts on saved views, and sends the messages that are due."
    }
  }
  schedules = merge(
    { for function, feed in local.feeds : function => { name = feed.schedule, work = feed.work } },
    { for function, timer in local.timers : function => { name = timer.schedule, work = timer.work } },
  )
}

resource "aws_sqs_queue" "failed" {
  for_each = local.feeds

  name                      = "${local.name}-${each.value.queue}"
  message_retention_seconds = 1209600 # two weeks, for the stream positions of failed batches
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_event_source_mapping" "feed" {
  for_each = local.feeds

  event_source_arn                   = aws_dynamodb_table.this["events"].stream_arn
  function_name                      = aws_lambda_alias.live[each.key].arn
  starting_position                  = "TRIM_HORIZON" # from the oldest record, to include changes from before the mapping existed
  batch_size                         = each.value.batch
  maximum_batching_window_in_seconds = each.value.window
  parallelization_factor             = 1 # an organisation's day is in one shard, so parallel batches would compete for its rollup or its table
  bisect_batch_on_function_error     = true
  maximum_retry_attempts             = each.value.retries
  maximum_record_age_in_seconds      = 86400 # the retention time of the stream

  # Deletions have no new image, so they are filtered out.
  filter_criteria {
    filter {
      pattern = jsonencode({ dynamodb = { NewImage = { type = { S = each.value.types } } } })
    }
  }
  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.failed[each.key].arn
    }
  }
}

resource "aws_cloudwatch_event_rule" "sweep" {
  for_each = local.schedules

  name                = "${local.name}-${each.value.name}"
  description         = each.value.work
  schedule_expression = "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "sweep" {
  for_each = local.schedules

  rule = aws_cloudwatch_event_rule.sweep[each.key].name
  arn  = aws_lambda_alias.live[each.key].arn
}

resource "aws_lambda_permission" "sweep" {
  for_each = local.schedules

  statement_id  = "sweep"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.live[each.key].function_name
  qualifier     = aws_lambda_alias.live[each.key].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep[each.key].arn
}

# A failed sweep is not retried, because the next sweep does the same work.
resource "aws_lambda_function_event_invoke_config" "sweep" {
  for_each = local.schedules

  function_name                = aws_lambda_alias.live[each.key].function_name
  qualifier                    = aws_lambda_alias.live[each.key].name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 300
}
