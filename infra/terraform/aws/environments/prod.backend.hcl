# The backend of the Terraform state of prod. The bucket is created once by hand; see README.md, "Environments and state".
bucket = "acme-analytics-state-prod"
key    = "analytics.tfstate"
region = "eu-central-1"
