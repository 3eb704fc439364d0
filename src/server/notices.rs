//! Notices: the house tells its operators by itself what somebody may have to see to.
//!
//! Whoever finds something wrong raises it in one call that waits for nothing:
//!
//! ```ignore
//! house.notices.raise(Some(organisation), Notice {
//!     level: NoticeLevel::Warning,
//!     code: "room_full",                        // the stable name of the kind
//!     text: "The room KFX 7QM is full.".into(), // the sentence for people
//!     room: Some(code),                         // where it belongs, if to a room
//! });
//! house.notices.raise(None, …);                 // about the house itself: only its own organisation is told
//! ```
//!
//! The same kind about the same thing is raised once a minute at the most on each level, and for one organisation not more
//! than [`RAISED_PER_MINUTE`] kinds and things. A notice is stored, then told at the desks of the organisation; where the disk does not take it, it
//! is told all the same and stored as soon as the disk does. It never names an address, a password or an answer.
//!
//! It knows nothing of pages, and not why something is wrong.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::code::JoinCode;
use crate::domain::ids::{NoticeId, OrganisationId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::notice::{NoticeEvent, NoticeLevel, Notification};
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::clock::Clock;
use crate::server::live::desk::Desks;
use crate::server::store::notice::NoticeReader;
use crate::server::store::{Store, StoreError};

/// The same kind about the same thing is told again after this time at the earliest.
const CALM: Millis = Millis(60_000);
/// Notices of one organisation in a minute; who has more of them knows already.
pub const RAISED_PER_MINUTE: usize = 60;
/// Notices that wait to be stored and told.
const WAITING_MAX: usize = 64;
/// A disk that takes longer does not hold back the telling.
const STORED_WITHIN: Duration = Duration::from_millis(400);
/// Notices that were told and could not be stored yet; of more, the oldest are lost.
const UNSTORED_MAX: usize = 100;
/// How often those are tried again.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Ids in a millisecond.
const IDS_PER_MS: i64 = 16;

/// Something that operators should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// The stable name of its kind.
    pub code: &'static str,
    /// The sentence, for people.
    pub text: String,
    /// The room that it is about, if it is about one.
    pub room: Option<JoinCode>,
}

/// Where notices are raised. A clone is the same.
#[derive(Clone, Debug)]
pub struct Notices(Arc<Bell>);

#[derive(Debug)]
struct Bell {
    clock: Clock,
    raised: mpsc::Sender<Raised>,
    calm: Mutex<Calm>,
}

type Raised = (Option<OrganisationId>, Notification);

impl Notices {
    /// Begins to take notices, until the house stops.
    pub fn start(store: Store, clock: Clock, desks: Desks, stop: CancellationToken) -> Self {
        let (raised, waiting) = mpsc::channel(WAITING_MAX);
        let teller = Teller { store, desks, waiting, unstored: VecDeque::new() };
        tokio::spawn(async move { stop.run_until_cancelled(teller.run()).await });
        Self(Arc::new(Bell { clock, raised, calm: Mutex::default() }))
    }

    /// Raises a notice of an organisation, or of the house itself. Returns whether it is told: not where the same was
    /// raised a moment ago, or too many are.
    pub fn raise(&self, organisation: Option<OrganisationId>, notice: Notice) -> bool {
        let Notice { level, code, text, room } = notice;
        let at = self.0.clock.now();
        let mut calm = self.0.calm.lock().expect("nothing panics while it holds what was raised");
        let Some(id) = calm.admit((organisation, level, code, room), at) else { return false };
        drop(calm);
        match level {
            NoticeLevel::Info => info!(code, %text, "notice"),
            NoticeLevel::Warning => warn!(code, %text, "notice"),
            NoticeLevel::Error => error!(code, %text, "notice"),
        }
        let room = room.map(|room| room.to_string());
        let notification = Notification { id, level, code: code.to_owned(), text, room, at };
        let is_told = self.0.raised.try_send((organisation, notification)).is_ok();
        if !is_told {
            warn!(code, "more notices wait than can be told; this one is only logged");
        }
        is_told
    }
}

/// What counts as the same.
type Kind = (Option<OrganisationId>, NoticeLevel, &'static str, Option<JoinCode>);

/// What was raised in the last minute.
#[derive(Debug, Default)]
struct Calm {
    kinds: HashMap<Kind, Timestamp>,
    last_id: i64,
}

impl Calm {
    /// The id of one more, unless it was raised a moment ago or there were too many.
    fn admit(&mut self, kind: Kind, now: Timestamp) -> Option<NoticeId> {
        self.kinds.retain(|_, raised_at| now - *raised_at < CALM);
        let raised = self.kinds.keys().filter(|(organisation, ..)| *organisation == kind.0).count();
        if raised >= RAISED_PER_MINUTE || self.kinds.contains_key(&kind) {
            return None;
        }
        self.kinds.insert(kind, now);
        self.last_id = (self.last_id + 1).max(now.0 * IDS_PER_MS);
        Some(NoticeId(self.last_id))
    }
}

impl House {
    /// Whether the house is an organisation's own: the one that was made first. Nobody else is told how the machine is.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn is_of(&self, organisation: OrganisationId) -> Result<bool, StoreError> {
        Ok(self.store.first_organisation().await? == Some(organisation))
    }

    /// Somebody as a reader of notices.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn reader(&self, admin: &Admin) -> Result<NoticeReader, StoreError> {
        let sees_house = self.is_of(admin.organisation).await?;
        Ok(NoticeReader { admin: admin.id, organisation: admin.organisation, sees_house })
    }
}

/// Stores and tells.
struct Teller {
    store: Store,
    desks: Desks,
    waiting: mpsc::Receiver<Raised>,
    /// Told, and not stored yet.
    unstored: VecDeque<Raised>,
}

impl Teller {
    async fn run(mut self) {
        loop {
            tokio::select! {
                raised = self.waiting.recv() => match raised {
                    Some(raised) => self.take(raised).await,
                    None => return,
                },
                () = tokio::time::sleep(TRY_AGAIN), if !self.unstored.is_empty() => self.try_again().await,
            }
        }
    }

    async fn take(&mut self, (organisation, notification): Raised) {
        let stored = self.store.add_notice(organisation, notification.clone());
        if !matches!(tokio::time::timeout(STORED_WITHIN, stored).await, Ok(Ok(()))) {
            if self.unstored.len() == UNSTORED_MAX {
                self.unstored.pop_front();
            }
            self.unstored.push_back((organisation, notification.clone()));
        }
        let whose = match organisation {
            Some(organisation) => Some(organisation),
            None => self.store.first_organisation().await.unwrap_or_else(|why| {
                warn!(error = %why, "whose house this is could not be read");
                None
            }),
        };
        if let Some(whose) = whose {
            self.desks.tell(whose, &NoticeEvent::Notification(notification));
        }
    }

    async fn try_again(&mut self) {
        while let Some((organisation, notification)) = self.unstored.front() {
            if self.store.add_notice(*organisation, notification.clone()).await.is_err() {
                return;
            }
            self.unstored.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn ids(calm: &mut Calm, kinds: &[(i64, &'static str)], now: Timestamp) -> Vec<bool> {
        let kind = |(organisation, code): &(i64, &'static str)| {
            (Some(OrganisationId(*organisation)), NoticeLevel::Warning, *code, None)
        };
        kinds.iter().map(|it| calm.admit(kind(it), now).is_some()).collect()
    }

    #[test]
    fn the_same_about_the_same_is_raised_once_a_minute() {
        let mut calm = Calm::default();
        let same = [(1, "room_full"), (1, "room_full"), (2, "room_full"), (1, "limit_links")];
        assert_eq!(ids(&mut calm, &same, START), [true, false, true, true]);
        assert_eq!(ids(&mut calm, &same[..1], START + Millis(59_999)), [false]);
        assert_eq!(ids(&mut calm, &same[..1], START + Millis(60_000)), [true]);
        let rooms = ["KFX7QM", "KFX7QN"].map(|code| JoinCode::parse(code).ok());
        for room in rooms {
            let kind = (None, NoticeLevel::Warning, "room_full", room);
            assert!(calm.admit(kind, START).is_some(), "each room is another thing");
        }
        let worse = (Some(OrganisationId(1)), NoticeLevel::Error, "room_full", None);
        assert!(calm.admit(worse, START + Millis(60_001)).is_some(), "what gets worse is told at once");
    }

    #[test]
    fn one_more_than_a_minute_takes_is_not_told() {
        let mut calm = Calm::default();
        let mut of = |organisation, number: usize, now| {
            let room = JoinCode::parse(&format!("KFX7{number:02}")).expect("a code");
            calm.admit((Some(OrganisationId(organisation)), NoticeLevel::Warning, "room_full", Some(room)), now)
                .is_some()
        };
        assert!((0..RAISED_PER_MINUTE).all(|number| of(1, number, START)));
        assert!(!of(1, RAISED_PER_MINUTE, START + Millis(1)));
        assert!(of(2, RAISED_PER_MINUTE, START + Millis(1)), "others are not kept from theirs");
        assert!(of(1, RAISED_PER_MINUTE, START + CALM));
    }

    #[test]
    fn a_later_notice_has_a_higher_id() {
        let mut calm = Calm::default();
        let at = |calm: &mut Calm, code, now| calm.admit((None, NoticeLevel::Info, code, None), now).expect("admitted");
        let (first, second) = (at(&mut calm, "a", START), at(&mut calm, "b", START));
        let third = at(&mut calm, "c", START + Millis(1));
        assert!(first < second && second < third, "{first} {second} {third}");
    }
}
