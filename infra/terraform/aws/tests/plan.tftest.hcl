# `make test` runs these tests, and `make test-full` also runs those of every invalid value in variables.tftest.hcl.
variables {
  environment     = "staging"
  account_id      = "222222222222"
  operators_email = "operators@example.com"
  oidc            = { issuer = "https://login.example.com/", jwks_url = "https://login.example.com/keys", audience = "dashboard" }
  cors_origins    = ["https://app.example.com"]
  budget_usd      = 100
}

# The pipeline gives every environment an image, also those without a domain.
run "good_values_plan" {
  command = plan
  variables {
    dashboard_image = "analytics-app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }

  assert {
    condition     = output.chart_values == null
    error_message = "Without a cluster, nothing is made for it."
  }

  assert {
    condition     = length(output.functions) == length(local.rights)
    error_message = "Every function of manifest.json has a Lambda function."
  }
}

run "any_origin" {
  command = plan
  variables {
    cors_origins = ["*"]
  }
  expect_failures = [var.cors_origins]
}

run "a_limit_of_a_function_that_does_not_exist" {
  command = plan
  variables {
    function_concurrency_max = { ingest_event = 1 }
  }
  expect_failures = [var.function_concurrency_max]
}
