"""Move the traffic of the Lambda functions to the versions that Terraform has published."""
