locals {
  claims_in_lower_case = [for claim in keys(local.claims) : lower(claim)]
}

resource "aws_iam_role" "role" {
  for_each = local.roles

  name                 = each.key
  description          = "Reads values for jobs of GitHub Actions (env-kvstore)"
  assume_role_policy   = each.value.trust_policy
  permissions_boundary = var.permissions_boundary_arn

  lifecycle {
    # A session without a tag inherits the role's tag of that name: the tag Environment = "production" on a role would open
    # production's stores to jobs without an environment. IAM ignores the case of tag keys.
    postcondition {
      condition     = length(setintersection(local.claims_in_lower_case, [for key in keys(coalesce(self.tags_all, {})) : lower(key)])) == 0
      error_message = "The role ${self.name} would have tags with the names of claims: ${join(", ", setintersection(local.claims_in_lower_case, [for key in keys(coalesce(self.tags_all, {})) : lower(key)]))}. Jobs without these claims would inherit them. Remove them from the AWS provider's default_tags, or give this module a provider configuration without them."
    }
  }
}

resource "aws_iam_role_policy" "read_values" {
  for_each = local.roles

  name   = "read-values"
  role   = aws_iam_role.role[each.key].name
  policy = each.value.policy
}
