//! Why commands change nothing: one example of each refusal, as its client reads it.
//!
//! The words are [`Refusal`]'s own. A refusal without an example here fails a test.

use crate::domain::chat::BadChat;
use crate::domain::name::Nickname;
use crate::domain::time::Millis;
use crate::protocol::refusal::Refusal;

/// A refusal as a client reads it.
#[derive(Clone, Debug)]
pub struct RefusalRow {
    /// The stable name.
    pub code: &'static str,
    /// The sentence.
    pub error: String,
    /// Whether another try may succeed.
    pub recoverable: bool,
    /// What to do about it.
    pub help: &'static str,
}

/// All of them.
pub fn rows() -> Vec<RefusalRow> {
    let row = |refusal: &Refusal| RefusalRow {
        code: refusal.code(),
        error: refusal.to_string(),
        recoverable: refusal.is_recoverable(),
        help: refusal.help(),
    };
    each().iter().map(row).collect()
}

fn each() -> Vec<Refusal> {
    let bad_name = Nickname::parse("").expect_err("nothing is no name");
    vec![
        Refusal::NoRoom,
        Refusal::RoomFull,
        Refusal::BadName(bad_name),
        Refusal::NameTaken,
        Refusal::Blocked,
        Refusal::NoSeat,
        Refusal::TooLate { by: Millis(400) },
        Refusal::TooEarly,
        Refusal::Twice,
        Refusal::OtherQuestion,
        Refusal::BadChoice,
        Refusal::NotHost,
        Refusal::NotPlayer,
        Refusal::MovedOn,
        Refusal::NotNow,
        Refusal::Busy,
        Refusal::NotSaved,
        Refusal::ChatOff,
        Refusal::BadChat(BadChat::Empty),
        Refusal::TooMuchChat { wait_s: 12 },
        Refusal::TooFast { wait_s: 3 },
        Refusal::Malformed,
        Refusal::UnknownType,
        Refusal::NoId,
        Refusal::ScoresAreOurs,
        Refusal::NotInSession,
        Refusal::InSession,
        Refusal::TooManySessions,
        Refusal::NotOpenYet,
        Refusal::SessionOver,
        Refusal::NoAttemptsLeft,
        Refusal::NotStarted,
        Refusal::AttemptOver,
        Refusal::ClockStopped,
        Refusal::NoWayBack,
        Refusal::TooManyChanges,
        Refusal::NotUnderWay,
        Refusal::NoLimit,
        Refusal::TooMuchTime,
        Refusal::BadToken,
    ]
}
