# Written by infra/terraform/azure-bootstrap/first-apply.sh.
resource_group_name  = "rg-analytics-staging-bootstrap"
storage_account_name = "stanstatestagingb2bde2"
container_name       = "tfstate"
key                  = "analytics.tfstate"
use_azuread_auth     = true
