variable "cors_origins" {
  description = "Origins whose pages may call the API in addition to the dashboard's, for example [\"https://app.example.com\"]."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "An origin is https://host or https://host:port, without a path, a trailing slash or a wildcard."
  }
}

variable "dashboard_image" {
  description = "The dashboard's image by digest, without the registry: analytics-app@sha256:…"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9/_.-]+@sha256:[0-9a-f]{64}$", var.dashboard_image))
    error_message = "Use the image's digest: a tag can change before a rollback."
  }
}

variable "deployers" {
  description = "The people (better: a group) and pipelines that may plan and apply. The keys are names of your choice. They get roles for the vault and for the packages kept for roll-backs."
  type        = map(object({ object_id = string, type = string }))
  nullable    = false

  validation {
    condition     = length(var.deployers) > 0
    error_message = "Somebody must be able to write the secrets to the vault."
  }
  validation {
    condition     = alltrue([for deployer in values(var.deployers) : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", deployer.object_id))])
    error_message = "The object id must be a UUID in lower case."
  }
  validation {
    condition     = alltrue([for deployer in values(var.deployers) : contains(["Group", "ServicePrincipal", "User"], deployer.type)])
    error_message = "The type must be Group, ServicePrincipal or User."
  }
}

variable "environment" {
  description = "dev, staging or prod; part of every name and tag."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "Use dev, staging or prod."
  }
}

variable "oidc" {
  description = "The identity provider of the dashboard's users, with its issuer, its key set, our client id and the scopes to request."
  type        = object({ issuer = string, jwks_url = string, audience = string, scope = optional(string, "openid profile email offline_access") })
  nullable    = false

  validation {
    condition     = startswith(var.oidc.issuer, "https://") && startswith(var.oidc.jwks_url, "https://")
    error_message = "Issuer and key set must be https:// addresses."
  }
  validation {
    condition     = contains(split(" ", var.oidc.scope), "openid")
    error_message = "The scopes must contain openid, separated by spaces."
  }
}

variable "operators_email" {
  description = "The e-mail address that receives alerts and budget notifications."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+$", var.operators_email))
    error_message = "Use an e-mail address."
  }
}

variable "subscription_id" {
  description = "The Azure subscription; each environment has its own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "The subscription id must be a UUID in lower case."
  }
}

# --- variables with defaults ---------------------------------------------------------------------------------

variable "budget" {
  description = "The resource group's monthly budget in the billing currency."
  type        = number
  nullable    = false
  default     = 100

  validation {
    condition     = var.budget > 0
    error_message = "The budget must be more than 0."
  }
}

variable "copy" {
  description = "1, or the number of a further copy of the environment in another region, which replaces the first one; see docs/region-loss.md."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.copy >= 1 && var.copy <= 9 && floor(var.copy) == var.copy
    error_message = "Use a number from 1 to 9."
  }
  validation {
    condition     = var.copy == 1 || var.cosmos.second_region != null
    error_message = "A further copy continues with an account in two regions: set cosmos.second_region to the lost one."
  }
}

variable "cosmos" {
  description = "Throughput: \"serverless\", or \"autoscale\" up to max_throughput RU/s per container. Zones and a second region for reads and failover need autoscale."
  type = object({
    capacity       = string
    max_throughput = optional(map(number), {})
    zone_redundant = optional(bool, false)
    second_region  = optional(string)
    backup_tier    = optional(string, "Continuous7Days")
  })
  nullable = false
  default  = { capacity = "serverless" }

  validation {
    condition     = contains(["serverless", "autoscale"], var.cosmos.capacity)
    error_message = "The capacity must be serverless or autoscale."
  }
  validation {
    condition     = var.cosmos.capacity == "autoscale" || (var.cosmos.second_region == null && !var.cosmos.zone_redundant)
    error_message = "A serverless account has one region and no selectable zones."
  }
  validation {
    condition     = alltrue([for ru in values(var.cosmos.max_throughput) : ru >= 1000 && ru % 1000 == 0])
    error_message = "The maximum throughput of autoscale must be a multiple of 1000 RU/s."
  }
  validation {
    condition     = contains(["Continuous7Days", "Continuous30Days"], var.cosmos.backup_tier)
    error_message = "Continuous backup must be 7 or 30 days."
  }
}

variable "dashboard_replicas" {
  description = "The minimum and maximum number of the dashboard's replicas; a minimum of 0 lets it scale to zero."
  type        = object({ min = number, max = number })
  nullable    = false
  default     = { min = 0, max = 2 }

  validation {
    condition     = 0 <= var.dashboard_replicas.min && var.dashboard_replicas.min <= var.dashboard_replicas.max
    error_message = "The minimum must be between 0 and the maximum."
  }
}

variable "front_door" {
  description = "Front Door with your own names for the API and the dashboard, and the requests per address and minute. Premium also has managed rules for the dashboard. Null: the addresses of the gateway and the dashboard."
  type        = object({ api_host = string, dashboard_host = string, tier = optional(string, "Standard"), requests_per_minute = optional(number, 1200) })
  default     = null

  validation {
    condition     = var.front_door == null ? true : alltrue([for host in [var.front_door.api_host, var.front_door.dashboard_host] : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", host))])
    error_message = "The names must be host names without https://, for example api.example.com."
  }
  validation {
    condition     = var.front_door == null ? true : contains(["Standard", "Premium"], var.front_door.tier)
    error_message = "The tier must be Standard or Premium."
  }
}

variable "function_always_ready" {
  description = "The number of instances kept warm, by function; others scale from zero."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "functions_across_zones" {
  description = "The functions that must continue if a zone fails. They need at least two instances that are kept warm."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for function in var.functions_across_zones : lookup(var.function_always_ready, function, 0) >= 2])
    error_message = "Set function_always_ready to at least 2 for each of these functions, because the platform bills two instances anyway."
  }
}

variable "function_instances_max" {
  description = "The maximum number of instances per function, of 2048 MB each, within the region's quota."
  type        = number
  default     = 40
  nullable    = false

  validation {
    condition     = 40 <= var.function_instances_max && var.function_instances_max <= 1000
    error_message = "The maximum number of instances must be between 40 and 1000 on Flex Consumption."
  }
}

variable "gateway_sku" {
  description = "API Management's tier. Consumption has no virtual network and no limits by key, so it is for dev only."
  type        = string
  default     = "Consumption_0"
  nullable    = false

  validation {
    condition     = contains(["Consumption_0", "StandardV2_1", "StandardV2_2", "PremiumV2_1"], var.gateway_sku)
    error_message = "Use Consumption_0, StandardV2_1, StandardV2_2 or PremiumV2_1."
  }
  validation {
    condition     = var.environment == "dev" || !startswith(var.gateway_sku, "Consumption")
    error_message = "Outside dev, the gateway must be able to call private functions. Use StandardV2 or PremiumV2."
  }
}

variable "kubernetes" {
  description = "The cluster in which infra/helm runs the API: its OIDC issuer, and the namespace and release of the chart. Null: only functions."
  type        = object({ oidc_issuer = string, namespace = optional(string, "analytics"), release = optional(string, "analytics") })
  default     = null

  validation {
    condition     = var.kubernetes == null ? true : startswith(var.kubernetes.oidc_issuer, "https://")
    error_message = "The cluster's OIDC issuer must be an https:// address."
  }
}

variable "location" {
  description = "The region of all resources. Check its capacity first; see README.md, \"Before the first deployment\"."
  type        = string
  # Not westeurope, which repeatedly refuses Cosmos DB to new subscriptions (Azure/azure-data-labs-modules' issue 264).
  default  = "swedencentral"
  nullable = false
}

variable "log_retention_days" {
  description = "The retention of logs in days; up to 31 days are included in their price."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = 30 <= var.log_retention_days && var.log_retention_days <= 730
    error_message = "Log Analytics supports 30 to 730 days."
  }
}

variable "oidc_client_secret" {
  description = "The client secret that the identity provider issued for the dashboard, only in the environment (TF_VAR_oidc_client_secret). Required if secrets_version.oidc_client is above 0."
  type        = string
  default     = null
  ephemeral   = true # neither the plan nor the state contains it

  validation {
    condition     = var.secrets_version.oidc_client == 0 || try(length(var.oidc_client_secret) > 0, false)
    error_message = "Set TF_VAR_oidc_client_secret. A plan only needs any text; an apply writes the text to the vault when secrets_version.oidc_client changes."
  }
}

variable "private_network" {
  description = "Use private endpoints for data, vault, storage and functions, and disable their public addresses."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.private_network || var.environment == "dev"
    error_message = "Only dev may run without a private network."
  }
  validation {
    condition     = var.private_network == (local.network != null)
    error_message = "The network of infra/terraform/azure-bootstrap (environments/${var.environment}.bootstrap.json) must exist if private_network is true, and must not if it is false."
  }
}

variable "rate_limits" {
  description = "The number of calls within period_seconds, per organisation (by its token) and per address (for requests without a token)."
  type        = object({ per_organization = number, per_address = number, period_seconds = number })
  nullable    = false
  default     = { per_organization = 6000, per_address = 600, period_seconds = 60 }

  validation {
    condition     = 1 <= var.rate_limits.period_seconds && var.rate_limits.period_seconds <= 300
    error_message = "The period must be 1 to 300 seconds."
  }
}

variable "secrets_version" {
  description = "Increase a number to replace a secret with a new random value. Cursors: existing cursors become invalid. Sessions: everybody must sign in again. User id hashes: every day is rebuilt; see README.md, \"Environments and state\". oidc_client: 0 without a client secret, otherwise the version of oidc_client_secret."
  type        = object({ cursor = number, session = number, user_hash = optional(number, 1), oidc_client = optional(number, 0) })
  nullable    = false
  default     = { cursor = 1, session = 1 }
}

variable "events_retention_days" {
  description = "The number of days for which the store keeps the events of organisations without a retention of their own; 0 keeps them forever. See docs/retention.md."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.events_retention_days >= 0 && var.events_retention_days <= 20000 && floor(var.events_retention_days) == var.events_retention_days
    error_message = "Use a whole number of days from 0 to 20000, for example 365."
  }
}

variable "lake_retention_days" {
  description = "The number of days for which the event lake keeps events; 0 keeps them forever. See docs/retention.md."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.lake_retention_days >= 0 && var.lake_retention_days <= 20000 && floor(var.lake_retention_days) == var.lake_retention_days
    error_message = "Use a whole number of days from 0 to 20000, for example 1095."
  }
}

variable "sign_up" {
  description = "open lets any signed-in person with a verified e-mail address create organisations; closed lets only operators."
  type        = string
  default     = "closed"
  nullable    = false

  validation {
    condition     = contains(["open", "closed"], var.sign_up)
    error_message = "Use open or closed."
  }
}

variable "telemetry" {
  description = "The address of the collector for traces and metrics (OTLP over HTTP), and the share of new traces to keep. With null, nothing is exported."
  type        = object({ endpoint = string, traces_kept = optional(number, 0.05) })
  default     = null

  validation {
    condition     = var.telemetry == null ? true : startswith(var.telemetry.endpoint, "https://") && var.telemetry.traces_kept >= 0 && var.telemetry.traces_kept <= 1
    error_message = "Use an https:// address, without the path of a signal, and a share from 0 to 1, for example { endpoint = \"https://collector.example.com\", traces_kept = 0.05 }."
  }
}
