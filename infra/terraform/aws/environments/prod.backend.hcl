# State of prod. The bucket is created once by hand: README.md, "Environments and state".
bucket = "acme-analytics-state-prod"
key    = "analytics.tfstate"
region = "eu-central-1"
