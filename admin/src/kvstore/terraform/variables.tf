variable "oidc_provider_arn" {
  description = "The ARN of an OIDC provider for this issuer that the account already has. An account can have only one per issuer. Default: the module creates it."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "The ARN of a policy that limits what the roles can be allowed. Default: none."
  type        = string
  default     = null
}
