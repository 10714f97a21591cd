//! The bytes choose calls of the C border and their arguments: living, stale, foreign and invented handles, NULL, text
//! that is no UTF-8, counts out of range. Every call must return, none may panic (the fuzzer ends the process for a
//! caught panic, too), texts must be readable, `user_data` must be given back exactly once if the call was taken and
//! never if it was not, and nothing may be called back after the last client is freed.
//!
//! What C itself forbids is not done: pointers that lead nowhere, lists shorter than their count.

use std::sync::Once;

use anser::ffi::c::*;

use crate::source::Source;
use call::{Call, Handles, Kind};
use functions::FUNCTIONS;

mod arguments;
mod call;
mod functions;
mod host;
mod structs;

/// Calls of one run.
const MAX_CALLS: usize = 120;
/// Clients of one run, each with its threads.
const MAX_CLIENTS: usize = 2;

/// Plays a sequence of calls.
pub fn run(data: &[u8]) {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(prepare);
    let mut source = Source::new(data);
    let mut handles = Handles::default();
    for _ in 0..MAX_CALLS {
        if source.is_empty() {
            break;
        }
        match source.u16() {
            // The way in, so that most runs have a client.
            number if number % 16 == 0 => start_client(&mut source, &mut handles),
            number if number % 16 == 1 => host::settle(),
            number => {
                let function = &FUNCTIONS[usize::from(number / 16) % FUNCTIONS.len()];
                let full = handles.of(Kind::Client).len() >= MAX_CLIENTS;
                if !(full && function.name == "anser_client_new") {
                    (function.call)(&mut Call::new(function.name, &mut source, &mut handles));
                }
            }
        }
        handles.take_over(host::collected());
    }
    end(&mut handles);
}

fn start_client(source: &mut Source, handles: &mut Handles) {
    if handles.of(Kind::Client).len() >= MAX_CLIENTS {
        return;
    }
    let (mut options, mut client) = (0, 0);
    assert_eq!(anser_options_new(c"key".as_ptr(), c"http://127.0.0.1:1".as_ptr(), &mut options), 0);
    assert_eq!(anser_options_set_user_id(options, c"me".as_ptr()), 0);
    if source.u8().is_multiple_of(16) {
        assert_eq!(anser_options_set_data_dir(options, c"data".as_ptr()), 0);
    }
    handles.add(Kind::Options, options);
    // Another client may have the folder.
    if anser_client_new(options, &mut client) == 0 {
        handles.add(Kind::Client, client);
    }
}

/// Frees everything, most of it for the second time, and sees that nothing is owed.
fn end(handles: &mut Handles) {
    for client in handles.of(Kind::Client) {
        anser_client_free(*client);
    }
    host::no_more_calls();
    handles.take_over(host::collected());
    let frees: [(Kind, extern "C" fn(u64) -> i32); 6] = [
        (Kind::Options, anser_options_free),
        (Kind::Event, anser_event_free),
        (Kind::Message, anser_message_free),
        (Kind::Conversation, anser_conversation_free),
        (Kind::Subscription, anser_subscription_free),
        (Kind::Upload, anser_upload_free),
    ];
    for (kind, free) in frees {
        for handle in handles.of(kind) {
            free(*handle);
            assert_eq!(free(*handle), 34403, "freed twice");
        }
    }
    host::end();
    for entry in std::fs::read_dir(".").into_iter().flatten().flatten() {
        let path = entry.path();
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    }
}

/// A folder of this process's own, so deep that no name leads out of it, and the proof that no function is missing.
fn prepare() {
    let folder = std::env::temp_dir().join(format!("anser-fuzz-{}/here/and/below", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    std::env::set_current_dir(&folder).expect("the new folder can be entered");
    let header = include_str!("../../../bindings/c/include/anser.h");
    for line in header.lines().filter(|line| !line.starts_with(' ')) {
        let Some((before, _)) = line.split_once('(') else { continue };
        let name = before.rsplit([' ', '*']).next().unwrap_or_default();
        let known = !name.starts_with("anser_") || FUNCTIONS.iter().any(|function| function.name == name);
        assert!(known, "{name} is missing in fuzz/src/c_api/functions.rs");
    }
}
