# A function, a role and a log group per file in functions/.
data "aws_iam_policy_document" "assumed_by_lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name                  = local.function_name[each.key]
  description           = "The permissions of ${each.key}."
  force_detach_policies = true # of the policy with which docs/region-loss-aws.md stops the functions
  assume_role_policy    = data.aws_iam_policy_document.assumed_by_lambda.json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = "rights"
  role   = aws_iam_role.function[each.key].name
  policy = data.aws_iam_policy_document.function[each.key].json
}

resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_158: CloudWatch encrypts logs with its own keys; see README.md, "Choices".
  # checkov:skip=CKV_AWS_338: Logs contain request ids of customers, and expire when nobody needs them any more.

  for_each = local.functions

  name              = "/aws/lambda/${local.function_name[each.key]}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116: The stream has queues for failed batches (main.feed.tf); the gateway's callers see failures themselves.
  # checkov:skip=CKV_AWS_117: A VPC would not exclude anyone who has access now; see README.md, "Choices".
  # checkov:skip=CKV_AWS_173: The settings contain no secrets.
  # checkov:skip=CKV_AWS_272: The package's hash is in the plan, and the pipeline attests it.

  for_each = local.functions

  function_name    = local.function_name[each.key]
  description      = local.descriptions[each.key]
  role             = aws_iam_role.function[each.key].arn
  runtime          = "python3.13"
  architectures    = ["arm64"]
  package_type     = "Zip"
  handler          = "handler.handler"
  s3_bucket        = aws_s3_object.package[each.key].bucket
  s3_key           = aws_s3_object.package[each.key].key
  source_code_hash = filebase64sha256(local.zip[each.key])
  publish          = true
  # A burst of ingest leaves the rest of the account's concurrency to reads and tokens.
  reserved_concurrent_executions = lookup(var.function_concurrency_max, each.key, -1)

  memory_size = lookup(var.function_memory_mb, each.key, length(setintersection(local.needs[each.key], ["lake", "lake_writer"])) > 0 ? 2048 : 1024)
  timeout     = contains(local.http_functions, each.key) ? 25 : 300 # the request deadline is 20 s, the gateway's is 30 s

  environment {
    variables = local.settings[each.key]
  }
  logging_config {
    log_format = "Text" # the log lines are JSON already
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }
  tracing_config {
    mode = "PassThrough"
  }

  lifecycle {
    precondition {
      condition     = !local.needs_concurrency || local.concurrency_needed <= local.concurrency_quota
      error_message = "The account's quota of concurrent executions is ${local.concurrency_quota}, but function_concurrency_max and functions_kept_warm need ${local.concurrency_needed}: see README.md, \"Request the quota\"."
    }
  }

  depends_on = [aws_iam_role_policy.function]
}

# Lambda keeps at least 100 concurrent executions for functions without a reservation. Instances that are kept warm also need
# an execution each, which is part of the function's own reservation, if it has one
# (https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html).
data "aws_servicequotas_service_quota" "concurrency" {
  service_code = "lambda"
  quota_code   = "L-B99A9384" # concurrent executions
}

locals {
  needs_concurrency = length(var.function_concurrency_max) + length(var.functions_kept_warm) > 0
  concurrency_quota = data.aws_servicequotas_service_quota.concurrency.value
  concurrency_needed = sum(concat(
    [100],
    values(var.function_concurrency_max),
    [for function, count in var.functions_kept_warm : count if !contains(keys(var.function_concurrency_max), function)],
  ))
}

# Callers use the alias. `make deploy-aws` moves it to a new version step by step, and a roll-back moves it back.
resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_provisioned_concurrency_config" "warm" {
  for_each = var.functions_kept_warm

  function_name                     = aws_lambda_alias.live[each.key].function_name
  qualifier                         = aws_lambda_alias.live[each.key].name
  provisioned_concurrent_executions = each.value
}

locals {
  summaries = merge([
    for methods in values(local.openapi.paths) : {
      for operation in values(methods) : operation.operationId => operation.summary
    }
  ]...)
  descriptions = {
    for function, entry in local.manifest : function => try(
      merge(local.feeds, local.timers)[function].purpose, local.summaries[function], "Serves ${join(", ", entry.operations)}.",
    )
  }
}
