terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.10.0"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = "3.10.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.9.1"
    }
    time = {
      source  = "hashicorp/time"
      version = "0.14.2"
    }
  }

  # The rest is in environments/<environment>.backend.hcl; people who apply sign in to Entra ID.
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azuread" {
  tenant_id = data.azurerm_client_config.deployer.tenant_id # the subscription's
}

provider "azurerm" {
  subscription_id     = var.subscription_id
  storage_use_azuread = true # the storage accounts have no keys

  resource_providers_to_register = [
    "Microsoft.ApiManagement",
    "Microsoft.App",
    "Microsoft.Cdn",
    "Microsoft.Consumption",
    "Microsoft.DocumentDB",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
  ]

  features {
    key_vault {
      purge_soft_delete_on_destroy       = false # purge protection forbids it
      purge_soft_deleted_keys_on_destroy = false
      recover_soft_deleted_key_vaults    = true # so that dev can be created again
      recover_soft_deleted_keys          = true
      recover_soft_deleted_secrets       = true
    }
    resource_group {
      # Application Insights adds rules to the group that aren't in the state and would block the destruction of dev.
      prevent_deletion_if_contains_resources = var.environment != "dev"
    }
  }
}
