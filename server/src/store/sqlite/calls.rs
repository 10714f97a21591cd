//! The store's trait, call by call: each hands its arguments to the writer or to a reader. No rules here.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::writer::Durability;
use super::{SqliteStore, append, marks, prune, read, receipts, states, write};
use crate::store::{
    Appended, ConversationRow, Delivery, Draft, HeadLead, HistoryPage, HistoryRequest, Login, PullPage,
    PullRequest, Readers, Retention, Settings, StateChange, StateRow, States, Store, StoreFuture, Target,
    Window,
};

impl Store for SqliteStore {
    fn login(&self, user: &str) -> StoreFuture<Login> {
        let user = user.to_owned();
        self.set(move |c| write::login(c, &user))
    }

    fn put_user(&self, user: &str, name: Option<&str>, portrait: Option<&str>) -> StoreFuture<()> {
        let (user, name, portrait) = (user.to_owned(), name.map(str::to_owned), portrait.map(str::to_owned));
        self.set(move |c| write::put_user(c, &user, name.as_deref(), portrait.as_deref()))
    }

    fn set_blocked(&self, user: &str, blocked: bool) -> StoreFuture<()> {
        let user = user.to_owned();
        self.set(move |c| write::set_blocked(c, &user, blocked))
    }

    fn append(&self, draft: Draft) -> StoreFuture<Appended> {
        self.write(move |context| append::append(context, draft))
    }

    fn pull(&self, request: PullRequest) -> StoreFuture<PullPage> {
        self.read(move |c| read::pull(c, &request))
    }

    fn history(&self, request: HistoryRequest) -> StoreFuture<Option<HistoryPage>> {
        self.read(move |c| read::history(c, &request))
    }

    fn clear_history(&self, user: &str, target: &Target, until: i64) -> StoreFuture<()> {
        let (user, target) = (user.to_owned(), target.clone());
        self.set(move |c| write::clear_history(c, &user, &target, until))
    }

    fn delete_messages(&self, user: &str, uids: Vec<String>) -> StoreFuture<()> {
        let user = user.to_owned();
        self.set(move |c| write::delete_messages(c, &user, &uids))
    }

    fn conversations(&self, user: &str, limit: u32, kept_after: i64) -> StoreFuture<Vec<ConversationRow>> {
        let user = user.to_owned();
        self.read(move |c| read::conversations(c, &user, limit, kept_after))
    }

    fn hide_conversation(&self, user: &str, target: &Target) -> StoreFuture<()> {
        let (user, target) = (user.to_owned(), target.clone());
        self.set(move |c| write::hide_conversation(c, &user, &target))
    }

    fn mark_read(&self, user: &str, target: &Target, time: i64) -> StoreFuture<()> {
        let (user, target) = (user.to_owned(), target.clone());
        self.set(move |c| marks::mark_read(c, &user, &target, time))
    }

    fn mark_delivered(&self, deliveries: Vec<Delivery>) -> StoreFuture<Vec<Delivery>> {
        self.write_as(Durability::Relaxed, move |c| {
            marks::mark_delivered(c, deliveries).map(|raised| (raised, None))
        })
    }

    fn has_unread(&self, user: &str, window: Window) -> StoreFuture<bool> {
        let user = user.to_owned();
        self.read(move |c| marks::has_unread(c, &user, window))
    }

    fn set_states(&self, user: &str, changes: Vec<StateChange>) -> StoreFuture<i64> {
        let user = user.to_owned();
        self.set(move |c| states::set(c, &user, &changes))
    }

    fn states(&self, user: &str, after: i64) -> StoreFuture<States> {
        let user = user.to_owned();
        self.read(move |c| states::newer(c, &user, after))
    }

    fn state(&self, user: &str, kind: i32, target: &str) -> StoreFuture<Option<StateRow>> {
        let (user, target) = (user.to_owned(), target.to_owned());
        self.read(move |c| states::one(c, &user, kind, &target))
    }

    fn settings(&self, user: &str, after: i64) -> StoreFuture<Settings> {
        let user = user.to_owned();
        self.read(move |c| states::settings(c, &user, after))
    }

    fn set_offline_days(&self, user: &str, key: &str, days: u32) -> StoreFuture<i64> {
        let (user, key) = (user.to_owned(), key.to_owned());
        self.set(move |c| states::set_offline_days(c, &user, &key, days))
    }

    fn authors(&self, group: &str, uids: Vec<String>) -> StoreFuture<Vec<(Arc<str>, Arc<str>)>> {
        let group = group.to_owned();
        self.read(move |c| receipts::authors(c, &group, &uids))
    }

    fn readers(&self, user: &str, group: &str, uid: &str) -> StoreFuture<Option<Readers>> {
        let (user, group, uid) = (user.to_owned(), group.to_owned(), uid.to_owned());
        self.read(move |c| receipts::readers(c, &user, &group, &uid))
    }

    fn create_group(&self, group: &str, name: &str, users: Vec<String>) -> StoreFuture<()> {
        let (group, name) = (group.to_owned(), name.to_owned());
        self.set(move |c| write::create_group(c, &group, &name, &users))
    }

    fn join_group(&self, group: &str, users: Vec<String>) -> StoreFuture<bool> {
        let group = group.to_owned();
        self.set(move |c| write::join_group(c, &group, &users))
    }

    fn quit_group(&self, group: &str, users: Vec<String>) -> StoreFuture<bool> {
        let group = group.to_owned();
        self.set(move |c| write::quit_group(c, &group, &users))
    }

    fn group_members(&self, group: &str) -> StoreFuture<Vec<Arc<str>>> {
        let group = group.to_owned();
        self.read(move |c| read::members(c, &group))
    }

    fn meta(&self, key: &str) -> StoreFuture<Option<String>> {
        let key = key.to_owned();
        self.read(move |c| read::meta(c, &key))
    }

    fn set_meta(&self, key: &str, value: &str) -> StoreFuture<()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.set(move |c| write::set_meta(c, &key, &value))
    }

    fn prune(&self, retention: Retention) -> StoreFuture<()> {
        self.set(move |c| prune::prune(c, retention))
    }

    fn head_lead(&self) -> HeadLead {
        HeadLead {
            latest: self.gauges.lead_latest.load(Ordering::Relaxed),
            greatest: self.gauges.lead_greatest.load(Ordering::Relaxed),
        }
    }

    fn transactions(&self) -> u64 {
        self.gauges.transactions.load(Ordering::Relaxed)
    }

    fn jobs(&self) -> u64 {
        self.gauges.jobs.load(Ordering::Relaxed)
    }
}
