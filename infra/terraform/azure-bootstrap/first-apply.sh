#!/usr/bin/env bash
# Applies this configuration for the first time, when there is no storage account for Terraform's state yet:
#   first-apply.sh ENVIRONMENT [YOUR_PUBLIC_IPV4_ADDRESS]
# Terraform first writes its state to a file. The script then moves the state into the storage account that the apply
# has created. If the environment has a private network, state your public address: the account accepts requests from
# this address until the next apply. If the script fails, run it again.
set -euo pipefail
cd "$(dirname "$0")"
environment=$1 address=${2-}
backend=environments/$environment.backend.hcl

trap 'rm -f backend_override.tf' EXIT
printf 'terraform {\n  backend "local" {\n    path = "%s.tfstate"\n  }\n}\n' "$environment" >backend_override.tf
terraform init -input=false -reconfigure
terraform apply -input=false -var-file="environments/$environment.tfvars" \
  ${address:+"-var=state_reachable_from=[\"$address\"]"}
terraform output -raw backend_bootstrap >"$backend"
[ "$environment" = shared ] || terraform output -raw backend_azure >"../azure/$backend"
terraform output -json for_azure >"../azure/environments/$environment.bootstrap.json"

rm backend_override.tf
for attempt in {1..20}; do # a new role takes effect after up to ten minutes
  terraform init -input=false -migrate-state -force-copy -backend-config="$backend" && break
  [ "$attempt" -lt 20 ] || { echo "The state is still in $environment.tfstate. Repeat the command." >&2; exit 1; }
  sleep "${RETRY_SECONDS:-30}"
done
rm -f "$environment.tfstate" "$environment.tfstate.backup"
