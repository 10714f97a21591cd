//! The bus inside one process: calls every subscriber on the publisher's thread. Used by every server that
//! runs alone, and by two gateways that share one store in a process.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use super::{Bus, Event, Subscriber, Subscription};
use crate::store::{CommitSink, Committed};

type Subscribers = RwLock<Vec<(u64, Subscriber)>>;

/// See the module.
#[derive(Default)]
pub struct LocalBus {
    subscribers: Arc<Subscribers>,
    next: std::sync::atomic::AtomicU64,
}

impl LocalBus {
    /// A bus without subscribers.
    pub fn new() -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for LocalBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalBus")
    }
}

impl Bus for LocalBus {
    fn publish(&self, event: Event) {
        let subscribers = self.subscribers.read().unwrap_or_else(PoisonError::into_inner);
        for (_, subscriber) in subscribers.iter() {
            subscriber(&event);
        }
    }

    fn subscribe(&self, subscriber: Subscriber) -> Subscription {
        let id = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.subscribers.write().unwrap_or_else(PoisonError::into_inner).push((id, subscriber));
        let list: Weak<Subscribers> = Arc::downgrade(&self.subscribers);
        Subscription::new(move || {
            if let Some(list) = list.upgrade() {
                list.write().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| *other != id);
            }
        })
    }
}

impl CommitSink for LocalBus {
    fn committed(&self, committed: Committed) {
        self.publish(Event::Committed(committed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_subscriber_hears_until_its_guard_is_dropped() {
        let bus = LocalBus::new();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = || {
            let heard = heard.clone();
            Arc::new(move |_: &Event| {
                heard.fetch_add(1, Ordering::SeqCst);
            })
        };
        let first = bus.subscribe(count());
        let second = bus.subscribe(count());
        bus.publish(Event::Blocked("u".into()));
        assert_eq!(heard.load(Ordering::SeqCst), 2);
        drop(first);
        bus.publish(Event::Blocked("u".into()));
        assert_eq!(heard.load(Ordering::SeqCst), 3);
        drop(second);
        bus.publish(Event::Blocked("u".into()));
        assert_eq!(heard.load(Ordering::SeqCst), 3);
    }
}
