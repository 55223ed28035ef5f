locals {
  cors = jsondecode(file("${path.module}/policies/cors.json"))

  # The gateway's own responses have the same codes, titles and details as the API's: src/api/errors.py.
  problems = {
    for code, problem in jsondecode(file("${path.module}/policies/problems.json")) : code => templatefile(
      "${path.module}/policies/problem.xml.tftpl", { code = code, problem = problem, exposed = local.cors.exposed }
    )
  }
  errors = [
    { code = "token_missing", condition = "context.LastError.Reason == \"TokenNotPresent\"" },
    { code = "token_expired", condition = "context.LastError.Reason == \"TokenExpired\"" },
    { code = "token_invalid", condition = "new [] { ${join(", ", [for reason in local.token_faults : "\"${reason}\""])} }.Contains(context.LastError.Reason)" },
    { code = "identity_provider_unavailable", condition = "context.LastError.Source == \"validate-jwt\"" },
    { code = "throttled", condition = "context.LastError.Reason == \"RateLimitExceeded\"" },
    { code = "not_found", condition = "context.LastError.Reason == \"OperationNotFound\"" },
    { code = "deadline_exceeded", condition = "context.LastError.Reason == \"Timeout\"" },
  ]
  token_faults = [
    "TokenSignatureInvalid", "TokenSignatureKeyNotFound", "TokenAudienceNotAllowed", "TokenIssuerNotAllowed",
    "TokenClaimNotFound", "TokenClaimValueNotAllowed", "JwtInvalid",
  ]

  # Policy expressions that are used more than once.
  origin         = "context.Request.Headers.GetValueOrDefault(\"Origin\", \"\")"
  given_id       = "context.Request.Headers.GetValueOrDefault(\"X-Request-Id\", \"\")"
  allowed_origin = "@(new [] { ${join(", ", [for origin in local.cors_origins : "\"${origin}\""])} }.Contains(${local.origin}) ? ${local.origin} : \"\")"
  request_id     = "@(System.Text.RegularExpressions.Regex.IsMatch(${local.given_id}, \"^[A-Za-z0-9._:-]{1,128}$\") ? ${local.given_id} : context.RequestId.ToString(\"N\"))"
  organization   = "@(((Jwt)context.Variables[\"jwt\"]).Claims.GetValueOrDefault(\"org_id\", \"\"))"
  # Front Door adds the address of the connection; only its requests are accepted.
  address = var.front_door == null ? "@(context.Request.IpAddress)" : "@(context.Request.Headers.GetValueOrDefault(\"X-Azure-SocketIP\", \"\"))"

  body_bytes_max = {
    ingest_events       = 1024 * 1024
    beacon_events       = 64 * 1024
    issue_token         = 64 * 1024
    open_share          = 4 * 1024
    query_trends        = 256 * 1024
    query_funnel        = 256 * 1024
    list_dropped_users  = 256 * 1024
    query_retention     = 256 * 1024
    create_key          = 4 * 1024
    update_organization = 4 * 1024
    add_member          = 4 * 1024
    change_member       = 4 * 1024
    create_invitation   = 4 * 1024
    create_erasure      = 4 * 1024
    create_view         = 16 * 1024
    update_view         = 16 * 1024
    create_board        = 4 * 1024
    update_board        = 4 * 1024
    create_annotation   = 8 * 1024
    update_annotation   = 8 * 1024
    create_share        = 256 * 1024
    create_alert        = 4 * 1024
    update_alert        = 4 * 1024
    rotate_alert_secret = 4 * 1024
    test_alert          = 4 * 1024
    accept_invitation   = 64 * 1024
    create_organization = 64 * 1024
  }
  # Requests for the key set and for health have no rate limit.
  unlimited = ["publish_keys", "describe_issuer", "check_health"]
  limits = {
    for operation, facts in local.operations : operation =>
    contains(local.unlimited, operation) || !local.limits_by_key ? 0
    : facts.is_protected ? var.rate_limits.per_organization : var.rate_limits.per_address
  }
}

resource "azurerm_api_management_policy" "service" {
  api_management_id = azurerm_api_management.gateway.id
  xml_content = templatefile("${path.module}/policies/service.xml.tftpl", {
    address        = local.address
    allowed_origin = local.allowed_origin
    front_door_id  = local.front_door_id
    cors           = local.cors
    errors         = local.errors
    origins        = local.cors_origins
    problems       = local.problems
    request_id     = local.request_id
  })
}

resource "azurerm_api_management_api_operation_policy" "this" {
  for_each = local.operations

  operation_id        = azurerm_api_management_api_operation.this[each.key].operation_id
  api_name            = azurerm_api_management_api.analytics.name
  api_management_name = azurerm_api_management.gateway.name
  resource_group_name = azurerm_resource_group.this.name
  xml_content = templatefile("${path.module}/policies/operation.xml.tftpl", {
    backend            = azurerm_api_management_backend.function[local.function_of[each.key]].name
    body_bytes_max     = lookup(local.body_bytes_max, each.key, 0)
    counter_key        = each.value.is_protected ? local.organization : local.address
    functions_audience = azuread_application_identifier_uri.functions.identifier_uri
    identity_client_id = azurerm_user_assigned_identity.gateway.client_id
    is_protected       = each.value.is_protected
    issuer             = local.public_base_url
    limit              = local.limits[each.key]
    period_seconds     = var.rate_limits.period_seconds
    problems           = local.problems
    token_audience     = local.token_audience
  })

  lifecycle {
    precondition {
      condition     = !contains(["POST", "PATCH"], each.value.method) || contains(keys(local.body_bytes_max), each.key)
      error_message = "${each.key} has a request body, so it needs a size limit."
    }
  }
}
