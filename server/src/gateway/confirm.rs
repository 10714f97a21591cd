//! Which private messages a session was sent and has not confirmed yet: QUERYCON confirms a page, PUBACK a
//! pushed message. Plain state of one connection, without I/O.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::store::{Message, PullPage, Target};

/// So many wait at most; what is pushed out is confirmed by what comes after it.
const WAITING: usize = 512;
/// The flag bits of messages whose delivery anybody wants to know: kept, counted.
const TOLD: i32 = 1 | 2;

/// The newest time by sender.
pub(super) type Marks = Vec<(Arc<str>, i64)>;

/// A frame that its receiver confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// A QUERYACK, by the query's id.
    Page(u16),
    /// A PUBLISH, by its id.
    Pushed(u16),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Unconfirmed(VecDeque<(Frame, Marks)>);

impl Unconfirmed {
    /// A page went out to `user`.
    pub(super) fn page(&mut self, user: &str, message_id: u16, page: &PullPage) {
        let mut marks = Marks::new();
        for row in page.rows.iter().filter(|row| !row.own) {
            add(&mut marks, user, &row.message);
        }
        self.keep(Frame::Page(message_id), marks);
    }

    /// A message was pushed to `user`.
    pub(super) fn pushed(&mut self, user: &str, message_id: u16, message: &Message) {
        let mut marks = Marks::new();
        add(&mut marks, user, message);
        self.keep(Frame::Pushed(message_id), marks);
    }

    fn keep(&mut self, frame: Frame, marks: Marks) {
        if marks.is_empty() {
            return;
        }
        if self.0.len() >= WAITING {
            self.0.pop_front();
        }
        self.0.push_back((frame, marks));
    }

    /// The frame was confirmed: what that says.
    pub(super) fn confirmed(&mut self, frame: Frame) -> Marks {
        let at = self.0.iter().position(|(waiting, _)| *waiting == frame);
        at.and_then(|at| self.0.remove(at)).map(|(_, marks)| marks).unwrap_or_default()
    }
}

fn add(marks: &mut Marks, user: &str, message: &Message) {
    let private = matches!(&message.target, Target::User(target) if **target == *user);
    if !private || &*message.sender == user || message.flags & TOLD == 0 {
        return;
    }
    match marks.iter_mut().find(|(sender, _)| *sender == message.sender) {
        Some((_, time)) => *time = (*time).max(message.stamp),
        None => marks.push((message.sender.clone(), message.stamp)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PullRow;

    fn message(sender: &str, target: Target, flags: i32, stamp: i64) -> Message {
        Message {
            uid: "".into(),
            sender: sender.into(),
            target,
            object_name: "o".into(),
            content: Default::default(),
            flags,
            stamp,
            client_id: None,
            expansion: None,
        }
    }

    #[test]
    fn only_private_messages_of_others_count_and_only_once_confirmed() {
        let me = || Target::User("me".into());
        let rows = [
            (message("a", me(), 3, 1), false),
            (message("b", me(), 3, 2), false),
            (message("a", me(), 1, 3), false),
            (message("a", me(), 0, 4), false),
            (message("me", me(), 3, 5), false),
            (message("a", Target::Group("g".into()), 3, 6), false),
            (message("me", Target::User("a".into()), 3, 7), true),
        ];
        let rows = rows.into_iter().map(|(message, own)| PullRow { message, own }).collect();
        let mut unconfirmed = Unconfirmed::default();
        unconfirmed.page("me", 9, &PullPage { rows, ..PullPage::default() });
        unconfirmed.pushed("me", 9, &message("a", me(), 3, 8));
        assert_eq!(unconfirmed.confirmed(Frame::Page(8)), []);
        assert_eq!(unconfirmed.confirmed(Frame::Page(9)), [("a".into(), 3), ("b".into(), 2)]);
        assert_eq!(unconfirmed.confirmed(Frame::Page(9)), []);
        assert_eq!(unconfirmed.confirmed(Frame::Pushed(9)), [("a".into(), 8)]);
    }
}
