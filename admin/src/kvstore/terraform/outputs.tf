output "identity_pool_id" {
  description = "For the input cognito-identity-pool-id."
  value       = aws_cognito_identity_pool.pool.id

  # Without the map, sessions have no tags that a policy could read.
  depends_on = [aws_cognito_identity_pool_provider_principal_tag.claims]
}

output "role_arn" {
  description = "The role of all repositories, for the input cognito-role-arn."
  value       = aws_iam_role.role[local.shared_role].arn
}

output "role_arns" {
  description = "All roles, by name."
  value       = { for name, role in aws_iam_role.role : name => role.arn }
}

output "oidc_provider_arn" {
  description = "The OIDC provider of the issuer."
  value       = local.oidc_provider_arn
}

output "store_arns" {
  description = "All stores, by name."
  value       = { for name, store in aws_secretsmanager_secret.store : name => store.arn }
}
