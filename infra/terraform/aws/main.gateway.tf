# The HTTP API: a route per operation of infra/openapi.json, to the function that serves it.
resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  description   = local.openapi.info.description
  protocol_type = "HTTP"

  disable_execute_api_endpoint = var.domain != null

  # The gateway responds to preflight requests, and replaces a function's own CORS headers.
  cors_configuration {
    allow_origins     = local.cors_origins
    allow_methods     = sort(distinct([for operation in values(local.operations) : operation.method]))
    allow_headers     = ["Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "If-Match", "If-None-Match", "traceparent", "tracestate", "X-Request-Id", "X-Analytics-Dropped", "X-Analytics-Sent-At"]
    expose_headers    = ["WWW-Authenticate", "X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy", "Link", "ETag", "Idempotent-Replayed", "Date"]
    allow_credentials = false
    max_age           = 600
  }
}

resource "aws_apigatewayv2_integration" "function" {
  for_each = local.http_functions

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.live[each.key].invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 29000 # longer than the function's own time-out
}

resource "aws_lambda_permission" "gateway" {
  for_each = local.operations

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_alias.live[local.function_of[each.key]].function_name
  qualifier     = aws_lambda_alias.live[local.function_of[each.key]].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/${each.value.method}${each.value.path}" # any stage, of which there is only one
}

# Public and protected routes are separate resources because of the order of the first deployment; see the authorizer.
resource "aws_apigatewayv2_route" "public" {
  # checkov:skip=CKV_AWS_309: These operations need no token, or check the credential in the body.

  for_each = { for name, operation in local.operations : name => operation if !operation.is_protected }

  api_id             = aws_apigatewayv2_api.this.id
  operation_name     = each.key
  route_key          = "${each.value.method} ${each.value.path}"
  target             = "integrations/${aws_apigatewayv2_integration.function[local.function_of[each.key]].id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_route" "protected" {
  for_each = { for name, operation in local.operations : name => operation if operation.is_protected }

  api_id             = aws_apigatewayv2_api.this.id
  operation_name     = each.key
  route_key          = "${each.value.method} ${each.value.path}"
  target             = "integrations/${aws_apigatewayv2_integration.function[local.function_of[each.key]].id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.token.id
}

# When AWS creates the authorizer, it reads the issuer's openid-configuration, and fails if the issuer is unreachable.
# The issuer is this API, so publish_keys must be reachable first, through its routes and the stage.
resource "aws_apigatewayv2_authorizer" "token" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "access-token"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = local.issuer
    audience = [local.token_audience]
  }

  depends_on = [
    aws_apigatewayv2_api_mapping.api,
    aws_apigatewayv2_route.public,
    aws_apigatewayv2_stage.default,
    aws_route53_record.host,
    aws_iam_role_policy.function,
    aws_lambda_permission.gateway,
  ]
}

resource "aws_cloudwatch_log_group" "gateway" {
  # checkov:skip=CKV_AWS_158: CloudWatch encrypts logs with its own keys; see README.md, "Choices".
  # checkov:skip=CKV_AWS_338: The log contains addresses of customers, and expires when nobody needs it any more.

  name              = "/aws/apigateway/${local.name}"
  retention_in_days = var.log_retention_days
}

# With any other name, the path of every request would begin with that name.
resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn
    format          = local.access_log_format
  }
  default_route_settings {
    detailed_metrics_enabled = false # billed per route; the access log has the same figures
    throttling_rate_limit    = var.throttle.requests_per_second
    throttling_burst_limit   = var.throttle.burst
  }
  # A lower limit for routes where credentials could be guessed. The stage refers to routes, so they must exist first.
  dynamic "route_settings" {
    for_each = local.credential_routes
    content {
      route_key                = aws_apigatewayv2_route.public[route_settings.value].route_key
      detailed_metrics_enabled = false # billed per route; the access log has the same figures
      throttling_rate_limit    = var.throttle.credentials_per_second
      throttling_burst_limit   = var.throttle.credentials_per_second * 2
    }
  }
}

locals {
  credential_routes = ["issue_token", "open_share"]
  # Numbers have no quotes, so that metric filters can compare them. The integration's status has quotes, because it is
  # missing if no integration was called.
  access_log_format = join("", [
    "{\"requestId\":\"$context.requestId\",\"route\":\"$context.routeKey\",\"status\":$context.status,",
    "\"latency\":$context.responseLatency,\"integrationStatus\":\"$context.integrationStatus\",",
    "\"integrationError\":\"$context.integrationErrorMessage\",\"authorizerError\":\"$context.authorizer.error\",",
    "\"ip\":\"$context.identity.sourceIp\",\"time\":\"$context.requestTimeEpoch\"}",
  ])
}
