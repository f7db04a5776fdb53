//! URLs that a token may be sent to.

use std::fmt;

use http::Uri;

/// The URL of a server, without a path of its own: https, or plain http to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Refuses everything but `https://host[:port][/path]` and `http://` to a loopback address; a trailing `/` is dropped.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.parse().map_err(|_| "is not a URL")?;
        let authority = uri.authority().ok_or("is not an absolute URL")?;
        if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
            return Err("must have no user, query or fragment");
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback(authority.host()) => {}
            Some("http") => return Err("must be https: plain http is allowed only to this machine"),
            _ => return Err("must be an https URL"),
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// Of a host whose name is not text from outside.
    pub(crate) fn https(host: &str) -> Self {
        Self(format!("https://{host}"))
    }

    /// `https://host[:port][/path]`, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `https://host[:port]`.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |scheme| scheme + 3);
        let end = self.0.bytes().skip(host).position(|byte| byte == b'/').map_or(self.0.len(), |path| host + path);
        self.0.get(..end).unwrap_or(&self.0)
    }

    /// What follows `https://`.
    pub fn without_scheme(&self) -> &str {
        self.0.split_once("://").map_or(self.as_str(), |(_, rest)| rest)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
