#!/usr/bin/env bash
# Gives a deployer of one environment its permissions in Azure. An Owner of the subscription and of the registry runs this
# once per deployer, and again after the actions in a JSON file changed:
#   grant.sh ENVIRONMENT SUBSCRIPTION_ID REGISTRY_ID OBJECT_ID Group|ServicePrincipal|User
# The deployer can assign only the listed roles, because of the condition on its own role. The condition has the form of
# https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples.
set -euo pipefail
environment=$1 subscription=$2 registry=$3 object_id=$4 type=$5
folder=$(dirname "$0")

subscription_roles=(
  "Key Vault Crypto Officer"
  "Key Vault Crypto User"
  "Key Vault Reader"
  "Key Vault Secrets Officer"
  "Key Vault Secrets User"
  "Monitoring Metrics Publisher"
  "Storage Blob Data Contributor"
  "Storage Blob Data Reader"
  "Storage Blob Data Owner"
)
registry_roles=("AcrPull")

# Prints the condition that permits the creation and deletion of assignments of the named roles.
condition() {
  local ids=() role id
  for role in "$@"; do
    id=$(az role definition list --name "$role" --query "[0].name" --output tsv) || return # `set -e` isn't inherited by $(…)
    [ -n "$id" ] || { echo "Azure has no role \"$role\"." >&2; return 1; }
    ids+=("$id")
  done
  local roles
  roles="{$(IFS=,; echo "${ids[*]}")}"
  local attribute="Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals $roles"
  echo "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[$attribute))" \
    "AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR (@Resource[$attribute))"
}

# Creates or updates the custom role of a file and its assignment: grant FILE SCOPE ASSIGNABLE_SCOPE ROLE…
grant() {
  local file=$1 scope=$2 assignable=$3 name definition permitted existing verb=create
  shift 3
  permitted=$(condition "$@")
  name="$(sed -n 's/^  "Name": "\(.*\)",$/\1/p' "$folder/$file") $environment"
  definition=$(sed -e "s|^  \"Name\": .*|  \"Name\": \"$name\",|" \
    -e "s|\"AssignableScopes\": \[\]|\"AssignableScopes\": [\"$assignable\"]|" "$folder/$file")
  existing=$(az role definition list --name "$name" --scope "$assignable" --query "[0].name" --output tsv)
  [ -z "$existing" ] || verb=update
  az role definition "$verb" --role-definition "$definition" --output none
  # With the name of an existing assignment, `create` replaces its condition. Without it, `create` keeps the old condition.
  existing=$(az role assignment list --role "$name" --scope "$scope" --query "[?principalId=='$object_id'].name" --output tsv)
  az role assignment create ${existing:+--name "$existing"} --role "$name" --scope "$scope" \
    --assignee-object-id "$object_id" --assignee-principal-type "$type" --condition "$permitted" --condition-version 2.0 \
    --output none
}

grant subscription.json "/subscriptions/$subscription" "/subscriptions/$subscription" "${subscription_roles[@]}"
grant registry.json "$registry" "$(cut -d/ -f1-3 <<<"$registry")" "${registry_roles[@]}"
