//! Every code that an error of the core can have, once. `docs/troubleshooting.md` has a section for each.

use std::fmt;

/// A stable name of a situation, for scripts and for the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// `invalid-input`
    InvalidInput,
    /// `id-token-permission-missing`
    IdTokenPermissionMissing,
    /// `github-token-unavailable`
    GithubTokenUnavailable,
    /// `github-token-malformed`
    GithubTokenMalformed,
    /// `github-token-algorithm`
    GithubTokenAlgorithm,
    /// `github-token-signature`
    GithubTokenSignature,
    /// `github-token-expired`
    GithubTokenExpired,
    /// `github-token-issuer`
    GithubTokenIssuer,
    /// `github-token-audience`
    GithubTokenAudience,
    /// `issuer-keys-unavailable`
    IssuerKeysUnavailable,
    /// `claim-unusable`
    ClaimUnusable,
    /// `identity-pool-not-found`
    IdentityPoolNotFound,
    /// `issuer-not-in-identity-pool`
    IssuerNotInIdentityPool,
    /// `classic-flow-disabled`
    ClassicFlowDisabled,
    /// `github-token-refused`
    GithubTokenRefused,
    /// `issuer-not-reachable-by-cognito`
    IssuerNotReachableByCognito,
    /// `identity-pool-misconfigured`
    IdentityPoolMisconfigured,
    /// `cognito-refused`
    CognitoRefused,
    /// `assume-role-denied`
    AssumeRoleDenied,
    /// `assume-role-refused`
    AssumeRoleRefused,
    /// `cognito-token-expired`
    CognitoTokenExpired,
    /// `cognito-token-refused`
    CognitoTokenRefused,
    /// `chain-role-denied`
    ChainRoleDenied,
    /// `session-tags-too-large`
    SessionTagsTooLarge,
    /// `role-duration-refused`
    RoleDurationRefused,
    /// `sts-region-disabled`
    StsRegionDisabled,
    /// `store-access-denied`
    StoreAccessDenied,
    /// `store-not-found`
    StoreNotFound,
    /// `store-not-an-object`
    StoreNotAnObject,
    /// `store-not-readable`
    StoreNotReadable,
    /// `store-not-decryptable`
    StoreNotDecryptable,
    /// `store-refused`
    StoreRefused,
    /// `store-changed`
    StoreChanged,
    /// `store-exists`
    StoreExists,
    /// `store-too-large`
    StoreTooLarge,
    /// `store-version-quota`
    StoreVersionQuota,
    /// `key-missing`
    KeyMissing,
    /// `value-unusable`
    ValueUnusable,
    /// `name-unusable`
    NameUnusable,
    /// `credentials-refused`
    CredentialsRefused,
    /// `signature-refused`
    SignatureRefused,
    /// `throttled`
    Throttled,
    /// `service-fault`
    ServiceFault,
    /// `service-unreachable`
    ServiceUnreachable,
    /// `tls-not-trusted`
    TlsNotTrusted,
    /// `proxy-refused`
    ProxyRefused,
    /// `answer-unusable`
    AnswerUnusable,
    /// `deadline-exceeded`
    DeadlineExceeded,
    /// `profile-not-written`
    ProfileNotWritten,
    /// `internal-error`
    InternalError,
    /// Secrets Manager does not take these secrets in one call; each by itself it may. No run ends with this code.
    BatchRefused,
}

impl Code {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 51] = [
        Self::InvalidInput,
        Self::IdTokenPermissionMissing,
        Self::GithubTokenUnavailable,
        Self::GithubTokenMalformed,
        Self::GithubTokenAlgorithm,
        Self::GithubTokenSignature,
        Self::GithubTokenExpired,
        Self::GithubTokenIssuer,
        Self::GithubTokenAudience,
        Self::IssuerKeysUnavailable,
        Self::ClaimUnusable,
        Self::IdentityPoolNotFound,
        Self::IssuerNotInIdentityPool,
        Self::ClassicFlowDisabled,
        Self::GithubTokenRefused,
        Self::IssuerNotReachableByCognito,
        Self::IdentityPoolMisconfigured,
        Self::CognitoRefused,
        Self::AssumeRoleDenied,
        Self::AssumeRoleRefused,
        Self::CognitoTokenExpired,
        Self::CognitoTokenRefused,
        Self::ChainRoleDenied,
        Self::SessionTagsTooLarge,
        Self::RoleDurationRefused,
        Self::StsRegionDisabled,
        Self::StoreAccessDenied,
        Self::StoreNotFound,
        Self::StoreNotAnObject,
        Self::StoreNotReadable,
        Self::StoreNotDecryptable,
        Self::StoreRefused,
        Self::StoreChanged,
        Self::StoreExists,
        Self::StoreTooLarge,
        Self::StoreVersionQuota,
        Self::KeyMissing,
        Self::ValueUnusable,
        Self::NameUnusable,
        Self::CredentialsRefused,
        Self::SignatureRefused,
        Self::Throttled,
        Self::ServiceFault,
        Self::ServiceUnreachable,
        Self::TlsNotTrusted,
        Self::ProxyRefused,
        Self::AnswerUnusable,
        Self::DeadlineExceeded,
        Self::ProfileNotWritten,
        Self::InternalError,
        Self::BatchRefused,
    ];

    /// As scripts read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::IdTokenPermissionMissing => "id-token-permission-missing",
            Self::GithubTokenUnavailable => "github-token-unavailable",
            Self::GithubTokenMalformed => "github-token-malformed",
            Self::GithubTokenAlgorithm => "github-token-algorithm",
            Self::GithubTokenSignature => "github-token-signature",
            Self::GithubTokenExpired => "github-token-expired",
            Self::GithubTokenIssuer => "github-token-issuer",
            Self::GithubTokenAudience => "github-token-audience",
            Self::IssuerKeysUnavailable => "issuer-keys-unavailable",
            Self::ClaimUnusable => "claim-unusable",
            Self::IdentityPoolNotFound => "identity-pool-not-found",
            Self::IssuerNotInIdentityPool => "issuer-not-in-identity-pool",
            Self::ClassicFlowDisabled => "classic-flow-disabled",
            Self::GithubTokenRefused => "github-token-refused",
            Self::IssuerNotReachableByCognito => "issuer-not-reachable-by-cognito",
            Self::IdentityPoolMisconfigured => "identity-pool-misconfigured",
            Self::CognitoRefused => "cognito-refused",
            Self::AssumeRoleDenied => "assume-role-denied",
            Self::AssumeRoleRefused => "assume-role-refused",
            Self::CognitoTokenExpired => "cognito-token-expired",
            Self::CognitoTokenRefused => "cognito-token-refused",
            Self::ChainRoleDenied => "chain-role-denied",
            Self::SessionTagsTooLarge => "session-tags-too-large",
            Self::RoleDurationRefused => "role-duration-refused",
            Self::StsRegionDisabled => "sts-region-disabled",
            Self::StoreAccessDenied => "store-access-denied",
            Self::StoreNotFound => "store-not-found",
            Self::StoreNotAnObject => "store-not-an-object",
            Self::StoreNotReadable => "store-not-readable",
            Self::StoreNotDecryptable => "store-not-decryptable",
            Self::StoreRefused => "store-refused",
            Self::StoreChanged => "store-changed",
            Self::StoreExists => "store-exists",
            Self::StoreTooLarge => "store-too-large",
            Self::StoreVersionQuota => "store-version-quota",
            Self::KeyMissing => "key-missing",
            Self::ValueUnusable => "value-unusable",
            Self::NameUnusable => "name-unusable",
            Self::CredentialsRefused => "credentials-refused",
            Self::SignatureRefused => "signature-refused",
            Self::Throttled => "throttled",
            Self::ServiceFault => "service-fault",
            Self::ServiceUnreachable => "service-unreachable",
            Self::TlsNotTrusted => "tls-not-trusted",
            Self::ProxyRefused => "proxy-refused",
            Self::AnswerUnusable => "answer-unusable",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::ProfileNotWritten => "profile-not-written",
            Self::InternalError => "internal-error",
            Self::BatchRefused => "batch-refused",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
