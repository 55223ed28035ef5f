# The backend of the Terraform state of dev. The bucket is created with commands in README.md, "The first deployment".
bucket = "acme-analytics-state-dev"
key    = "analytics.tfstate"
region = "eu-central-1"
