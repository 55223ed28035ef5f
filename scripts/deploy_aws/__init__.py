"""Make the versions of the Lambda functions live that Terraform has published."""
