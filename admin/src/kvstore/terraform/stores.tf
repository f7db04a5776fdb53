resource "aws_secretsmanager_secret" "store" {
  for_each = local.stores

  name       = each.key
  kms_key_id = local.kms_key
  tags       = each.value

  # A tag guards a store only if the roles' policies compare it.
  depends_on = [aws_iam_role_policy.read_values]

  lifecycle {
    # A plan that would delete a store fails. Delete its values yourself (env-kvstore delete), or keep them and remove the store
    # from the state (state rm).
    prevent_destroy = true

    postcondition {
      condition     = length([for key in keys(coalesce(self.tags_all, {})) : key if startswith(lower(key), "github:") && !contains(keys(each.value), key)]) == 0
      error_message = "The store ${each.key} would get tags that say which jobs may read it, and that kvstore.json does not have. Remove the tags github:... from the provider's default_tags, or give this module a provider without them."
    }
  }
}
