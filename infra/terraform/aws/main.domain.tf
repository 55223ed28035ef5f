# The names of the API and the dashboard in a Route 53 zone, with their certificates. Without var.domain, the API has the
# gateway's own address, and there is no dashboard.
locals {
  hosts = var.domain == null ? {} : { api = var.domain.api, dashboard = var.domain.dashboard }
  # The alias of each host.
  endpoints = var.domain == null ? {} : {
    api = {
      name = aws_apigatewayv2_domain_name.api["api"].domain_name_configuration[0].target_domain_name
      zone = aws_apigatewayv2_domain_name.api["api"].domain_name_configuration[0].hosted_zone_id
    }
    dashboard = { name = aws_lb.dashboard["dashboard"].dns_name, zone = aws_lb.dashboard["dashboard"].zone_id }
  }
  api_host       = { for name, host in local.hosts : name => host if name == "api" }
  dashboard_host = { for name, host in local.hosts : name => host if name == "dashboard" }
}

resource "aws_acm_certificate" "this" {
  for_each = local.hosts

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

  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}

resource "aws_route53_record" "host" {
  for_each = local.hosts

  zone_id = var.domain.zone_id
  name    = each.value
  type    = "A"

  alias {
    name                   = local.endpoints[each.key].name
    zone_id                = local.endpoints[each.key].zone
    evaluate_target_health = false
  }
}

resource "aws_apigatewayv2_domain_name" "api" {
  for_each = local.api_host

  domain_name = each.value

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.this[each.key].certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "api" {
  for_each = local.api_host

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.api[each.key].id
  stage       = aws_apigatewayv2_stage.default.id
}
