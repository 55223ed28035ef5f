# The backend of the Terraform state of dev. The account is created once by hand; see README.md, "Environments and state".
resource_group_name  = "rg-analytics-state"
storage_account_name = "stanalyticsstatedev"
container_name       = "tfstate"
key                  = "analytics.tfstate"
use_azuread_auth     = true
