//! What every line needs to know about the servers: who asks, where navigation is, what it said, whom to
//! trust, how addresses have fared. Shared by the lines of one login; opens no line itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::address::Address;
use super::connector::Dialer;
use super::contest::Contest;
use super::navigation::{self, Navigation};
use super::standing::{Network, Standing};
use super::{TransportEvent, UnreadAnswer};
use crate::clock::Clock;
use crate::model::{ConnectionChannel, ErrorCode, NavigationInfo};
use crate::session::Millis;
use crate::timing;
use crate::wire::url::{self, Identity};

/// How addresses have fared and what navigation has said, for all transports of one client: a new token does not
/// make servers strangers.
#[derive(Debug, Clone, Default)]
pub struct Experience(Arc<Mutex<Fared>>);

#[derive(Debug, Default)]
struct Fared {
    /// Where the device is.
    network: Network,
    navigation: Standing,
    servers: Standing,
    /// Navigation's answers.
    answers: Vec<Known>,
}

/// An answer of navigation, and who gave it to whom.
#[derive(Debug, Clone)]
struct Known {
    login: String,
    channel: ConnectionChannel,
    until: Millis,
    /// It is of an earlier run: the servers may have moved since.
    recalled: bool,
    directory: Directory,
}

impl Experience {
    fn fared(&self) -> MutexGuard<'_, Fared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an earlier run would need of it, as text; no token is in it.
    pub fn write(&self, clock: &Clock) -> String {
        let (now, wall) = (clock.monotonic(), clock.wall());
        let fared = self.fared();
        let left = |until: Millis| i64::try_from(until.saturating_sub(now)).unwrap_or(i64::MAX);
        let answer = |known: &Known| {
            json!({
                "login": known.login,
                "channel": known.channel.number(),
                "until": wall.saturating_add(left(known.until)),
                "secure": known.directory.secure,
                "answer": known.directory.navigation.info.json,
            })
        };
        let answers: Vec<Value> = fared.answers.iter().map(answer).collect();
        let winners = |standing: &Standing| -> Vec<Value> {
            let winner = |(network, address): (Option<i32>, &Address)| json!({ "network": network, "server": address.authority(), "secure": address.secure });
            standing.winners().map(winner).collect()
        };
        json!({
            "answers": answers,
            "navigation": winners(&fared.navigation),
            "servers": winners(&fared.servers),
        })
        .to_string()
    }

    /// Recalls what an earlier run wrote. What is known already counts more, and what cannot be read nothing. Gives
    /// the answer of navigation that is in it, also if it is too old to connect by.
    pub fn recall(&self, text: &str, clock: &Clock) -> Option<NavigationInfo> {
        let kept: Value = serde_json::from_str(text).ok()?;
        let list = |key: &str| kept.get(key).and_then(Value::as_array).into_iter().flatten();
        let secure = |entry: &Value| entry.get("secure").and_then(Value::as_bool);
        let mut fared = self.fared();
        let recall_winners = |standing: &mut Standing, key: &str| {
            for entry in list(key) {
                let network = entry.get("network").and_then(Value::as_i64);
                let server = entry.get("server").and_then(Value::as_str);
                let address = server.zip(secure(entry)).and_then(|it| Address::parse_server(it.0, it.1));
                if let Some(address) = address {
                    standing.recall(network.and_then(|it| i32::try_from(it).ok()), address);
                }
            }
        };
        recall_winners(&mut fared.navigation, "navigation");
        recall_winners(&mut fared.servers, "servers");
        let mut newest: Option<(i64, NavigationInfo)> = None;
        for entry in list("answers") {
            let read = |entry: &Value| {
                let number = |key: &str| entry.get(key).and_then(Value::as_i64);
                let text = |key: &str| entry.get(key).and_then(Value::as_str);
                let navigation = Navigation::parse(200, text("answer")?.as_bytes()).ok()?;
                // A wall clock that was set back makes nothing last longer.
                let left = number("until")?.saturating_sub(clock.wall()).max(0).unsigned_abs();
                Some(Known {
                    login: text("login")?.to_owned(),
                    channel: ConnectionChannel::from_number(i32::try_from(number("channel")?).ok()?)?,
                    until: clock.monotonic() + left.min(timing::NAVIGATION_LIFETIME),
                    recalled: true,
                    directory: Directory::new(navigation, secure(entry)?),
                })
            };
            let Some(known) = read(entry) else { continue };
            let until = entry.get("until").and_then(Value::as_i64).unwrap_or_default();
            if newest.as_ref().is_none_or(|(newest, _)| until >= *newest) {
                newest = Some((until, known.directory.navigation.info.clone()));
            }
            let same = |other: &Known| other.login == known.login && other.channel == known.channel;
            if !fared.answers.iter().any(same) {
                fared.answers.push(known);
            }
        }
        newest.map(|(_, info)| info)
    }
}

/// What navigation said, and the addresses that it means.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) navigation: Navigation,
    /// Whether navigation answered over TLS, as its servers do then.
    secure: bool,
    servers: Vec<Address>,
}

impl Directory {
    fn new(navigation: Navigation, secure: bool) -> Self {
        let parse = |server: &String| Address::parse_server(server, secure);
        let servers = navigation.servers.iter().filter_map(parse).collect();
        Self { navigation, secure, servers }
    }
}

/// See the module.
pub(super) struct Servers {
    navigation: Vec<Address>,
    pub(super) identity: Identity,
    pub(super) dialer: Dialer,
    pub(super) clock: Clock,
    experience: Experience,
    /// Names the identity's token without telling it.
    login: String,
}

/// So many bytes of a digest tell logins apart.
const NAME: usize = 8;

/// A name for who asks whom, that says nothing about the token.
fn name_of(navigation_urls: &str, token: &str) -> String {
    let login = format!("{navigation_urls}\n{token}");
    let digest = ring::digest::digest(&ring::digest::SHA256, login.as_bytes());
    digest.as_ref().iter().take(NAME).map(|byte| format!("{byte:02x}")).collect()
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
        let login = name_of(navigation_urls, &identity.token);
        Ok(Self { navigation, identity, dialer, clock, experience, login })
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
        let mine = |known: &Known| known.login == self.login && known.channel == channel;
        let good = |known: &&Known| mine(known) && now < known.until;
        let cached = self.fared().answers.iter().find(good).map(|known| known.directory.clone());
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
        let directory = Directory::new(navigation, address.secure);
        let answers = &mut self.fared().answers;
        answers.retain(|known| known.login == self.login && known.channel != channel);
        answers.push(Known {
            login: self.login.clone(),
            channel,
            until: now + timing::NAVIGATION_LIFETIME,
            recalled: false,
            directory: directory.clone(),
        });
        Ok(directory)
    }

    /// Whether what is known of the servers, and still counts, is of an earlier run.
    pub(super) fn is_recalled(&self) -> bool {
        let now = self.clock.monotonic();
        let counts = |known: &Known| known.login == self.login && known.recalled && now < known.until;
        self.fared().answers.iter().any(counts)
    }

    /// Perhaps the servers moved: the next attempt asks again.
    pub(super) fn forget_navigation(&self) {
        self.fared().answers.retain(|known| known.login != self.login);
    }

    fn fared(&self) -> MutexGuard<'_, Fared> {
        self.experience.fared()
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
        // A question that no line needs says nothing about the next attempt.
        let (mut result, dialer) = (Err(ErrorCode::RC_HTTP_SEND_FAIL), self.dialer.aside());
        for address in self.navigation_in_order() {
            let wall = self.clock.wall().unsigned_abs();
            result = navigation::has_unread(&address, &self.identity, wall, &dialer).await;
            if result.as_ref().err().is_none_or(|code| navigation::is_refusal(*code)) {
                break;
            }
        }
        done(result);
    }
}
