output "api_url" {
  description = "The API's base URL, which is also the issuer of its tokens."
  value       = local.issuer
}

output "dashboard_image" {
  description = "The dashboard's image, which later plans of the pipeline keep."
  value       = var.dashboard_image
}

output "dashboard_url" {
  description = "The dashboard's URL; null without var.domain."
  value       = local.dashboard_url
}

output "environment" {
  description = "The environment of this state, which scripts/pipeline/outputs.py compares with its argument."
  value       = var.environment
}

output "functions" {
  description = "The Lambda function of each file in functions/."
  value       = { for name, function in aws_lambda_function.this : name => function.function_name }
}

output "identities" {
  description = "The role of each function."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
}

output "lake_url" {
  description = "The event lake, for people who run `analytics lake` with a role of their own."
  value       = local.lake_url
}

output "operators_topic" {
  description = "The topic of the alarms, to which a pager can subscribe."
  value       = aws_sns_topic.operators.arn
}

output "tables" {
  description = "The DynamoDB tables, by their name in the code."
  value       = { for name, table in aws_dynamodb_table.this : name => table.name }
}

output "versions" {
  description = "The newest version of each function, to which `make deploy-aws` moves the traffic."
  value       = { for name, function in aws_lambda_function.this : name => function.version }
}
