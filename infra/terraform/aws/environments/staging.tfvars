environment     = "staging"
account_id      = "222222222222"
operators_email = "analytics-dev@example.com"

oidc = {
  issuer   = "https://login.staging.example.com/"
  jwks_url = "https://login.staging.example.com/.well-known/jwks.json"
  audience = "acme-analytics-dashboard"
}
cors_origins = ["https://app.staging.example.com"]

recovery_days = 7
budget_usd    = 100
