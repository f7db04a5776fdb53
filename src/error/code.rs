//! Every code that an error of the core can have, once. `docs/troubleshooting.md` has a section for each.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $more:literal])* $code:ident => $text:literal,)*) => {
        /// A stable name of a situation, for scripts and for the documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $text] $(#[doc = $more])* $code,)*
        }

        impl Code {
            /// As scripts read it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)*
                }
            }
        }
    };
}

codes! {
    InvalidInput => "invalid-input",
    IdTokenPermissionMissing => "id-token-permission-missing",
    GithubTokenUnavailable => "github-token-unavailable",
    GithubTokenMalformed => "github-token-malformed",
    GithubTokenAlgorithm => "github-token-algorithm",
    GithubTokenSignature => "github-token-signature",
    GithubTokenExpired => "github-token-expired",
    GithubTokenIssuer => "github-token-issuer",
    GithubTokenAudience => "github-token-audience",
    IssuerKeysUnavailable => "issuer-keys-unavailable",
    ClaimUnusable => "claim-unusable",
    IdentityPoolNotFound => "identity-pool-not-found",
    IssuerNotInIdentityPool => "issuer-not-in-identity-pool",
    ClassicFlowDisabled => "classic-flow-disabled",
    GithubTokenRefused => "github-token-refused",
    TokenExchangeRefused => "token-exchange-refused",
    ExchangedTokenRefused => "exchanged-token-refused",
    IssuerNotReachableByCognito => "issuer-not-reachable-by-cognito",
    IdentityPoolMisconfigured => "identity-pool-misconfigured",
    CognitoRefused => "cognito-refused",
    AssumeRoleDenied => "assume-role-denied",
    AssumeRoleRefused => "assume-role-refused",
    CognitoTokenExpired => "cognito-token-expired",
    CognitoTokenRefused => "cognito-token-refused",
    ChainRoleDenied => "chain-role-denied",
    SessionTagsTooLarge => "session-tags-too-large",
    RoleDurationRefused => "role-duration-refused",
    StsRegionDisabled => "sts-region-disabled",
    StoreAccessDenied => "store-access-denied",
    StoreNotFound => "store-not-found",
    StoreNotAnObject => "store-not-an-object",
    StoreNotReadable => "store-not-readable",
    StoreNotDecryptable => "store-not-decryptable",
    StoreRefused => "store-refused",
    StoreChanged => "store-changed",
    StoreExists => "store-exists",
    StoreTooLarge => "store-too-large",
    StoreVersionQuota => "store-version-quota",
    KeyMissing => "key-missing",
    ValueUnusable => "value-unusable",
    NameUnusable => "name-unusable",
    CredentialsRefused => "credentials-refused",
    SignatureRefused => "signature-refused",
    Throttled => "throttled",
    ServiceFault => "service-fault",
    ServiceUnreachable => "service-unreachable",
    TlsNotTrusted => "tls-not-trusted",
    ProxyRefused => "proxy-refused",
    AnswerUnusable => "answer-unusable",
    DeadlineExceeded => "deadline-exceeded",
    VaultAudienceRefused => "vault-audience-refused",
    VaultClaimRefused => "vault-claim-refused",
    VaultClaimMissing => "vault-claim-missing",
    VaultRoleNotFound => "vault-role-not-found",
    VaultTokenRefused => "vault-token-refused",
    VaultIssuerUnreachable => "vault-issuer-unreachable",
    VaultAuthNotFound => "vault-auth-not-found",
    VaultLoginRefused => "vault-login-refused",
    VaultSecretNotFound => "vault-secret-not-found",
    VaultSecretDeleted => "vault-secret-deleted",
    VaultPathWrong => "vault-path-wrong",
    VaultAccessDenied => "vault-access-denied",
    VaultPolicyRefused => "vault-policy-refused",
    VaultSealed => "vault-sealed",
    VaultRedirectRefused => "vault-redirect-refused",
    VaultRefused => "vault-refused",
    BucketRefused => "bucket-refused",
    MigrationMisconfigured => "migration-misconfigured",
    RecipientUnusable => "recipient-unusable",
    ProfileNotWritten => "profile-not-written",
    InternalError => "internal-error",
    /// Secrets Manager does not take these secrets in one call; each by itself it may. No run ends with this code.
    BatchRefused => "batch-refused",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
