//! Addresses as hosts and servers write them.

use hyper::Uri;

/// A server that can be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) secure: bool,
}

impl Address {
    /// Reads what a host gives as navigation: `http://host:port`, `https://host` or a bare `host[:port]`,
    /// which means https. A path is cut off: the protocol's paths start at the root.
    pub(super) fn parse_navigation(text: &str) -> Option<Self> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let uri: Uri = full.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Some(Self { host, port, secure })
    }

    /// Reads `host[:port]` of a navigation answer.
    pub(super) fn parse_server(text: &str, secure: bool) -> Option<Self> {
        Self::parse_navigation(&format!("{}://{}", if secure { "https" } else { "http" }, text.trim()))
    }

    /// `host:port`, as the Host header wants it.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host without the brackets of IPv6, for resolving and certificates.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

/// What a host wants asked before an attempt to connect is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeUrl {
    pub(super) address: Address,
    /// Path and query.
    pub(super) path: String,
}

impl ProbeUrl {
    /// Reads `http://…` or `https://…`; without a scheme https. `None` if it is no such URL.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let address = Address::parse_navigation(text)?;
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let uri: Uri = full.parse().ok()?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Some(Self { address, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(String, u16, bool)> {
        Address::parse_navigation(text).map(|address| (address.host, address.port, address.secure))
    }

    #[test]
    fn https_unless_http_is_asked_for() {
        assert_eq!(parse("nav.example.com"), Some(("nav.example.com".into(), 443, true)));
        assert_eq!(parse("nav.example.com:8443"), Some(("nav.example.com".into(), 8443, true)));
        assert_eq!(parse("http://127.0.0.1:8701/navi/"), Some(("127.0.0.1".into(), 8701, false)));
        assert_eq!(parse("https://[::1]:9"), Some(("[::1]".into(), 9, true)));
    }

    #[test]
    fn a_probe_keeps_its_path() {
        let probe = ProbeUrl::parse("http://cdn.example.com/lib.js?v=1").unwrap();
        assert_eq!(
            (probe.address.authority().as_str(), probe.path.as_str()),
            ("cdn.example.com:80", "/lib.js?v=1")
        );
        assert_eq!(ProbeUrl::parse("cdn.example.com").unwrap().path, "/");
        assert_eq!(ProbeUrl::parse("ftp://cdn.example.com/"), None);
        assert_eq!(ProbeUrl::parse("two words"), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "ftp://x", "http://", "a b", "://"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
