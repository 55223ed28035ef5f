# State of staging. The bucket is made once, by hand: README.md, "State".
bucket = "acme-analytics-state-staging"
key    = "analytics.tfstate"
region = "eu-central-1"
