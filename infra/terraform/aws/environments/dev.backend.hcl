# The backend of the Terraform state of dev. The bucket is created once by hand; see README.md, "Environments and state".
bucket = "acme-analytics-state-dev"
key    = "analytics.tfstate"
region = "eu-central-1"
