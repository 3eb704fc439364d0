//! Origins of other sites, as the operator lists them, with two safe wildcards.
//!
//! `https://*.quiz.example` stands for every sub-domain of `quiz.example` and for nothing else: not for `quiz.example`
//! itself, another scheme, another port, or a name that only looks alike. `http://localhost:*` stands for every port of
//! this machine. Knows nothing of requests.
//!
//! Source: RFC 6454, 6.2, for how an origin is written.

use std::fmt;

/// Names under which a browser finds the machine that it runs on.
const THIS_MACHINE: [&str; 2] = ["localhost", "127.0.0.1"];
/// Characters of an origin. Source: RFC 1035, 2.3.4, for the name; a scheme and a port besides.
const ORIGIN_MAX: usize = 280;

/// One origin, or a family of origins.
///
/// Invariant: in lower case, without a path, as a browser writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    /// With `://`.
    scheme: &'static str,
    host: Host,
    port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Exactly(String),
    /// What every sub-domain ends with, the dot included.
    SubDomainsOf(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Port {
    Usual,
    Exactly(u16),
    Any,
}

impl OriginPattern {
    /// Takes an origin as the operator types it.
    ///
    /// # Errors
    /// What to type instead.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mend =
            || "write origins like https://quiz.example or https://*.quiz.example, with commas between".to_owned();
        let typed = typed.trim().to_ascii_lowercase();
        let (scheme, rest) = scheme_of(&typed).ok_or_else(mend)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (name, port) = name_and_port(rest).ok_or_else(mend)?;
        let host = match name.strip_prefix("*.") {
            // A whole top-level domain belongs to nobody who could be trusted.
            Some(parent) if is_name(parent) && parent.contains('.') => Host::SubDomainsOf(format!(".{parent}")),
            Some(_) => return Err(mend()),
            None if is_name(name) => Host::Exactly(name.to_owned()),
            None => return Err(mend()),
        };
        let port = match port {
            None => Port::Usual,
            Some("*") if THIS_MACHINE.contains(&name) => Port::Any,
            Some(port) => match port.parse().map_err(|_| mend())? {
                port if Some(port) == usual_port(scheme) => Port::Usual,
                port => Port::Exactly(port),
            },
        };
        Ok(Self { scheme, host, port })
    }

    /// Every port of this machine, on plain http.
    pub fn of_this_machine() -> [Self; 2] {
        THIS_MACHINE.map(|name| Self { scheme: "http://", host: Host::Exactly(name.to_owned()), port: Port::Any })
    }

    /// Whether an `Origin` is one of these, letter by letter as a browser writes it.
    pub fn has(&self, origin: &str) -> bool {
        if origin.len() > ORIGIN_MAX {
            return false;
        }
        let Some((name, port)) = origin.strip_prefix(self.scheme).and_then(name_and_port) else { return false };
        let has_host = match &self.host {
            Host::Exactly(host) => name == host,
            Host::SubDomainsOf(ending) => name.strip_suffix(ending.as_str()).is_some_and(is_name),
        };
        let has_port = match self.port {
            Port::Usual => port.is_none(),
            Port::Exactly(number) => port == Some(number.to_string().as_str()),
            Port::Any => port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port)),
        };
        has_host && has_port
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Exactly(host) => write!(out, "{}{host}", self.scheme)?,
            Host::SubDomainsOf(ending) => write!(out, "{}*{ending}", self.scheme)?,
        }
        match self.port {
            Port::Usual => Ok(()),
            Port::Exactly(number) => write!(out, ":{number}"),
            Port::Any => out.write_str(":*"),
        }
    }
}

fn scheme_of(origin: &str) -> Option<(&'static str, &str)> {
    ["https://", "http://"].into_iter().find_map(|scheme| Some((scheme, origin.strip_prefix(scheme)?)))
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https://" => Some(443),
        "http://" => Some(80),
        _ => None,
    }
}

/// Host and port of what stands behind the scheme; an IPv6 address keeps its brackets.
fn name_and_port(rest: &str) -> Option<(&str, Option<&str>)> {
    if rest.starts_with('[') {
        let (address, port) = rest.split_at(rest.find(']')? + 1);
        return if port.is_empty() { Some((address, None)) } else { Some((address, Some(port.strip_prefix(':')?))) };
    }
    Some(rest.split_once(':').map_or((rest, None), |(name, port)| (name, Some(port))))
}

/// Whether this is a host's name or address: labels of letters, digits and hyphens with dots between, none of them empty.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(is_label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_or_told_how_to_mend_it() {
        for (typed, read) in [
            ("https://Quiz.Example/", "https://quiz.example"),
            ("https://quiz.example:443", "https://quiz.example"),
            ("http://192.168.1.7:3000", "http://192.168.1.7:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://*.quiz.example:8443", "https://*.quiz.example:8443"),
            ("http://localhost:*", "http://localhost:*"),
        ] {
            assert_eq!(OriginPattern::parse(typed).map(|pattern| pattern.to_string()), Ok(read.to_owned()), "{typed}");
        }
        for bad in [
            "",
            "*",
            "null",
            "quiz.example",
            "ws://quiz.example",
            "https://*",
            "https://*.",
            "https://*.com",
            "https://**.a.b",
            "https://a.*.b",
            "https://*a.b.c",
            "https://quiz.example/path",
            "https://quiz.example:*",
            "https://a@b.c",
            "https://*.quiz.example:*",
            "https://quiz.example:70000",
            "https://quiz.example:",
            "https://a..b",
            "https://",
        ] {
            assert!(OriginPattern::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_wildcard_has_sub_domains_and_nothing_that_looks_alike() {
        let pattern = OriginPattern::parse("https://*.quiz.example").expect("a pattern");
        for ours in ["https://a.quiz.example", "https://a.b-c.quiz.example"] {
            assert!(pattern.has(ours), "{ours}");
        }
        for other in [
            "https://quiz.example",
            "http://a.quiz.example",
            "https://a.quiz.example:8443",
            "https://evil-quiz.example",
            "https://a.quiz.example.evil.org",
            "https://evilquiz.example",
            "https://.quiz.example",
            "null",
            "",
            "https://evil.org/.quiz.example",
            "https://evil.org#.quiz.example",
            "https://x@a.quiz.example",
            "https://a..quiz.example",
            "HTTPS://a.quiz.example",
            "https://A.QUIZ.example",
            "https://a.quiz.example/",
            "https://evil.org:.quiz.example",
            "https://a b.quiz.example",
            "https://*.quiz.example",
        ] {
            assert!(!pattern.has(other), "{other}");
        }
        let longest = format!("https://{}.quiz.example", "a".repeat(ORIGIN_MAX));
        assert!(!pattern.has(&longest));
    }

    #[test]
    fn this_machine_has_all_its_ports_on_plain_http() {
        let [localhost, address] = OriginPattern::of_this_machine();
        assert!(localhost.has("http://localhost:5173") && localhost.has("http://localhost"));
        assert!(address.has("http://127.0.0.1:1"));
        for other in [
            "https://localhost:3000",
            "http://localhost.evil.org:80",
            "http://localhost:",
            "http://localhost:x",
            "http://localhost:80:80",
            "http://localhost:+1",
            "http://127.0.0.2:80",
        ] {
            assert!(!localhost.has(other) && !address.has(other), "{other}");
        }
    }
}
