//! Runs races: asks what the decision says, with real time and real sockets, and tells it what became of each.
//! Navigation URLs race for an answer, servers for a probe.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

use super::address::Address;
use super::http;
use super::race::{Race, Step};
use super::servers::Servers;
use crate::clock::Stopwatch;
use crate::model::ErrorCode;
use crate::wire::url;

/// How a race ended.
pub(super) struct Finish<T> {
    /// Who has won, and with what.
    pub(super) winner: Option<(usize, T)>,
    /// Who has failed until then, and why.
    pub(super) failures: Vec<(usize, ErrorCode)>,
}

/// Runs a race. Those that have not ended when one wins are dropped, and their connections with them.
pub(super) async fn run<T, F>(mut race: Race, ask: impl Fn(usize) -> F) -> Finish<T>
where
    F: Future<Output = Result<T, ErrorCode>>,
{
    let watch = Stopwatch::start();
    let mut asked = FuturesUnordered::new();
    let mut winner = None;
    let mut failures = Vec::new();
    loop {
        while let Some(step) = race.poll(watch.elapsed()) {
            if let Step::Start(candidate) = step {
                let answer = ask(candidate);
                asked.push(async move { (candidate, answer.await) });
            }
        }
        let Some(deadline) = race.next_deadline() else { return Finish { winner, failures } };
        let pause = Duration::from_millis(deadline.saturating_sub(watch.elapsed()));
        tokio::select! {
            Some((candidate, answer)) = asked.next() => match answer {
                Ok(value) => {
                    race.proven(candidate);
                    winner = Some((candidate, value));
                }
                Err(code) => {
                    race.failed(candidate, watch.elapsed());
                    failures.push((candidate, code));
                }
            },
            () = sleep(pause) => {}
        }
    }
}

/// Of several failures the one that says most: not that somebody cannot be reached, if there is another.
pub(super) fn most_telling(failures: &[(usize, ErrorCode)]) -> Option<ErrorCode> {
    let vague = |code: ErrorCode| {
        matches!(
            code,
            ErrorCode::RC_SOCKET_NOT_CREATED
                | ErrorCode::RC_DOMAIN_NOT_RESOLVE
                | ErrorCode::RC_HTTP_SEND_FAIL
                | ErrorCode::RC_HTTP_RECV_FAIL
                | ErrorCode::RC_HTTP_REQ_TIMEOUT
        )
    };
    failures.iter().min_by_key(|(candidate, code)| (vague(*code), *candidate)).map(|(_, code)| *code)
}

/// The servers of a navigation answer, each given out once, the one first that proves first to be alive.
pub(super) struct Contest<'a> {
    servers: &'a Servers,
    left: Vec<Address>,
}

impl<'a> Contest<'a> {
    pub(super) fn new(servers: &'a Servers, left: Vec<Address>) -> Self {
        Self { servers, left }
    }

    /// Whether there is another one after those that were given out.
    pub(super) fn has_more(&self) -> bool {
        !self.left.is_empty()
    }

    /// The next server to connect to.
    ///
    /// # Errors
    /// There is none any more, with the reason why.
    pub(super) async fn next(&mut self) -> Result<Address, ErrorCode> {
        // Where there is no choice, connecting itself is the proof.
        if self.left.len() <= 1 {
            return self.left.pop().ok_or(ErrorCode::RC_DOMAIN_NOT_RESOLVE);
        }
        let candidates = std::mem::take(&mut self.left);
        let ask = |candidate: usize| probe(self.servers, candidates.get(candidate));
        let Finish { winner, failures } = run(Race::new(candidates.len(), 0), ask).await;
        let failed = |candidate: usize| failures.iter().any(|(failed, _)| *failed == candidate);
        let winner = winner.map(|(candidate, ())| candidate);
        let mut won = None;
        for (candidate, address) in candidates.into_iter().enumerate() {
            if failed(candidate) {
                self.servers.failed(&address);
            } else if winner == Some(candidate) {
                self.servers.won(&address);
                won = Some(address);
            } else if winner.is_some() {
                self.left.push(address);
            }
        }
        won.ok_or_else(|| most_telling(&failures).unwrap_or(ErrorCode::RC_SOCKET_NOT_CREATED))
    }
}

/// Whether a server answers as one.
async fn probe(servers: &Servers, address: Option<&Address>) -> Result<(), ErrorCode> {
    let address = address.ok_or(ErrorCode::RC_SOCKET_NOT_CREATED)?;
    let path = url::ping(servers.clock.wall().unsigned_abs());
    let code = match http::get(address, &path, &servers.dialer).await {
        Ok(answer) if answer.status == 200 => return Ok(()),
        Ok(_) => ErrorCode::RC_SOCKET_NOT_CREATED,
        Err(ErrorCode::RC_HTTP_SEND_FAIL | ErrorCode::RC_HTTP_RECV_FAIL | ErrorCode::RC_HTTP_REQ_TIMEOUT) => {
            ErrorCode::RC_SOCKET_NOT_CREATED
        }
        Err(code) => code,
    };
    log::info!("{} does not answer the probe: code {}", address.authority(), code.0);
    Err(code)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    /// As many addresses as one host is tried at: sockets to those that swallow everything say nothing for minutes.
    #[tokio::test(start_paused = true)]
    async fn one_living_address_among_dead_ones_is_found_within_seconds() {
        let times = [0, 250, 500, 2_000, 2_250, 2_500, 4_000, 4_250];
        for (alive, expected) in times.into_iter().enumerate() {
            let ask = |candidate: usize| async move {
                if candidate != alive {
                    pending::<()>().await;
                }
                Ok(candidate)
            };
            let begun = Instant::now();
            assert_eq!(run(Race::new(times.len(), 0).making_room(), ask).await.winner, Some((alive, alive)));
            assert_eq!(begun.elapsed(), Duration::from_millis(expected), "{alive}");
        }
    }

    #[test]
    fn what_says_more_is_reported() {
        let (vague, html, pin) =
            (ErrorCode::RC_HTTP_SEND_FAIL, ErrorCode::RC_NODE_NOT_FOUND, ErrorCode::RC_NAVI_RESOURCE_ERROR);
        assert_eq!(most_telling(&[(2, vague), (1, html), (0, vague)]), Some(html));
        assert_eq!(most_telling(&[(1, html), (0, pin)]), Some(pin), "the preferred candidate's");
        assert_eq!(most_telling(&[(0, vague)]), Some(vague));
        assert_eq!(most_telling(&[]), None);
    }
}
