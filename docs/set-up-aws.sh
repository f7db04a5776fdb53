#!/bin/sh
# Sets up an AWS account for env-kvstore: OIDC provider, identity pool, principal tag map, role, policy. Run it with an
# administrator's credentials. You can run it again at any time: it changes nothing that is already as it should be, and
# it does not touch a role or a pool that something else uses.
#
#   AWS_REGION               region of the pool and of the stores
#   GITHUB_OWNER             your organization, such as octo-org
#   GITHUB_OWNER_ID          its id: gh api orgs/octo-org --jq .id
#
# An enterprise that issues tokens under its own name (include_enterprise_slug) sets these two instead of GITHUB_OWNER...:
#
#   GITHUB_ENTERPRISE        its slug, such as octo-enterprise
#   GITHUB_ENTERPRISE_ID     its id: the claim enterprise_id of any job's token
#
# Optional:
#
#   ROLE_NAME                name of the role and of the pool (github-actions)
#   STORES_NAMESPACE         first part of the stores' names (the organization or the enterprise)
#   OIDC_ISSUER              for GitHub Enterprise Server and data residency (https://token.actions.githubusercontent.com)
#
# What each part is for: set-up-aws.md.
set -eu

fail() {
  echo "set-up-aws.sh: $1" >&2
  exit 1
}
need() {
  eval "test -n \"\${$1:-}\"" || fail "set $1: $2"
}

command -v aws >/dev/null || fail 'install the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'
need AWS_REGION 'the region of the pool and of the stores, such as us-west-2'
export AWS_DEFAULT_REGION="$AWS_REGION" AWS_PAGER=''
ROLE_NAME="${ROLE_NAME:-github-actions}"
issuer="${OIDC_ISSUER:-https://token.actions.githubusercontent.com}"
claims='actor_id environment event_name job_workflow_ref ref repository repository_id run_id sha'
if [ -n "${GITHUB_ENTERPRISE:-}" ]; then
  need GITHUB_ENTERPRISE_ID "the id of $GITHUB_ENTERPRISE, which is the claim enterprise_id of any of its jobs' tokens"
  issuer="$issuer/$GITHUB_ENTERPRISE"
  claims="$claims enterprise enterprise_id"
  tenant=Enterprise tenant_claim=enterprise_id tenant_id="$GITHUB_ENTERPRISE_ID"
  namespace="${STORES_NAMESPACE:-$GITHUB_ENTERPRISE}"
else
  need GITHUB_OWNER 'your organization, such as octo-org; or GITHUB_ENTERPRISE if the enterprise issues tokens under its own name'
  need GITHUB_OWNER_ID "the id of $GITHUB_OWNER: gh api orgs/$GITHUB_OWNER --jq .id"
  claims="$claims repository_owner_id"
  tenant=Organization tenant_claim=repository_owner_id tenant_id="$GITHUB_OWNER_ID"
  namespace="${STORES_NAMESPACE:-$GITHUB_OWNER}"
fi
administrator=$(aws sts get-caller-identity --query Arn --output text)
partition=$(echo "$administrator" | cut -d: -f2)
account=$(echo "$administrator" | cut -d: -f5)
provider="arn:$partition:iam::$account:oidc-provider/${issuer#*://}"
role="arn:$partition:iam::$account:role/$ROLE_NAME"

# 1. OIDC provider: whose tokens are let in at all. One that exists, for the audience of STS perhaps, gets ours too
if aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider" >/dev/null 2>&1; then
  aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "$provider" \
    --client-id cognito-identity.amazonaws.com
else
  aws iam create-open-id-connect-provider --url "$issuer" --client-id-list cognito-identity.amazonaws.com >/dev/null
fi

# 2. Identity pool: exchanges GitHub's token for one that carries session tags
tab=$(printf '\t')
pool='' next=''
while [ "$next" != None ]; do
  page=$(aws cognito-identity list-identity-pools --max-results 60 ${next:+--next-token "$next"} --output text \
    --query "[NextToken, join(' ', IdentityPools[?IdentityPoolName=='$ROLE_NAME'].IdentityPoolId)]")
  next="${page%%"$tab"*}" pool="$pool${page#*"$tab"}"
done
case "$pool" in
  '')
    pool=$(aws cognito-identity create-identity-pool --identity-pool-name "$ROLE_NAME" \
      --no-allow-unauthenticated-identities --allow-classic-flow --open-id-connect-provider-arns "$provider" \
      --query IdentityPoolId --output text)
    ;;
  *:*:*) fail "several identity pools are called $ROLE_NAME; set ROLE_NAME to another name" ;;
esac
check() {
  [ "$2" = "$3" ] || fail "$1 is $2, and must be $3. If the pool $pool belongs to something else, set ROLE_NAME to another name"
}
described=$(aws cognito-identity describe-identity-pool --identity-pool-id "$pool" --output text \
  --query "[AllowClassicFlow, AllowUnauthenticatedIdentities, join(' ', OpenIdConnectProviderARNs || \`[]\`)]")
IFS="$tab" read -r classic unauthenticated providers <<END
$described
END
check 'OpenIdConnectProviderARNs of the pool' "${providers:-[]}" "$provider"
check 'AllowClassicFlow of the pool' "$classic" True
check 'AllowUnauthenticatedIdentities of the pool' "$unauthenticated" False

# 3. Principal tag map: which claims become session tags, under the same names
tags=$(printf '"%s"\n' $claims | sed 's/.*/&: &/' | paste -sd, -)
aws cognito-identity set-principal-tag-attribute-map --identity-pool-id "$pool" --identity-provider-name "$provider" \
  --no-use-defaults --principal-tags "{$tags}" >/dev/null

# 4. Role: who may assume it
trust_policy=$(
  cat <<END
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "JobsOfOur$tenant",
      "Effect": "Allow",
      "Principal": { "Federated": "cognito-identity.amazonaws.com" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "cognito-identity.amazonaws.com:aud": "$pool",
          "aws:RequestTag/$tenant_claim": "$tenant_id",
          "aws:RequestTag/event_name": [
            "push", "workflow_dispatch", "repository_dispatch", "schedule", "release", "merge_group", "deployment"
          ],
          "sts:RoleSessionName": "\${aws:RequestTag/run_id}@\${aws:RequestTag/sha}"
        }
      }
    },
    {
      "Sid": "ClaimsAsSessionTags",
      "Effect": "Allow",
      "Principal": { "Federated": "cognito-identity.amazonaws.com" },
      "Action": "sts:TagSession",
      "Condition": { "StringEquals": { "cognito-identity.amazonaws.com:aud": "$pool" } }
    }
  ]
}
END
)
if trusted=$(aws iam get-role --role-name "$ROLE_NAME" --query Role.AssumeRolePolicyDocument --output json 2>/dev/null); then
  case "$trusted" in
    *"$pool"*) aws iam update-assume-role-policy --role-name "$ROLE_NAME" --policy-document "$trust_policy" ;;
    *) fail "the role $ROLE_NAME exists and does not trust the pool $pool; set ROLE_NAME to another name" ;;
  esac
else
  aws iam create-role --role-name "$ROLE_NAME" --assume-role-policy-document "$trust_policy" >/dev/null
fi

# 5. Role: what it may read, which is the stores of the job's own repository and environment. The tags of a store say what else the
# job must be: the repository by its id, always; the workflow and the ref, if the store has such a tag
repository="arn:$partition:secretsmanager:$AWS_REGION:$account:secret:$namespace/repo/\${aws:PrincipalTag/repository}"
environment="$repository/env/\${aws:PrincipalTag/environment}"
statement() {
  cat <<END
    {
      "Sid": "$1",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": ["$2/secrets-??????", "$2/variables-??????"],
      "Condition": {
        "StringEquals": {
          "secretsmanager:ResourceTag/github:repository_id": "\${aws:PrincipalTag/repository_id, '-'}"
        },
        "StringEqualsIfExists": {
          "secretsmanager:ResourceTag/github:job_workflow_ref": "\${aws:PrincipalTag/job_workflow_ref, '-'}",
          "secretsmanager:ResourceTag/github:ref": "\${aws:PrincipalTag/ref, '-'}"
        }
      }
    }
END
}
role_policy=$(
  cat <<END
{
  "Version": "2012-10-17",
  "Statement": [
$(statement StoresOfThisRepository "$repository"),
$(statement StoresOfThisEnvironment "$environment"),
    {
      "Sid": "StoresThatDoNotExist",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": ["$repository/secrets", "$repository/variables", "$environment/secrets", "$environment/variables"]
    }
  ]
}
END
)
aws iam put-role-policy --role-name "$ROLE_NAME" --policy-name stores --policy-document "$role_policy"

# 6. The rest of the check: what AWS says of the account must be what was asked for
mapped=$(aws cognito-identity get-principal-tag-attribute-map --identity-pool-id "$pool" \
  --identity-provider-name "$provider" --output text --query "join(' ', sort(keys(PrincipalTags)))")
check 'The tag map of the pool' "$mapped" "$(printf '%s\n' $claims | LC_ALL=C sort | paste -sd' ' -)"
for key in $(aws iam list-role-tags --role-name "$ROLE_NAME" --query 'Tags[].Key' --output text | tr '[:upper:]' '[:lower:]'); do
  for claim in $claims; do
    [ "$key" != "$claim" ] ||
      fail "the role has a tag $key, which every job without the claim $claim would have too. Remove it: aws iam untag-role"
  done
done

cat <<END
AWS is set up. The step for your workflows, in jobs with \`permissions: id-token: write\`:

      - uses: org/env-kvstore@v1
        with:
          cognito-identity-pool-id: $pool
          cognito-role-arn: $role
END
[ -z "${OIDC_ISSUER:-}" ] || echo "          oidc-issuer: $OIDC_ISSUER"
[ -z "${GITHUB_ENTERPRISE:-}" ] || echo "          github-enterprise-name: $GITHUB_ENTERPRISE"
[ -n "${GITHUB_ENTERPRISE:-}" ] && [ -z "${STORES_NAMESPACE:-}" ] || echo "          namespace: $namespace"
cat <<END
          values: |
            *,secret

The secrets of the repository OWNER/NAME are the JSON object in the secret $namespace/repo/OWNER/NAME/secrets in $AWS_REGION. Give it the
tag github:repository_id with the repository's id (gh api repos/OWNER/NAME --jq .id): without this tag, nobody can read it.
END
