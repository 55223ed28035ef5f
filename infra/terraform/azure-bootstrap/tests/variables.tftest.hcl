# `terraform test` checks that each invalid value is rejected before a plan is made.
variables {
  environment     = "prod"
  subscription_id = "00000000-0000-0000-0000-000000000001"
  private_network = true
  administrators  = { platform = { object_id = "00000000-0000-0000-0000-000000000003", type = "Group" } }
  runner          = { ssh_public_key = "ssh-ed25519 AAAA operator" }
}

run "good_values_plan" {
  command = plan

  assert {
    condition     = output.for_azure.registry == null
    error_message = "The environments share one registry."
  }
}

run "an_unknown_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "a_dashboard_behind_another_service" {
  command = plan
  variables {
    dashboard_reachable_from = "*"
  }
  expect_failures = [var.dashboard_reachable_from]
}

run "nobody_who_applies" {
  command = plan
  variables {
    administrators = {}
  }
  expect_failures = [var.administrators]
}

run "a_public_prod" {
  command = plan
  variables {
    private_network = false
    runner          = null
  }
  expect_failures = [var.private_network]
}

run "a_private_network_without_a_machine" {
  command = plan
  variables {
    runner = null
  }
  expect_failures = [var.runner]
}

run "a_private_key" {
  command = plan
  variables {
    runner = { ssh_public_key = "-----BEGIN OPENSSH PRIVATE KEY-----" }
  }
  expect_failures = [var.runner]
}

run "a_registry_per_environment" {
  command = plan
  variables {
    has_registry = true
  }
  expect_failures = [var.has_registry]
}

run "a_network_of_the_wrong_size" {
  command = plan
  variables {
    address_space = "10.0.0.0/16"
  }
  expect_failures = [var.address_space]
}

run "a_name_instead_of_an_address" {
  command = plan
  variables {
    state_reachable_from = ["office.example.com"]
  }
  expect_failures = [var.state_reachable_from]
}

run "a_subscription_by_name" {
  command = plan
  variables {
    subscription_id = "prod"
  }
  expect_failures = [var.subscription_id]
}
