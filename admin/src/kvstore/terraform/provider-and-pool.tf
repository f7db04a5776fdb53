data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = local.issuer
  client_id_list = [local.audience]
}

data "aws_iam_openid_connect_provider" "existing" {
  count = var.oidc_provider_arn == null ? 0 : 1

  arn = var.oidc_provider_arn

  lifecycle {
    postcondition {
      condition     = trimprefix(self.url, "https://") == trimprefix(local.issuer, "https://")
      error_message = "The OIDC provider in oidc_provider_arn is for the issuer ${self.url}, but kvstore.json names ${local.issuer}."
    }

    postcondition {
      condition     = contains(self.client_id_list, local.audience)
      error_message = "The OIDC provider in oidc_provider_arn does not accept the audience ${local.audience}. Add it to the provider's client IDs."
    }
  }
}

locals {
  oidc_provider_arn = one(concat(aws_iam_openid_connect_provider.github[*].arn, data.aws_iam_openid_connect_provider.existing[*].arn))
}

resource "aws_cognito_identity_pool" "pool" {
  identity_pool_name               = local.pool
  allow_unauthenticated_identities = false
  openid_connect_provider_arns     = [local.oidc_provider_arn]

  # Jobs exchange their token for a token of the pool, and assume the role with that one.
  allow_classic_flow = true

  lifecycle {
    # The policies name stores by ARN: elsewhere they would allow nothing.
    precondition {
      condition     = data.aws_caller_identity.current.account_id == local.account
      error_message = "The AWS provider is configured for the account ${data.aws_caller_identity.current.account_id}, but kvstore.json names ${local.account}."
    }

    precondition {
      condition     = data.aws_region.current.id == local.region
      error_message = "The AWS provider is configured for the region ${data.aws_region.current.id}, but kvstore.json names ${local.region}."
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "claims" {
  identity_pool_id       = aws_cognito_identity_pool.pool.id
  identity_provider_name = local.oidc_provider_arn
  principal_tags         = local.claims

  # The default is true: AWS would then ignore the map above.
  use_defaults = false

  lifecycle {
    # Versions of the AWS provider do not send false when they create the map: this looks at what AWS has.
    postcondition {
      condition     = !self.use_defaults
      error_message = "The identity pool maps Cognito's default claims, so that no policy matches. Run apply again: it sends use_defaults = false."
    }
  }
}
