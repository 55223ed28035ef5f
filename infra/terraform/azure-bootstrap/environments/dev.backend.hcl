# Written by infra/terraform/azure-bootstrap/first-apply.sh.
resource_group_name  = "rg-analytics-dev-bootstrap"
storage_account_name = "stanstatedev0afcd2"
container_name       = "bootstrap"
key                  = "analytics.tfstate"
use_azuread_auth     = true
