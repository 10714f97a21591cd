//! Crossing the border: text and numbers in and out, callbacks, and the guard against unwinding.

use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::types::AnserDestroy;
use crate::model::ErrorCode;

/// Runs a function's body; no panic gets out.
pub(super) fn guard(body: impl FnOnce() -> Result<(), ErrorCode>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(code)) => code.0,
        Err(_) => ErrorCode::INTERNAL.0,
    }
}

/// Runs a getter; a stale handle and a panic give `otherwise`.
pub(super) fn value<T>(otherwise: T, body: impl FnOnce() -> Result<T, ErrorCode>) -> T {
    catch_unwind(AssertUnwindSafe(body)).ok().and_then(Result::ok).unwrap_or(otherwise)
}

/// Text that must be there.
pub(super) fn text<'a>(pointer: *const c_char) -> Result<&'a str, ErrorCode> {
    optional_text(pointer)?.ok_or(ErrorCode::NULL_ARGUMENT)
}

/// Text that may be NULL.
pub(super) fn optional_text<'a>(pointer: *const c_char) -> Result<Option<&'a str>, ErrorCode> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; the header asks for a NUL-terminated string that stays for the call, and no
    // reference to it outlives the function that read it.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| ErrorCode::INVALID_TEXT)
}

/// Writes a result to where the caller wants it.
pub(super) fn put<T>(out: *mut T, value: T) -> Result<(), ErrorCode> {
    if out.is_null() {
        return Err(ErrorCode::NULL_ARGUMENT);
    }
    // SAFETY: not NULL; the header asks for a place that is writable and aligned for its type.
    unsafe { out.write(value) };
    Ok(())
}

/// Writes text with its NUL into the caller's buffer, and its size to `needed`.
pub(super) fn put_text(
    text: &str,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> Result<(), ErrorCode> {
    if !needed.is_null() {
        put(needed, text.len() + 1)?;
    }
    if buffer.is_null() || size <= text.len() {
        return Err(ErrorCode::BUFFER_TOO_SMALL);
    }
    // SAFETY: the caller gives `size` writable bytes at `buffer`, and the text with its NUL fits. The
    // text lies in memory of ours, which cannot overlap the caller's.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast::<u8>(), text.len());
        buffer.add(text.len()).write(0);
    }
    Ok(())
}

/// Text for C. A NUL inside would end it early: it is cut out.
pub(super) fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', "")).unwrap_or_default())
}

/// Where C reads a text that may not be there.
pub(super) fn pointer_to(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// A host's pointer, carried along and given back. Destroyed with its last owner.
pub(super) struct UserData {
    pointer: *mut c_void,
    destroy: AnserDestroy,
}

// SAFETY: the library never looks behind the pointer. The header says that callbacks and the destroy
// function run on the events thread or the thread that frees, so the host shares what it points to.
unsafe impl Send for UserData {}
// SAFETY: as above; only the pointer's value is read.
unsafe impl Sync for UserData {}

impl UserData {
    pub(super) fn new(pointer: *mut c_void, destroy: AnserDestroy) -> Self {
        Self { pointer, destroy }
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            destroy(self.pointer);
        }
    }
}
