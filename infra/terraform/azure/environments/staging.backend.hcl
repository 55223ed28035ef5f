# State of staging. The account is made once, by hand: README.md, "State".
resource_group_name  = "rg-analytics-state"
storage_account_name = "stanalyticsstatestaging"
container_name       = "tfstate"
key                  = "analytics.tfstate"
use_azuread_auth     = true
