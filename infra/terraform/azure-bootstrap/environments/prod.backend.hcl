# Written by infra/terraform/azure-bootstrap/first-apply.sh.
resource_group_name  = "rg-analytics-prod-bootstrap"
storage_account_name = "stanstateprodb338ff"
container_name       = "bootstrap"
key                  = "analytics.tfstate"
use_azuread_auth     = true
