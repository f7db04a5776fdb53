#!/bin/sh
# Sets an AWS account up for env-kvstore: OIDC provider, identity pool, principal tag map, role, policies. Run it with an
# administrator's credentials. It changes only what it makes itself and can be run again at any time.
#
#   AWS_REGION               region of the pool and of the stores
#   GITHUB_OWNER             your organization, as octo-org
#   GITHUB_OWNER_ID          its id: gh api orgs/octo-org --jq .id
#
# For an enterprise that issues tokens under its own name (include_enterprise_slug), instead of the last two:
#
#   GITHUB_ENTERPRISE        its slug
#   GITHUB_ENTERPRISE_ID     its id: the claim enterprise_id of any job's token
#
# Optional: NAME (github-actions) of pool and role; NAMESPACE, the first part of the stores' names (slug or organization);
# OIDC_ISSUER (https://token.actions.githubusercontent.com) for GitHub Enterprise Server and data residency.
#
# What each part is for: set-up-aws.md.
set -eu

need() { eval "test -n \"\${$1:-}\"" || { echo "set-up-aws.sh: set $1; the first lines of this script say what it is" >&2; exit 2; }; }
need AWS_REGION
export AWS_DEFAULT_REGION="$AWS_REGION" AWS_PAGER=''
NAME="${NAME:-github-actions}"
issuer="${OIDC_ISSUER:-https://token.actions.githubusercontent.com}"
if [ -n "${GITHUB_ENTERPRISE:-}" ]; then
  need GITHUB_ENTERPRISE_ID
  issuer="$issuer/$GITHUB_ENTERPRISE"
  NAMESPACE="${NAMESPACE:-$GITHUB_ENTERPRISE}"
  tenant_claim=enterprise_id tenant_id="$GITHUB_ENTERPRISE_ID"
else
  need GITHUB_OWNER
  need GITHUB_OWNER_ID
  NAMESPACE="${NAMESPACE:-$GITHUB_OWNER}"
  tenant_claim=repository_owner_id tenant_id="$GITHUB_OWNER_ID"
fi
account=$(aws sts get-caller-identity --query Account --output text)
partition=$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)
provider="arn:$partition:iam::$account:oidc-provider/${issuer#*://}"
role="arn:$partition:iam::$account:role/$NAME"

# 1. OIDC provider: whose tokens are let in at all
if ! aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider" >/dev/null 2>&1; then
  aws iam create-open-id-connect-provider --url "$issuer" --client-id-list cognito-identity.amazonaws.com >/dev/null
fi

# 2. Identity pool: exchanges GitHub's token for one that carries session tags
pool=$(aws cognito-identity list-identity-pools --max-results 60 \
  --query "IdentityPools[?IdentityPoolName=='$NAME'] | [0].IdentityPoolId" --output text)
if [ "$pool" = None ]; then
  pool=$(aws cognito-identity create-identity-pool --identity-pool-name "$NAME" --no-allow-unauthenticated-identities \
    --allow-classic-flow --open-id-connect-provider-arns "$provider" --query IdentityPoolId --output text)
fi

# 3. Principal tag map: which claims become session tags, under the same names
claims="actor_id environment event_name job_workflow_ref ref repository repository_id run_id sha $tenant_claim"
tags=$(printf '"%s"\n' $claims | sed 's/.*/&: &/' | paste -sd, -)
aws cognito-identity set-principal-tag-attribute-map --identity-pool-id "$pool" --identity-provider-name "$provider" \
  --no-use-defaults --principal-tags "{$tags}" >/dev/null

# 4. Role: who may assume it
trust_policy=$(cat <<END
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "OurJobs",
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
if aws iam get-role --role-name "$NAME" >/dev/null 2>&1; then
  aws iam update-assume-role-policy --role-name "$NAME" --policy-document "$trust_policy"
else
  aws iam create-role --role-name "$NAME" --assume-role-policy-document "$trust_policy" >/dev/null
fi

# 5. Role: what it may read, which is the stores of the job's own repository and environment
stores="arn:$partition:secretsmanager:$AWS_REGION:$account:secret:$NAMESPACE/repo/\${aws:PrincipalTag/repository}"
environment="$stores/env/\${aws:PrincipalTag/environment}"
resources() { for kind in secrets variables; do printf '"%s/%s", "%s/%s-??????",' "$1" "$kind" "$1" "$kind"; done | sed 's/,$//'; }
statement() {
  cat <<END
    {
      "Sid": "$1",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": [$(resources "$2")],
      "Condition": {
        "StringEqualsIfExists": {
          "secretsmanager:ResourceTag/github:repository_id": "\${aws:PrincipalTag/repository_id, '-'}"
        }
      }
    }
END
}
role_policy=$(cat <<END
{
  "Version": "2012-10-17",
  "Statement": [
$(statement StoresOfThisRepository "$stores"),
$(statement StoresOfThisEnvironment "$environment")
  ]
}
END
)
aws iam put-role-policy --role-name "$NAME" --policy-name stores --policy-document "$role_policy"

# 6. Does it work? What AWS says of it must be what was asked for
fail() { echo "set-up-aws.sh: $1" >&2; exit 1; }
check() { [ "$2" = "$3" ] || fail "$1 is $2 and should be $3"; }
describe() { aws cognito-identity describe-identity-pool --identity-pool-id "$pool" --output text --query "$1"; }
check 'AllowClassicFlow of the pool' "$(describe AllowClassicFlow)" True
check 'AllowUnauthenticatedIdentities of the pool' "$(describe AllowUnauthenticatedIdentities)" False
check 'The OIDC provider of the pool' "$(describe 'OpenIdConnectProviderARNs | join(`,`, @)')" "$provider"
check 'UseDefaults of the tag map' "$(aws cognito-identity get-principal-tag-attribute-map --identity-pool-id "$pool" \
  --identity-provider-name "$provider" --query UseDefaults --output text)" False
for key in $(aws iam list-role-tags --role-name "$NAME" --query 'Tags[].Key' --output text | tr '[:upper:]' '[:lower:]'); do
  for claim in $claims; do
    [ "$key" != "$claim" ] || fail "the role has a tag $key, which shows through in jobs without that claim: remove it"
  done
done

cat <<END
AWS is set up. The step for your workflows, in jobs with \`permissions: id-token: write\`:

      - uses: org/env-kvstore@v1
        with:
          cognito-identity-pool-id: $pool
          cognito-role-arn: $role
$(if [ -n "${GITHUB_ENTERPRISE:-}" ]; then echo "          github-enterprise-name: $GITHUB_ENTERPRISE"; else echo "          namespace: $NAMESPACE"; fi)
          values: |
            *,secret

A repository's secrets are the secret $NAMESPACE/repo/OWNER/NAME/secrets in $AWS_REGION.
END
