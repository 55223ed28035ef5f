environment     = "prod"
account_id      = "333333333333"
operators_email = "analytics-oncall@example.com"

oidc = {
  issuer   = "https://login.example.com/"
  jwks_url = "https://login.example.com/.well-known/jwks.json"
  audience = "acme-analytics-dashboard"
}
cors_origins = ["https://app.example.com"]

domain                     = { zone_id = "Z0000000000000PROD00", api = "api.example.com", dashboard = "app.example.com" }
dashboard_image            = "analytics-app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
oidc_client_secret_version = 1
firewall                   = {}

throttle            = { requests_per_second = 2000, burst = 4000, credentials_per_second = 50 }
functions_kept_warm = { ingest_events = 2, beacon_events = 1, query_events = 1, summarize_metrics = 1 }
# Of the 1,000 concurrent executions of the account, ingest leaves 400 to reads, tokens and the readers of changes.
function_concurrency_max = { ingest_events = 400, beacon_events = 200 }
log_retention_days       = 90
budget_usd               = 1500
