//! Publishes: what is allowed, what is stored and what only passes by, and which answer the sender gets.

use std::sync::Arc;

use anser::model::ErrorCode;
use anser::wire::{Body, Topic, UpPublish, body};
use serde_json::Value;
use tokio::time::Instant;

use super::down::{Family, text};
use super::expansion;
use super::{Peer, Service, Task, status_of, store_failed, usable_id};
use crate::bus::{Event, Live};
use crate::store::{Appended, Draft, Effect, Target, message_uid};

/// What a PUBACK says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ack {
    /// 0, or an error code.
    pub(crate) status: u16,
    /// Empty on errors.
    pub(crate) uid: Arc<str>,
    /// The message's time; `None` for what has none: then the time last shown to the session goes out.
    pub(crate) stamp: Option<i64>,
}

impl Ack {
    fn error(code: ErrorCode) -> Self {
        Self { status: status_of(code), uid: "".into(), stamp: None }
    }
}

fn now(ack: Ack) -> Task<Option<Ack>> {
    Box::pin(std::future::ready(Some(ack)))
}

fn silence() -> Task<Option<Ack>> {
    Box::pin(std::future::ready(None))
}

/// Object names with rules of their own.
const TYPING: &str = "RC:TypSts";
const READ_SYNC: &str = "RC:SRSMsg";
const READ_NOTICE: &str = "RC:ReadNtf";
/// The flags of a recall command: it is to be kept by clients, and not counted.
const RECALL_FLAGS: i32 = 1;

impl Service {
    /// Carries out one PUBLISH. What is to be stored is handed to the store before this returns, so the
    /// messages of one connection keep their order. `None`: no acknowledgement is expected.
    pub(crate) fn publish(self: &Arc<Self>, peer: &Peer, frame: &UpPublish) -> Task<Option<Ack>> {
        let topic = Topic::parse(&frame.topic);
        let status_only = matches!(topic, Some(Topic::PrivateStatus | Topic::GroupStatus));
        match self.accept(peer, topic, frame) {
            Ok(Accepted::Store(draft)) => self.store_message(*draft),
            Ok(Accepted::Live(live, only)) => self.pass_on(live, only, !status_only),
            Ok(Accepted::ReadSync(live, time)) => self.read_sync(peer, live, time),
            Err(_) if status_only => silence(),
            Err(code) => now(Ack::error(code)),
        }
    }

    fn accept(&self, peer: &Peer, topic: Option<Topic>, frame: &UpPublish) -> Result<Accepted, ErrorCode> {
        let named = match topic {
            Some(Topic::PrivateMessage | Topic::PrivateStatus) => Some(Target::User(text(&frame.target))),
            Some(Topic::GroupMessage | Topic::GroupStatus) => Some(Target::Group(text(&frame.target))),
            // A recall names its conversation in the content; its target is the sender.
            Some(Topic::Recall) => None,
            Some(Topic::ChatroomMessage | Topic::ChatroomStatus) => return Err(ErrorCode::NOT_IN_CHATROOM),
            Some(Topic::DiscussionMessage) => return Err(ErrorCode::NOT_IN_DISCUSSION),
            _ => return Err(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED),
        };
        if !self.limits.allow(&peer.user, Instant::now()) {
            return Err(ErrorCode::SEND_FREQUENCY_TOO_FAST);
        }
        if named.as_ref().is_some_and(|target| !usable_id(target.id())) {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        }
        let message = body::UpstreamMessage::from_bytes(frame.body.clone())
            .map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let content = message.content.unwrap_or_default();
        if content.len() > self.config.max_content {
            return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT);
        }
        let flags = message.flags.unwrap_or(0);
        let object_name = message.object_name.unwrap_or_default();
        if object_name.is_empty() || object_name.len() > super::MAX_ID {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        }

        let (target, recall) = match named {
            Some(target) => (target, None),
            None => self.recall(&object_name, &content).map(|(target, effect)| (target, Some(effect)))?,
        };

        // A private conversation has one other side; naming receivers changes nothing there.
        let only: Vec<Arc<str>> = match &target {
            Target::Group(_) => message.to_user_ids.iter().map(|id| text(id)).collect(),
            Target::User(_) => Vec::new(),
        };
        let passing = matches!(topic, Some(Topic::PrivateStatus | Topic::GroupStatus));
        if passing || object_name == TYPING || object_name == READ_SYNC {
            let live = Live {
                uid: message_uid(&self.random, self.now_ms()).unwrap_or_default().into(),
                sender: peer.user.clone(),
                origin: peer.session.clone(),
                target,
                to: Vec::new(),
                topic: text(&frame.topic),
                object_name: object_name.into(),
                content,
                flags,
            };
            if live.object_name.as_ref() == READ_SYNC {
                let time = read_time(&live.content);
                return Ok(Accepted::ReadSync(live, time));
            }
            return Ok(Accepted::Live(live, only));
        }

        let receipt = object_name == READ_NOTICE;
        let (effect, flags, only) = match recall {
            // It shows in no count, and goes to those who had the message.
            Some(effect) => (effect, RECALL_FLAGS, Vec::new()),
            None if object_name == expansion::CHANGE => (expansion::change(&content)?, flags, only),
            None => (Effect::Nothing, flags, only),
        };
        let plain = effect == Effect::Nothing && !receipt;
        Ok(Accepted::Store(Box::new(Draft {
            sender: peer.user.clone(),
            origin: peer.session.clone(),
            target,
            kept: flags & 1 != 0 && only.is_empty() && plain,
            only,
            read_to: if receipt { read_time(&content) } else { None },
            // Web clients rarely say what they have read, but who answers there has seen it. Anser's own says it,
            // and what leaves its outbox now may have been written before anything arrived.
            answers: peer.family != Family::Anser,
            expansion: if plain {
                expansion::initial(flags, message.extra_content.as_deref())?
            } else {
                None
            },
            echo: true,
            effect,
            object_name: object_name.into(),
            content,
            flags,
            // 0 is what an unset field looks like to some writers.
            client_id: message.client_unique_id.filter(|id| *id != 0 && self.config.announce_additions),
        })))
    }

    fn store_message(self: &Arc<Self>, draft: Draft) -> Task<Option<Ack>> {
        let refused = match draft.effect {
            Effect::Recall { .. } => ErrorCode::RECALL_MESSAGE,
            _ => ErrorCode::BIZ_ERROR_INVALID_PARAMETER,
        };
        let appended = self.store.append(draft);
        Box::pin(async move {
            Some(match appended.await {
                Ok(Appended::Stored { uid, stamp } | Appended::Duplicate { uid, stamp }) => {
                    Ack { status: 0, uid, stamp: Some(stamp) }
                }
                Ok(Appended::NotInGroup) => Ack::error(ErrorCode::NOT_IN_GROUP),
                Ok(Appended::Refused) => Ack::error(refused),
                Err(error) => Ack::error(store_failed(&error)),
            })
        })
    }

    /// Rings for those who are connected, of a group only for those named in `only` if anybody is; nothing
    /// is stored.
    fn pass_on(
        self: &Arc<Self>,
        mut live: Live,
        only: Vec<Arc<str>>,
        acknowledge: bool,
    ) -> Task<Option<Ack>> {
        let service = self.clone();
        let done = Ack { status: 0, uid: live.uid.clone(), stamp: None };
        if let Target::User(peer) = &live.target {
            live.to.push(peer.clone());
            service.bus.publish(Event::Live(Arc::new(live)));
            return if acknowledge { now(done) } else { silence() };
        }
        let members = self.store.group_members(live.target.id());
        Box::pin(async move {
            let ack = match members.await {
                Ok(members) if members.contains(&live.sender) => {
                    let named = |member: &Arc<str>| only.is_empty() || only.contains(member);
                    live.to = members.into_iter().filter(|m| *m != live.sender && named(m)).collect();
                    service.bus.publish(Event::Live(Arc::new(live)));
                    done
                }
                Ok(_) => Ack::error(ErrorCode::NOT_IN_GROUP),
                Err(error) => Ack::error(store_failed(&error)),
            };
            acknowledge.then_some(ack)
        })
    }

    /// The user has read a conversation: noted, and told to the user's other devices only.
    fn read_sync(self: &Arc<Self>, peer: &Peer, mut live: Live, time: Option<i64>) -> Task<Option<Ack>> {
        let service = self.clone();
        let marked = time.map(|time| self.store.mark_read(&peer.user, &live.target, time));
        live.to.push(peer.user.clone());
        Box::pin(async move {
            if let Some(marked) = marked
                && let Err(error) = marked.await
            {
                return Some(Ack::error(store_failed(&error)));
            }
            let done = Ack { status: 0, uid: live.uid.clone(), stamp: None };
            service.bus.publish(Event::Live(Arc::new(live)));
            Some(done)
        })
    }
}

enum Accepted {
    Store(Box<Draft>),
    Live(Live, Vec<Arc<str>>),
    ReadSync(Live, Option<i64>),
}

/// `lastMessageSendTime` of a read receipt's content.
fn read_time(content: &[u8]) -> Option<i64> {
    let value: Value = serde_json::from_slice(content).ok()?;
    let time = value.get("lastMessageSendTime")?;
    time.as_i64().or_else(|| time.as_str()?.parse().ok()).filter(|time| *time > 0)
}
