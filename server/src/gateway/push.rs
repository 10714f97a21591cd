//! What one session has been shown and what may be pushed to it: the discipline of flows §16 as plain state,
//! without I/O. `s_msg` goes only to a session that has seen everything before it; all others are told to
//! pull. The connection asks; this answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bus::Live;
use crate::store::PullPage;

/// A notice that no pull has answered is repeated after this long when something newer arrives.
const NOTICE_PATIENCE: Duration = Duration::from_secs(2);
/// Status messages wait so long for the session to catch up, then they are stale.
const LIVE_PATIENCE: Duration = Duration::from_secs(5);
/// So many wait at most.
const LIVE_WAITING: usize = 32;

/// What to do about a message that arrived for the session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was shown already, or will be found by a pull that is under way.
    Nothing,
    /// Send `s_ntf` with this time.
    Notify(i64),
    /// Send the message itself.
    Direct,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Push {
    /// True until a finished page was answered and nothing newer is known.
    behind: bool,
    /// Pulls being answered.
    pulling: u32,
    /// Everything of the user up to here lay in finished pages.
    covered: i64,
    /// The newest inbox row shown.
    inbox_last: i64,
    /// The greatest time shown by anything that may move a cursor.
    shown: i64,
    /// The greatest time heard of.
    newest: i64,
    /// When the last unanswered notice went out.
    noticed: Option<Instant>,
    waiting: VecDeque<(Instant, Arc<Live>)>,
}

impl Push {
    /// A session that was just told the CONNACK time and has pulled nothing.
    pub(super) fn new(connack_time: i64) -> Self {
        Self {
            behind: true,
            pulling: 0,
            covered: 0,
            inbox_last: 0,
            shown: connack_time,
            newest: 0,
            noticed: None,
            waiting: VecDeque::new(),
        }
    }

    /// The time that moves nothing at this session.
    pub(super) fn shown(&self) -> i64 {
        self.shown
    }

    /// An acknowledgement with this time goes out.
    pub(super) fn acknowledged(&mut self, stamp: i64) {
        self.shown = self.shown.max(stamp);
    }

    /// A message was committed. `previous` is the stamp before it in the user's inbox, or `None` when it
    /// can only be pulled (an own message of another device, or its content did not travel).
    pub(super) fn arrived(&mut self, stamp: i64, previous: Option<i64>, now: Instant) -> Verdict {
        let seen = if previous.is_some() { self.covered.max(self.inbox_last) } else { self.covered };
        if stamp <= seen {
            return Verdict::Nothing;
        }
        self.newest = self.newest.max(stamp);
        if !self.behind && previous == Some(self.inbox_last) {
            self.inbox_last = stamp;
            self.shown = self.shown.max(stamp);
            return Verdict::Direct;
        }
        self.behind = true;
        self.notice(now)
    }

    fn notice(&mut self, now: Instant) -> Verdict {
        let told = self.noticed.is_some_and(|at| now.saturating_duration_since(at) < NOTICE_PATIENCE);
        if self.pulling > 0 || told {
            return Verdict::Nothing;
        }
        self.noticed = Some(now);
        Verdict::Notify(self.newest)
    }

    /// A pull arrived. Until it is answered its client may drop what is pushed.
    pub(super) fn pull_started(&mut self) {
        self.behind = true;
        self.pulling += 1;
        self.noticed = None;
    }

    /// The pull failed; the session stays behind.
    pub(super) fn pull_failed(&mut self) {
        self.pulling = self.pulling.saturating_sub(1);
    }

    /// The pull's answer goes out.
    pub(super) fn pull_answered(&mut self, page: &PullPage, now: Instant) -> Verdict {
        self.pulling = self.pulling.saturating_sub(1);
        let last = page.rows.last().map_or(0, |row| row.message.stamp);
        self.shown = self.shown.max(last);
        if !page.finished {
            self.newest = self.newest.max(page.head);
            return self.notice(now);
        }
        self.covered = self.covered.max(page.head);
        self.inbox_last = self.inbox_last.max(page.inbox_last);
        if self.newest > self.covered {
            return self.notice(now);
        }
        // Another pull under way keeps the session behind until it, too, is answered.
        self.behind = self.pulling > 0;
        Verdict::Nothing
    }

    /// Keeps a status message; [`Push::ready`] hands it out once the session is idle.
    pub(super) fn keep(&mut self, live: Arc<Live>, now: Instant) {
        if self.waiting.len() >= LIVE_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((now, live));
    }

    /// The next status message that may go out now.
    pub(super) fn ready(&mut self, now: Instant) -> Option<Arc<Live>> {
        if self.behind {
            return None;
        }
        while let Some((kept, live)) = self.waiting.pop_front() {
            if now.saturating_duration_since(kept) < LIVE_PATIENCE {
                return Some(live);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Message, PullRow, Target};

    fn page(head: i64, inbox_last: i64, last: i64, finished: bool) -> PullPage {
        let message = Message {
            uid: "".into(),
            sender: "a".into(),
            target: Target::User("b".into()),
            object_name: "o".into(),
            content: Default::default(),
            flags: 3,
            stamp: last,
            client_id: None,
            expansion: None,
        };
        PullPage { rows: vec![PullRow { message, own: false }], finished, head, inbox_last }
    }

    fn idle(now: Instant) -> Push {
        let mut push = Push::new(10);
        push.pull_started();
        assert_eq!(push.pull_answered(&page(10, 5, 5, true), now), Verdict::Nothing);
        push
    }

    #[test]
    fn a_fresh_session_is_only_notified() {
        let now = Instant::now();
        let mut push = Push::new(10);
        assert_eq!(push.arrived(11, Some(0), now), Verdict::Notify(11));
        assert_eq!(push.arrived(12, Some(11), now), Verdict::Nothing, "one notice is under way");
        assert_eq!(push.arrived(13, Some(12), now + NOTICE_PATIENCE), Verdict::Notify(13));
    }

    #[test]
    fn contiguous_rows_go_directly_and_a_gap_makes_it_pull() {
        let now = Instant::now();
        let mut push = idle(now);
        assert_eq!(push.arrived(11, Some(5), now), Verdict::Direct);
        assert_eq!(push.arrived(11, Some(5), now), Verdict::Nothing, "twice");
        assert_eq!(push.arrived(12, Some(11), now), Verdict::Direct);
        assert_eq!(push.shown(), 12);
        assert_eq!(push.arrived(14, Some(13), now), Verdict::Notify(14));
        assert_eq!(push.arrived(15, Some(12), now), Verdict::Nothing, "behind until the pull");
    }

    #[test]
    fn what_arrives_during_a_pull_is_found_by_it_or_told_after_it() {
        let now = Instant::now();
        let mut push = idle(now);
        push.pull_started();
        assert_eq!(push.arrived(11, Some(5), now), Verdict::Nothing);
        assert_eq!(push.pull_answered(&page(11, 11, 11, true), now), Verdict::Nothing);
        assert_eq!(push.arrived(12, Some(11), now), Verdict::Direct);
        push.pull_started();
        assert_eq!(push.arrived(14, Some(12), now), Verdict::Nothing);
        assert_eq!(push.pull_answered(&page(13, 12, 12, true), now), Verdict::Notify(14));
    }

    #[test]
    fn an_unfinished_page_is_followed_by_a_notice() {
        let now = Instant::now();
        let mut push = Push::new(10);
        push.pull_started();
        assert_eq!(push.pull_answered(&page(90, 80, 20, false), now), Verdict::Notify(90));
        push.pull_started();
        push.pull_started();
        assert_eq!(push.pull_answered(&page(90, 80, 40, false), now), Verdict::Nothing, "the next one runs");
        assert_eq!(push.pull_answered(&page(90, 80, 80, true), now), Verdict::Nothing);
        assert_eq!(push.arrived(91, Some(80), now), Verdict::Direct);
    }

    #[test]
    fn own_messages_of_other_devices_are_pulled() {
        let now = Instant::now();
        let mut push = idle(now);
        assert_eq!(push.arrived(11, None, now), Verdict::Notify(11));
        push.pull_started();
        assert_eq!(push.pull_answered(&page(11, 5, 11, true), now), Verdict::Nothing);
        assert_eq!(push.arrived(12, Some(5), now), Verdict::Direct);
    }

    #[test]
    fn status_messages_wait_for_an_idle_session_but_not_for_ever() {
        let now = Instant::now();
        let live = Arc::new(Live {
            uid: "".into(),
            sender: "a".into(),
            origin: "s".into(),
            target: Target::User("b".into()),
            to: vec![],
            topic: "ppMsgS".into(),
            object_name: "RC:TypSts".into(),
            content: Default::default(),
            flags: 0,
        });
        let mut push = Push::new(10);
        push.keep(live.clone(), now);
        assert!(push.ready(now).is_none());
        push.pull_started();
        push.pull_answered(&page(10, 5, 5, true), now);
        assert!(push.ready(now).is_some());
        push.keep(live, now);
        assert!(push.ready(now + LIVE_PATIENCE).is_none());
    }
}
