variable "account_id" {
  description = "The AWS account; each environment has its own. Credentials of other accounts are rejected."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account id must have 12 digits."
  }
}

variable "budget_usd" {
  description = "The monthly budget in US dollars; operators are notified at 80 % spent and at 100 % forecast."
  type        = number
  nullable    = false

  validation {
    condition     = var.budget_usd > 0
    error_message = "The budget must be greater than zero."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, including the dashboard's, for example [\"https://app.example.com\"]."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "An origin is https://host or https://host:port, without a path, a trailing slash or a wildcard."
  }
  validation {
    condition     = length(var.cors_origins) > 0
    error_message = "List at least the dashboard's origin."
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
}

variable "operators_email" {
  description = "The e-mail address that receives alarms and budget notifications."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+$", var.operators_email))
    error_message = "Use an e-mail address."
  }
}

variable "bundles" {
  description = "The folder with a zip for each function, which `make bundle` writes."
  type        = string
  default     = "../../../build/lambda"
  nullable    = false
}

variable "function_concurrency_max" {
  description = "The maximum number of concurrent executions, by function. The number is also reserved for the function."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.function_concurrency_max), local.functions)) == 0
    error_message = "Use names of functions in functions/, for example ingest_events."
  }
  validation {
    condition     = alltrue([for function, most in var.function_concurrency_max : most >= max(1, lookup(var.functions_kept_warm, function, 0))])
    error_message = "The maximum must be at least 1, and not below the number of instances kept warm."
  }
}

variable "function_memory_mb" {
  description = "The memory in MB of functions that need more or less than 1024 MB. The share of a processor is proportional to it."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for memory in values(var.function_memory_mb) : memory >= 512 && memory <= 3008])
    error_message = "Use 512 (with less, a cold start takes seconds) to 3008 MB."
  }
  validation {
    condition     = length(setsubtract(keys(var.function_memory_mb), local.functions)) == 0
    error_message = "Use names of functions in functions/, for example ingest_events."
  }
}

variable "functions_kept_warm" {
  description = "The number of instances kept warm, by function."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.functions_kept_warm), local.functions)) == 0
    error_message = "Use names of functions in functions/, for example ingest_events."
  }
}

variable "log_retention_days" {
  description = "The retention of the logs of functions and gateway in days."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_retention_days)
    error_message = "Use 7, 14, 30, 60, 90, 180 or 365 days, which CloudWatch supports."
  }
}

variable "oidc_client_secret" {
  description = "The client secret that the identity provider issued for the dashboard, only in the environment (TF_VAR_oidc_client_secret). Required if oidc_client_secret_version is above 0."
  type        = string
  default     = null
  ephemeral   = true # neither the plan nor the state contains it

  validation {
    condition     = var.oidc_client_secret_version == 0 || try(length(var.oidc_client_secret) > 0, false)
    error_message = "Set TF_VAR_oidc_client_secret. A plan only needs any text; an apply stores the text when oidc_client_secret_version changes."
  }
}

variable "oidc_client_secret_version" {
  description = "0 without a client secret, otherwise the version of oidc_client_secret."
  type        = number
  default     = 0
  nullable    = false
}

variable "recovery_days" {
  description = "The number of days for which tables can be restored to any second."
  type        = number
  default     = 35
  nullable    = false

  validation {
    condition     = var.recovery_days >= 1 && var.recovery_days <= 35
    error_message = "DynamoDB supports 1 to 35 days."
  }
}

variable "region" {
  description = "The region of all resources."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "secrets_version" {
  description = "Increase the number to replace the cursor secret. Existing cursors then become invalid (400)."
  type        = number
  default     = 1
  nullable    = false
}

variable "user_hash_secret_version" {
  description = "Increase the number to replace the secret for hashes of user ids. Every day is then rebuilt from its events; see README.md, \"Rotation\"."
  type        = number
  default     = 1
  nullable    = false
}

variable "session_secret_version" {
  description = "Increase the number to replace the secret of the dashboard's sessions. Everybody must then sign in again."
  type        = number
  default     = 1
  nullable    = false
}

variable "signing_keys" {
  description = "The names of the keys of the two aliases. The key `current` signs, and both are published; see README.md, \"Rotation\"."
  type        = object({ current = string, next = string })
  default     = { current = "first", next = "second" }
  nullable    = false

  validation {
    condition     = var.signing_keys.current != var.signing_keys.next
    error_message = "The next key must be different from the current key, because verifiers must fetch it before it signs."
  }
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

variable "throttle" {
  description = "The limits of the whole API in requests per second, its burst, and requests per second for tokens."
  type = object({
    requests_per_second    = number
    burst                  = number
    credentials_per_second = number
  })
  default  = { requests_per_second = 100, burst = 200, credentials_per_second = 10 }
  nullable = false

  validation {
    condition     = var.throttle.credentials_per_second < var.throttle.requests_per_second
    error_message = "The limit for tokens must be lower than that of the whole API."
  }
  validation {
    condition     = var.throttle.burst >= var.throttle.requests_per_second
    error_message = "The burst must not be below the rate, or it would throttle requests that the rate allows."
  }
}
