# Two web application firewalls: one for the dashboard's load balancer, and one for the API. HTTP APIs support none, so the
# API's is in CloudFront, which is the only client that the gateway accepts then.
locals {
  firewall_names = { dashboard = local.dashboard_name, api = "${local.name}-api" }
  # What a token, or an address, may send in 5 minutes. WAF counts the requests with the same header and doesn't verify it.
  api_limits = [
    {
      name  = "requests-per-token"
      limit = try(var.api_firewall.requests_per_token, 0)
      keys  = { AggregateKeyType = "CUSTOM_KEYS", CustomKeys = [{ Header = { Name = "authorization", TextTransformations = [{ Priority = 0, Type = "NONE" }] } }] }
    },
    {
      name  = "tokens-per-address"
      limit = try(var.api_firewall.tokens_per_address, 0)
      keys = { AggregateKeyType = "IP", ScopeDownStatement = { ByteMatchStatement = {
        FieldToMatch         = { UriPath = {} }
        PositionalConstraint = "STARTS_WITH"
        SearchString         = "${dirname(local.operations.issue_token.path)}/" # also that of open_share
        TextTransformations  = [{ Priority = 0, Type = "NONE" }]
      } } }
    },
    {
      name  = "requests-per-address"
      limit = try(var.api_firewall.requests_per_address, 0)
      keys  = { AggregateKeyType = "IP" }
    },
  ]
  # The SDK sends a request with this response again later. Without CORS headers, a browser would hide the response from it.
  too_many = { Block = { CustomResponse = { ResponseCode = 429, ResponseHeaders = [
    { Name = "Retry-After", Value = "60" },
    { Name = "Access-Control-Allow-Origin", Value = "*" },
    { Name = "Access-Control-Expose-Headers", Value = "Retry-After" },
  ] } } }
  # In the format of the API, because a schema of nested statements has no end.
  firewall_rules = {
    dashboard = concat(
      [{
        Name             = "requests-per-address"
        Priority         = 1
        Action           = { Block = {} }
        Statement        = { RateBasedStatement = { AggregateKeyType = "IP", EvaluationWindowSec = 300, Limit = try(var.firewall.requests_per_address, 0) } }
        VisibilityConfig = { CloudWatchMetricsEnabled = true, MetricName = "requests-per-address", SampledRequestsEnabled = false }
      }],
      [for index, name in ["AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAmazonIpReputationList"] : {
        Name             = name
        Priority         = index + 2
        OverrideAction   = { None = {} }
        Statement        = { ManagedRuleGroupStatement = { VendorName = "AWS", Name = name } }
        VisibilityConfig = { CloudWatchMetricsEnabled = true, MetricName = name, SampledRequestsEnabled = false }
      }],
    )
    # The names of customers' applications contain any text, so rules that search requests for attacks are only for the dashboard.
    api = [for index, limit in local.api_limits : {
      Name             = limit.name
      Priority         = index + 1
      Action           = local.too_many
      Statement        = { RateBasedStatement = merge(limit.keys, { EvaluationWindowSec = 300, Limit = limit.limit }) }
      VisibilityConfig = { CloudWatchMetricsEnabled = true, MetricName = limit.name, SampledRequestsEnabled = false }
    }]
  }
}

resource "aws_wafv2_web_acl" "dashboard" {
  # checkov:skip=CKV_AWS_175: The rules are in rule_json, which checkov can't read.
  # checkov:skip=CKV_AWS_192: AWSManagedRulesKnownBadInputsRuleSet, in rule_json, has the rule.
  # checkov:skip=CKV2_AWS_31: CloudWatch's metrics count what each rule blocks; a log would contain addresses of customers.

  for_each = { for name, host in local.dashboard_host : name => host if var.firewall != null }

  name        = local.firewall_names.dashboard
  description = "Limits requests per address, and applies managed rules."
  scope       = "REGIONAL"
  rule_json   = jsonencode(local.firewall_rules.dashboard)

  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.firewall_names.dashboard
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "dashboard" {
  for_each = aws_wafv2_web_acl.dashboard

  resource_arn = aws_lb.dashboard[each.key].arn
  web_acl_arn  = each.value.arn
}

resource "aws_wafv2_web_acl" "api" {
  # checkov:skip=CKV_AWS_175: The rules are in rule_json, which checkov can't read.
  # checkov:skip=CKV_AWS_192: Names in customers' events contain any text, and nothing here is written in Java.
  # checkov:skip=CKV2_AWS_31: CloudWatch's metrics count what each rule blocks; a log would contain addresses of customers.

  for_each = local.fronted_api

  region      = "us-east-1" # of CloudFront
  name        = local.firewall_names.api
  description = "Limits requests per token and per address."
  scope       = "CLOUDFRONT"
  rule_json   = jsonencode(local.firewall_rules.api)

  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.firewall_names.api
    sampled_requests_enabled   = false
  }
}

# Nothing is cached: responses depend on tokens.
resource "aws_cloudfront_distribution" "api" {
  # checkov:skip=CKV_AWS_86: The gateway's log lists every request.
  # checkov:skip=CKV_AWS_305: An API has no default page.
  # checkov:skip=CKV_AWS_310: The API has one origin; docs/region-loss-aws.md describes the loss of its region.
  # checkov:skip=CKV_AWS_374: Customers' users are everywhere.
  # checkov:skip=CKV2_AWS_32: The functions add the headers of every response.
  # checkov:skip=CKV2_AWS_47: Names in customers' events contain any text, and nothing here is written in Java.

  for_each = local.fronted_api

  comment         = local.firewall_names.api
  aliases         = [each.value]
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = "PriceClass_All"
  web_acl_id      = aws_wafv2_web_acl.api[each.key].arn

  origin {
    origin_id   = "gateway"
    domain_name = aws_apigatewayv2_domain_name.api[each.key].domain_name

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = "https-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = 60 # longer than the gateway's
      origin_keepalive_timeout = 60

      origin_mtls_config {
        client_certificate_arn = var.api_firewall.client_certificate
      }
    }
  }
  default_cache_behavior {
    target_origin_id         = "gateway"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods           = ["GET", "HEAD"]
    compress                 = false
    cache_policy_id          = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # CachingDisabled
    origin_request_policy_id = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # AllViewerExceptHostHeader
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.this[each.key].certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

# The gateway accepts only clients with a certificate of this authority, which only CloudFront has.
resource "aws_s3_object" "authority" {
  for_each = local.fronted_api

  bucket  = aws_s3_bucket.this["packages"].bucket
  key     = "authority/${sha256(local.authority)}.pem"
  content = local.authority
}

locals {
  fronted_api = { for name, host in local.api_host : name => host if var.api_firewall != null }
  authority   = var.api_firewall == null ? "" : file("${path.module}/environments/${var.environment}.authority.pem")
}
