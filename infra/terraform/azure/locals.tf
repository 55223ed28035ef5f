locals {
  root = "${path.module}/../../.."

  # There is one function app per file in functions/. To add an endpoint, add a file.
  functions = toset([
    for file in fileset("${local.root}/functions", "*.py") : trimsuffix(file, ".py") if !startswith(file, "_")
  ])
  manifest = jsondecode(file("${local.root}/functions/manifest.json"))
  rights   = { for function, entry in local.manifest : function => entry.actions }
  needs    = { for function, entry in local.manifest : function => entry.needs }
  # The function that serves each operation. The reader of the change feed has no router and serves no operation.
  function_of = merge([
    for function, entry in local.manifest : {
      for operation in lookup(entry, "operations", [function]) : operation => function
    } if can(entry.router)
  ]...)
  signing_functions = [for function, needs in local.needs : function if length(setintersection(needs, ["signing_key", "public_keys"])) > 0]
  hashing_functions = toset([for function, needs in local.needs : function if contains(needs, "user_hash_secret")])
  vault_functions   = [for function, needs in local.needs : function if length(setintersection(needs, ["signing_key", "public_keys", "cursor_secret", "user_hash_secret"])) > 0]

  # The gateway serves every operation of the OpenAPI document.
  openapi = jsondecode(file("${local.root}/infra/openapi.json"))
  operations = merge([
    for path, methods in local.openapi.paths : {
      for method, operation in methods : operation.operationId => {
        path         = path
        method       = upper(method)
        summary      = operation.summary
        is_protected = length(try(operation.security, [])) > 0
      }
    }
  ]...)
  http_functions   = toset(values(local.function_of))
  public_base_url  = "https://${var.front_door == null ? "${local.gateway_name}.azure-api.net" : var.front_door.api_host}" # also the only issuer of tokens
  cors_origins     = distinct(concat([local.dashboard_url], var.cors_origins))
  is_on_serverless = var.cosmos.capacity == "serverless"

  # The resources that infra/terraform/azure-bootstrap created for this environment and for all environments.
  network    = jsondecode(file("${path.module}/environments/${var.environment}.bootstrap.json")).network
  registry   = jsondecode(file("${path.module}/environments/shared.bootstrap.json")).registry
  subnet_ids = try(local.network.subnet_ids, {})

  # Further copies of the environment have their own names; see main.copies.tf.
  suffix = var.copy == 1 ? "" : "-${var.copy}"
  name   = "analytics-${var.environment}${local.suffix}"
  unique = substr(sha256("${var.subscription_id}/${var.environment}${local.suffix}"), 0, 6) # for globally unique names
  tags = {
    product     = "acme-analytics"
    environment = var.environment
    managed_by  = "terraform"
    source      = "infra/terraform/azure"
  }
}
