# The backend of the Terraform state of staging. The bucket is created once by hand; see README.md, "Environments and state".
bucket = "acme-analytics-state-staging"
key    = "analytics.tfstate"
region = "eu-central-1"
