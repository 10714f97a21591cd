//! Arguments by type. Pointers lead to as much as the counts after them say, or the count is beyond what any call
//! reads.

use std::ffi::{CString, c_char, c_void};

use super::call::Call;
use super::host;

/// Something that an argument can be.
pub(super) trait Argument: Sized {
    fn make(call: &mut Call) -> Self;
}

/// How many things a list holds.
pub(super) const LIST: usize = 8;
/// How many bytes a buffer has.
const BUFFER: usize = 64;

/// Text that gets somewhere.
const TEXTS: &[&[u8]] = &[
    b"",
    b"peer",
    b"group",
    b"me",
    b"token",
    b"RC:TxtMsg",
    b"RC:ImgMsg",
    b"RC:FileMsg",
    b"RC:ReadNtf",
    b"my:kind",
    br#"{"content":"hello"}"#,
    br#"{"content":"x","mentionedInfo":{"type":2,"userIdList":["me"]},"user":{"id":"me"}}"#,
    br#"{"name":"f","size":3,"type":"txt","fileUrl":"http://127.0.0.1:1/f"}"#,
    b"{}",
    b"[",
    b"null",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"file",
    b"data",
    b"no/such/folder/file",
    b"http://127.0.0.1:1/file",
    b"socks5://127.0.0.1:1",
    b"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "\u{4f60}\u{597d} \u{1f980}".as_bytes(),
    b"hello",
    b"%_\"*' OR 1=1 --",
    b"\x01",
    b"1",
    b"-----BEGIN CERTIFICATE-----",
];

/// Where a client may look for navigation: nowhere but here.
const NAVIGATION: &[&[u8]] = &[
    b"http://127.0.0.1:1",
    b"https://127.0.0.1:1",
    b"http://[::1]:1/navi",
    b"",
    b"ftp://127.0.0.1",
    b"http://127.0.0.1:99999",
    b"\xff",
];

/// Text, or NULL.
pub(super) fn text(call: &mut Call) -> *const c_char {
    let bytes = match call.source.u8() {
        _ if call.name == "anser_options_new" && call.position == 1 => {
            call.source.one_of(NAVIGATION).to_vec()
        }
        0..16 => return std::ptr::null(),
        16..190 => call.source.one_of(TEXTS).to_vec(),
        190 => vec![b'x'; 70_000],
        // No path or address of anything else.
        _ => call
            .source
            .block()
            .iter()
            .map(|byte| if b"\0/\\".contains(byte) { b'_' } else { *byte })
            .collect(),
    };
    let text = CString::new(bytes).unwrap_or_default();
    let pointer = text.as_ptr();
    // The text's bytes stay where they are when it moves.
    call.keep(text);
    pointer
}

/// A number of a conversation's type, a flag, or any.
pub(super) fn number(call: &mut Call) -> i32 {
    match call.source.u8() {
        byte @ 0..160 => i32::from(byte % 12),
        byte @ 160..200 => 1 << (byte % 14),
        _ => call.source.u64() as i32,
    }
}

/// A list of things, or NULL.
pub(super) fn list<T: Copy + 'static>(call: &mut Call, one: fn(&mut Call) -> T) -> *const T {
    if call.source.u8() < 16 {
        return std::ptr::null();
    }
    let things: [T; LIST] = std::array::from_fn(|_| one(call));
    call.room = Some(LIST);
    call.keep(things).cast::<T>()
}

/// How many things of the list before it.
pub(super) fn count(call: &mut Call, room: usize) -> usize {
    match call.source.u8() {
        byte @ 0..240 => usize::from(byte) % (room + 1),
        240..248 => 100_001,
        _ => usize::MAX,
    }
}

fn place<T: 'static>(call: &mut Call, value: T) -> *mut T {
    if call.source.u8() < 8 { std::ptr::null_mut() } else { call.keep(value) }
}

impl Argument for u64 {
    fn make(call: &mut Call) -> Self {
        if call.position == 0 { call.handle() } else { call.source.u64() }
    }
}

impl Argument for usize {
    fn make(call: &mut Call) -> Self {
        match call.room {
            // A buffer's size is never a lie.
            Some(BUFFER) => call.source.below(BUFFER + 1),
            Some(room) => count(call, room),
            // After NULL nothing is read, and an index may be anything.
            None => call.source.u64() as usize,
        }
    }
}

impl Argument for i32 {
    fn make(call: &mut Call) -> Self {
        // Waiting for ever is what was asked for, not a hang.
        if call.name == "anser_client_next_event" { call.source.below(3) as i32 } else { number(call) }
    }
}

impl Argument for i64 {
    fn make(call: &mut Call) -> Self {
        call.source.u64() as i64
    }
}

impl Argument for u32 {
    fn make(call: &mut Call) -> Self {
        call.source.u64() as u32
    }
}

impl Argument for bool {
    fn make(call: &mut Call) -> Self {
        call.source.bool()
    }
}

impl Argument for *const c_char {
    fn make(call: &mut Call) -> Self {
        text(call)
    }
}

impl Argument for *const *const c_char {
    fn make(call: &mut Call) -> Self {
        list(call, text)
    }
}

impl Argument for *const i32 {
    fn make(call: &mut Call) -> Self {
        list(call, number)
    }
}

impl Argument for *const i64 {
    fn make(call: &mut Call) -> Self {
        list(call, |call| call.source.u64() as i64)
    }
}

impl Argument for *const u64 {
    fn make(call: &mut Call) -> Self {
        list(call, |call| call.source.u64())
    }
}

impl Argument for *const u8 {
    fn make(call: &mut Call) -> Self {
        list(call, |call| call.source.u8())
    }
}

impl Argument for *mut c_char {
    fn make(call: &mut Call) -> Self {
        let buffer = place(call, [0_u8; BUFFER]);
        call.room = Some(BUFFER);
        buffer.cast()
    }
}

impl Argument for *mut u64 {
    fn make(call: &mut Call) -> Self {
        let out = place(call, 0_u64);
        call.keep_out(out);
        out
    }
}

impl Argument for *mut i32 {
    fn make(call: &mut Call) -> Self {
        place(call, 0)
    }
}

impl Argument for *mut i64 {
    fn make(call: &mut Call) -> Self {
        place(call, 0)
    }
}

impl Argument for *mut usize {
    fn make(call: &mut Call) -> Self {
        place(call, 0)
    }
}

impl Argument for *mut c_void {
    fn make(call: &mut Call) -> Self {
        host::user_data(call)
    }
}

/// A function that is there, or not.
fn sometimes<T>(call: &mut Call, function: T) -> Option<T> {
    (call.source.u8() >= 24).then_some(function)
}

macro_rules! callbacks {
    ($($function:path: ($($argument:ty),*) $(-> $result:ty)?;)*) => {
        $(impl Argument for Option<extern "C" fn($($argument),*) $(-> $result)?> {
            fn make(call: &mut Call) -> Self {
                sometimes(call, $function as extern "C" fn($($argument),*) $(-> $result)?)
            }
        })*
    };
}

callbacks! {
    host::on_log: (*mut c_void, i32, *const c_char, *const c_char);
    host::on_fetched: (*mut c_void, u32, i64);
    host::on_stored: (*mut c_void, u64, u64) -> bool;
}

impl Argument for Option<extern "C" fn(*mut c_void, i32, u64)> {
    fn make(call: &mut Call) -> Self {
        let function = sometimes(call, host::on_event as extern "C" fn(*mut c_void, i32, u64));
        call.calls_back = function.is_some();
        function
    }
}

/// Always there: it is how the host sees that its pointer comes back.
impl Argument for Option<extern "C" fn(*mut c_void)> {
    fn make(_: &mut Call) -> Self {
        Some(host::on_destroy)
    }
}
