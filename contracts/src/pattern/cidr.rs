//! Addresses and their blocks. Like EventBridge, an IPv4 address written as IPv6 (`::ffff:a00:1`) is the IPv4 address, host
//! bits of a block are ignored, and zones or mixed notation make no address. Families never mix.

use super::PatternFault;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cidr {
    source: String,
    network: IpAddr,
    bits: u32,
}

fn address(text: &str) -> Option<IpAddr> {
    if text.contains(':') && text.chars().all(|c| c == ':' || c.is_ascii_hexdigit()) {
        let address: Ipv6Addr = text.parse().ok()?;
        let mapped = address.to_ipv4_mapped().map(IpAddr::V4);
        Some(mapped.unwrap_or(IpAddr::V6(address)))
    } else {
        text.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
    }
}

/// Whether two texts spell one address.
pub(super) fn same_address(one: &str, other: &str) -> bool {
    address(one).is_some_and(|one| address(other) == Some(one))
}

/// The bits before the host's.
fn leading(address: IpAddr, bits: u32) -> u128 {
    let (value, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), Ipv4Addr::BITS),
        IpAddr::V6(address) => (address.to_bits(), Ipv6Addr::BITS),
    };
    value.checked_shr(width - bits).unwrap_or(0)
}

impl Cidr {
    pub(super) fn parse(source: &str) -> Result<Self, PatternFault> {
        let fault = |reason| PatternFault::Cidr {
            text: source.to_owned(),
            reason,
        };
        let (network, bits) = source
            .split_once('/')
            .ok_or_else(|| fault("write ADDRESS/BITS"))?;
        let network = address(network).ok_or_else(|| {
            fault("before `/` stands an IPv4 or IPv6 address, octets without leading zeros")
        })?;
        let bits: u32 = bits
            .parse()
            .map_err(|_| fault("after `/` stands the number of fixed bits"))?;
        match network {
            IpAddr::V4(_) if bits >= Ipv4Addr::BITS => Err(fault(
                "IPv4 blocks have 0 to 31 fixed bits; give a single address as a value",
            )),
            IpAddr::V6(_) if bits >= Ipv6Addr::BITS => Err(fault(
                "IPv6 blocks have 0 to 127 fixed bits; give a single address as a value",
            )),
            _ => Ok(Self {
                source: source.to_owned(),
                network,
                bits,
            }),
        }
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        address(text).is_some_and(|address| {
            address.is_ipv4() == self.network.is_ipv4()
                && leading(address, self.bits) == leading(self.network, self.bits)
        })
    }
}
