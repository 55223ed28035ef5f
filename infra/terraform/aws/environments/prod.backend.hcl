# State of prod. The bucket is made once, by hand: README.md, "State".
bucket = "acme-analytics-state-prod"
key    = "analytics.tfstate"
region = "eu-central-1"
