//! Networks in CIDR notation, and whether an address lies in one.

use std::net::IpAddr;

/// An IPv4 or IPv6 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    /// Bits that all its addresses share.
    prefix: u32,
}

impl Net {
    /// Reads `10.0.0.0/8`; bits behind the prefix do not matter.
    pub fn parse(text: &str) -> Option<Net> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let is_plain = prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|p| is_plain && *p <= bits)?;
        Some(Net { address, prefix })
    }

    /// Whether the text is an address of the network; anything else is not.
    pub fn contains(&self, address: &str) -> bool {
        match (self.address, address.parse()) {
            (IpAddr::V4(net), Ok(IpAddr::V4(address))) => {
                same_prefix(net.to_bits().into(), address.to_bits().into(), 32 - self.prefix)
            }
            (IpAddr::V6(net), Ok(IpAddr::V6(address))) => {
                same_prefix(net.to_bits(), address.to_bits(), 128 - self.prefix)
            }
            _ => false,
        }
    }
}

/// Whether two addresses are the same but for their last bits.
fn same_prefix(a: u128, b: u128, rest: u32) -> bool {
    (a ^ b).checked_shr(rest).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_their_networks() {
        for (net, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("203.0.113.7/32", "203.0.113.7", true),
            ("203.0.113.7/32", "203.0.113.6", false),
            ("0.0.0.0/0", "198.51.100.1", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:1::5", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "2001:db8::1", true),
            ("10.0.0.0/8", "", false),
            ("10.0.0.0/8", "10.0.0.1:80", false),
            ("10.0.0.0/8", "10.0.0", false),
        ] {
            assert_eq!(Net::parse(net).unwrap().contains(address), inside, "{net} {address}");
        }
    }

    #[test]
    fn other_texts_are_no_networks() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "a/8",
            "/8",
        ] {
            assert_eq!(Net::parse(text), None, "{text}");
        }
    }
}
