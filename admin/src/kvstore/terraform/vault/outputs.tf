output "auth_path" {
  description = "For the input vault-auth-path."
  value       = local.auth_path
}

output "role_names" {
  description = "The roles, for the input vault-role, each with the paths that it reads."
  value       = { for name, role in vault_jwt_auth_backend_role.role : name => local.roles[name].paths }
}
