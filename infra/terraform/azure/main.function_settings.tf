locals {
  app_name = { for function in local.functions : function => "${replace(function, "_", "-")}-${var.environment}" }

  # The settings that the Functions host itself reads. Storage, telemetry and the trigger's connection use identities.
  host_settings = {
    for function in local.functions : function => merge(
      {
        AzureWebJobsStorage                       = "" # otherwise azurerm inserts a connection string with a key
        AzureWebJobsStorage__accountName          = azurerm_storage_account.function[function].name
        AzureWebJobsStorage__credential           = "managedidentity"
        AzureWebJobsStorage__clientId             = azurerm_user_assigned_identity.function[function].client_id
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${azurerm_user_assigned_identity.function[function].client_id};Authorization=AAD"
      },
      !contains(lookup(local.needs, function, []), "change_feed") ? {} : {
        CosmosDBConnection__accountEndpoint = azurerm_cosmosdb_account.this.endpoint
        CosmosDBConnection__credential      = "managedidentity"
        CosmosDBConnection__clientId        = azurerm_user_assigned_identity.function[function].client_id
        # The alerts need every line and invocation of this app. By default, the host keeps 20 items per second of an instance.
        AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__excludedTypes = "Request;Trace"
      },
    )
  }

  # The settings that src/api/settings.py reads. Only functions that sign or read a secret get the vault's address.
  app_settings = {
    for function in local.functions : function => merge(
      {
        ANALYTICS_ENV                  = var.environment
        ANALYTICS_STORE                = "cosmos"
        ANALYTICS_COSMOS_ENDPOINT      = azurerm_cosmosdb_account.this.endpoint
        ANALYTICS_COSMOS_DATABASE      = azurerm_cosmosdb_sql_database.this.name
        ANALYTICS_AZURE_CLIENT_ID      = azurerm_user_assigned_identity.function[function].client_id
        ANALYTICS_CORS_ORIGINS         = local.public_base_url # no page's origin, because browsers reject responses with a second set of CORS headers
        ANALYTICS_JWT_ISSUER           = local.public_base_url
        ANALYTICS_JWT_AUDIENCE         = local.token_audience
        ANALYTICS_OIDC_ISSUER          = var.oidc.issuer
        ANALYTICS_OIDC_JWKS_URL        = var.oidc.jwks_url
        ANALYTICS_OIDC_AUDIENCE        = var.oidc.audience
        ANALYTICS_CURSOR_SECRET_NAME   = azurerm_key_vault_secret.cursor.name
        ANALYTICS_TRUSTS_FORWARDED_FOR = "true" # the gateway overwrites the header
      },
      contains(local.signing_functions, function)
      ? { ANALYTICS_SIGNING_KEY = azurerm_key_vault_key.signing.name }
      : { ANALYTICS_JWKS_URL = "${local.public_base_url}/.well-known/jwks.json" },
      contains(local.hashing_functions, function) ? { ANALYTICS_USER_HASH_SECRET_NAME = azurerm_key_vault_secret.user_hash.name } : {},
      contains(local.vault_functions, function) ? { ANALYTICS_KEY_VAULT_URL = azurerm_key_vault.this.vault_uri } : {},
      contains(keys(local.lake_roles), function) ? { ANALYTICS_LAKE_URL = local.lake_url } : {},
      contains(["beacon_events", "ingest_events", "rollup_metrics"], function) ? { ANALYTICS_EVENTS_RETENTION_DAYS = tostring(var.events_retention_days) } : {},
      function == "archive_events" ? { ANALYTICS_LAKE_RETENTION_DAYS = tostring(var.lake_retention_days) } : {},
      function == "join_organization" ? { ANALYTICS_SIGN_UP = var.sign_up } : {},
      local.telemetry_settings,
    )
  }
  token_audience = "acme-analytics"
  # src/api/settings.py and OpenTelemetry's SDK read these; see docs/telemetry.md.
  telemetry_settings = var.telemetry == null ? {} : {
    OTEL_EXPORTER_OTLP_ENDPOINT = var.telemetry.endpoint
    OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
    OTEL_TRACES_SAMPLER_ARG     = tostring(var.telemetry.traces_kept)
  }
}
