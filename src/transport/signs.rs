//! What an attempt to connect has seen of the servers' state: whether one said when to come again, and whether one
//! is there and takes nobody. Written where answers are read, read once by the attempt's owner; decides nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use httpdate::parse_http_date;
use hyper::HeaderMap;
use hyper::header::{DATE, HeaderName, HeaderValue, RETRY_AFTER};

use crate::clock::Clock;
use crate::session::Millis;
use crate::timing;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Signs(Mutex<Seen>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The longest pause that a server asked for, ms.
    pub(super) retry_after: Option<Millis>,
    /// A server refused, failed by itself, or has too many requests: all its clients, or those behind the same address,
    /// will come again.
    pub(super) down: bool,
}

impl Signs {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A machine is there, and nobody listens on it.
    pub(super) fn refused(&self) {
        self.seen().down = true;
    }

    /// A server answered over HTTP.
    pub(super) fn answered(&self, status: u16, headers: &HeaderMap) {
        if status != 429 && status < 500 {
            return;
        }
        let pause = (status == 429 || status == 503).then(|| retry_after(headers)).flatten();
        let mut seen = self.seen();
        seen.down = true;
        seen.retry_after = seen.retry_after.max(pause);
    }

    /// What was seen since the last call.
    pub(super) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }
}

/// The pause that `Retry-After` asks for, in seconds or up to a date, within what is believed. A date is counted from
/// the answer's own one, if it has one: the device's clock may be wrong.
fn retry_after(headers: &HeaderMap) -> Option<Millis> {
    let text = |name: HeaderName| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let wanted = text(RETRY_AFTER)?.trim();
    let seconds = match wanted.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let now = text(DATE).and_then(|date| parse_http_date(date).ok());
            let until = parse_http_date(wanted).ok()?;
            let here = || UNIX_EPOCH + Duration::from_millis(Clock::system().wall().unsigned_abs());
            until.duration_since(now.unwrap_or_else(here)).map_or(0, |pause| pause.as_secs())
        }
    };
    Some(seconds.saturating_mul(1_000).clamp(timing::RETRY_AFTER_FLOOR, timing::HTTP_RETRY_AFTER_CAP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn pause(value: &str) -> Option<Millis> {
        retry_after(&headers(&[(RETRY_AFTER, value), (DATE, "Sun, 06 Nov 1994 08:49:37 GMT")]))
    }

    #[test]
    fn a_pause_is_seconds_or_a_date_within_bounds() {
        assert_eq!(pause("20"), Some(20_000));
        assert_eq!(pause("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30_000));
        assert_eq!(pause("Sun, 06 Nov 1994 08:00:00 GMT"), Some(timing::RETRY_AFTER_FLOOR), "past already");
        assert_eq!(pause("0"), Some(timing::RETRY_AFTER_FLOOR));
        for long in ["86400", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(pause(long), Some(timing::HTTP_RETRY_AFTER_CAP), "{long}");
        }
        for wrong in ["", "soon", "-5", "1.5"] {
            assert_eq!(pause(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_what_others_will_have_met_too_is_a_sign() {
        let signs = Signs::default();
        let wanted = headers(&[(RETRY_AFTER, "7")]);
        for status in [200, 302, 401, 404] {
            signs.answered(status, &wanted);
            assert_eq!(signs.take(), Seen::default(), "{status}");
        }
        for status in [429, 503] {
            signs.answered(status, &wanted);
            signs.answered(502, &wanted);
            assert_eq!(signs.take(), Seen { retry_after: Some(7_000), down: true }, "{status}");
        }
        signs.answered(500, &wanted);
        assert_eq!(signs.take(), Seen { retry_after: None, down: true });
        signs.refused();
        assert!(signs.take().down && !signs.take().down);
    }
}
