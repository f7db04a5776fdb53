//! Where Vault is: the address that is asked, and the other nodes of its cluster.

use std::cell::Cell;

use http::Uri;

use crate::call::redirect::Redirect;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// A standby node leads to the active one, which may just have changed.
const MAX_REDIRECTS: u32 = 3;

/// The nodes that a token may be sent to.
#[derive(Debug)]
pub struct Cluster {
    /// The first address of `vault-url`.
    first: BaseUrl,
    /// The further ones.
    others: Vec<BaseUrl>,
    /// `vault-namespace`
    namespace: Option<String>,
    /// Which of `others` a standby node has led to, counted from 1; the first address is 0.
    active: Cell<usize>,
}

impl Cluster {
    /// A cluster whose first node is asked first.
    pub fn new(first: BaseUrl, others: Vec<BaseUrl>, namespace: Option<String>) -> Self {
        Self { first, others, namespace, active: Cell::new(0) }
    }

    /// The node that is asked.
    pub fn node(&self) -> &BaseUrl {
        self.nodes().nth(self.active.get()).unwrap_or(&self.first)
    }

    /// All of them, the first one first.
    pub fn nodes(&self) -> impl Iterator<Item = &BaseUrl> {
        [&self.first].into_iter().chain(&self.others)
    }

    /// A request at a path below `/v1/`.
    pub fn request(&self, method: Method, path: &str, body: String, token: Option<&Secret>) -> Request {
        // Vault's agents and proxies refuse requests without the first, which a browser cannot be made to send.
        let mut headers = vec![("x-vault-request", "true".to_owned())];
        headers.extend(self.namespace.clone().map(|namespace| ("x-vault-namespace", namespace)));
        headers.extend(token.map(|token| ("x-vault-token", token.secret().to_owned())));
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Request {
            method,
            url: format!("{}/v1/{path}", self.node()),
            headers,
            body: Secret::new(body),
            max_body_bytes: 2 * MAX_BODY_BYTES,
            credentials: token.into_iter().cloned().collect(),
        }
    }

    /// Said with what a wrong namespace explains too.
    pub fn namespace_hint(&self) -> &'static str {
        match self.namespace {
            Some(_) => {
                " Check ‹vault-namespace› too: Vault Community Edition has no namespaces and ignores it without a word."
            }
            None => "",
        }
    }

    /// See [`crate::call::operation::Operation::redirect`]. To another node of the cluster only, by the same scheme.
    pub fn redirect(&self, from: &str, hops: u32, response: &Response) -> Redirect {
        let refused =
            |cause: String, next: &str| Redirect::Refused(Diagnosis::new(Code::VaultRedirectRefused, cause, next));
        let location = response.header("location").and_then(|location| location.parse::<Uri>().ok());
        let (Some(location), Ok(from), 307 | 308) = (location, from.parse::<Uri>(), response.status) else {
            return refused(
                "A standby node of Vault redirects with HTTP 307 and a URL. This is another redirect, which is not followed."
                    .to_owned(),
                "Check ‹vault-url›: it is Vault's address, without `/ui`, and https where a proxy redirects to that.",
            );
        };
        if hops == MAX_REDIRECTS {
            return refused(
                format!("Vault redirected the request more than {MAX_REDIRECTS} times."),
                "Check that the cluster has an active node, and each node's `api_addr`.",
            );
        }
        // A path alone is one of the same node.
        let target = if location.authority().is_some() { origin(&location) } else { origin(&from) };
        let path = location.path_and_query().map_or("/", |path| path.as_str());
        let places = self.nodes().map(|node| node.origin().parse::<Uri>().ok().and_then(|node| origin(&node)));
        let place = places.into_iter().position(|node| node.is_some() && node == target);
        match (place, place.and_then(|place| self.nodes().nth(place))) {
            (Some(place), Some(node))
                if target.as_ref().map(|to| &to.0) == origin(&from).as_ref().map(|from| &from.0) =>
            {
                self.active.set(place);
                Redirect::To(format!("{}{path}", node.origin()))
            }
            _ => refused(
                format!(
                    "Vault sent the request on to {}, which is not an address of ‹vault-url›: the token is not sent there.",
                    printable(&location.authority().map_or(String::new(), ToString::to_string))
                ),
                "If it is a node of the same cluster, add its https address to ‹vault-url›, after the first one. Otherwise \
                 correct `api_addr` in Vault's configuration, or turn request forwarding on.",
            ),
        }
    }
}

/// Scheme, host and port.
fn origin(uri: &Uri) -> Option<(String, String, u16)> {
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let default = if scheme == "https" { 443 } else { 80 };
    // What stands before an `@` is no host.
    (!authority.as_str().contains('@')).then_some(())?;
    let port = authority.port_u16().unwrap_or(default);
    Some((scheme.to_owned(), authority.host().to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(status: u16, location: &str, hops: u32) -> (Redirect, String) {
        let url = |text: &str| BaseUrl::parse(text).unwrap();
        let others = vec![url("https://vault-2.example:8200"), url("http://127.0.0.1:8200")];
        let cluster = Cluster::new(url("https://vault-1.example:8200"), others, None);
        let headers = vec![("location".to_owned(), location.to_owned())];
        let response = Response { status, headers, body: vec![] };
        let redirect = cluster.redirect("https://vault-1.example:8200/v1/secret/data/x?version=1", hops, &response);
        let node = cluster.node().to_string();
        (redirect, node)
    }

    #[test]
    fn a_standby_leads_to_listed_nodes_and_to_itself() {
        for (location, to) in [
            ("https://vault-2.example:8200/v1/secret/data/x?version=1", "https://vault-2.example:8200"),
            ("https://VAULT-2.example:8200/v1/secret/data/x?version=1", "https://vault-2.example:8200"),
            ("https://vault-1.example:8200/v1/secret/data/x?version=1", "https://vault-1.example:8200"),
            ("/v1/secret/data/x?version=1", "https://vault-1.example:8200"),
        ] {
            for status in [307, 308] {
                let (redirect, node) = redirected(status, location, 0);
                assert_eq!(redirect, Redirect::To(format!("{to}/v1/secret/data/x?version=1")), "{location}");
                assert_eq!(node, to);
            }
        }
    }

    #[test]
    fn a_token_is_sent_to_no_other_host_and_by_no_other_scheme() {
        for location in [
            "https://vault-3.example:8200/v1/secret/data/x",
            "https://vault-2.example/v1/secret/data/x",
            "https://vault-2.example:8200@evil.example/v1/x",
            "https://evil.example\\@vault-2.example:8200/v1/x",
            "https://vault-2.example:8200.evil.example/v1/x",
            "http://vault-2.example:8200/v1/secret/data/x",
            "http://127.0.0.1:8200/v1/secret/data/x",
            "ftp://vault-2.example:8200/",
            "",
        ] {
            let (redirect, node) = redirected(307, location, 0);
            assert!(matches!(redirect, Redirect::Refused(_)), "{location}: {redirect:?}");
            assert_eq!(node, "https://vault-1.example:8200");
        }
        for status in [301, 302, 303] {
            let (redirect, _) = redirected(status, "https://vault-2.example:8200/v1/x", 0);
            assert!(matches!(redirect, Redirect::Refused(_)), "{status}");
        }
        assert!(matches!(redirected(307, "https://vault-2.example:8200/v1/x", 3).0, Redirect::Refused(_)));
        // An address that only looks like another host: it is the path that is taken from there, and nothing else.
        assert_eq!(
            redirected(307, "//evil.example/v1/x", 0).0,
            Redirect::To("https://vault-1.example:8200//evil.example/v1/x".to_owned())
        );
    }
}
