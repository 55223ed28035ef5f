# The backend of the Terraform state of prod. The bucket is created with commands in README.md, "The first deployment".
bucket = "acme-analytics-state-prod"
key    = "analytics.tfstate"
region = "eu-central-1"
