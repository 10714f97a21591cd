//! How addresses have fared on each network: which one won there last, which ones rest. Puts candidates in the
//! order in which they are asked; asks nobody itself.

use std::collections::HashMap;

use super::address::Address;
use crate::model::NetworkKind;
use crate::session::Millis;
use crate::timing;

/// Failures in a row after which an address rests.
const MAX_FAILURES: u32 = 3;

/// The kind of network, if the host has said which.
pub(super) type Network = Option<NetworkKind>;

/// What is known. An address that one network cannot reach may be good on another.
#[derive(Debug, Default)]
pub(super) struct Standing {
    networks: HashMap<Option<i32>, Known>,
}

#[derive(Debug, Default)]
struct Known {
    winner: Option<Address>,
    failures: Vec<Failures>,
}

#[derive(Debug)]
struct Failures {
    address: Address,
    count: u32,
    /// All is forgotten then.
    until: Millis,
}

impl Standing {
    fn on(&mut self, network: Network) -> &mut Known {
        self.networks.entry(network.map(NetworkKind::number)).or_default()
    }

    /// Who won last, by network.
    pub(super) fn winners(&self) -> impl Iterator<Item = (Option<i32>, &Address)> {
        self.networks.iter().filter_map(|(network, known)| Some((*network, known.winner.as_ref()?)))
    }

    /// Who won last there in an earlier run.
    pub(super) fn recall(&mut self, network: Option<i32>, winner: Address) {
        self.networks.entry(network).or_default().winner.get_or_insert(winner);
    }

    /// The candidates in the order to ask them: who won last comes first, who rests is left out, unless all of
    /// them rest.
    pub(super) fn order(&mut self, network: Network, candidates: &[Address], now: Millis) -> Vec<Address> {
        let known = self.on(network);
        // What servers no longer name is of no interest any more.
        known.failures.retain(|failures| now < failures.until && candidates.contains(&failures.address));
        let rests = |address: &Address| {
            known.failures.iter().any(|it| it.address == *address && it.count >= MAX_FAILURES)
        };
        let mut order: Vec<Address> = Vec::with_capacity(candidates.len());
        for address in candidates.iter().filter(|address| !rests(address)) {
            if !order.contains(address) {
                order.push(address.clone());
            }
        }
        if order.is_empty() {
            order = candidates.to_vec();
        }
        // Stable: the others stay as they are.
        order.sort_by_key(|address| known.winner.as_ref() != Some(address));
        order
    }

    /// It was the first to answer.
    pub(super) fn won(&mut self, network: Network, address: &Address) {
        self.on(network).winner = Some(address.clone());
    }

    /// It does what it is there for.
    pub(super) fn works(&mut self, network: Network, address: &Address) {
        let known = self.on(network);
        known.winner = Some(address.clone());
        known.failures.retain(|failures| failures.address != *address);
    }

    /// It could not be reached, or did not do what it is there for.
    pub(super) fn failed(&mut self, network: Network, address: &Address, now: Millis) {
        let until = now + timing::ADDRESS_REST;
        let known = self.on(network);
        match known.failures.iter_mut().find(|failures| failures.address == *address) {
            Some(failures) => {
                failures.count += 1;
                failures.until = until;
            }
            None => known.failures.push(Failures { address: address.clone(), count: 1, until }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIFI: Network = Some(NetworkKind::Wifi);
    const CELLULAR: Network = Some(NetworkKind::Cellular);

    fn address(name: &str) -> Address {
        Address::parse_server(name, false).unwrap()
    }

    fn order(standing: &mut Standing, network: Network, now: Millis) -> Vec<String> {
        let candidates = ["a", "b", "c"].map(address);
        standing.order(network, &candidates, now).into_iter().map(|address| address.host).collect()
    }

    #[test]
    fn three_failures_in_a_row_mean_five_minutes_of_rest() {
        let mut standing = Standing::default();
        for at in [0, 10] {
            standing.failed(WIFI, &address("a"), at);
            assert_eq!(order(&mut standing, WIFI, at), ["a", "b", "c"]);
        }
        standing.failed(WIFI, &address("a"), 20);
        assert_eq!(order(&mut standing, WIFI, 20), ["b", "c"]);
        assert_eq!(order(&mut standing, WIFI, 300_019), ["b", "c"]);
        assert_eq!(order(&mut standing, WIFI, 300_020), ["a", "b", "c"]);
        standing.failed(WIFI, &address("a"), 300_021);
        assert_eq!(order(&mut standing, WIFI, 300_021), ["a", "b", "c"], "it starts anew");
    }

    #[test]
    fn one_success_makes_up_for_failures() {
        let mut standing = Standing::default();
        standing.failed(None, &address("c"), 0);
        standing.failed(None, &address("c"), 0);
        standing.works(None, &address("c"));
        standing.failed(None, &address("c"), 0);
        assert_eq!(order(&mut standing, None, 0), ["c", "a", "b"]);
    }

    #[test]
    fn if_all_rest_nobody_does() {
        let mut standing = Standing::default();
        for name in ["a", "b", "c"] {
            (0..3).for_each(|_| standing.failed(None, &address(name), 0));
        }
        assert_eq!(order(&mut standing, None, 1), ["a", "b", "c"]);
    }

    #[test]
    fn each_network_has_its_winner_and_its_failures() {
        let mut standing = Standing::default();
        standing.won(WIFI, &address("b"));
        standing.won(CELLULAR, &address("c"));
        (0..3).for_each(|_| standing.failed(WIFI, &address("c"), 0));
        assert_eq!(order(&mut standing, WIFI, 0), ["b", "a"]);
        assert_eq!(order(&mut standing, CELLULAR, 0), ["c", "a", "b"]);
        assert_eq!(order(&mut standing, None, 0), ["a", "b", "c"]);
    }

    #[test]
    fn who_is_named_twice_is_asked_once() {
        let candidates = ["a", "b", "a"].map(address);
        assert_eq!(Standing::default().order(None, &candidates, 0).len(), 2);
    }

    #[test]
    fn what_is_no_longer_named_is_forgotten() {
        let mut standing = Standing::default();
        (0..3).for_each(|_| standing.failed(None, &address("a"), 0));
        standing.order(None, &[address("b")], 1);
        assert_eq!(order(&mut standing, None, 2), ["a", "b", "c"]);
    }
}
