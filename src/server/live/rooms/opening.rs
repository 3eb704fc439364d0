//! Opening a room: its quiz is copied, its first fact is stored. Also done by the command line, beside a running server,
//! which adopts what was opened there.

use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, OrganisationId, PersonId, QuizId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::quiz::Quiz;
use crate::domain::time::Timestamp;
use crate::domain::timed::TimedSettings;
use crate::room::Room;
use crate::room::fact::Opened;
use crate::room::timed::TimedRoom;
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::fact::TimedOpened;
use crate::room::timed::input::TimedInput;
use crate::server::chance;
use crate::server::live::rooms::OpenRoomError;
use crate::server::live::timed::keeper::seat_saves;
use crate::server::store::session::NewSession;
use crate::server::store::timed::{NewTimedSession, TimedBatch};
use crate::server::store::{Store, StoreError};

/// What a room is opened from.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Whose room it is.
    pub organisation: OrganisationId,
    /// Who opens it; nobody from the command line.
    pub admin: Option<AdminId>,
    /// The quiz that is copied.
    pub quiz_id: QuizId,
    /// What is in it.
    pub quiz: Quiz,
}

impl Opening {
    /// Whether the quiz can be played.
    ///
    /// # Errors
    /// [`OpenRoomError::NotReady`] with the first thing to do.
    pub fn check(&self) -> Result<(), OpenRoomError> {
        match self.quiz.problems().first() {
            Some(problem) => Err(OpenRoomError::NotReady(problem.to_string())),
            None => Ok(()),
        }
    }

    /// Stores the session and its first fact.
    ///
    /// # Errors
    /// [`OpenRoomError::Store`]; nothing was opened then.
    pub async fn store(
        self,
        store: &Store,
        session: SessionId,
        code: JoinCode,
        (limits, now): (Limits, Timestamp),
    ) -> Result<Room, OpenRoomError> {
        let Self { organisation, admin, quiz_id, quiz } = self;
        let title = quiz.title.clone();
        let (room, opened) = Room::open(Opened { session, code, quiz }, limits, now);
        store.open_session(NewSession { id: session, organisation, quiz: quiz_id, admin, code, title, opened }).await?;
        Ok(room)
    }

    /// Opens a room beside a running server, or before one starts.
    ///
    /// # Errors
    /// [`OpenRoomError`]; nothing was opened then.
    pub async fn beside(self, store: &Store, now: Timestamp) -> Result<Room, OpenRoomError> {
        self.check()?;
        // Its own bound is the running server's business; this one is nobody's.
        let rooms_max = Limits::CEILING.rooms_max;
        if store.open_session_ids().await?.len() >= rooms_max as usize {
            return Err(OpenRoomError::TooMany(rooms_max));
        }
        let code = free_code(store, |_| false).await?;
        let session = store.reserve_session().await?;
        self.store(store, session, code, (Limits::default(), now)).await
    }
}

/// What a timed session is opened from.
#[derive(Clone, Debug)]
pub struct TimedOpening {
    /// Whose session it is.
    pub organisation: OrganisationId,
    /// Who opens it; nobody from the command line.
    pub admin: Option<AdminId>,
    /// The quiz that is copied.
    pub quiz_id: QuizId,
    /// What is in it.
    pub quiz: Quiz,
    /// What the host decided.
    pub settings: TimedSettings,
}

impl TimedOpening {
    /// Whether the quiz can be asked and the settings fit together.
    ///
    /// # Errors
    /// [`OpenRoomError::NotReady`] or [`OpenRoomError::BadSettings`] with the first thing to do.
    pub fn check(&self, now: Timestamp) -> Result<(), OpenRoomError> {
        if let Some(problem) = self.quiz.problems().first() {
            return Err(OpenRoomError::NotReady(problem.to_string()));
        }
        match self.settings.problems(now).into_iter().next() {
            Some((field, why)) => Err(OpenRoomError::BadSettings(field, why)),
            None => Ok(()),
        }
    }

    /// Stores the session and its first fact.
    ///
    /// # Errors
    /// [`OpenRoomError::Store`]; nothing was opened then.
    pub async fn store(
        self,
        store: &Store,
        id: SessionId,
        code: JoinCode,
        (limits, now): (Limits, Timestamp),
    ) -> Result<TimedRoom, OpenRoomError> {
        let Self { organisation, admin, quiz_id, quiz, settings } = self;
        let title = quiz.title.clone();
        let (room, opened) = TimedRoom::open(TimedOpened { session: id, code, quiz, settings }, limits, now);
        let batch = TimedBatch { facts: vec![opened], ..TimedBatch::default() };
        let new = NewTimedSession { id, organisation, quiz: quiz_id, admin, title, code, at: now };
        store.open_timed_session(new, batch).await?;
        Ok(room)
    }

    /// Opens a session beside a running server, or before one starts, with a seat for everybody who is named: stored at
    /// once, because afterwards its facts are the server's.
    ///
    /// # Errors
    /// [`OpenRoomError`]; nothing was opened then.
    pub async fn beside(
        self,
        store: &Store,
        invited: impl Iterator<Item = (PersonId, String)>,
        now: Timestamp,
    ) -> Result<TimedRoom, OpenRoomError> {
        self.check(now)?;
        let code = free_code(store, |_| false).await?;
        let id = store.reserve_session().await?;
        let Self { organisation, admin, quiz_id, quiz, settings } = self;
        let title = quiz.title.clone();
        let opened = TimedOpened { session: id, code, quiz, settings };
        let (mut room, opened) = TimedRoom::open(opened, Limits::default(), now);
        let mut facts = vec![opened];
        for (person, name) in invited {
            let seated = room.apply(TimedInput::Invite { person, name }, now);
            let effects = seated.map_err(|why| OpenRoomError::BadSettings("people", why.to_string()))?;
            facts.extend(effects.into_iter().filter_map(TimedEffect::into_fact));
        }
        let seats = seat_saves(&room, &facts, now);
        let new = NewTimedSession { id, organisation, quiz: quiz_id, admin, title, code, at: now };
        store.open_timed_session(new, TimedBatch { facts, seats, ..TimedBatch::default() }).await?;
        Ok(room)
    }
}

/// A code that no open session has, and that is not taken in another way either.
pub(super) async fn free_code(store: &Store, is_taken: impl Fn(JoinCode) -> bool) -> Result<JoinCode, StoreError> {
    loop {
        let code = chance::join_code();
        if !is_taken(code) && store.session_by_code(code).await?.is_none() {
            return Ok(code);
        }
    }
}
