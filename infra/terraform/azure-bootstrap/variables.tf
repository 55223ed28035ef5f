variable "administrators" {
  description = "The people (better: a group) who apply this configuration. The keys are names of your choice."
  type        = map(object({ object_id = string, type = string }))
  nullable    = false

  validation {
    condition     = length(var.administrators) > 0
    error_message = "Somebody must be able to write the state of this configuration."
  }
}

variable "environment" {
  description = "dev, staging or prod; shared for what all environments share."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod", "shared"], var.environment)
    error_message = "Use dev, staging, prod or shared."
  }
}

variable "private_network" {
  description = "Create the environment's network, and reach the state only through it."
  type        = bool
  nullable    = false

  validation {
    condition     = var.private_network || contains(["dev", "shared"], var.environment)
    error_message = "Only dev may run without a private network."
  }
}

variable "subscription_id" {
  description = "The environment's Azure subscription, or another one for what is shared."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "The subscription id must be a UUID in lower case."
  }
}

# --- variables with defaults ---------------------------------------------------------------------------------

variable "address_space" {
  description = "A /22 for the virtual network. If it is peered, the range must be unused in the company's network."
  type        = string
  default     = "10.40.0.0/22"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.address_space)) && endswith(var.address_space, "/22")
    error_message = "The subnets need an IPv4 range of /22."
  }
}

variable "builders" {
  description = "The identities that push images to the registry, for example the pipeline's environment `build`."
  type        = map(object({ object_id = string, type = string }))
  default     = {}
  nullable    = false
}

variable "copy" {
  description = "1, or the number of a further copy in another region; see docs/region-loss.md."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.copy >= 1 && var.copy <= 9 && floor(var.copy) == var.copy
    error_message = "Use a number from 1 to 9."
  }
}

variable "dashboard_reachable_from" {
  description = "The source of requests to the dashboard: Internet, or AzureFrontDoor.Backend if it is behind Front Door."
  type        = string
  default     = "Internet"
  nullable    = false

  validation {
    condition     = contains(["Internet", "AzureFrontDoor.Backend"], var.dashboard_reachable_from)
    error_message = "Use Internet or AzureFrontDoor.Backend."
  }
}

variable "deployers" {
  description = "Those who plan and apply the environment, and write its state: the same as in infra/terraform/azure."
  type        = map(object({ object_id = string, type = string }))
  default     = {}
  nullable    = false
}

variable "has_registry" {
  description = "Create the registry of the images."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = var.has_registry == (var.environment == "shared")
    error_message = "The environments share one registry, which belongs to shared."
  }
}

variable "location" {
  description = "The region, equal to that of infra/terraform/azure."
  type        = string
  default     = "swedencentral"
  nullable    = false
}

variable "readers" {
  description = "Those who only plan the environment, for example the pipeline's environment `prod-plan`."
  type        = map(object({ object_id = string, type = string }))
  default     = {}
  nullable    = false
}

variable "runner" {
  description = "The machine in the network: its size, and the SSH key of the people who use it."
  type        = object({ ssh_public_key = string, size = optional(string, "Standard_B2as_v2") })
  default     = null

  validation {
    condition     = var.private_network == (var.runner != null)
    error_message = "Set the machine if there is a private network, and only then."
  }
  validation {
    condition     = var.runner == null ? true : can(regex("^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/=]+", var.runner.ssh_public_key))
    error_message = "Give the public key as ssh-keygen writes it to the .pub file."
  }
}

variable "state_reachable_from" {
  description = "Public IPv4 addresses that may reach the state from outside the network. Only for the first apply; see README.md."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.state_reachable_from : can(cidrnetmask("${address}/32"))])
    error_message = "Give IPv4 addresses."
  }
  validation {
    condition     = var.private_network || length(var.state_reachable_from) == 0
    error_message = "Without a private network, every address reaches the state, and identities protect it."
  }
}
