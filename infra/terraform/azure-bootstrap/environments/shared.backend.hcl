# Written by infra/terraform/azure-bootstrap/first-apply.sh.
resource_group_name  = "rg-analytics-shared-bootstrap"
storage_account_name = "stanstateshared5f29aa"
container_name       = "bootstrap"
key                  = "analytics.tfstate"
use_azuread_auth     = true
