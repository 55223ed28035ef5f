locals {
  dashboard_name   = "ca-dashboard-${var.environment}"
  dashboard_origin = "${local.dashboard_name}.${azurerm_container_app_environment.this.default_domain}"
  dashboard_url    = "https://${var.front_door == null ? local.dashboard_origin : var.front_door.dashboard_host}"
  # The dashboard's settings that don't depend on where it runs; main.kubernetes.tf uses them too.
  dashboard_settings = {
    ANALYTICS_ENV           = var.environment
    ANALYTICS_OIDC_ISSUER   = var.oidc.issuer
    ANALYTICS_OIDC_AUDIENCE = var.oidc.audience
    ANALYTICS_OIDC_SCOPE    = var.oidc.scope
    ANALYTICS_SIGN_UP       = var.sign_up
  }
  # Settings whose values the platform reads from the vault. An id without a version is read again after a change.
  dashboard_secrets = {
    for setting, secret in merge(
      { ANALYTICS_SESSION_SECRET = azurerm_key_vault_secret.session },
      { for secret in azurerm_key_vault_secret.oidc_client : "ANALYTICS_OIDC_CLIENT_SECRET" => secret },
    ) : setting => { id = secret.versionless_id, name = secret.name }
  }
}

resource "azurerm_user_assigned_identity" "dashboard" {
  name                = "id-dashboard-${var.environment}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = local.tags
}

resource "azurerm_container_app_environment" "this" {
  name                           = "cae-${local.name}"
  resource_group_name            = azurerm_resource_group.this.name
  location                       = var.location
  logs_destination               = "azure-monitor"
  infrastructure_subnet_id       = lookup(local.subnet_ids, "dashboard", null)
  internal_load_balancer_enabled = var.private_network ? false : null # public, because browsers load the dashboard from it
  zone_redundancy_enabled        = var.private_network ? true : null
  tags                           = local.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }
}

resource "azurerm_container_app" "dashboard" {
  name                         = local.dashboard_name
  resource_group_name          = azurerm_resource_group.this.name
  container_app_environment_id = azurerm_container_app_environment.this.id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"
  tags                         = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.dashboard.id]
  }

  registry {
    server   = local.registry.login_server
    identity = azurerm_user_assigned_identity.dashboard.id
  }

  dynamic "secret" {
    for_each = local.dashboard_secrets
    content {
      name                = secret.value.name
      key_vault_secret_id = secret.value.id
      identity            = azurerm_user_assigned_identity.dashboard.id
    }
  }

  ingress {
    external_enabled           = true
    allow_insecure_connections = false
    target_port                = 3000
    transport                  = "auto"

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas = var.dashboard_replicas.min
    max_replicas = var.dashboard_replicas.max

    http_scale_rule {
      name                = "requests"
      concurrent_requests = "50"
    }

    container {
      name   = "dashboard"
      image  = "${local.registry.login_server}/${var.dashboard_image}"
      cpu    = 0.5
      memory = "1Gi"

      dynamic "env" {
        for_each = merge(local.dashboard_settings, {
          ANALYTICS_API_URL        = local.public_base_url
          ANALYTICS_PUBLIC_API_URL = local.public_base_url
          ANALYTICS_DASHBOARD_URL  = local.dashboard_url
        })
        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = local.dashboard_secrets
        content {
          name        = env.key
          secret_name = env.value.name
        }
      }

      liveness_probe {
        transport = "HTTP"
        port      = 3000
        path      = "/healthz"
      }
      readiness_probe {
        transport = "HTTP"
        port      = 3000
        path      = "/healthz"
      }
    }
  }

  depends_on = [time_sleep.dashboard_roles]
}
