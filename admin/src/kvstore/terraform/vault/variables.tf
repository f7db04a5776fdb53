variable "create_auth_backend" {
  description = "Whether the module enables the JWT auth method. Set it to false if the method is enabled at this path already. It must then have the issuer of kvstore.json as bound_issuer."
  type        = bool
  default     = true
}
