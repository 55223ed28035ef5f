variable "account_id" {
  description = "The AWS account that everything is in: one for each environment. Other credentials are refused."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "budget_usd" {
  description = "Dollars a month; operators are told at 80 % spent and at 100 % forecast."
  type        = number
  nullable    = false

  validation {
    condition     = var.budget_usd > 0
    error_message = "A budget is more than nothing."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, the dashboard's among them, for example [\"https://app.example.com\"]."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "An origin is https://host or https://host:port: no path, no slash at its end, no wildcard."
  }
  validation {
    condition     = length(var.cors_origins) > 0
    error_message = "Name at least the dashboard's origin."
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
  description = "The identity provider that signs the dashboard's users in: issuer, its key set, and our client id there."
  type        = object({ issuer = string, jwks_url = string, audience = string })
  nullable    = false

  validation {
    condition     = startswith(var.oidc.issuer, "https://") && startswith(var.oidc.jwks_url, "https://")
    error_message = "Issuer and key set are https:// addresses."
  }
}

variable "operators_email" {
  description = "Who is told of alarms and of the budget."
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

variable "function_memory_mb" {
  description = "Memory, and with it the share of a processor, of functions that need other than 1024 MB."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for memory in values(var.function_memory_mb) : memory >= 512 && memory <= 3008])
    error_message = "Between 512 (below it a start takes seconds) and 3008 MB."
  }
  validation {
    condition     = length(setsubtract(keys(var.function_memory_mb), local.functions)) == 0
    error_message = "Name functions of functions/, for example ingest_events."
  }
}

variable "functions_kept_warm" {
  description = "How many instances of a function wait for requests day and night."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.functions_kept_warm), local.functions)) == 0
    error_message = "Name functions of functions/, for example ingest_events."
  }
}

variable "log_retention_days" {
  description = "How long logs of functions and gateway are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_retention_days)
    error_message = "CloudWatch knows 7, 14, 30, 60, 90, 180 and 365 days."
  }
}

variable "recovery_days" {
  description = "To any second of how many days the tables can be brought back."
  type        = number
  default     = 35
  nullable    = false

  validation {
    condition     = var.recovery_days >= 1 && var.recovery_days <= 35
    error_message = "DynamoDB keeps 1 to 35 days."
  }
}

variable "region" {
  description = "Where everything is."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "secrets_version" {
  description = "Raise it to replace the cursor secret; cursors that clients hold then end with 400."
  type        = number
  default     = 1
  nullable    = false
}

variable "user_hash_secret_version" {
  description = "Raise it to replace the secret that user ids are hashed with; every day is then rebuilt from its events. README.md, \"Rotation\"."
  type        = number
  default     = 1
  nullable    = false
}

variable "signing_keys" {
  description = "Names of the keys behind the two aliases: `current` signs, both are published. README.md, \"Rotation\"."
  type        = object({ current = string, next = string })
  default     = { current = "first", next = "second" }
  nullable    = false

  validation {
    condition     = var.signing_keys.current != var.signing_keys.next
    error_message = "The next key must be another: verifiers learn it before it signs."
  }
}

variable "telemetry" {
  description = "The collector that takes traces and metrics by OTLP over HTTP, and the share of new traces that is kept. Null: nothing is sent."
  type        = object({ endpoint = string, traces_kept = optional(number, 0.05) })
  default     = null

  validation {
    condition     = var.telemetry == null ? true : startswith(var.telemetry.endpoint, "https://") && var.telemetry.traces_kept >= 0 && var.telemetry.traces_kept <= 1
    error_message = "Use an https:// address, without the path of a signal, and a share from 0 to 1, for example { endpoint = \"https://collector.example.com\", traces_kept = 0.05 }."
  }
}

variable "throttle" {
  description = "Limits of the whole API in requests a second, its burst, and requests a second for tokens."
  type = object({
    requests_per_second    = number
    burst                  = number
    credentials_per_second = number
  })
  default  = { requests_per_second = 100, burst = 200, credentials_per_second = 10 }
  nullable = false

  validation {
    condition     = var.throttle.credentials_per_second < var.throttle.requests_per_second
    error_message = "Tokens are asked for far less often than everything together."
  }
  validation {
    condition     = var.throttle.burst >= var.throttle.requests_per_second
    error_message = "A burst below the rate would throttle what the rate allows."
  }
}
