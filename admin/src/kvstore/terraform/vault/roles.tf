resource "vault_jwt_auth_backend" "github" {
  count = var.create_auth_backend ? 1 : 0

  namespace          = local.namespace
  path               = local.auth_path
  type               = "jwt"
  description        = "Jobs of GitHub Actions (env-kvstore)"
  oidc_discovery_url = local.issuer
  bound_issuer       = local.issuer
}

resource "vault_policy" "read_values" {
  for_each = local.roles

  namespace = local.namespace
  name      = each.value.policy_name
  policy    = each.value.policy
}

resource "vault_jwt_auth_backend_role" "role" {
  for_each = local.roles

  namespace = local.namespace
  backend   = local.auth_path
  role_name = each.key
  role_type = "jwt"

  # A token for another audience, such as AWS, is refused.
  bound_audiences = [local.audience]

  # Each claim must be one of these texts, whole. The provider splits them at commas.
  bound_claims_type = "string"
  bound_claims      = { for claim, values in each.value.bound_claims : claim => join(",", values) }

  user_claim     = local.user_claim
  claim_mappings = local.claim_mappings

  # The step reads everything at once. A batch token is not stored, needs no revocation, and cannot be renewed.
  token_type              = "batch"
  token_ttl               = local.token_ttl
  token_max_ttl           = local.token_ttl
  token_policies          = [vault_policy.read_values[each.key].name]
  token_no_default_policy = true

  depends_on = [vault_jwt_auth_backend.github]
}
