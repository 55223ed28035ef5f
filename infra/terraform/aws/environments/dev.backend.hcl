# State of dev. The bucket is made once, by hand: README.md, "State".
bucket = "acme-analytics-state-dev"
key    = "analytics.tfstate"
region = "eu-central-1"
