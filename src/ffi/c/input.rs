//! What C passes beyond single texts and numbers: lists, conversations, and structs that grow from version to
//! version. Everything is copied before the function that takes it returns.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use super::border::{optional_text, text};
use crate::model::{ConversationKey, ConversationType, ErrorCode};

/// Longest list that is read; each call has its own, smaller limit.
const MAX_LIST: usize = 100_000;

/// A list of `count` things. Nothing is read of an empty one, which may be NULL.
pub(super) fn list<'a, T: Copy>(pointer: *const T, count: usize) -> Result<&'a [T], ErrorCode> {
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(ErrorCode::NULL_ARGUMENT);
    }
    if count > MAX_LIST {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    // SAFETY: not NULL; the header asks for `count` things there that stay for the call. No reference outlives
    // the function that reads them.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// Text that must be there, for keeps.
pub(super) fn owned(pointer: *const c_char) -> Result<String, ErrorCode> {
    text(pointer).map(str::to_owned)
}

/// Text that may be NULL, for keeps.
pub(super) fn owned_or_none(pointer: *const c_char) -> Result<Option<String>, ErrorCode> {
    Ok(optional_text(pointer)?.map(str::to_owned))
}

/// A list of texts, none of them NULL.
pub(super) fn texts(pointer: *const *const c_char, count: usize) -> Result<Vec<String>, ErrorCode> {
    list(pointer, count)?.iter().map(|text| owned(*text)).collect()
}

/// Conversation types by number.
pub(super) fn types(pointer: *const i32, count: usize) -> Result<Vec<ConversationType>, ErrorCode> {
    list(pointer, count)?.iter().map(|number| conversation_type(*number)).collect()
}

fn conversation_type(number: i32) -> Result<ConversationType, ErrorCode> {
    ConversationType::from_number(number).ok_or(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED)
}

/// A conversation by type and target.
pub(super) fn key(kind: i32, target: *const c_char) -> Result<ConversationKey, ErrorCode> {
    Ok(ConversationKey { conversation_type: conversation_type(kind)?, target_id: owned(target)? })
}

/// Conversations: two lists of the same length.
pub(super) fn keys(
    types: *const i32,
    targets: *const *const c_char,
    count: usize,
) -> Result<Vec<ConversationKey>, ErrorCode> {
    let (types, targets) = (list(types, count)?, list(targets, count)?);
    types.iter().zip(targets).map(|(kind, target)| key(*kind, *target)).collect()
}

/// A struct of the caller's that can grow at its end.
///
/// # Safety
/// It is `repr(C)`, begins with `size: usize`, has no padding before [`Growing::FIRST`] that a later field could
/// take, and all bytes 0 are a value of it, the one that asks for nothing.
pub(super) unsafe trait Growing: Copy {
    /// Its size in its first version.
    const FIRST: usize;
}

/// Reads a struct that an older program may know only the beginning of: what that lacks is 0. What a newer
/// one has beyond is left alone. `None` for NULL.
pub(super) fn growing<T: Growing>(pointer: *const T) -> Result<Option<T>, ErrorCode> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; the header asks for a struct whose first field is its size.
    let size = unsafe { pointer.cast::<usize>().read() };
    if size < T::FIRST {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    let mut known = MaybeUninit::<T>::zeroed();
    // SAFETY: the caller says that `size` bytes are there, `known` has room for its own size, and memory of
    // ours does not overlap the caller's. Zeroes and the caller's fields make a value, as `Growing` promises.
    unsafe {
        std::ptr::copy_nonoverlapping(
            pointer.cast::<u8>(),
            known.as_mut_ptr().cast::<u8>(),
            size.min(size_of::<T>()),
        );
        Ok(Some(known.assume_init()))
    }
}

/// A struct that may not be NULL.
pub(super) fn given<T: Growing>(pointer: *const T) -> Result<T, ErrorCode> {
    growing(pointer)?.ok_or(ErrorCode::NULL_ARGUMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Sample {
        size: usize,
        first: u64,
        second: u64,
    }

    // SAFETY: numbers only; every pattern is a value.
    unsafe impl Growing for Sample {
        const FIRST: usize = 16;
    }

    #[test]
    fn an_older_struct_is_read_as_far_as_it_goes() {
        let old = [16u64, 7];
        let read = given(old.as_ptr().cast::<Sample>()).unwrap();
        assert_eq!((read.first, read.second), (7, 0));
        let new = [32u64, 7, 8, 9];
        let read = given(new.as_ptr().cast::<Sample>()).unwrap();
        assert_eq!((read.size, read.first, read.second), (32, 7, 8));
        let cut = [15u64];
        let cut = growing(cut.as_ptr().cast::<Sample>()).map(drop);
        assert_eq!(cut, Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER));
        assert_eq!(given(std::ptr::null::<Sample>()).map(drop), Err(ErrorCode::NULL_ARGUMENT));
    }

    #[test]
    fn lists_are_bounded_and_empty_ones_not_read() {
        assert_eq!(list::<i64>(std::ptr::null(), 0), Ok(&[][..]));
        assert_eq!(list::<i64>(std::ptr::null(), 1), Err(ErrorCode::NULL_ARGUMENT));
        assert_eq!(list([1usize].as_ptr(), usize::MAX), Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER));
        assert_eq!(list([3, 4].as_ptr(), 2), Ok(&[3, 4][..]));
    }
}
