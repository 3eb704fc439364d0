//! Timed sessions: opening one from a quiz, coming in by a personal link, starting, answering, handing in.
//!
//! Everything that a seat does here by plain posts it can also do over its socket; pages without scripts have only these.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, QuizId, TurnNo};
use crate::domain::pace::Pace;
use crate::domain::question::Choice;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::{Feedback, TimedSettings};
use crate::protocol::command::Answer;
use crate::protocol::refusal::{Refusal, sentence};
use crate::protocol::timed::GoTo;
use crate::room::timed::input::TimedInput;
use crate::server::auth::Admin;
use crate::server::auth::flash::SentBack;
use crate::server::auth::invite::InviteClaim;
use crate::server::auth::seat::SeatClaim;
use crate::server::forms::{failed, see, send_back, send_back_whole};
use crate::server::live::credit::{Kind, Person};
use crate::server::live::rooms::{OpenRoomError, RoomHandle};
use crate::server::store::StoreError;
use crate::server::{House, chance};

/// Where people are told that their link opens nothing.
const NO_LINK: &str = "/session/link";

/// What the form of a new session sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Opening {
    quiz: String,
    minutes: String,
    opens_at: String,
    closes_at: String,
    /// Minutes that the clock of the form goes before UTC at each of the two above: summer and winter differ.
    opens_zone: String,
    closes_zone: String,
    attempts: String,
    feedback: String,
    shuffles_questions: Option<String>,
    shuffles_options: Option<String>,
    may_go_back: Option<String>,
    compares: Option<String>,
    is_open: Option<String>,
}

impl Opening {
    /// What was typed, as settings.
    ///
    /// # Errors
    /// The fields that cannot be read, each with a sentence.
    fn settings(&self, now: Timestamp) -> Result<TimedSettings, Vec<(&'static str, String)>> {
        let mut errors = Vec::new();
        let minutes = self.minutes.trim().replace(',', ".");
        let limit = match minutes.parse::<f64>() {
            _ if minutes.is_empty() => None,
            // At most a day of milliseconds is kept; what is beyond is told as a problem of the settings.
            #[allow(clippy::cast_possible_truncation)]
            Ok(minutes) if minutes.is_finite() => Some(Millis((minutes.clamp(-1.0, 1e6) * 60_000.0).round() as i64)),
            Ok(_) | Err(_) => {
                errors.push(("minutes", "Write a number of minutes, or nothing for no limit.".to_owned()));
                None
            }
        };
        let mut moment = |name: &'static str, typed: &str, zone: &str| {
            if typed.trim().is_empty() {
                return None;
            }
            let read = read_moment(typed).map(|local| local - zone_of(zone));
            if read.is_none() {
                errors.push((name, "Write a day and a time, for example 2027-03-01T09:00.".to_owned()));
            }
            read
        };
        let opens_at = moment("opens_at", &self.opens_at, &self.opens_zone);
        let closes_at = moment("closes_at", &self.closes_at, &self.closes_zone);
        let attempts = self.attempts.trim().parse::<u32>().unwrap_or(0);
        let feedback = match self.feedback.as_str() {
            "never" => Feedback::Never,
            "with_each_answer" => Feedback::WithEachAnswer,
            "when_closed" => Feedback::WhenClosed,
            _ => Feedback::AtTheEnd,
        };
        let settings = TimedSettings {
            limit,
            opens_at,
            closes_at,
            attempts,
            shuffles_questions: self.shuffles_questions.is_some(),
            shuffles_options: self.shuffles_options.is_some(),
            // What is shown at once cannot be changed; nobody has to know that two boxes belong together.
            may_go_back: self.may_go_back.is_some() && feedback != Feedback::WithEachAnswer,
            feedback,
            compares: self.compares.is_some(),
            is_open: self.is_open.is_some(),
        };
        errors.extend(settings.problems(now));
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }

    /// The form as it was typed, with what is wrong.
    fn back(self, errors: Vec<(&'static str, String)>) -> SentBack {
        let chosen = |is: &Option<String>| if is.is_some() { "on" } else { "off" }.to_owned();
        let values = vec![
            ("shuffles_questions", chosen(&self.shuffles_questions)),
            ("shuffles_options", chosen(&self.shuffles_options)),
            ("may_go_back", chosen(&self.may_go_back)),
            ("compares", chosen(&self.compares)),
            ("is_open", chosen(&self.is_open)),
            ("minutes", self.minutes),
            ("opens_at", self.opens_at),
            ("closes_at", self.closes_at),
            ("attempts", self.attempts),
            ("feedback", self.feedback),
        ];
        SentBack { values, errors }
    }
}

/// A local time as a form sends it, `2027-03-01T09:00`, taken for UTC.
fn read_moment(typed: &str) -> Option<Timestamp> {
    let typed = typed.trim();
    let seconds = if typed.len() == 16 { ":00" } else { "" };
    Timestamp::parse(&format!("{typed}{seconds}.000Z"))
}

/// Opens a timed session and leads its host to it.
pub async fn open(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Opening>,
) -> Response {
    let Ok(id) = form.quiz.parse::<QuizId>() else {
        return send_back_whole(&house, "/quizzes", "Choose a quiz first.");
    };
    let here = format!("/sessions/new/{id}");
    let quiz = match house.store.quiz(admin.organisation, id).await {
        Ok((quiz, _)) => quiz,
        Err(StoreError::NotFound) => return send_back_whole(&house, "/quizzes", "This quiz is not here any more."),
        Err(why) => return send_back_whole(&house, "/quizzes", &failed(&why)),
    };
    let settings = match form.settings(house.clock.now()) {
        Ok(settings) => settings,
        Err(errors) => return send_back(&house, &here, form.back(errors)),
    };
    match house.rooms.open_timed(admin.organisation, admin.id, (id, quiz), settings).await {
        Ok(session) => see(&format!("/sessions/{session}")),
        Err(OpenRoomError::BadSettings(field, why)) => send_back(&house, &here, form.back(vec![(field, why)])),
        Err(why @ (OpenRoomError::TooMany(_) | OpenRoomError::NotReady(_))) => {
            let why = sentence(&why.to_string());
            send_back(&house, &here, form.back(vec![("", why)]))
        }
        Err(OpenRoomError::Store(why)) => {
            let why = failed(&why);
            send_back(&house, &here, form.back(vec![("", why)]))
        }
    }
}

/// What a personal link carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    token: String,
}

/// A personal link: `GET /session?token=…`. It starts nothing and changes nothing; it gives this browser the seat's
/// cookie and leads to the page, so that the token leaves the address bar before anything is shown.
pub async fn follow(State(house): State<House>, Query(link): Query<Link>) -> Response {
    let Some(claim) = house.auth.inviter().read(&link.token) else { return see(NO_LINK) };
    let InviteClaim { session, seat, link } = claim;
    let code = match house.rooms.look_as_seat(claim, |room, _, _| Some(room.show().code)).await {
        Ok(code) => code,
        Err(StoreError::NotFound) => return see(NO_LINK),
        Err(why) => return (StatusCode::INTERNAL_SERVER_ERROR, failed(&why)).into_response(),
    };
    let claim = SeatClaim { session, seat, code, link };
    let mut response = see(&format!("/session/{code}"));
    response.headers_mut().append(header::SET_COOKIE, house.auth.give_seat(claim));
    response
}

/// What a seat's forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Doing {
    code: String,
    turn: String,
    go_to: String,
    id: String,
}

/// Starts an attempt, or goes on with the one that runs.
pub async fn start(State(house): State<House>, headers: HeaderMap, Form(form): Form<Doing>) -> Response {
    let order = chance::order();
    seat_does(&house, &headers, &form, |claim| vec![TimedInput::Start { seat: claim.seat, order }]).await
}

/// Keeps an answer and goes to another question, for pages without scripts.
pub async fn answer(
    State(house): State<House>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let received_at = house.clock.now();
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let form = Doing {
        code: field("code").unwrap_or_default(),
        turn: field("turn").unwrap_or_default(),
        go_to: field("go_to").unwrap_or_default(),
        id: field("id").unwrap_or_default(),
    };
    let places: Vec<u8> =
        fields.iter().filter(|(name, _)| name == "choice").filter_map(|(_, place)| place.parse().ok()).collect();
    let choice = Choice::of(&places).ok().filter(|choice| choice.count() > 0);
    let id = CommandId::parse(&form.id).unwrap_or_else(|_| chance::command_id());
    let turn = form.turn.parse().map(TurnNo).ok();
    let go_to = form.go_to.parse().map(TurnNo).ok();
    seat_does(&house, &headers, &form, |claim| {
        let seat = claim.seat;
        let answered = turn.zip(choice).map(|(turn, choice)| {
            let answer = Answer { turn, choice };
            TimedInput::Answer { seat, answer, id, received_at }
        });
        let gone = go_to.map(|turn| TimedInput::Go { seat, to: GoTo { turn } });
        answered.into_iter().chain(gone).collect()
    })
    .await
}

/// Hands everything in.
pub async fn finish(State(house): State<House>, headers: HeaderMap, Form(form): Form<Doing>) -> Response {
    seat_does(&house, &headers, &form, |claim| vec![TimedInput::Finish { seat: claim.seat }]).await
}

/// The timed session with a code and the seat that a browser holds in it, if its link still does.
async fn held_seat(house: &House, headers: &HeaderMap, code: &str) -> Option<(RoomHandle, SeatClaim)> {
    let code = JoinCode::parse(code).ok()?;
    let room = house.rooms.find(code).filter(|room| room.pace == Pace::Own)?;
    let claim = house.auth.seat(headers, code)?;
    room.lets_in(claim).await.then_some((room, claim))
}

/// Does something for the seat that this browser holds, and leads back to its page, which says what became of it.
async fn seat_does(
    house: &House,
    headers: &HeaderMap,
    form: &Doing,
    inputs: impl FnOnce(SeatClaim) -> Vec<TimedInput>,
) -> Response {
    let Some((room, claim)) = held_seat(house, headers, &form.code).await else { return see(NO_LINK) };
    let here = format!("/session/{}", room.code);
    let (now, limits) = (house.clock.now(), &house.config.limits);
    let credit = house.rooms.credits().of(Person::Seat(claim.session, claim.seat), now);
    if let Err(refusal) = credit.spend(Kind::Answer, now, limits) {
        house.metrics.limited(Kind::Answer.limit());
        return send_back_whole(house, &here, &in_words(&refusal));
    }
    for input in inputs(claim) {
        if let Err(refusal) = room.timed(input).await {
            return send_back_whole(house, &here, &in_words(&refusal));
        }
    }
    see(&here)
}

/// How far the clock of the form goes before UTC, from its minutes. A page without scripts knows none; its moments are in UTC.
fn zone_of(minutes: &str) -> Millis {
    Millis(minutes.trim().parse::<i64>().unwrap_or(0).clamp(-1_440, 1_440) * 60_000)
}

fn in_words(refusal: &Refusal) -> String {
    format!("{} {}", sentence(&refusal.to_string()), refusal.help())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_177_085_250);

    fn form() -> Opening {
        Opening { minutes: "20".to_owned(), attempts: "1".to_owned(), ..Opening::default() }
    }

    #[test]
    fn what_was_typed_becomes_settings() {
        let typed = Opening {
            minutes: "1,5".to_owned(),
            opens_at: "2026-12-01T09:00".to_owned(),
            closes_at: "2026-12-01T10:00:30".to_owned(),
            opens_zone: "60".to_owned(),
            closes_zone: "60".to_owned(),
            feedback: "with_each_answer".to_owned(),
            may_go_back: Some("on".to_owned()),
            ..form()
        };
        let settings = typed.settings(NOW).expect("good settings");
        assert_eq!(settings.limit, Some(Millis(90_000)));
        let at = |text| Timestamp::parse(text);
        assert_eq!(settings.opens_at, at("2026-12-01T08:00:00.000Z"));
        assert_eq!(settings.closes_at, at("2026-12-01T09:00:30.000Z"));
        assert!(!settings.may_go_back, "what is shown at once cannot be changed");
        let open_end = Opening { minutes: " ".to_owned(), ..form() };
        assert_eq!(open_end.settings(NOW).map(|settings| settings.limit), Ok(None));
    }

    #[test]
    fn each_moment_is_of_its_own_side_of_a_change_of_the_clock() {
        // Berlin: summer ends between the two.
        let berlin = |opens_zone: &str, closes_zone: &str| {
            let typed = Opening {
                opens_at: "2027-10-20T09:00".to_owned(),
                closes_at: "2027-11-10T18:00".to_owned(),
                opens_zone: opens_zone.to_owned(),
                closes_zone: closes_zone.to_owned(),
                ..form()
            };
            let settings = typed.settings(NOW).expect("good settings");
            [settings.opens_at, settings.closes_at].map(|at| at.expect("a moment").to_string())
        };
        assert_eq!(berlin("120", "60"), ["2027-10-20T07:00:00.000Z", "2027-11-10T17:00:00.000Z"]);
        let utc = ["2027-10-20T09:00:00.000Z", "2027-11-10T18:00:00.000Z"];
        assert_eq!(berlin("", ""), utc, "a page without scripts");
    }

    #[test]
    fn each_field_that_cannot_be_read_is_named() {
        let check = |change: fn(&mut Opening), field: &str| {
            let mut typed = form();
            change(&mut typed);
            let errors = typed.settings(NOW).expect_err("one field is wrong");
            assert_eq!(errors.iter().map(|(field, _)| *field).collect::<Vec<_>>(), [field], "{typed:?}");
        };
        check(|form| form.minutes = "soon".to_owned(), "minutes");
        check(|form| form.minutes = "nan".to_owned(), "minutes");
        check(|form| form.minutes = "-1".to_owned(), "minutes");
        check(|form| form.minutes = "1e300".to_owned(), "minutes");
        check(|form| form.attempts = "many".to_owned(), "attempts");
        check(|form| form.opens_at = "tomorrow".to_owned(), "opens_at");
        check(|form| form.closes_at = "2026-02-30T09:00".to_owned(), "closes_at");
        check(|form| form.closes_at = "2020-01-01T09:00".to_owned(), "closes_at");
    }
}
