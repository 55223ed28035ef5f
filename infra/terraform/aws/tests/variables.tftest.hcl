# `terraform test` checks that each invalid value is rejected before a plan is made.
variables {
  environment     = "staging"
  account_id      = "222222222222"
  operators_email = "operators@example.com"
  oidc            = { issuer = "https://login.example.com/", jwks_url = "https://login.example.com/keys", audience = "dashboard" }
  cors_origins    = ["https://app.example.com"]
  budget_usd      = 100
}

run "an_unknown_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "an_account_by_its_name" {
  command = plan
  variables {
    account_id = "acme-prod"
  }
  expect_failures = [var.account_id]
}

run "a_domain_without_a_dashboard" {
  command = plan
  variables {
    domain = { zone_id = "Z1", api = "api.example.com", dashboard = "app.example.com" }
  }
  expect_failures = [var.dashboard_image]
}

run "a_host_with_a_scheme" {
  command = plan
  variables {
    domain          = { zone_id = "Z1", api = "https://api.example.com", dashboard = "app.example.com" }
    dashboard_image = "analytics-app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
  expect_failures = [var.domain]
}

run "a_dashboard_by_its_tag" {
  command = plan
  variables {
    domain          = { zone_id = "Z1", api = "api.example.com", dashboard = "app.example.com" }
    dashboard_image = "analytics-app:latest"
  }
  expect_failures = [var.dashboard_image]
}

run "a_client_secret_that_is_not_given" {
  command = plan
  variables {
    oidc_client_secret_version = 1
    oidc_client_secret         = null
  }
  expect_failures = [var.oidc_client_secret]
}

run "no_origin" {
  command = plan
  variables {
    cors_origins = []
  }
  expect_failures = [var.cors_origins]
}

run "an_identity_provider_without_tls" {
  command = plan
  variables {
    oidc = { issuer = "http://login.example.com/", jwks_url = "https://login.example.com/keys", audience = "dashboard" }
  }
  expect_failures = [var.oidc]
}

run "one_key_under_both_aliases" {
  command = plan
  variables {
    signing_keys = { current = "first", next = "first" }
  }
  expect_failures = [var.signing_keys]
}

run "a_function_that_does_not_exist" {
  command = plan
  variables {
    functions_kept_warm = { ingest_event = 1 }
  }
  expect_failures = [var.functions_kept_warm]
}

run "fewer_executions_than_warm_instances" {
  command = plan
  variables {
    functions_kept_warm      = { ingest_events = 3 }
    function_concurrency_max = { ingest_events = 2 }
  }
  expect_failures = [var.function_concurrency_max]
}

run "too_little_memory" {
  command = plan
  variables {
    function_memory_mb = { ingest_events = 128 }
  }
  expect_failures = [var.function_memory_mb]
}

run "a_retention_that_cloudwatch_does_not_know" {
  command = plan
  variables {
    log_retention_days = 45
  }
  expect_failures = [var.log_retention_days]
}

run "more_recovery_than_dynamodb_keeps" {
  command = plan
  variables {
    recovery_days = 36
  }
  expect_failures = [var.recovery_days]
}

run "tokens_without_a_limit_of_their_own" {
  command = plan
  variables {
    throttle = { requests_per_second = 100, burst = 200, credentials_per_second = 100 }
  }
  expect_failures = [var.throttle]
}

run "a_negative_retention_of_events" {
  command = plan
  variables {
    events_retention_days = -1
  }
  expect_failures = [var.events_retention_days]
}

run "a_retention_of_the_lake_in_parts_of_days" {
  command = plan
  variables {
    lake_retention_days = 0.5
  }
  expect_failures = [var.lake_retention_days]
}

run "a_collector_without_tls" {
  command = plan
  variables {
    telemetry = { endpoint = "http://collector.example.com" }
  }
  expect_failures = [var.telemetry]
}

run "an_unknown_sign_up" {
  command = plan
  variables {
    sign_up = "yes"
  }
  expect_failures = [var.sign_up]
}

run "a_cluster_with_an_insecure_issuer" {
  command = plan
  variables {
    kubernetes = { oidc_issuer = "http://oidc.example.com" }
  }
  expect_failures = [var.kubernetes]
}

run "a_firewall_of_the_gateways_own_address" {
  command = plan
  variables {
    api_firewall = { client_certificate = "arn:aws:acm:us-east-1:222222222222:certificate/1" }
  }
  expect_failures = [var.api_firewall]
}

run "replicas_in_the_same_region" {
  command = plan
  variables {
    replica_region = "eu-central-1"
  }
  expect_failures = [var.replica_region]
}

run "a_further_copy_without_replicas" {
  command = plan
  variables {
    copy = 2
  }
  expect_failures = [var.replica_region]
}
