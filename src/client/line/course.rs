//! As much of a room as a line must know: the step it stands at, and whether it is over.
//!
//! Knows nothing of who sees what: every view has it in the same place.

use serde::Deserialize;

use crate::protocol::event::SessionUpdate;
use crate::protocol::message::EncodedView;
use crate::protocol::view::{Phase, Show};

/// Where a room stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Steps so far.
    pub step: u32,
    /// Whether the session is over: nothing will come any more.
    pub is_over: bool,
}

impl Course {
    /// Where the room of a page stands.
    pub fn of(show: &Show) -> Self {
        Self { step: show.step, is_over: show.scene.phase() == Phase::Closed }
    }

    /// The session went on.
    pub fn follow(&mut self, update: &SessionUpdate) {
        *self = Self { step: update.step, is_over: update.state == Phase::Closed };
    }

    /// A snapshot came. A view that cannot be read changes nothing.
    pub fn take(&mut self, view: &EncodedView) {
        if let Some(Glance { show: Part { step, scene: Place { phase } } }) = view.read() {
            *self = Self { step, is_over: phase == Phase::Closed };
        }
    }
}

/// What every view has, whoever's it is; reading no more keeps the line free of views.
#[derive(Deserialize)]
struct Glance {
    show: Part,
}

#[derive(Deserialize)]
struct Part {
    step: u32,
    scene: Place,
}

#[derive(Deserialize)]
struct Place {
    phase: Phase,
}
