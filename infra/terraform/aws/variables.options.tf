# Options, which are off by default.
variable "api_firewall" {
  description = "A web application firewall for the API, in CloudFront: the ARN of CloudFront's client certificate, and the numbers of requests in 5 minutes; see README.md, \"A firewall for the API\". A further copy also needs the id of the existing distribution. Null: none."
  type = object({
    client_certificate   = string
    requests_per_token   = optional(number, 30000)
    requests_per_address = optional(number, 30000)
    tokens_per_address   = optional(number, 1000)
    distribution         = optional(string)
  })
  default = null

  validation {
    condition     = var.api_firewall == null || var.domain != null
    error_message = "CloudFront needs the API's name in domain."
  }
  validation {
    condition     = var.api_firewall == null ? true : can(regex("^arn:aws:acm:us-east-1:[0-9]{12}:certificate/", var.api_firewall.client_certificate))
    error_message = "CloudFront uses certificates of us-east-1: arn:aws:acm:us-east-1:333333333333:certificate/…"
  }
  validation {
    condition     = var.api_firewall == null ? true : (var.copy == 1) == (var.api_firewall.distribution == null)
    error_message = "Only a further copy imports a distribution, and it must."
  }
  validation {
    condition     = var.api_firewall == null ? true : min(var.api_firewall.requests_per_token, var.api_firewall.requests_per_address, var.api_firewall.tokens_per_address) >= 10
    error_message = "AWS WAF supports limits from 10 requests."
  }
}

variable "copy" {
  description = "The number of the copy of the environment. A further copy, in another region, replaces the first one; see docs/region-loss-aws.md."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.copy >= 1 && var.copy <= 9 && floor(var.copy) == var.copy
    error_message = "Use 1, or 2 to 9 for a further copy."
  }
}

variable "dashboard_image" {
  description = "The dashboard's image in the account's registry by digest: analytics-app@sha256:… It is used only with a domain."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || var.dashboard_image != null
    error_message = "A domain needs the dashboard's image."
  }
  validation {
    condition     = var.dashboard_image == null ? true : can(regex("^[a-z0-9/_-]+@sha256:[0-9a-f]{64}$", var.dashboard_image))
    error_message = "Use the name and the digest of the image, without the registry: a tag can change before a rollback."
  }
}

variable "domain" {
  description = "The Route 53 zone, and the names of the API and the dashboard in it. Null: the API has the gateway's address, and there is no dashboard."
  type        = object({ zone_id = string, api = string, dashboard = string })
  default     = null

  validation {
    condition     = var.domain == null ? true : alltrue([for host in [var.domain.api, var.domain.dashboard] : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", host))])
    error_message = "The names must be host names without https://, for example api.example.com."
  }
}

variable "firewall" {
  description = "A web application firewall for the dashboard, with the number of requests per address in 5 minutes. Null: none."
  type        = object({ requests_per_address = optional(number, 2000) })
  default     = null

  validation {
    condition     = var.firewall == null ? true : var.firewall.requests_per_address >= 10
    error_message = "AWS WAF supports limits from 10 requests."
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

variable "replica_region" {
  description = "The region with replicas of the tables, with which a further copy continues if the region is lost; see docs/region-loss-aws.md. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null ? true : var.replica_region != var.region
    error_message = "The replicas must be in another region."
  }
  validation {
    condition     = var.copy == 1 || var.replica_region != null
    error_message = "A further copy continues with replicas of the tables, so name the region of the first copy."
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
