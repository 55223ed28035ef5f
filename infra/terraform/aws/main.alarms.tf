# Alarms for the two service level objectives (answers.md, section D; over 28 days), and the budget.
locals {
  ingest_failures_allowed = 0.001 # the share of ingest requests that may take over a second or fail with our own 429 or 5xx
  ingest_routes           = [for operation in ["ingest_events", "beacon_events"] : "${local.operations[operation].method} ${local.operations[operation].path}"]
  is_ingest               = join(" || ", [for route in local.ingest_routes : "$.route = \"${route}\""])
  # A 429 of the function comes from the store or the work limit and counts as a failure. A 429 of the gateway comes
  # from its rate limit, before it calls a Lambda function, and doesn't count. The integration's status is Lambda's
  # response to the gateway, which is 200 whenever the function ran.
  ingest_counts = {
    all = "{ (${local.is_ingest}) }"
    bad = "{ (${local.is_ingest}) && ($.status >= 500 || ($.status = 429 && $.integrationStatus = \"200\") || $.latency > 1000) }"
  }
  # The burn rate of the error budget. At a rate of 1, the budget lasts exactly 28 days.
  burn_alarms = {
    fast = { rate = 14.4, seconds = 3600 }
    slow = { rate = 3, seconds = 86400 }
  }
  metrics_namespace = "AcmeAnalytics/${var.environment}"
}

resource "aws_sns_topic" "operators" {
  # checkov:skip=CKV_AWS_26: CloudWatch can't publish with the AWS managed key, and the topic contains only names and figures.

  name = "${local.name}-operators"
}

resource "aws_sns_topic_subscription" "operators" {
  topic_arn = aws_sns_topic.operators.arn
  protocol  = "email"
  endpoint  = var.operators_email
}

resource "aws_cloudwatch_log_metric_filter" "ingest" {
  for_each = local.ingest_counts

  name           = "${local.name}-ingest-${each.key}"
  log_group_name = aws_cloudwatch_log_group.gateway.name
  pattern        = each.value

  metric_transformation {
    namespace     = local.metrics_namespace
    name          = "ingest_${each.key}"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "ingest_available" {
  for_each = local.burn_alarms

  alarm_name          = "${local.name}-ingest-available-${each.key}-burn"
  alarm_description   = "Objective: 99.9 % of ingest requests within 1 s and without our 429 or 5xx. The error budget burns ${each.value.rate} times too fast."
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.rate
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operators.arn]
  ok_actions          = [aws_sns_topic.operators.arn]

  metric_query {
    id          = "burn"
    expression  = "IF(all > 0, bad / all / ${local.ingest_failures_allowed}, 0)"
    label       = "burn rate of the error budget"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = local.ingest_counts
    content {
      id          = metric_query.key
      return_data = false
      metric {
        namespace   = local.metrics_namespace
        metric_name = "ingest_${metric_query.key}"
        period      = each.value.seconds
        stat        = "Sum"
      }
    }
  }
}

# rollup_metrics logs this line when a day's events have become readable, with the lag in seconds.
resource "aws_cloudwatch_log_metric_filter" "rollup_lag" {
  name           = "${local.name}-rollup-lag"
  log_group_name = aws_cloudwatch_log_group.function["rollup_metrics"].name
  pattern        = "{ $.message = \"rollup projected\" }"

  metric_transformation {
    namespace = local.metrics_namespace
    name      = "rollup_lag"
    value     = "$.lag_seconds"
    unit      = "Seconds"
  }
}

resource "aws_cloudwatch_metric_alarm" "metrics_fresh" {
  alarm_name          = "${local.name}-metrics-fresh"
  alarm_description   = "Objective: 99 % of events are in the metrics within 60 s. Some events became readable more than 5 minutes after they were received."
  namespace           = local.metrics_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.rollup_lag.metric_transformation[0].name
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5 * 60
  treat_missing_data  = "notBreaching" # no events
  alarm_actions       = [aws_sns_topic.operators.arn]
  ok_actions          = [aws_sns_topic.operators.arn]
}

# Without folds or writes to the lake, no lag is measured, so this alarm uses the age of the stream.
resource "aws_cloudwatch_metric_alarm" "changes_wait" {
  for_each = local.feeds

  alarm_name          = "${local.name}-${each.value.waiting}-wait"
  alarm_description   = "The oldest ${each.value.waiting} that ${each.key} has not processed are older than ${each.value.minutes} minutes."
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.minutes * 60 * 1000
  treat_missing_data  = "notBreaching" # no events
  alarm_actions       = [aws_sns_topic.operators.arn]
  ok_actions          = [aws_sns_topic.operators.arn]
}

resource "aws_cloudwatch_metric_alarm" "changes_failed" {
  for_each = local.feeds

  alarm_name          = "${local.name}-${replace(each.value.queue, "failed-", "")}-failed"
  alarm_description   = "Changes were dropped after all retries. ${each.value.repair} The queue contains their positions in the stream."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed[each.key].name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operators.arn]
}

# The functions that read changes log this line for each document that they can't process and store as a dead letter.
resource "aws_cloudwatch_log_metric_filter" "dead_letters" {
  for_each = local.feeds

  name           = "${local.name}-dead-letters"
  log_group_name = aws_cloudwatch_log_group.function[each.key].name
  pattern        = "{ $.message = \"a document can't be processed\" }"

  metric_transformation {
    namespace = local.metrics_namespace
    name      = "dead_letters"
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${local.name}-dead-letters"
  alarm_description   = "Documents could not be processed and were stored in dead_letters with the reason. Metrics or the event lake lack their events until the day is recounted or rebuilt."
  namespace           = local.metrics_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.dead_letters["rollup_metrics"].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operators.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.functions

  alarm_name          = "${aws_lambda_function.this[each.key].function_name}-errors"
  alarm_description   = "The function failed to start, timed out or ran out of memory. Other failures are responses and don't count here."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operators.arn]
}

resource "aws_budgets_budget" "this" {
  name         = local.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:environment$%s", var.environment)]
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = [var.operators_email]
    }
  }
}
