environment     = "dev"
account_id      = "111111111111"
operators_email = "analytics-dev@example.com"

oidc = {
  issuer   = "https://login.dev.example.com/"
  jwks_url = "https://login.dev.example.com/.well-known/jwks.json"
  audience = "acme-analytics-dashboard"
}
cors_origins = ["https://app.dev.example.com"]

log_retention_days = 7
recovery_days      = 1
budget_usd         = 20
