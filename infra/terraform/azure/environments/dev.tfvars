# A small environment without a private network: everything scales to zero, only identities protect access, and there is
# no customer data.
environment     = "dev"
subscription_id = "00000000-0000-0000-0000-00000000000d"
operators_email = "analytics-dev@example.com"
deployers = {
  engineers = { object_id = "00000000-0000-0000-0000-0000000001de", type = "Group" }
  pipeline  = { object_id = "00000000-0000-0000-0000-0000000001df", type = "ServicePrincipal" }
}

oidc = {
  issuer   = "https://login.dev.example.com/"
  jwks_url = "https://login.dev.example.com/.well-known/jwks.json"
  audience = "acme-analytics-dashboard"
}
dashboard_image = "analytics-app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
cors_origins    = ["https://app.dev.example.com"]

private_network        = false
gateway_sku            = "Consumption_0"
cosmos                 = { capacity = "serverless" }
function_instances_max = 40
dashboard_replicas     = { min = 0, max = 1 }
budget                 = 50
