# `make test` runs these tests, and `make test-full` also runs those of every invalid value in variables.tftest.hcl.
variables {
  environment     = "staging"
  subscription_id = "00000000-0000-0000-0000-000000000001"
  operators_email = "operators@example.com"
  deployers       = { engineers = { object_id = "00000000-0000-0000-0000-000000000003", type = "Group" } }
  oidc            = { issuer = "https://login.example.com/", jwks_url = "https://login.example.com/keys", audience = "dashboard" }
  dashboard_image = "dashboard@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  cors_origins    = ["https://app.example.com"]
  gateway_sku     = "StandardV2_1"
}

run "good_values_plan" {
  command = plan

  assert {
    condition     = output.chart_values == null
    error_message = "Without a cluster, nothing is made for it."
  }

  assert {
    condition     = output.api_url == "https://${azurerm_api_management.gateway.name}.azure-api.net"
    error_message = "The API's URL is the gateway's."
  }
  assert {
    condition     = length(output.function_apps) == length(local.rights)
    error_message = "Every function of manifest.json has an app."
  }
}

run "any_origin" {
  command = plan
  variables {
    cors_origins = ["*"]
  }
  expect_failures = [var.cors_origins]
}

run "a_gateway_whose_network_does_not_fit" {
  command = plan
  variables {
    environment     = "dev"
    private_network = false
  }
  expect_failures = [azurerm_api_management.gateway]
}
