//! What every line needs to know about the servers: who asks, where navigation is, what it said, whom to
//! trust, how addresses have fared. Shared by the lines of one login; opens no line itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::address::Address;
use super::connector::Dialer;
use super::contest::Contest;
use super::navigation::{self, Navigation};
use super::standing::{Network, Standing};
use super::{TransportEvent, UnreadAnswer};
use crate::clock::Clock;
use crate::model::{ConnectionChannel, ErrorCode};
use crate::session::Millis;
use crate::timing;
use crate::wire::url::{self, Identity};

/// How addresses have fared, for all transports of one client: a new token does not make them strangers.
#[derive(Debug, Clone, Default)]
pub struct Experience(Arc<Mutex<Fared>>);

#[derive(Debug, Default)]
struct Fared {
    /// Where the device is.
    network: Network,
    navigation: Standing,
    servers: Standing,
}

/// What navigation said, and the addresses that it means.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) navigation: Navigation,
    servers: Vec<Address>,
}

/// See the module.
pub(super) struct Servers {
    navigation: Vec<Address>,
    pub(super) identity: Identity,
    pub(super) dialer: Dialer,
    pub(super) clock: Clock,
    experience: Experience,
    /// Answers, each with the kind of client that it was given to and its end.
    cache: Mutex<Vec<(ConnectionChannel, Millis, Directory)>>,
}

impl Servers {
    pub(super) fn new(
        navigation_urls: &str,
        identity: Identity,
        dialer: Dialer,
        clock: Clock,
        experience: Experience,
    ) -> Result<Self, ErrorCode> {
        let navigation: Option<Vec<_>> = navigation_urls.split(',').map(Address::parse_navigation).collect();
        let navigation = navigation.ok_or(ErrorCode::NAVI_URL_INVALID)?;
        Ok(Self { navigation, identity, dialer, clock, experience, cache: Mutex::default() })
    }

    /// Where the device is from now on.
    pub(super) fn on(&self, network: Network) {
        self.fared().network = network;
    }

    /// What navigation says to a client of this kind, from the cache unless `fresh`.
    pub(super) async fn navigate(
        &self,
        channel: ConnectionChannel,
        fresh: bool,
        report: &impl Fn(TransportEvent),
    ) -> Result<Directory, ErrorCode> {
        let now = self.clock.monotonic();
        let of = |(of, until, directory): &(ConnectionChannel, Millis, Directory)| {
            (*of == channel && now < *until).then(|| directory.clone())
        };
        let cached = self.cache().iter().find_map(of);
        if let Some(directory) = cached.filter(|_| !fresh) {
            return Ok(directory);
        }
        let wall = self.clock.wall().unsigned_abs();
        let path = match channel {
            ConnectionChannel::Websocket => url::navigation(&self.identity, wall),
            ConnectionChannel::XhrPolling => url::polling_navigation(&self.identity, wall),
        };
        let candidates = self.navigation_in_order();
        let asked = navigation::ask(&candidates, &path, &self.dialer, report).await;
        for address in &asked.failed {
            self.judge(|fared| &mut fared.navigation, |standing, on, now| standing.failed(on, address, now));
        }
        let (address, navigation) = asked.result?;
        self.judge(|fared| &mut fared.navigation, |standing, on, _| standing.works(on, &address));
        let parse = |server: &String| Address::parse_server(server, address.secure);
        let servers = navigation.servers.iter().filter_map(parse).collect();
        let directory = Directory { navigation, servers };
        let mut cache = self.cache();
        cache.retain(|(of, ..)| *of != channel);
        cache.push((channel, now + timing::NAVIGATION_LIFETIME, directory.clone()));
        Ok(directory)
    }

    /// Perhaps the servers moved: the next attempt asks again.
    pub(super) fn forget_navigation(&self) {
        self.cache().clear();
    }

    fn cache(&self) -> MutexGuard<'_, Vec<(ConnectionChannel, Millis, Directory)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fared(&self) -> MutexGuard<'_, Fared> {
        self.experience.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on one of the standings, given where and when that is.
    fn judge<T>(
        &self,
        which: impl FnOnce(&mut Fared) -> &mut Standing,
        work: impl FnOnce(&mut Standing, Network, Millis) -> T,
    ) -> T {
        let mut fared = self.fared();
        let network = fared.network;
        work(which(&mut fared), network, self.clock.monotonic())
    }

    fn navigation_in_order(&self) -> Vec<Address> {
        self.judge(
            |fared| &mut fared.navigation,
            |standing, on, now| standing.order(on, &self.navigation, now),
        )
    }

    /// The servers that an answer names, to be tried in the order in which they prove to be alive.
    pub(super) fn contest(&self, directory: &Directory) -> Contest<'_> {
        let named = &directory.servers;
        let order =
            self.judge(|fared| &mut fared.servers, |standing, on, now| standing.order(on, named, now));
        Contest::new(self, order)
    }

    /// A server was the first to answer.
    pub(super) fn won(&self, address: &Address) {
        self.judge(|fared| &mut fared.servers, |standing, on, _| standing.won(on, address));
    }

    /// A server speaks to the client as it should.
    pub(super) fn works(&self, address: &Address) {
        self.judge(|fared| &mut fared.servers, |standing, on, _| standing.works(on, address));
    }

    /// A server could not be reached, or no line to it opened, or one that stayed mute.
    pub(super) fn failed(&self, address: &Address) {
        self.judge(|fared| &mut fared.servers, |standing, on, now| standing.failed(on, address, now));
    }

    /// The path that connects, with the same identity under another token if one is given.
    pub(super) fn connect_path(&self, token: Option<&str>) -> String {
        let random = (self.clock.wall().unsigned_abs() % 1_000_000) as u32;
        match token {
            None => url::connect(&self.identity, random),
            Some(token) => {
                let identity = Identity { token: token.to_owned(), ..self.identity.clone() };
                url::connect(&identity, random)
            }
        }
    }

    pub(super) async fn has_unread(&self, done: UnreadAnswer) {
        let mut result = Err(ErrorCode::RC_HTTP_SEND_FAIL);
        for address in self.navigation_in_order() {
            let wall = self.clock.wall().unsigned_abs();
            result = navigation::has_unread(&address, &self.identity, wall, &self.dialer).await;
            if result.as_ref().err().is_none_or(|code| navigation::is_refusal(*code)) {
                break;
            }
        }
        // A question that no line needs says nothing about the next attempt.
        self.dialer.signs.take();
        done(result);
    }
}
