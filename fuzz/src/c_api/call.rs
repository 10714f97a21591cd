//! One call: where its arguments come from, what has to live until it returns, and what is learnt from its result.

use std::any::Any;
use std::ffi::{CStr, c_char, c_void};

use super::arguments::Argument;
use super::host;
use crate::source::Source;

/// What a handle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Options,
    Client,
    Event,
    Message,
    Conversation,
    Subscription,
    Upload,
}

const KINDS: usize = 7;

/// The handles of a run by kind, also those that are freed.
#[derive(Default)]
pub(super) struct Handles([Vec<u64>; KINDS]);

impl Handles {
    pub(super) fn of(&self, kind: Kind) -> &[u64] {
        &self.0[kind as usize]
    }

    pub(super) fn add(&mut self, kind: Kind, handle: u64) {
        // More say nothing new, and each costs a call at the end.
        if handle != 0 && !self.0[kind as usize].contains(&handle) {
            self.0[kind as usize].push(handle);
        }
    }

    pub(super) fn take_over(&mut self, found: Vec<(Kind, u64)>) {
        found.into_iter().for_each(|(kind, handle)| self.add(kind, handle));
    }
}

/// A call that is being put together.
pub(super) struct Call<'a, 'b> {
    pub(super) name: &'static str,
    pub(super) source: &'a mut Source<'b>,
    handles: &'a mut Handles,
    /// Which argument is next.
    pub(super) position: usize,
    /// How many things the last list or buffer holds.
    pub(super) room: Option<usize>,
    /// What the pointers lead to.
    kept: Vec<Box<dyn Any>>,
    /// Where a handle may be written to.
    out: *const u64,
    /// Whether its end is told by callback.
    pub(super) calls_back: bool,
    /// What the host keeps about this call.
    pub(super) ticket: Option<host::Ticket>,
}

impl<'a, 'b> Call<'a, 'b> {
    pub(super) fn new(name: &'static str, source: &'a mut Source<'b>, handles: &'a mut Handles) -> Self {
        let (kept, out) = (Vec::new(), std::ptr::null());
        Self { name, source, handles, position: 0, room: None, kept, out, calls_back: false, ticket: None }
    }

    /// A place for `value` that stays until the call has returned.
    pub(super) fn keep<T: 'static>(&mut self, value: T) -> *mut T {
        let mut place = Box::new(value);
        let pointer: *mut T = &mut *place;
        // The box moves, its contents do not.
        self.kept.push(place);
        pointer
    }

    pub(super) fn keep_out(&mut self, out: *const u64) {
        self.out = out;
    }

    /// The kind that the first argument should be.
    fn kind(&self) -> Kind {
        let prefixes = [
            ("anser_options_", Kind::Options),
            ("anser_client_new", Kind::Options),
            ("anser_event_", Kind::Event),
            ("anser_message_", Kind::Message),
            ("anser_conversation_", Kind::Conversation),
            ("anser_subscription_", Kind::Subscription),
            ("anser_upload_", Kind::Upload),
        ];
        let found = prefixes.iter().find(|(prefix, _)| self.name.starts_with(prefix));
        found.map_or(Kind::Client, |(_, kind)| *kind)
    }

    /// A handle, mostly of the right kind.
    pub(super) fn handle(&mut self) -> u64 {
        let kind = match self.source.u8() {
            0..220 => self.kind() as usize,
            220..235 => self.source.below(KINDS),
            235..245 => return 0,
            245..250 => return u64::MAX,
            _ => return self.source.u64(),
        };
        let known = &self.handles.0[kind];
        if known.is_empty() { 0 } else { known[self.source.below(known.len())] }
    }

    /// The function has returned a code.
    fn returned(&mut self, code: i32) {
        if let Some(ticket) = self.ticket.take() {
            host::returned(ticket, code == 0);
        }
        if code != 0 || self.out.is_null() {
            return;
        }
        // SAFETY: the place is among those that are kept.
        let handle = unsafe { self.out.read() };
        let kind = match self.name {
            "anser_options_new" => Kind::Options,
            "anser_client_new" => Kind::Client,
            "anser_message_retain" => Kind::Message,
            "anser_conversation_retain" => Kind::Conversation,
            name if name.ends_with("_listener") => Kind::Subscription,
            _ => Kind::Event,
        };
        self.handles.add(kind, handle);
    }

    fn found(&mut self, kind: Kind, handle: u64) {
        self.handles.add(kind, handle);
    }
}

/// What a function gives back.
pub(super) trait Outcome {
    fn see(self, call: &mut Call);
}

impl Outcome for i32 {
    fn see(self, call: &mut Call) {
        call.returned(self);
    }
}

impl Outcome for u64 {
    fn see(self, call: &mut Call) {
        // Owned by an event: it ends with that, or is freed twice.
        match call.name {
            "anser_event_message" => call.found(Kind::Message, self),
            "anser_event_conversation" => call.found(Kind::Conversation, self),
            _ => {}
        }
    }
}

impl Outcome for *const c_char {
    fn see(self, _: &mut Call) {
        if !self.is_null() {
            // SAFETY: the library says that this is text with a NUL; the sanitizer sees it if it is not.
            let text = unsafe { CStr::from_ptr(self) };
            assert!(text.to_str().is_ok(), "text that is no UTF-8");
        }
    }
}

macro_rules! plain_outcomes {
    ($($kind:ty)*) => {
        $(impl Outcome for $kind {
            fn see(self, _: &mut Call) {}
        })*
    };
}

plain_outcomes!(i64 u32 usize bool *mut c_void);

/// A function that can be called with what the input says.
pub(super) trait Invoke {
    fn invoke(self, call: &mut Call);
}

macro_rules! invoke {
    ($($argument:ident)*) => {
        impl<R: Outcome, $($argument: Argument),*> Invoke for extern "C" fn($($argument),*) -> R {
            #[allow(non_snake_case)]
            fn invoke(self, call: &mut Call) {
                $(
                    let $argument = $argument::make(call);
                    call.position += 1;
                )*
                self($($argument),*).see(call);
            }
        }
    };
}

invoke!();
invoke!(A);
invoke!(A B);
invoke!(A B C);
invoke!(A B C D);
invoke!(A B C D E);
invoke!(A B C D E F);
invoke!(A B C D E F G);
invoke!(A B C D E F G H);
invoke!(A B C D E F G H I);
invoke!(A B C D E F G H I J);
