# The backend of the Terraform state of staging. The bucket is created with commands in README.md, "The first deployment".
bucket = "acme-analytics-state-staging"
key    = "analytics.tfstate"
region = "eu-central-1"
