//! Marks of delivery, an addition of Anser's: what a device has confirmed is noted in bursts and told to the
//! sender's own Anser devices. Hints, not promises: a lost one is made good by the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Service;
use crate::bus::{Event, Live};
use crate::store::{Delivery, Target, message_uid};

/// What only Anser's own clients know begins with this.
const PREFIX: &str = "AN:";
const NOTICE: &str = "AN:DlvNtf";

/// Whether this may go to Anser's own clients only.
pub(crate) fn is_addition(live: &Live) -> bool {
    live.object_name.starts_with(PREFIX)
}

/// (receiver, sender) -> newest time.
type Waiting = HashMap<(Arc<str>, Arc<str>), i64>;

#[derive(Default)]
pub(super) struct Deliveries(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: Waiting,
    /// A task is at work, which takes what waits.
    running: bool,
}

impl Deliveries {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds marks; `true` when somebody has to start working.
    fn add(&self, user: &Arc<str>, marks: Vec<(Arc<str>, i64)>) -> bool {
        let mut state = self.state();
        for (sender, time) in marks {
            let newest = state.waiting.entry((user.clone(), sender)).or_default();
            *newest = time.max(*newest);
        }
        !std::mem::replace(&mut state.running, true)
    }

    /// What waits, or `None` and the work is over.
    fn take(&self) -> Option<Waiting> {
        let mut state = self.state();
        if state.waiting.is_empty() {
            state.running = false;
            return None;
        }
        Some(std::mem::take(&mut state.waiting))
    }
}

impl Service {
    /// `user`'s device has what these senders sent up to these times.
    pub(crate) fn delivered(self: &Arc<Self>, user: &Arc<str>, marks: Vec<(Arc<str>, i64)>) {
        if marks.is_empty() || !self.deliveries.add(user, marks) {
            return;
        }
        let service = self.clone();
        // Not a part of the connection: it may end before the store answers.
        tokio::spawn(async move {
            while let Some(waiting) = service.deliveries.take() {
                let mut deliveries: Vec<Delivery> = waiting
                    .into_iter()
                    .map(|((user, sender), time)| Delivery { user, sender, time })
                    .collect();
                // A map has no order of its own, and a simulation needs the same one twice.
                deliveries.sort_unstable_by(|a, b| (&a.user, &a.sender).cmp(&(&b.user, &b.sender)));
                match service.store.mark_delivered(deliveries).await {
                    Ok(raised) => raised.into_iter().for_each(|delivery| service.tell_sender(delivery)),
                    Err(error) => tracing::warn!(%error, "deliveries were not noted"),
                }
            }
        });
    }

    fn tell_sender(&self, delivery: Delivery) {
        let Delivery { user, sender, time } = delivery;
        self.bus.publish(Event::Live(Arc::new(Live {
            uid: message_uid(&self.random, time).unwrap_or_default().into(),
            sender: user,
            origin: "".into(),
            target: Target::User(sender.clone()),
            to: vec![sender],
            topic: "".into(),
            object_name: NOTICE.into(),
            content: format!(r#"{{"lastMessageSendTime":{time}}}"#).into(),
            flags: 0,
        })));
    }
}
