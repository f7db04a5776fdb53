terraform {
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Since 5.81.0 an OIDC provider needs no thumbprints.
      version = ">= 5.81.0"
    }
  }
}
