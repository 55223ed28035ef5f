# The settings that src/api/settings.py reads. Only functions that sign or publish tokens get the signing keys. The others
# verify tokens with the published key set.
locals {
  token_audience = "acme-analytics"
  # The only issuer of tokens, and the API's base URL.
  issuer       = var.domain == null ? aws_apigatewayv2_api.this.api_endpoint : "https://${var.domain.api}"
  cors_origins = distinct(concat(compact([local.dashboard_url]), var.cors_origins))

  settings = {
    for function in local.functions : function => merge(
      {
        ANALYTICS_ENV                   = var.environment
        ANALYTICS_STORE                 = "dynamodb"
        ANALYTICS_DYNAMODB_TABLE_PREFIX = local.table_prefix
        ANALYTICS_CORS_ORIGINS          = join(",", local.cors_origins)
        ANALYTICS_JWT_ISSUER            = local.issuer
        ANALYTICS_JWT_AUDIENCE          = local.token_audience
        ANALYTICS_OIDC_ISSUER           = var.oidc.issuer
        ANALYTICS_OIDC_JWKS_URL         = var.oidc.jwks_url
        ANALYTICS_OIDC_AUDIENCE         = var.oidc.audience
        ANALYTICS_CURSOR_SECRET_NAME    = aws_secretsmanager_secret.cursor.name
      },
      contains(local.signing_functions, function)
      ? { ANALYTICS_KMS_KEYS = join(",", [aws_kms_alias.signing["current"].name, aws_kms_alias.signing["next"].name]) }
      : { ANALYTICS_JWKS_URL = "${local.issuer}/.well-known/jwks.json" },
      contains(local.hashing_functions, function) ? { ANALYTICS_USER_HASH_SECRET_NAME = aws_secretsmanager_secret.user_hash.name } : {},
      length(local.lake_rights[function]) > 0 ? { ANALYTICS_LAKE_URL = local.lake_url } : {},
      contains(["beacon_events", "ingest_events", "rollup_metrics"], function) ? { ANALYTICS_EVENTS_RETENTION_DAYS = tostring(var.events_retention_days) } : {},
      function == "archive_events" ? { ANALYTICS_LAKE_RETENTION_DAYS = tostring(var.lake_retention_days) } : {},
      function == "join_organization" ? { ANALYTICS_SIGN_UP = var.sign_up } : {},
      local.telemetry_settings,
    )
  }
  # src/api/settings.py and OpenTelemetry's SDK read these; see docs/telemetry.md.
  telemetry_settings = var.telemetry == null ? {} : {
    OTEL_EXPORTER_OTLP_ENDPOINT = var.telemetry.endpoint
    OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
    OTEL_TRACES_SAMPLER_ARG     = tostring(var.telemetry.traces_kept)
  }
}
