terraform {
  required_version = ">= 1.5.0"

  required_providers {
    vault = {
      source = "hashicorp/vault"
      # OpenBao works with it too.
      version = ">= 4.0.0"
    }
  }
}
