//! Reverse proxies that are believed: whose word counts for who is asking.
//!
//! Knows networks and the header `X-Forwarded-For`, nothing of what the asker's address is needed for.
//!
//! Source: RFC 4632 (networks); the de-facto standard of `X-Forwarded-For`: each proxy appends whom it was asked by, so
//! the right end is the nearest, and everything to the left of the first stranger was written by that stranger.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::HeaderMap;

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits at the front all its addresses share.
    bits: u32,
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        const MEND: &str = "write addresses or networks, like 127.0.0.1 or 10.0.0.0/8,::1";
        let (address, bits) =
            typed.trim().split_once('/').map_or((typed.trim(), None), |(left, right)| (left, Some(right)));
        let address: IpAddr = address.parse().map_err(|_| MEND)?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(bits_max), str::parse).map_err(|_| MEND)?;
        if bits <= bits_max { Ok(Self { address, bits }) } else { Err(MEND) }
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or_default();
                (network.to_bits() ^ Ipv4Addr::to_bits(address)) & mask == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or_default();
                (network.to_bits() ^ Ipv6Addr::to_bits(address)) & mask == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Who is asking: the peer, or, as far as the word of trusted proxies reaches, the one they forwarded for.
pub fn asker(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
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
    let socket = hop.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
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
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().expect("a network")).collect();
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

    #[test]
    fn a_network_is_read_or_explained() {
        check(&["0.0.0.0/0"], "198.51.100.7", &["192.0.2.1"], "192.0.2.1");
        check(&["::/0"], "2001:db8::7", &["192.0.2.1"], "192.0.2.1");
        check(&["198.51.100.6/31"], "198.51.100.7", &["192.0.2.1"], "192.0.2.1");
        check(&["198.51.100.6/32"], "198.51.100.7", &["192.0.2.1"], "198.51.100.7");
        for bad in ["", "nginx", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert!(bad.parse::<Network>().is_err(), "{bad:?}");
        }
    }
}
