output "api_url" {
  description = "Where the API is called; the issuer of tokens too."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "functions" {
  description = "The Lambda function of each entry of functions/."
  value       = { for name, function in aws_lambda_function.this : name => function.function_name }
}

output "identities" {
  description = "The role of each function."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
}

output "operators_topic" {
  description = "Where alarms are sent; subscribe a pager here."
  value       = aws_sns_topic.operators.arn
}

output "tables" {
  description = "The DynamoDB table of each noun."
  value       = { for name, table in aws_dynamodb_table.this : name => table.name }
}
