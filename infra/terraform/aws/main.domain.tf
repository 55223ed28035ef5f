# The names of the API and the dashboard in a Route 53 zone, with their certificates. Without var.domain, the API has the
# gateway's own address, and there is no dashboard.
locals {
  # The names in the zone. With var.api_firewall, the API's name is CloudFront's, and the gateway has a name of its own.
  hosts = var.domain == null ? {} : merge(
    { api = var.domain.api, dashboard = var.domain.dashboard },
    var.api_firewall == null ? {} : { origin = "origin.${var.domain.api}" },
  )
  gateway_host = var.api_firewall == null ? "api" : "origin"
  # CloudFront's certificates must be in its own region.
  certificate_region = { for name in keys(local.hosts) : name => name == "api" && var.api_firewall != null ? "us-east-1" : var.region }
  # The alias of each host.
  endpoints = var.domain == null ? {} : merge(
    { dashboard = { name = aws_lb.dashboard["dashboard"].dns_name, zone = aws_lb.dashboard["dashboard"].zone_id } },
    { for distribution in aws_cloudfront_distribution.api : "api" => { name = distribution.domain_name, zone = distribution.hosted_zone_id } },
    { for domain in aws_apigatewayv2_domain_name.api : local.gateway_host => {
      name = domain.domain_name_configuration[0].target_domain_name
      zone = domain.domain_name_configuration[0].hosted_zone_id
    } },
  )
  api_host       = { for name, host in local.hosts : name => host if name == "api" }
  dashboard_host = { for name, host in local.hosts : name => host if name == "dashboard" }
}

resource "aws_acm_certificate" "this" {
  for_each = local.hosts

  region            = local.certificate_region[each.key]
  domain_name       = each.value
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.hosts

  zone_id         = var.domain.zone_id
  name            = one(aws_acm_certificate.this[each.key].domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.this[each.key].domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.this[each.key].domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true # the record outlives a replaced certificate
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.hosts

  region                  = local.certificate_region[each.key]
  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}

resource "aws_route53_record" "host" {
  for_each = local.hosts

  zone_id = var.domain.zone_id
  name    = each.value
  type    = "A"

  allow_overwrite = var.copy > 1 # a further copy takes over the names of the first one

  alias {
    name                   = local.endpoints[each.key].name
    zone_id                = local.endpoints[each.key].zone
    evaluate_target_health = false
  }
}

resource "aws_apigatewayv2_domain_name" "api" {
  for_each = local.api_host

  domain_name = local.hosts[local.gateway_host]

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.this[local.gateway_host].certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
  dynamic "mutual_tls_authentication" {
    for_each = aws_s3_object.authority
    content {
      truststore_uri = "s3://${mutual_tls_authentication.value.bucket}/${mutual_tls_authentication.value.key}"
    }
  }
}

resource "aws_apigatewayv2_api_mapping" "api" {
  for_each = local.api_host

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.api[each.key].id
  stage       = aws_apigatewayv2_stage.default.id
}
