environment     = "prod"
subscription_id = "00000000-0000-0000-0000-0000000000ac"
operators_email = "analytics-oncall@example.com"
deployers = {
  engineers = { object_id = "00000000-0000-0000-0000-0000000001ae", type = "Group" }
  pipeline  = { object_id = "00000000-0000-0000-0000-0000000001af", type = "ServicePrincipal" }
}

oidc = {
  issuer   = "https://login.example.com/"
  jwks_url = "https://login.example.com/.well-known/jwks.json"
  audience = "acme-analytics-dashboard"
}
secrets_version = { cursor = 1, session = 1, oidc_client = 1 }
dashboard_image = "analytics-app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
cors_origins    = ["https://app.example.com"]

gateway_sku = "StandardV2_2"
cosmos = {
  capacity       = "autoscale"
  zone_redundant = true
  second_region  = "northeurope"
  backup_tier    = "Continuous30Days"
  max_throughput = { events = 20000, idempotency = 4000, rollups = 2000 }
}
functions_across_zones = ["beacon_events", "ingest_events", "issue_token", "publish_keys", "query_events", "rollup_metrics", "summarize_metrics"]
function_always_ready = {
  beacon_events = 2, ingest_events = 2, issue_token = 2, publish_keys = 2, query_events = 2, rollup_metrics = 2, summarize_metrics = 2
}
function_instances_max = 100
dashboard_replicas     = { min = 2, max = 10 }
log_retention_days     = 90
budget                 = 4500
