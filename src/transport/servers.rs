//! What every line needs to know about the servers: who asks, where navigation is, what it said, whom to
//! trust. Shared by the lines of one login; opens no line itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::address::Address;
use super::connector::Dialer;
use super::navigation::{self, Navigation};
use super::{TransportEvent, UnreadAnswer};
use crate::clock::Clock;
use crate::model::{ConnectionChannel, ErrorCode};
use crate::wire::url::{self, Identity};

/// How long a navigation answer is good, ms.
const NAVIGATION_LIFETIME: u64 = 2 * 60 * 60 * 1000;

/// See the module.
pub(super) struct Servers {
    navigation: Address,
    pub(super) identity: Identity,
    pub(super) dialer: Dialer,
    pub(super) clock: Clock,
    /// Answers, each with the kind of client that it was given to and its end.
    cache: Mutex<Vec<(ConnectionChannel, u64, Navigation)>>,
}

impl Servers {
    pub(super) fn new(
        navigation_url: &str,
        identity: Identity,
        dialer: Dialer,
        clock: Clock,
    ) -> Result<Self, ErrorCode> {
        let navigation = Address::parse_navigation(navigation_url).ok_or(ErrorCode::NAVI_URL_INVALID)?;
        Ok(Self { navigation, identity, dialer, clock, cache: Mutex::default() })
    }

    /// What navigation says to a client of this kind, from the cache unless `fresh`.
    pub(super) async fn navigate(
        &self,
        channel: ConnectionChannel,
        fresh: bool,
        report: &impl Fn(TransportEvent),
    ) -> Result<Navigation, ErrorCode> {
        let now = self.clock.monotonic();
        let of = |(of, until, navigation): &(ConnectionChannel, u64, Navigation)| {
            (*of == channel && now < *until).then(|| navigation.clone())
        };
        let cached = self.cache().iter().find_map(of);
        if let Some(navigation) = cached.filter(|_| !fresh) {
            return Ok(navigation);
        }
        let wall = self.clock.wall().unsigned_abs();
        let path = match channel {
            ConnectionChannel::Websocket => url::navigation(&self.identity, wall),
            ConnectionChannel::XhrPolling => url::polling_navigation(&self.identity, wall),
        };
        let navigation = navigation::fetch(&self.navigation, &path, &self.dialer, report).await?;
        let mut cache = self.cache();
        cache.retain(|(of, ..)| *of != channel);
        cache.push((channel, now + NAVIGATION_LIFETIME, navigation.clone()));
        Ok(navigation)
    }

    /// Perhaps the servers moved: the next attempt asks again.
    pub(super) fn forget_navigation(&self) {
        self.cache().clear();
    }

    fn cache(&self) -> MutexGuard<'_, Vec<(ConnectionChannel, u64, Navigation)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses that an answer names.
    pub(super) fn addresses(&self, navigation: &Navigation) -> Vec<Address> {
        let parse = |server: &String| Address::parse_server(server, self.navigation.secure);
        navigation.servers.iter().filter_map(parse).collect()
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
        let wall = self.clock.wall().unsigned_abs();
        done(navigation::has_unread(&self.navigation, &self.identity, wall, &self.dialer).await);
    }
}
