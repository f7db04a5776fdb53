//! How Vault and OpenBao refuse: a status, and texts. There are no codes, so the texts are what tells refusals apart.
//! <https://developer.hashicorp.com/vault/api-docs#http-status-codes>

use std::time::Duration;

use crate::call::outlook::{Outlook, outlook_of_status};
use crate::call::protocol::Protocol;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::Response;
use crate::text::secret::Secret;

/// The code of an answer whose body Vault does not write.
const UNKNOWN_BODY: &str = "unknown-body";

/// How Vault and OpenBao refuse. The code of an answer is the member of its body that tells what happened, where there is one.
pub struct Vault;

impl Protocol for Vault {
    fn is_success(&self, status: u16) -> bool {
        matches!(status, 200 | 204)
    }

    fn retry_after(&self, response: &Response) -> Option<Duration> {
        response.header("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs)
    }

    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        let body = response.json().unwrap_or_default();
        let texts = |name| body.texts(name).map(|texts| texts.join("; "));
        let metadata = body.object("data").and_then(|data| data.object("metadata")).unwrap_or_default();
        let deleted = metadata.text("deletion_time").filter(|time| !time.is_empty());
        let (code, message) = match (texts("errors"), deleted, texts("warnings")) {
            (Some(errors), ..) => ("", errors),
            (None, deleted, _) if metadata.json("destroyed") == Some("true") => {
                ("destroyed", deleted.unwrap_or_default())
            }
            (None, Some(time), _) => ("deletion_time", time),
            (None, None, Some(warnings)) => ("warnings", warnings),
            (None, None, None) => (UNKNOWN_BODY, String::new()),
        };
        // Several errors come as a list of lines, under a line that counts them.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Answer::new(response, code, &message, None, sent)
    }

    fn outlook(&self, answer: &Answer) -> Outlook {
        match answer.status {
            // A standby node has not got yet what was just written.
            412 => Outlook::Transient,
            400 if keys_are_out_of_reach(answer) => Outlook::Transient,
            status => outlook_of_status(status),
        }
    }

    fn diagnose(&self, answer: &Answer) -> Option<Diagnosis> {
        let diagnosis = match answer.status {
            429 => Diagnosis::new(
                Code::Throttled,
                "A rate limit quota of Vault is exceeded.",
                "Run the job again later. If it recurs, raise the quota (vault read sys/quotas/rate-limit/NAME), or spread \
                 the jobs.",
            ),
            503 if answer.message.contains("sealed") => Diagnosis::new(
                Code::VaultSealed,
                "Vault is sealed: it has been restarted, and nobody has unsealed it yet.",
                "Ask whoever runs Vault to unseal it (vault operator unseal), and run the job again.",
            ),
            400 if keys_are_out_of_reach(answer) => Diagnosis::new(
                Code::VaultIssuerUnreachable,
                "Vault could not get the keys of GitHub's issuer, so it verified no token.",
                "Run the job again; if it recurs, check that Vault's server can reach the issuer (`oidc_discovery_url` or \
                 `jwks_url` of vault read auth/PATH/config).",
            ),
            // Of every request that is made with the token.
            400 if answer.message == "Forbidden" => Diagnosis::new(
                Code::VaultPolicyRefused,
                "OpenBao refuses every request of this token: a templated policy of its role names something whose value \
                 has a `/`, as a repository's name has.",
                "Write the policy with that parameter on (bao write sys/policies/acl/NAME policy=@FILE \
                 allow_slashes_in_identity_templates=true), or write its paths out.",
            ),
            _ if self.outlook(answer) == Outlook::Transient => Diagnosis::new(
                Code::ServiceFault,
                "Vault itself failed, or what is in front of it; after 412, a standby node is behind the active one.",
                "Run the job again; if it recurs, ask whoever runs Vault to look at its log.",
            ),
            _ if answer.code == UNKNOWN_BODY => Diagnosis::new(
                Code::AnswerUnusable,
                "The answer is not in Vault's form, so Vault did not send it: it came from a proxy, a load balancer or \
                 another server.",
                "Check ‹vault-url›, and for a proxy or firewall between the runner and this host.",
            ),
            _ => return None,
        };
        Some(diagnosis)
    }
}

/// A trouble of the server, though it puts the blame on the request.
fn keys_are_out_of_reach(answer: &Answer) -> bool {
    answer.message.contains("fetching keys")
}

#[cfg(test)]
mod tests;
