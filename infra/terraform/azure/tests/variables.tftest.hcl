# `terraform test` checks that each invalid value is rejected before a plan is made.
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

run "an_unknown_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "no_deployers" {
  command = plan
  variables {
    deployers = {}
  }
  expect_failures = [var.deployers]
}

run "a_deployer_by_name" {
  command = plan
  variables {
    deployers = { engineers = { object_id = "engineers@example.com", type = "User" } }
  }
  expect_failures = [var.deployers]
}

run "a_deployer_of_an_unknown_type" {
  command = plan
  variables {
    deployers = { engineers = { object_id = "00000000-0000-0000-0000-000000000003", type = "Application" } }
  }
  expect_failures = [var.deployers]
}

run "an_origin_with_a_path" {
  command = plan
  variables {
    cors_origins = ["https://app.example.com/"]
  }
  expect_failures = [var.cors_origins]
}

run "an_image_by_its_tag" {
  command = plan
  variables {
    dashboard_image = "dashboard:latest"
  }
  expect_failures = [var.dashboard_image]
}

run "a_client_secret_that_is_not_given" {
  command = plan
  variables {
    secrets_version    = { cursor = 1, session = 1, oidc_client = 1 }
    oidc_client_secret = null
  }
  expect_failures = [var.oidc_client_secret]
}

run "an_empty_client_secret" {
  command = plan
  variables {
    secrets_version    = { cursor = 1, session = 1, oidc_client = 1 }
    oidc_client_secret = ""
  }
  expect_failures = [var.oidc_client_secret]
}

run "scopes_without_openid" {
  command = plan
  variables {
    oidc = { issuer = "https://login.example.com/", jwks_url = "https://login.example.com/keys", audience = "dashboard", scope = "profile" }
  }
  expect_failures = [var.oidc]
}

run "a_public_staging" {
  command = plan
  variables {
    private_network = false
  }
  expect_failures = [var.private_network]
}

run "a_gateway_that_cannot_reach_private_functions" {
  command = plan
  variables {
    gateway_sku = "Consumption_0"
  }
  expect_failures = [var.gateway_sku]
}

run "a_network_that_the_bootstrap_has_not_created" {
  command = plan
  variables {
    environment = "dev"
    gateway_sku = "Consumption_0"
  }
  expect_failures = [var.private_network]
}

run "a_second_copy_without_data_in_two_regions" {
  command = plan
  variables {
    copy = 2
  }
  expect_failures = [var.copy]
}

run "a_second_region_on_serverless" {
  command = plan
  variables {
    cosmos = { capacity = "serverless", second_region = "northeurope" }
  }
  expect_failures = [var.cosmos]
}

run "throughput_between_steps" {
  command = plan
  variables {
    cosmos = { capacity = "autoscale", max_throughput = { events = 1500 } }
  }
  expect_failures = [var.cosmos]
}

run "a_budget_of_nothing" {
  command = plan
  variables {
    budget = 0
  }
  expect_failures = [var.budget]
}

run "one_instance_in_two_zones" {
  command = plan
  variables {
    functions_across_zones = ["ingest_events"]
    function_always_ready  = { ingest_events = 1 }
  }
  expect_failures = [var.functions_across_zones]
}

run "an_unknown_tier_of_front_door" {
  command = plan
  variables {
    front_door = { api_host = "api.example.com", dashboard_host = "app.example.com", tier = "Basic" }
  }
  expect_failures = [var.front_door]
}

run "fewer_instances_than_the_platform_allows" {
  command = plan
  variables {
    function_instances_max = 39
  }
  expect_failures = [var.function_instances_max]
}

run "more_replicas_at_least_than_at_most" {
  command = plan
  variables {
    dashboard_replicas = { min = 3, max = 2 }
  }
  expect_failures = [var.dashboard_replicas]
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
