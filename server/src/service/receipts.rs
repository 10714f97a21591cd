//! Group receipts, second version: members say what they have read, authors are told, and anybody in the
//! group may ask who has read a message. The first version is plain messages and needs nothing here.

use std::collections::BTreeMap;
use std::sync::Arc;

use anser::model::ErrorCode;
use anser::wire::{Body, Bytes, body};
use serde_json::json;
use tokio::time::Instant;

use super::{Answer, Peer, Service, Task, store_failed, usable_id};
use crate::store::{Appended, Draft, Effect, Target};

/// What an author is sent.
const NOTICE: &str = "RC:RRMsg";
/// Most messages in one receipt.
const MAX_MESSAGES: usize = 100;

fn request(body: Bytes) -> Result<Vec<String>, ErrorCode> {
    let request =
        body::GroupReadReceiptRequest::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
    let uids = request.message_uids;
    if uids.is_empty() || uids.len() > MAX_MESSAGES || !uids.iter().all(|uid| usable_id(uid)) {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    Ok(uids)
}

impl Service {
    /// `rrMsg`: the user has read these messages of the group.
    pub(super) fn read_in_group(
        self: &Arc<Self>,
        peer: &Peer,
        group: &str,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        // Each author gets a message of it: the same bucket as for any other.
        if !self.limits.allow(&peer.user, Instant::now()) {
            return Err(ErrorCode::SEND_FREQUENCY_TOO_FAST);
        }
        let authors = self.store.authors(group, request(body)?);
        let (service, peer, group) = (self.clone(), peer.clone(), Arc::<str>::from(group));
        Ok(Box::pin(async move {
            let found = match authors.await {
                Ok(found) => found,
                Err(error) => return Answer::error(store_failed(&error)),
            };
            let mut by_author: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
            for (uid, author) in found.into_iter().filter(|(_, author)| *author != peer.user) {
                by_author.entry(author).or_default().push(uid);
            }
            for (author, uids) in by_author {
                match service.store.append(service.read_notice(&peer, &group, author, uids)).await {
                    Ok(Appended::NotInGroup) => return Answer::error(ErrorCode::NOT_IN_GROUP),
                    // Refused: all of it was known before.
                    Ok(Appended::Stored { .. } | Appended::Duplicate { .. } | Appended::Refused) => {}
                    Err(error) => return Answer::error(store_failed(&error)),
                }
            }
            Answer::done()
        }))
    }

    fn read_notice(&self, peer: &Peer, group: &Arc<str>, author: Arc<str>, uids: Vec<Arc<str>>) -> Draft {
        let texts: Vec<&str> = uids.iter().map(|uid| &**uid).collect();
        let content = json!({ "messageUIds": texts, "readTime": self.now_ms() }).to_string();
        Draft {
            sender: peer.user.clone(),
            origin: peer.session.clone(),
            target: Target::Group(group.clone()),
            only: vec![author],
            object_name: NOTICE.into(),
            content: content.into(),
            flags: 0,
            kept: false,
            client_id: None,
            read_to: None,
            answers: false,
            expansion: None,
            echo: false,
            effect: Effect::GroupRead { uids },
        }
    }

    /// `rrList`: who has read one message.
    pub(super) fn group_readers(
        self: &Arc<Self>,
        peer: &Peer,
        group: &str,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let uids = request(body)?;
        let [uid] = uids.as_slice() else { return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER) };
        let readers = self.store.readers(&peer.user, group, uid);
        Ok(Box::pin(async move {
            match readers.await {
                Ok(Some(readers)) => Answer::body(&body::GroupReadReceiptReply {
                    total_member_count: Some(i32::try_from(readers.members).unwrap_or(i32::MAX)),
                    list: readers
                        .readers
                        .into_iter()
                        .map(|reader| body::GroupReader {
                            read_time: Some(reader.time),
                            user_id: Some(reader.user.to_string()),
                        })
                        .collect(),
                }),
                Ok(None) => Answer::error(ErrorCode::BIZ_ERROR_INVALID_PARAMETER),
                Err(error) => Answer::error(store_failed(&error)),
            }
        }))
    }
}
