//! Objects by number. A number holds a slot and the slot's generation: once freed it never means anything
//! again, so a stale one and a double free are errors, not undefined behaviour.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::client::CClient;
use super::conversation::CConversation;
use super::event::CEvent;
use super::message::CMessage;
use super::uploader::CUpload;
use crate::client::{ClientOptions, Subscription};
use crate::model::ErrorCode;

/// What a handle stands for.
#[derive(Clone)]
pub(super) enum Object {
    Options(Arc<Mutex<ClientOptions>>),
    Client(Arc<CClient>),
    Event(Arc<CEvent>),
    Message(Arc<CMessage>),
    Conversation(Arc<CConversation>),
    Subscription(Arc<Subscription>),
    Upload(Arc<CUpload>),
}

struct Slot {
    generation: u32,
    object: Option<Object>,
}

struct Registry {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { slots: Vec::new(), free: Vec::new() });

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives an object a number; never 0.
pub(super) fn insert(object: Object) -> u64 {
    let mut registry = registry();
    if let Some(index) = registry.free.pop()
        && let Some(slot) = registry.slots.get_mut(index as usize)
    {
        slot.object = Some(object);
        return handle(index, slot.generation);
    }
    let index = registry.slots.len() as u32;
    registry.slots.push(Slot { generation: 1, object: Some(object) });
    handle(index, 1)
}

fn handle(index: u32, generation: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(index)
}

/// The object of this number.
pub(super) fn get(handle: u64) -> Result<Object, ErrorCode> {
    let registry = registry();
    let slot = registry.slots.get(handle as u32 as usize).ok_or(ErrorCode::INVALID_HANDLE)?;
    if u64::from(slot.generation) != handle >> 32 {
        return Err(ErrorCode::INVALID_HANDLE);
    }
    slot.object.clone().ok_or(ErrorCode::INVALID_HANDLE)
}

/// Takes the object of this number out, if `is_kind` says that it is of the right kind. It is dropped by
/// the caller, outside the lock.
pub(super) fn take(handle: u64, is_kind: impl FnOnce(&Object) -> bool) -> Result<Object, ErrorCode> {
    let mut registry = registry();
    let index = handle as u32;
    let slot = registry.slots.get_mut(index as usize).ok_or(ErrorCode::INVALID_HANDLE)?;
    if u64::from(slot.generation) != handle >> 32 || !slot.object.as_ref().is_some_and(is_kind) {
        return Err(ErrorCode::INVALID_HANDLE);
    }
    let object = slot.object.take().ok_or(ErrorCode::INVALID_HANDLE)?;
    // A slot whose generations are used up is never used again.
    if let Some(next) = slot.generation.checked_add(1) {
        slot.generation = next;
        registry.free.push(index);
    }
    Ok(object)
}

macro_rules! kinds {
    ($($get:ident $free:ident $kind:ident($type:ty);)*) => {
        $(
            pub(super) fn $get(handle: u64) -> Result<$type, ErrorCode> {
                match get(handle)? {
                    Object::$kind(object) => Ok(object),
                    _ => Err(ErrorCode::INVALID_HANDLE),
                }
            }

            pub(super) fn $free(handle: u64) -> Result<$type, ErrorCode> {
                match take(handle, |object| matches!(object, Object::$kind(_)))? {
                    Object::$kind(object) => Ok(object),
                    _ => Err(ErrorCode::INVALID_HANDLE),
                }
            }
        )*
    };
}

kinds! {
    options free_options Options(Arc<Mutex<ClientOptions>>);
    client free_client Client(Arc<CClient>);
    event free_event Event(Arc<CEvent>);
    message free_message Message(Arc<CMessage>);
    conversation free_conversation Conversation(Arc<CConversation>);
    subscription free_subscription Subscription(Arc<Subscription>);
    upload free_upload Upload(Arc<CUpload>);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        Object::Options(Arc::new(Mutex::new(ClientOptions::new("k", "n"))))
    }

    #[test]
    fn a_freed_number_never_comes_back() {
        let first = insert(object());
        assert!(options(first).is_ok());
        assert!(free_options(first).is_ok());
        assert_eq!(free_options(first).err(), Some(ErrorCode::INVALID_HANDLE));
        assert_eq!(options(first).err(), Some(ErrorCode::INVALID_HANDLE));
        let second = insert(object());
        assert_ne!(first, second);
        assert_eq!(client(second).err(), Some(ErrorCode::INVALID_HANDLE));
        assert_eq!(options(0).err(), Some(ErrorCode::INVALID_HANDLE));
        assert_eq!(options(u64::MAX).err(), Some(ErrorCode::INVALID_HANDLE));
        assert!(free_options(second).is_ok());
    }
}
