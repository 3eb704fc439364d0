//! A network as the operator types it: an address and how many bits of it count.
//!
//! It knows nothing of who is let in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    start: IpAddr,
    /// As many as the address has, at most.
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
    ///
    /// # Errors
    /// What to type instead.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mend = || "write networks like 10.0.0.0/8 or ::1, with commas between".to_owned();
        let (address, bits) = match typed.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (typed.trim(), None),
        };
        let start: IpAddr = address.parse().map_err(|_| mend())?;
        let whole = if start.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(whole), |bits| bits.parse().map_err(|_| mend()))?;
        if bits > whole {
            return Err(mend());
        }
        Ok(Self { start, bits })
    }

    /// Whether an address is in it. An IPv4 address that came over IPv6 is the IPv4 address.
    pub fn holds(self, address: IpAddr) -> bool {
        match (self.start, address.to_canonical()) {
            (IpAddr::V4(start), IpAddr::V4(address)) => first4(start, self.bits) == first4(address, self.bits),
            (IpAddr::V6(start), IpAddr::V6(address)) => first6(start, self.bits) == first6(address, self.bits),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// A shift by all bits is none to the processor, so it is written out.
fn first4(address: Ipv4Addr, bits: u8) -> u32 {
    address.to_bits().checked_shr(32 - u32::from(bits)).unwrap_or_default()
}

fn first6(address: Ipv6Addr, bits: u8) -> u128 {
    address.to_bits().checked_shr(128 - u32::from(bits)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, inside: &[&str], outside: &[&str]) {
        let network = Network::parse(network).expect("a network");
        let holds = |address: &&str| network.holds(address.parse().expect("an address"));
        assert!(inside.iter().all(holds), "{network:?} holds {inside:?}");
        assert!(!outside.iter().any(holds), "{network:?} holds none of {outside:?}");
    }

    #[test]
    fn a_network_holds_what_begins_like_it() {
        check("10.0.0.0/8", &["10.255.0.1", "::ffff:10.1.2.3"], &["11.0.0.0", "9.255.255.255", "::1"]);
        check("192.0.2.7", &["192.0.2.7"], &["192.0.2.6", "192.0.2.8"]);
        check("0.0.0.0/0", &["203.0.113.1"], &["::1"]);
        check("2001:db8::/33", &["2001:db8:7fff::1"], &["2001:db8:8000::1"]);
        check("::/0", &["2001:db8::1"], &["10.0.0.1"]);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for typed in ["", "ten", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0/8", "10.0.0.0/"] {
            assert!(Network::parse(typed).is_err(), "{typed:?}");
        }
    }
}
