//! The audit log: what is worth writing down of what was done, by whom, to what.
//!
//! Knows names and numbers only. Nothing here can hold a secret or the name of somebody: people are referred to by id, so
//! that whoever is forgotten is forgotten here as well; accounts are too, and who shows the log looks their names up.
//!
//! A new kind of thing that is worth it is a variant of [`AuditAction`], then following the compiler. Names never change:
//! they are stored.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::ids::{AdminId, ColleagueInviteId, OrganisationId, PersonId, QuizId, SessionId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditActor {
    /// Somebody who was signed in; the account may be gone.
    Account(AdminId),
    /// The operator, by a command.
    CommandLine,
    /// The server by itself, or somebody whom it does not know.
    System,
}

impl AuditActor {
    /// The name of its kind, for the store and for files.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::CommandLine => "command_line",
            Self::System => "system",
        }
    }

    /// The account, if it is one.
    pub fn account(self) -> Option<AdminId> {
        match self {
            Self::Account(id) => Some(id),
            Self::CommandLine | Self::System => None,
        }
    }

    /// Reads a kind and the id that goes with it.
    ///
    /// # Errors
    /// [`UnknownName`].
    pub fn read(kind: &str, id: Option<i64>) -> Result<Self, UnknownName> {
        match (kind, id) {
            ("account", Some(id)) => Ok(Self::Account(AdminId(id))),
            ("command_line", None) => Ok(Self::CommandLine),
            ("system", None) => Ok(Self::System),
            _ => Err(UnknownName),
        }
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditSubject {
    /// The organisation, or many things of it at once.
    Organisation(OrganisationId),
    /// An account.
    Account(AdminId),
    /// Somebody whom the organisation knows by name.
    Person(PersonId),
    /// A quiz.
    Quiz(QuizId),
    /// A session.
    Session(SessionId),
    /// A link for a colleague.
    ColleagueInvite(ColleagueInviteId),
}

impl AuditSubject {
    /// The name of its kind, for the store and for files.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Organisation(_) => "organisation",
            Self::Account(_) => "account",
            Self::Person(_) => "person",
            Self::Quiz(_) => "quiz",
            Self::Session(_) => "session",
            Self::ColleagueInvite(_) => "colleague_invite",
        }
    }

    /// Its number.
    pub fn id(self) -> i64 {
        match self {
            Self::Organisation(id) => id.0,
            Self::Account(id) => id.0,
            Self::Person(id) => id.0,
            Self::Quiz(id) => id.0,
            Self::Session(id) => id.0,
            Self::ColleagueInvite(id) => id.0,
        }
    }

    /// Reads a kind and the id that goes with it.
    ///
    /// # Errors
    /// [`UnknownName`].
    pub fn read(kind: &str, id: i64) -> Result<Self, UnknownName> {
        match kind {
            "organisation" => Ok(Self::Organisation(OrganisationId(id))),
            "account" => Ok(Self::Account(AdminId(id))),
            "person" => Ok(Self::Person(PersonId(id))),
            "quiz" => Ok(Self::Quiz(QuizId(id))),
            "session" => Ok(Self::Session(SessionId(id))),
            "colleague_invite" => Ok(Self::ColleagueInvite(ColleagueInviteId(id))),
            _ => Err(UnknownName),
        }
    }
}

/// What kind of thing it is; what the log is looked through by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditArea {
    /// Coming in and going out.
    SignIns,
    /// Accounts, what they may do, and who becomes one.
    Accounts,
    /// Whom the organisation knows by name.
    People,
    /// Quizzes and the rooms opened from them.
    Quizzes,
    /// Timed sessions and who is in them.
    Sessions,
}

impl AuditArea {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::SignIns, Self::Accounts, Self::People, Self::Quizzes, Self::Sessions];

    /// Its name, for the store and for addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIns => "sign_ins",
            Self::Accounts => "accounts",
            Self::People => "people",
            Self::Quizzes => "quizzes",
            Self::Sessions => "sessions",
        }
    }

    /// The area of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|area| area.name() == name)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// A browser was signed in.
    SignedIn,
    /// Somebody tried with a wrong password.
    SignInFailed,
    /// A browser was signed out by who sat at it.
    SignedOut,
    /// A program was signed in.
    ProgramSignedIn,
    /// A program was signed out, or its tokens had been copied.
    ProgramSignedOut,
    /// Logins or programs of an account were ended from elsewhere.
    LoginsRevoked,
    /// The organisation began.
    OrganisationMade,
    /// An account was made.
    AccountCreated,
    /// An account has another role.
    RoleChanged,
    /// Somebody gave themselves another password.
    PasswordChanged,
    /// The operator gave an account another password.
    PasswordReset,
    /// An account has no password any more, because it comes in by another house's word.
    PasswordRemoved,
    /// An account was removed.
    AccountRemoved,
    /// An account may come in by another house's word from now on.
    IdentityLinked,
    /// A link for a colleague was made.
    ColleagueInvited,
    /// A link for a colleague was taken back.
    ColleagueInviteRevoked,
    /// A link for a colleague was used.
    ColleagueInviteUsed,
    /// Somebody was added.
    PersonAdded,
    /// What is written about somebody was changed.
    PersonEdited,
    /// Somebody was forgotten.
    PersonDeleted,
    /// People came in from a file; a long one comes in pieces, each with its own entry.
    PeopleImported,
    /// Everybody was written out.
    PeopleExported,
    /// A quiz was deleted.
    QuizDeleted,
    /// A room was opened.
    RoomOpened,
    /// A timed session was opened.
    TimedSessionOpened,
    /// A timed session was closed.
    TimedSessionClosed,
    /// People were invited to a timed session.
    PeopleInvited,
    /// Somebody in a timed session was given time, stopped, let go on, ended, or given one more attempt.
    SeatTimeChanged,
    /// A personal link was taken back.
    SeatLinkRevoked,
    /// A personal link was made anew.
    SeatLinkRenewed,
    /// Answers of a timed session were written out.
    ResultsExported,
    /// Personal links were sent by mail.
    LinksMailed,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 32] = [
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::ProgramSignedIn,
        Self::ProgramSignedOut,
        Self::LoginsRevoked,
        Self::OrganisationMade,
        Self::AccountCreated,
        Self::RoleChanged,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::PasswordRemoved,
        Self::AccountRemoved,
        Self::IdentityLinked,
        Self::ColleagueInvited,
        Self::ColleagueInviteRevoked,
        Self::ColleagueInviteUsed,
        Self::PersonAdded,
        Self::PersonEdited,
        Self::PersonDeleted,
        Self::PeopleImported,
        Self::PeopleExported,
        Self::QuizDeleted,
        Self::RoomOpened,
        Self::TimedSessionOpened,
        Self::TimedSessionClosed,
        Self::PeopleInvited,
        Self::SeatTimeChanged,
        Self::SeatLinkRevoked,
        Self::SeatLinkRenewed,
        Self::ResultsExported,
        Self::LinksMailed,
    ];

    /// Its name, for the store and for files.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::ProgramSignedIn => "program_signed_in",
            Self::ProgramSignedOut => "program_signed_out",
            Self::LoginsRevoked => "logins_revoked",
            Self::OrganisationMade => "organisation_made",
            Self::AccountCreated => "account_created",
            Self::RoleChanged => "role_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::PasswordRemoved => "password_removed",
            Self::AccountRemoved => "account_removed",
            Self::IdentityLinked => "identity_linked",
            Self::ColleagueInvited => "colleague_invited",
            Self::ColleagueInviteRevoked => "colleague_invite_revoked",
            Self::ColleagueInviteUsed => "colleague_invite_used",
            Self::PersonAdded => "person_added",
            Self::PersonEdited => "person_edited",
            Self::PersonDeleted => "person_deleted",
            Self::PeopleImported => "people_imported",
            Self::PeopleExported => "people_exported",
            Self::QuizDeleted => "quiz_deleted",
            Self::RoomOpened => "room_opened",
            Self::TimedSessionOpened => "timed_session_opened",
            Self::TimedSessionClosed => "timed_session_closed",
            Self::PeopleInvited => "people_invited",
            Self::SeatTimeChanged => "seat_time_changed",
            Self::SeatLinkRevoked => "seat_link_revoked",
            Self::SeatLinkRenewed => "seat_link_renewed",
            Self::ResultsExported => "results_exported",
            Self::LinksMailed => "links_mailed",
        }
    }

    /// What kind of thing it is.
    pub fn area(self) -> AuditArea {
        match self {
            Self::SignedIn
            | Self::SignInFailed
            | Self::SignedOut
            | Self::ProgramSignedIn
            | Self::ProgramSignedOut
            | Self::LoginsRevoked => AuditArea::SignIns,
            Self::OrganisationMade
            | Self::AccountCreated
            | Self::RoleChanged
            | Self::PasswordChanged
            | Self::PasswordReset
            | Self::PasswordRemoved
            | Self::AccountRemoved
            | Self::IdentityLinked
            | Self::ColleagueInvited
            | Self::ColleagueInviteRevoked
            | Self::ColleagueInviteUsed => AuditArea::Accounts,
            Self::PersonAdded
            | Self::PersonEdited
            | Self::PersonDeleted
            | Self::PeopleImported
            | Self::PeopleExported => AuditArea::People,
            Self::QuizDeleted | Self::RoomOpened => AuditArea::Quizzes,
            Self::TimedSessionOpened
            | Self::TimedSessionClosed
            | Self::PeopleInvited
            | Self::SeatTimeChanged
            | Self::SeatLinkRevoked
            | Self::SeatLinkRenewed
            | Self::ResultsExported
            | Self::LinksMailed => AuditArea::Sessions,
        }
    }

    /// The action of this name.
    ///
    /// # Errors
    /// [`UnknownName`].
    pub fn read(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|action| action.name() == name).ok_or(UnknownName)
    }
}

/// What else there is to say. Closed, so that no secret and no name gets in by the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditDetail {
    /// What an account or a link is good for.
    Role(Role),
    /// What an account was and what it is now.
    Roles {
        /// Before.
        from: Role,
        /// Now.
        to: Role,
    },
    /// How many things it was about.
    Count(u32),
    /// How somebody came in.
    Way(SignInWay),
}

/// How a browser comes to be signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInWay {
    /// By a password.
    Password,
    /// By another house's word.
    OpenId,
    /// By making an account from a colleague's link.
    Invite,
    /// By making the organisation.
    SetUp,
}

/// No kind, action or area has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is no name of the audit log")]
pub struct UnknownName;

/// What the log is looked through for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    /// One area only.
    pub area: Option<AuditArea>,
    /// Only what this account did, and what was done to it.
    pub account: Option<AdminId>,
}

impl AuditFilter {
    /// Reads it as it stands in an address; what cannot be read is not looked for.
    pub fn of(area: &str, account: &str) -> Self {
        Self { area: AuditArea::of_name(area), account: account.parse().ok() }
    }
}

/// One entry, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its number; later ones are larger.
    pub no: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AuditActor,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub subject: AuditSubject,
    /// What else there is to say.
    pub detail: Option<AuditDetail>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_read_by_the_name_that_it_is_written_with() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::read(action.name()), Ok(action));
            assert_eq!(serde_json::to_string(&action).expect("JSON"), format!("\"{}\"", action.name()));
        }
        for area in AuditArea::ALL {
            assert_eq!(AuditArea::of_name(area.name()), Some(area));
            assert!(AuditAction::ALL.iter().any(|action| action.area() == area), "{area:?} has an action");
        }
        for subject in [
            AuditSubject::Organisation(OrganisationId(7)),
            AuditSubject::Account(AdminId(7)),
            AuditSubject::Person(PersonId(7)),
            AuditSubject::Quiz(QuizId(7)),
            AuditSubject::Session(SessionId(7)),
            AuditSubject::ColleagueInvite(ColleagueInviteId(7)),
        ] {
            assert_eq!(AuditSubject::read(subject.kind(), subject.id()), Ok(subject));
        }
        for actor in [AuditActor::Account(AdminId(7)), AuditActor::CommandLine, AuditActor::System] {
            assert_eq!(AuditActor::read(actor.kind(), actor.account().map(|id| id.0)), Ok(actor));
        }
        assert_eq!(AuditAction::read("root"), Err(UnknownName));
        assert_eq!(AuditActor::read("account", None), Err(UnknownName));
    }

    #[test]
    fn a_detail_has_one_form() {
        for (detail, text) in [
            (AuditDetail::Roles { from: Role::Host, to: Role::Admin }, r#"{"roles":{"from":"host","to":"admin"}}"#),
            (AuditDetail::Role(Role::Host), r#"{"role":"host"}"#),
            (AuditDetail::Count(3), r#"{"count":3}"#),
            (AuditDetail::Way(SignInWay::OpenId), r#"{"way":"open_id"}"#),
        ] {
            assert_eq!(serde_json::to_string(&detail).expect("JSON"), text);
            assert_eq!(serde_json::from_str::<AuditDetail>(text).expect("a detail"), detail);
        }
    }

    #[test]
    fn a_filter_that_cannot_be_read_leaves_everything() {
        assert_eq!(
            AuditFilter::of("people", "7"),
            AuditFilter { area: Some(AuditArea::People), account: Some(AdminId(7)) }
        );
        assert_eq!(AuditFilter::of("", "x"), AuditFilter::default());
    }
}
