//! What the frame of a work page has to say: how many notices were not read, and the one that has just come.
//!
//! It hears the messages of the tab's one link, whichever page opened it, through the context. It knows notices, and nothing
//! of how they are listed.

use std::sync::Arc;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::admin::me;
use crate::api::house::DeskStart;
use crate::domain::ids::NoticeId;
use crate::protocol::message::{EncodedView, Message};
use crate::protocol::notice::{NoticeLevel, Notification};
use crate::protocol::view::{Audience, Show as RoomShow};
use crate::ui::components::announcer::Announcer;
use crate::ui::live::{Ear, LiveView, use_view};

/// What the bell knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bell {
    /// Notices that were not read.
    pub unread: u32,
    /// The newest that is known.
    pub newest: NoticeId,
    /// One that came while the page stood, until somebody dismisses it.
    pub arrived: Option<Notification>,
}

impl Bell {
    /// As the page was made.
    pub fn of(start: &DeskStart) -> Self {
        Self { unread: start.unread, newest: start.newest, arrived: None }
    }

    /// Takes over a notice, unless it is known already.
    fn hear(&mut self, notice: Notification) {
        if notice.id > self.newest {
            self.newest = notice.id;
            self.unread += 1;
            self.arrived = Some(notice);
        }
    }
}

/// The bell of the page, in the context.
#[derive(Clone, Copy)]
pub struct BellSignal(pub RwSignal<Bell>);

/// A page that shows nothing of what admins are told; only the bell hears it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OnlyTheBell;

impl LiveView for OnlyTheBell {
    const AUDIENCE: Audience = Audience::Admins;

    fn show(&self) -> Option<&RoomShow> {
        None
    }

    fn fold(&mut self, _message: &Message) {}

    fn replace(&mut self, _view: &EncodedView) {}
}

/// Hangs up the bell of a page: from here on it hears what comes. A page with a link of its own is heard, others get one.
pub fn hang_up(start: &DeskStart, has_own_link: bool) -> BellSignal {
    let bell = RwSignal::new(Bell::of(start));
    let again = Action::new(move |()| async move {
        if let Ok(Some(start)) = me().await.map(|me| me.desk) {
            bell.update(|bell| (bell.unread, bell.newest) = (start.unread, start.newest));
        }
    });
    provide_context(BellSignal(bell));
    provide_context(Ear(Arc::new(move |message: &Message| match message {
        Message::Notification(news) => {
            if let Some(notice) = news.read::<Notification>() {
                bell.update(|bell| bell.hear(notice));
            }
        }
        // What was missed before it is not told again.
        Message::Snapshot(_) => drop(again.dispatch(())),
        _ => {}
    })));
    if !has_own_link {
        use_view(OnlyTheBell, start.position, start.server_time);
    }
    BellSignal(bell)
}

/// A level in a word.
pub fn level_words(level: NoticeLevel) -> &'static str {
    match level {
        NoticeLevel::Info => "Note",
        NoticeLevel::Warning => "Warning",
        NoticeLevel::Error => "Error",
    }
}

/// The number behind the way to the notices.
#[component]
pub fn UnreadCount(
    /// The bell.
    bell: BellSignal,
) -> impl IntoView {
    let unread = Memo::new(move |_| bell.0.with(|bell| bell.unread));
    view! {
        <Show when=move || unread.get() != 0>
            <span class="count">
                <span class="number">{move || if unread.get() > 99 { "99+".to_owned() } else { unread.get().to_string() }}</span>
                <span class="visually-hidden">" not read"</span>
            </span>
        </Show>
    }
}

/// The notice that has just come, in a line that takes a place of its own; and the voice that tells it.
#[component]
pub fn NoticeLine(
    /// The bell.
    bell: BellSignal,
) -> impl IntoView {
    let arrived = Memo::new(move |_| bell.0.with(|bell| bell.arrived.clone()));
    let spoken = Memo::new(move |_| {
        let says = |notice: Notification| format!("{}: {}", level_words(notice.level), notice.text);
        arrived.get().map(says).unwrap_or_default()
    });
    let dismiss = move |_| bell.0.update(|bell| bell.arrived = None);
    view! {
        <Announcer text=spoken/>
        {move || arrived.get().map(|notice| view! {
            <div class="notice-line" data-level=notice.level.name()>
                <p><strong>{level_words(notice.level)}</strong>" "{notice.text}</p>
                <button type="button" class="button quiet" on:click=dismiss>
                    "Dismiss"<span class="visually-hidden">" the notice"</span>
                </button>
            </div>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Epoch;
    use crate::domain::time::Timestamp;
    use crate::protocol::message::Position;

    fn notice(id: i64) -> Notification {
        Notification {
            id: NoticeId(id),
            level: NoticeLevel::Warning,
            code: "room_full".to_owned(),
            text: "The room is full.".to_owned(),
            room: None,
            at: Timestamp(0),
        }
    }

    #[test]
    fn a_notice_that_the_page_has_already_is_not_counted_twice() {
        let position = Position { epoch: Epoch(1), seq: 0 };
        let start = DeskStart { position, server_time: Timestamp(0), unread: 2, newest: NoticeId(7) };
        let mut bell = Bell::of(&start);
        bell.hear(notice(7));
        assert_eq!(bell, Bell::of(&start));
        bell.hear(notice(8));
        assert_eq!((bell.unread, bell.newest, bell.arrived.is_some()), (3, NoticeId(8), true));
    }
}
