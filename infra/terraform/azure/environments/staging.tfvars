# The same architecture as production, with the smallest sizes.
environment     = "staging"
subscription_id = "00000000-0000-0000-0000-00000000005a"
operators_email = "analytics-staging@example.com"
deployers = {
  engineers = { object_id = "00000000-0000-0000-0000-00000000015e", type = "Group" }
  pipeline  = { object_id = "00000000-0000-0000-0000-00000000015f", type = "ServicePrincipal" }
}

oidc = {
  issuer   = "https://login.staging.example.com/"
  jwks_url = "https://login.staging.example.com/.well-known/jwks.json"
  audience = "acme-analytics-dashboard"
}
dashboard_image = "analytics-app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
cors_origins    = ["https://app.staging.example.com"]

gateway_sku            = "StandardV2_1"
cosmos                 = { capacity = "serverless" }
function_instances_max = 40
dashboard_replicas     = { min = 1, max = 2 }
budget                 = 1200
