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
mod tests;
