//! Reverse proxies that are believed: whose word counts for who is asking.
//!
//! Knows the header `X-Forwarded-For`, nothing of what the asker's address is needed for.
//!
//! Source: the de-facto standard of `X-Forwarded-For`: each proxy appends whom it was asked by, so
//! the right end is the nearest, and everything to the left of the first stranger was written by that stranger.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::server::config::network::Network;

/// Who is asking: the peer, or, as far as the word of trusted proxies reaches, the one they forwarded for.
pub fn asker(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let mut nearest = peer.to_canonical();
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let hops = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for hop in hops {
        if !is_trusted(nearest) {
            break;
        }
        // What is no address was written by nobody who can be believed.
        let Some(address) = address_of(hop.trim()) else { break };
        nearest = address;
    }
    nearest
}

/// The address of a hop; some proxies write its port too.
fn address_of(hop: &str) -> Option<IpAddr> {
    let socket = hop.parse::<SocketAddr>().map(|socket| socket.ip());
    hop.parse::<IpAddr>().or(socket).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn check(trusted: &[&str], peer: &str, lines: &[&'static str], expected: &str) {
        let trusted: Vec<Network> = trusted.iter().map(|network| Network::parse(network).expect("a network")).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        assert_eq!(asker(&trusted, address(peer), &headers), address(expected), "{peer} {lines:?}");
    }

    #[test]
    fn nobody_is_believed_unless_the_operator_says_so() {
        check(&[], "127.0.0.1", &["192.0.2.1"], "127.0.0.1");
        check(&["10.0.0.0/8"], "127.0.0.1", &["192.0.2.1"], "127.0.0.1");
        check(&["::1"], "127.0.0.1", &["192.0.2.1"], "127.0.0.1");
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_is_asking() {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        check(&trusted, "127.0.0.1", &["192.0.2.1"], "192.0.2.1");
        check(&trusted, "::ffff:127.0.0.1", &["192.0.2.1, 10.1.2.3"], "192.0.2.1");
        check(&trusted, "127.0.0.1", &["192.0.2.1", "10.1.2.3"], "192.0.2.1");
        check(&trusted, "fd00::7", &["2001:db8::1,fd12::1"], "2001:db8::1");
        check(&trusted, "127.0.0.1", &["10.9.9.9, 10.1.2.3"], "10.9.9.9");
        check(&trusted, "127.0.0.1", &["192.0.2.1:4711, [fd00::1]:80"], "192.0.2.1");
        check(&trusted, "127.0.0.1", &[], "127.0.0.1");
    }

    #[test]
    fn what_a_stranger_writes_in_front_changes_nothing() {
        let trusted = ["127.0.0.1"];
        check(&trusted, "127.0.0.1", &["203.0.113.9, 192.0.2.1"], "192.0.2.1");
        check(&trusted, "127.0.0.1", &["127.0.0.1, 192.0.2.1"], "192.0.2.1");
        check(&trusted, "127.0.0.1", &["203.0.113.9", "192.0.2.1"], "192.0.2.1");
        check(&trusted, "127.0.0.1", &["192.0.2.1, unknown"], "127.0.0.1");
        check(&trusted, "127.0.0.1", &["192.0.2.1, "], "127.0.0.1");
        check(&trusted, "198.51.100.7", &["192.0.2.1"], "198.51.100.7");
    }
}
