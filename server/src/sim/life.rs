//! How long a simulated server lives: its process can be made to end at any of the steps by which it changes its disk
//! or is heard by anybody. Asked at each of them by the embedded store and by whatever leaves; decides nothing else.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A step that a server may not survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A transaction is written and not committed.
    Commit,
    /// It is committed; nobody was answered.
    Answer,
    /// Whoever asked is answered; those whom it concerns were not told.
    Notice,
    /// A frame, or an answer to a request, is about to leave.
    Leave,
}

/// See the module.
pub(crate) struct Life {
    left: Mutex<Option<u64>>,
    died: Box<dyn Fn(Step) + Send + Sync>,
}

impl Life {
    /// One without an end. `died` hears at which step it ended after all.
    pub(crate) fn new(died: Box<dyn Fn(Step) + Send + Sync>) -> Self {
        Self { left: Mutex::new(None), died }
    }

    fn left(&self) -> MutexGuard<'_, Option<u64>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It ends at the step of this number from now, or never.
    pub(super) fn set(&self, left: Option<u64>) {
        *self.left() = left;
    }

    /// Whether it has not ended.
    pub(crate) fn goes_on(&self) -> bool {
        *self.left() != Some(0)
    }

    /// Takes a step. Returns whether it is survived: of a dead server nothing is.
    pub(crate) fn survives(&self, step: Step) -> bool {
        let mut left = self.left();
        let Some(count) = left.as_mut() else { return true };
        if *count == 0 {
            return false;
        }
        *count -= 1;
        let ends = *count == 0;
        drop(left);
        if ends {
            (self.died)(step);
        }
        !ends
    }
}
