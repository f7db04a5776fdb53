#!/bin/sh
# Collects the rules by which an AWS account lets GitHub's jobs read secrets, for `env-kvstore explain --snapshot` and
# `env-kvstore audit --snapshot`. Run it with the AWS CLI's credentials of someone who may read IAM:
#
#   sh snapshot.sh [FOLDER]
#
# Every call only reads: get-caller-identity, and names that begin with list-, get- or describe-. No call reads the value of
# a secret. The folder then has names, tags and policies; only you can read it. At the end of this script is the IAM policy
# that its calls need.
set -eu
umask 077
region=@REGION@
folder=@FOLDER@
to=${1:-$folder}
export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"
export AWS_PAGER="" AWS_CLI_AUTO_PROMPT=off PYTHONUTF8=1

# json FILE CALL...: keeps the answer as FILE.json
json() {
  file=$1
  shift
  aws "$@" --output json </dev/null >"$to/$file.json"
}
# lines FILE CALL...: keeps names or ARNs as FILE.txt, one a line
lines() {
  file=$1
  shift
  aws "$@" --output text </dev/null >"$to/$file.txt"
}
# try FILE CALL...: as json; if AWS does not show it to you, or does not have it, keeps that as FILE.error.txt
try() {
  if json "$@" 2>"$to/$1.error.txt"; then
    rm "$to/$1.error.txt"
  else
    rm -f "$to/$1.json"
    grep -qE 'AccessDenied|NotFoundException' "$to/$1.error.txt" || {
      cat "$to/$1.error.txt" >&2
      exit 1
    }
  fi
}
# each FILE: the lines of FILE.txt with their numbers; the AWS CLI writes None for a list that is not there
each() {
  awk 'NF && $0 != "None" { print ++n " " $0 }' "$to/$1.txt"
}

case $to in
/*) ;;
*) to=./$to ;;
esac
mkdir -p "$to"
[ -z "$(ls -A "$to")" ] || {
  echo "snapshot.sh: $to is not empty" >&2
  exit 1
}

echo 'Who asks' >&2
json caller sts get-caller-identity

echo 'OIDC providers' >&2
lines providers iam list-open-id-connect-providers --query 'OpenIDConnectProviderList[].[Arn]'
each providers | while read -r n arn; do
  json "provider-$n" iam get-open-id-connect-provider --open-id-connect-provider-arn "$arn"
done

echo 'Identity pools' >&2
@POOLS@
each pools | while read -r n pool; do
  json "pool-$n" cognito-identity describe-identity-pool --region "${pool%%:*}" --identity-pool-id "$pool"
  json "pool-$n-roles" cognito-identity get-identity-pool-roles --region "${pool%%:*}" --identity-pool-id "$pool"
  lines "pool-$n-providers" cognito-identity describe-identity-pool --region "${pool%%:*}" --identity-pool-id "$pool" \
    --query 'OpenIdConnectProviderARNs[].[@]'
  each "pool-$n-providers" | while read -r m arn; do
    try "pool-$n-tags-$m" cognito-identity get-principal-tag-attribute-map --region "${pool%%:*}" \
      --identity-pool-id "$pool" --identity-provider-name "$arn"
  done
done

# Only roles whose trust policy names an OIDC provider, an identity pool, or everyone
echo 'Roles' >&2
lines roles iam list-roles --query "Roles[?contains(to_string(AssumeRolePolicyDocument), ':oidc-provider/') \
  || contains(to_string(AssumeRolePolicyDocument), 'cognito-identity') \
  || contains(to_string(AssumeRolePolicyDocument), '\"*\"')].[RoleName]"
: >"$to/attached.txt"
each roles | while read -r n role; do
  json "role-$n" iam get-role --role-name "$role"
  lines "role-$n-inline" iam list-role-policies --role-name "$role" --query 'PolicyNames[].[@]'
  each "role-$n-inline" | while read -r m policy; do
    json "role-$n-inline-$m" iam get-role-policy --role-name "$role" --policy-name "$policy"
  done
  lines "role-$n-attached" iam list-attached-role-policies --role-name "$role" --query 'AttachedPolicies[].[PolicyArn]'
  lines "role-$n-boundary" iam get-role --role-name "$role" --query 'Role.PermissionsBoundary.PermissionsBoundaryArn'
  cat "$to/role-$n-attached.txt" "$to/role-$n-boundary.txt" >>"$to/attached.txt"
done

# Managed policies and permissions boundaries, each once, as they are now
echo 'Policies' >&2
LC_ALL=C sort -u "$to/attached.txt" >"$to/policies.txt"
each policies | while read -r n arn; do
  version=$(aws iam get-policy --policy-arn "$arn" --query Policy.DefaultVersionId --output text </dev/null)
  json "policy-$n" iam get-policy-version --policy-arn "$arn" --version-id "$version"
done

# Names, tags and keys, without values, descriptions and versions
echo 'Secrets' >&2
json secrets secretsmanager list-secrets@FILTERS@ \
  --query '{SecretList: SecretList[].{ARN: ARN, Name: Name, Tags: Tags, KmsKeyId: KmsKeyId, LastAccessedDate: LastAccessedDate}}'
@SECRET_POLICIES@
# The keys that these secrets are encrypted with, if they are not AWS's own
echo 'Keys' >&2
sed -n 's/^ *"KmsKeyId": "\([^"]*\)",*$/\1/p' "$to/secrets.json" | LC_ALL=C sort -u >"$to/keys.txt"
each keys | while read -r n key; do
  try "key-$n" kms describe-key --key-id "$key" \
    --query '{Arn: KeyMetadata.Arn, KeyManager: KeyMetadata.KeyManager}'
  if [ -f "$to/key-$n.json" ] && grep -q '"CUSTOMER"' "$to/key-$n.json"; then
    arn=$(sed -n 's/^ *"Arn": "\([^"]*\)",*$/\1/p' "$to/key-$n.json")
    try "key-$n-policy" kms get-key-policy --key-id "$arn" --policy-name default
  fi
done

# Written last: a folder without it is not complete
cat >"$to/snapshot.json.new" <<END
{
  "version": 1,
  "takenAt": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "region": "$region",
  "pools": @POOLS_JSON@,
  "secretPrefixes": @PREFIXES_JSON@,
  "secretPolicies": @SECRET_POLICIES_JSON@
}
END
mv "$to/snapshot.json.new" "$to/snapshot.json"
echo "The snapshot is complete: $to" >&2

# The IAM policy that these calls need, and no other right (get-caller-identity needs none):
#
@POLICY@
