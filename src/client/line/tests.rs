//! A line between a fake server and a hand-moved clock.

use super::connecting::hint;
use super::*;
use crate::domain::ids::{Epoch, MessageId, SeatId, SessionId, TurnNo};
use crate::domain::question::Choice;
use crate::protocol::chat::ChatTaken;
use crate::protocol::command::{Draft, HostCommand, Ping, UserTyping};
use crate::protocol::event::{Event, SessionUpdate, UserJoined};
use crate::protocol::frame;
use crate::protocol::message::{Done, Pong, Welcome};
use crate::protocol::refusal::Refusal;
use crate::protocol::state::{Presence, State as Due};
use crate::protocol::view::{Audience, Phase};

const START: Position = Position { epoch: Epoch(5), seq: 10 };
const COURSE: Course = Course { step: 4, is_over: false };

/// A line with its time, and what came out of it.
struct Scene {
    line: Line,
    now: Moment,
    opened: Vec<(i64, Option<Position>)>,
    sent: Vec<String>,
    kept: Vec<(CommandId, Answer)>,
    news: Vec<News>,
    hang_ups: u32,
}

impl Scene {
    fn new(patience: Patience) -> Self {
        Self::with_kept(patience, Vec::new())
    }

    fn with_kept(patience: Patience, kept: Vec<(CommandId, Answer)>) -> Self {
        Self::from(Outset { position: START, course: COURSE, kept, patience, seed: 42 })
    }

    fn from(outset: Outset) -> Self {
        let line = Line::new(outset);
        let (opened, sent, kept, news) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut scene = Self { line, now: Moment(0), opened, sent, kept, news, hang_ups: 0 };
        scene.give(Input::Start);
        scene
    }

    fn connected(patience: Patience) -> Self {
        let mut scene = Self::new(patience);
        scene.welcome(true);
        scene
    }

    fn give(&mut self, input: Input) {
        for output in self.line.apply(input, self.now) {
            match output {
                Output::Open(position) => self.opened.push((self.now.0, position)),
                Output::HangUp => self.hang_ups += 1,
                Output::Send(text) => self.sent.push(text),
                Output::Keep(answers) => self.kept = answers,
                Output::Tell(news) => self.news.push(news),
            }
        }
    }

    fn tick_until(&mut self, at: i64) {
        while self.now.0 < at {
            self.now = self.now + Millis(100);
            self.give(Input::Tick);
        }
    }

    fn fail(&mut self) {
        self.give(Input::Closed { code: 1006, reason: String::new() });
    }

    fn frame(&mut self, text: String) {
        self.give(Input::Frame(text));
    }

    fn welcome(&mut self, recovered: bool) {
        let welcome = Message::Connected(Welcome {
            protocol: "podium.v1".to_owned(),
            connection: 1,
            session: Some(SessionId(1)),
            audience: Some(Audience::Players),
            seat: Some(SeatId(1)),
            account: None,
            position: Some(START),
            recovered,
            server_time: Timestamp(1_000_000 + self.now.0),
            message_bytes_max: 10_240,
            heartbeat_ms: 30_000,
        });
        self.frame(frame::state(&welcome, Timestamp(0)));
    }

    /// The session goes on to a step.
    fn update(&mut self, seq: u64, step: u32, state: Phase) {
        let update = SessionUpdate {
            state,
            step,
            locked: false,
            question_number: None,
            deadline: None,
            time_remaining: None,
            scene: None,
        };
        self.frame(frame::event(&Event::SessionUpdate(update), Timestamp(0), seq));
    }

    /// A snapshot at a number of the stream, with the room at step 1.
    fn snapshot(&mut self, seq: u64) {
        let mut snapshot: serde_json::Value = serde_json::from_str(include_str!("snapshot.json")).expect("good JSON");
        snapshot["data"]["position"]["seq"] = seq.into();
        self.frame(snapshot.to_string());
    }

    /// The server answers the last ping.
    fn pong(&mut self) {
        let mut ids = self.sent.iter().filter_map(|text| frame::asked(text).0);
        let id = ids.rfind(|id| id.as_str().starts_with("ping")).expect("a ping");
        let pong = Pong { server_time: Timestamp(1_000_000 + self.now.0), round_trip_ms: None };
        self.frame(frame::reply(&Message::Pong(pong), Timestamp(0), Some(&id)));
    }

    /// Time goes on until the next try, or a minute.
    fn tick_until_tried(&mut self) {
        let (tries, until) = (self.opened.len(), self.now.0 + 60_000);
        while self.opened.len() == tries && self.now.0 < until {
            self.tick_until(self.now.0 + 100);
        }
        assert_eq!(self.opened.len(), tries + 1);
    }

    fn event(&mut self, seq: u64) {
        let joined = UserJoined { user: SeatId(2), name: seq.to_string(), participant_count: 2, round_trip: None };
        self.frame(frame::event(&Event::UserJoined(joined), Timestamp(0), seq));
    }

    /// The names in the events that the page was told, which are their numbers.
    fn told_events(&self) -> Vec<String> {
        let mut names = Vec::new();
        for news in &self.news {
            if let News::Message(message) = news
                && let Message::UserJoined(joined) = &**message
            {
                names.push(joined.name.clone());
            }
        }
        names
    }

    fn standing(&self) -> Standing {
        self.line.standing()
    }

    /// Ids of the commands that were sent, pings left out.
    fn sent_ids(&self) -> Vec<String> {
        let id = |text: &String| frame::asked(text).0.map(|id| id.as_str().to_owned());
        self.sent.iter().filter_map(id).filter(|id| !id.starts_with("ping")).collect()
    }

    fn pings(&self) -> usize {
        self.sent.iter().filter(|text| matches!(frame::asked(text).1, Ok(Command::Ping(_)))).count()
    }

    fn settled(&self) -> Vec<(String, Result<(), String>)> {
        let settled = |news: &News| match news {
            News::Settled(id, result) => Some((id.as_str().to_owned(), result.clone().map_err(|body| body.code))),
            News::Standing(_) | News::Back | News::Message(_) => None,
        };
        self.news.iter().filter_map(settled).collect()
    }

    fn times_back(&self) -> usize {
        self.news.iter().filter(|news| **news == News::Back).count()
    }

    fn refuse(&mut self, refusal: &Refusal, to: &str) {
        self.frame(frame::refusal(refusal, Timestamp(0), Some(&id(to))));
    }
}

fn id(text: &str) -> CommandId {
    CommandId::parse(text).expect("a good id")
}

fn answer() -> Answer {
    Answer { turn: TurnNo(3), choice: Choice::of(&[1]).expect("a place") }
}

fn ask(text: &str) -> Input {
    Input::Ask(id(text), Command::Answer(answer()))
}

fn next(text: &str, step: u32) -> Input {
    Input::Ask(id(text), Command::Host(HostCommand::Next { step }))
}

#[test]
fn the_first_connection_goes_on_from_the_page() {
    let mut scene = Scene::new(Patience::Player);
    assert_eq!(scene.opened, [(0, Some(START))]);
    assert_eq!(scene.standing(), Standing::Connecting);
    scene.welcome(true);
    assert_eq!(scene.standing(), Standing::Connected(None));
    assert_eq!(scene.times_back(), 0, "nobody was away");
}

#[test]
fn a_host_comes_back_after_1_2_4_8_16_30_30_seconds_whether_seen_or_not() {
    let mut scene = Scene::new(Patience::Endless);
    scene.give(Input::Hidden);
    scene.fail();
    for gap in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] {
        let before = scene.now.0;
        scene.tick_until_tried();
        let waited = scene.now.0 - before;
        assert!((gap..=gap + 1_100).contains(&waited), "{waited} for {gap}");
        assert_eq!(scene.standing(), Standing::Reconnecting);
        scene.fail();
    }
}

#[test]
fn only_a_connection_that_lasts_is_a_success() {
    for (lasts, next) in [(4_900, 16_000), (5_000, 1_000)] {
        let mut scene = Scene::new(Patience::Endless);
        for _ in 0..4 {
            scene.fail();
            scene.tick_until_tried();
        }
        scene.welcome(true);
        scene.now = scene.now + Millis(lasts);
        scene.fail();
        let before = scene.now.0;
        scene.tick_until_tried();
        let waited = scene.now.0 - before;
        assert!((next..=next + 1_100).contains(&waited), "{waited} after a connection of {lasts} ms");
    }
}

#[test]
fn a_player_reads_offline_after_five_tries_and_goes_on_only_while_looking() {
    let mut scene = Scene::new(Patience::Player);
    scene.fail();
    for _ in 0..5 {
        assert_eq!(scene.standing(), Standing::Reconnecting);
        scene.tick_until_tried();
        scene.fail();
    }
    assert_eq!(scene.standing(), Standing::Offline);
    assert!((31_000..=37_000).contains(&scene.now.0), "{:?}", scene.now);

    let before = scene.now.0;
    scene.tick_until(before + 41_000);
    assert_eq!(scene.opened.len(), 7, "{:?}", scene.opened);
    scene.fail();
    scene.give(Input::Hidden);
    scene.tick_until(scene.now.0 + 600_000);
    assert_eq!(scene.opened.len(), 7, "a pocketed phone rests");
    scene.give(Input::Shown);
    assert_eq!(scene.opened.len(), 8, "and tries at once when it is looked at");
}

#[test]
fn a_tap_and_a_new_network_are_tried_at_once() {
    for input in [Input::Reconnect, Input::NetworkBack, Input::Shown, Input::Slept(Millis(0))] {
        let mut scene = Scene::new(Patience::Player);
        scene.fail();
        scene.give(input.clone());
        assert_eq!(scene.opened.len(), 2);
        // A try that is under way goes on, unless it hangs.
        scene.tick_until(900);
        scene.give(input.clone());
        assert_eq!((scene.opened.len(), scene.hang_ups), (2, 0));
        scene.tick_until(1_000);
        scene.give(input);
        assert_eq!((scene.opened.len(), scene.hang_ups), (3, 1));
    }
}

#[test]
fn a_network_that_goes_is_no_reason_to_try() {
    let mut scene = Scene::new(Patience::Player);
    scene.fail();
    scene.give(Input::NetworkLost);
    assert_eq!(scene.opened.len(), 1);
}

#[test]
fn a_hidden_page_whose_timers_are_held_back_neither_tries_nor_hangs_up_for_it() {
    let mut scene = Scene::connected(Patience::Player);
    scene.give(Input::Hidden);
    for minute in 1..=5 {
        scene.now = Moment(minute * 60_000);
        scene.give(Input::Slept(Millis(0)));
        scene.give(Input::Tick);
        scene.pong();
    }
    assert_eq!((scene.opened.len(), scene.hang_ups, scene.standing()), (1, 0, Standing::Connected(None)));
    for _ in 0..5 {
        scene.fail();
        scene.tick_until_tried();
    }
    scene.fail();
    assert_eq!((scene.opened.len(), scene.standing()), (6, Standing::Offline));
    scene.give(Input::Slept(Millis(0)));
    assert_eq!(scene.opened.len(), 6, "nobody looks");
}

#[test]
fn after_a_leave_nothing_is_tried_until_somebody_asks() {
    let disturb = |scene: &mut Scene| {
        scene.fail();
        for input in [Input::Shown, Input::NetworkBack, Input::Slept(Millis(0)), ask("a")] {
            scene.give(input);
            scene.tick_until(scene.now.0 + 60_000);
        }
    };
    let mut waiting = Scene::new(Patience::Player);
    waiting.fail();
    for mut scene in [Scene::new(Patience::Endless), Scene::connected(Patience::Player), waiting] {
        let tries = scene.opened.len();
        scene.give(Input::Leave);
        assert_eq!((scene.hang_ups, scene.standing()), (1, Standing::Ended(Close::Gone)));
        disturb(&mut scene);
        assert_eq!(scene.opened.len(), tries);
        assert_eq!(scene.settled(), [], "what was asked waits for a return");
        scene.give(Input::Reconnect);
        assert_eq!(scene.opened.len(), tries + 1);
    }
}

#[test]
fn after_the_end_of_the_session_nothing_is_tried() {
    let mut scene = Scene::connected(Patience::Player);
    scene.update(11, 5, Phase::Closed);
    assert_eq!(scene.standing(), Standing::Connected(None), "the last states are still to come");
    scene.fail();
    assert_eq!(scene.standing(), Standing::Ended(Close::Over));
    scene.give(Input::Shown);
    scene.tick_until(600_000);
    assert_eq!(scene.opened.len(), 1);

    let course = Course { is_over: true, ..COURSE };
    let outset =
        Outset { position: START, course, kept: vec![(id("a"), answer())], patience: Patience::Player, seed: 1 };
    let scene = Scene::from(outset);
    assert_eq!((scene.opened.len(), scene.standing()), (0, Standing::Ended(Close::Over)));
    assert_eq!(scene.settled().len(), 1, "nobody waits for an answer any more");
}

#[test]
fn final_codes_end_it_until_somebody_asks() {
    for close in Close::ALL {
        let mut scene = Scene::connected(Patience::Player);
        scene.give(Input::Closed { code: close.code(), reason: close.reason().to_owned() });
        scene.tick_until(60_000);
        scene.give(Input::Shown);
        assert_eq!(scene.opened.len() == 1, close.is_final(), "{close:?}");
        if close.is_final() {
            assert_eq!(scene.standing(), Standing::Ended(close));
            scene.give(Input::Reconnect);
            assert_eq!(scene.opened.len(), 2);
        }
    }
}

#[test]
fn a_restarting_server_may_say_when_to_come_back() {
    let mut scene = Scene::connected(Patience::Player);
    scene.give(Input::Closed { code: 1012, reason: format!("{} retry_ms=5000", Close::Restart.reason()) });
    scene.tick_until(4_900);
    assert_eq!(scene.opened.len(), 1);
    scene.tick_until(6_100);
    assert_eq!(scene.opened.len(), 2);
    for (reason, found) in [
        ("retry_ms=1500", Some(1_500)),
        ("please come back retry_ms=1500 or later", Some(1_500)),
        (Close::Restart.reason(), None),
        ("retry_ms=", None),
        ("retry_ms=soon", None),
        ("retry_ms=99999999999999999999", None),
    ] {
        assert_eq!(hint(reason), found.map(Millis), "{reason}");
    }
}

#[test]
fn events_are_told_once_and_in_order() {
    let mut scene = Scene::connected(Patience::Player);
    for seq in [9, 10, 11, 11, 12, 10, 13] {
        scene.event(seq);
    }
    assert_eq!(scene.told_events(), ["11", "12", "13"]);
    assert_eq!(scene.hang_ups, 0);
}

#[test]
fn a_gap_asks_for_a_snapshot() {
    let mut scene = Scene::connected(Patience::Player);
    scene.tick_until(6_000);
    scene.event(11);
    scene.event(13);
    assert_eq!(scene.told_events(), ["11"]);
    assert_eq!((scene.hang_ups, scene.opened.len()), (1, 2));
    assert_eq!(scene.opened[1], (6_000, None));

    // A second gap right after the first is waited for, so that a broken server is not stormed.
    scene.line.position = Some(START);
    scene.welcome(true);
    scene.event(15);
    assert_eq!(scene.opened.len(), 2);
    scene.tick_until(8_100);
    assert_eq!(scene.opened.len(), 3);
}

#[test]
fn a_connection_that_was_not_recovered_is_whole_with_its_snapshot() {
    let mut scene = Scene::connected(Patience::Player);
    scene.fail();
    scene.tick_until(2_000);
    scene.welcome(false);
    assert_eq!(scene.standing(), Standing::Reconnecting);
    scene.event(14);
    assert_eq!(scene.told_events(), [""; 0], "nothing is folded into a view of unknown age");

    scene.snapshot(20);
    assert_eq!(scene.standing(), Standing::Connected(None));
    assert_eq!(scene.times_back(), 1);
    scene.event(20);
    scene.event(21);
    assert_eq!(scene.told_events(), ["21"]);
}

#[test]
fn a_snapshot_that_is_broken_or_does_not_come_is_asked_for_anew() {
    let broken = &include_str!("snapshot.json")[..200];
    for (frames, until) in [(vec![broken], 4_000), (vec![], 32_000)] {
        let mut scene = Scene::connected(Patience::Endless);
        scene.fail();
        scene.tick_until_tried();
        scene.welcome(false);
        frames.iter().for_each(|text| scene.frame((*text).to_owned()));
        while scene.hang_ups == 0 {
            scene.frame(frame::state(&Due::Presence(Presence::default()), Timestamp(0)));
            scene.tick_until(scene.now.0 + 1_000);
        }
        assert!((until - 1_000..=until + 1_000).contains(&scene.now.0), "{:?}", scene.now);
        assert_eq!(scene.standing(), Standing::Reconnecting);
        scene.tick_until(scene.now.0 + 3_000);
        assert_eq!(scene.opened.last().expect("tries").1, None);
    }
}

#[test]
fn a_server_that_lost_our_place_starts_anew_on_the_same_connection() {
    let mut scene = Scene::connected(Patience::Player);
    scene.give(ask("a"));
    scene.welcome(false);
    scene.event(11);
    assert_eq!(scene.told_events(), [""; 0]);
    scene.snapshot(20);
    scene.event(21);
    assert_eq!((scene.told_events(), scene.times_back(), scene.hang_ups), (vec!["21".to_owned()], 0, 0));
    assert_eq!(scene.sent_ids(), ["a"], "it is on its way already");
}

#[test]
fn what_only_a_newer_page_knows_is_counted_and_leaves_no_gap() {
    let mut scene = Scene::connected(Patience::Player);
    scene.event(11);
    scene.frame(r#"{"type":"refresh","data":{"version":2}}"#.to_owned());
    scene.frame(r#"{"type":"fireworks","data":{},"seq":12}"#.to_owned());
    scene.event(13);
    assert_eq!(scene.told_events(), ["11", "13"]);
    let figures = scene.line.figures(scene.now, Timestamp(0));
    assert_eq!((figures.ignored, figures.received, scene.hang_ups), (2, 5, 0));
}

#[test]
fn a_broken_event_is_dropped_and_made_good_by_a_snapshot() {
    let mut scene = Scene::connected(Patience::Player);
    scene.tick_until(6_000);
    scene.frame(r#"{"type":"user_joined","data":{"user":"nobody"},"seq":11}"#.to_owned());
    scene.frame(frame::state(&Due::Presence(Presence::default()), Timestamp(0)));
    assert_eq!(scene.hang_ups, 0);
    assert!(scene.news.iter().any(|news| matches!(news, News::Message(_))), "the next good one is told");
    scene.event(12);
    assert_eq!(scene.told_events(), [""; 0]);
    assert_eq!(scene.opened[1], (6_000, None));
}

#[test]
fn a_broken_frame_that_nothing_follows_is_made_good_too() {
    let mut scene = Scene::connected(Patience::Player);
    scene.tick_until(6_000);
    scene.frame("garbage".to_owned());
    scene.tick_until(7_000);
    scene.event(11);
    scene.tick_until(9_000);
    assert_eq!(scene.hang_ups, 0, "the next event came: it was none");
    scene.frame("garbage".to_owned());
    scene.tick_until(10_900);
    assert_eq!(scene.hang_ups, 0);
    scene.tick_until(11_000);
    assert_eq!(scene.opened[1], (11_000, None));
}

/// R043, R097; Netra 11: reconnection. ClauseBot 2.
#[test]
fn a_lost_connection_goes_on_from_the_last_event() {
    let mut scene = Scene::connected(Patience::Player);
    scene.event(11);
    scene.fail();
    assert_eq!(scene.standing(), Standing::Reconnecting);
    scene.tick_until(2_000);
    assert_eq!(scene.opened[1].1, Some(Position { seq: 11, ..START }));
    scene.welcome(true);
    scene.event(12);
    assert_eq!(scene.told_events(), ["11", "12"]);
    assert_eq!(scene.times_back(), 1);
}

#[test]
fn state_is_told_whatever_its_order() {
    let mut scene = Scene::connected(Patience::Player);
    scene.frame(frame::state(&Due::Presence(Presence::default()), Timestamp(0)));
    assert!(scene.news.iter().any(|news| matches!(news, News::Message(_))));
}

#[test]
fn an_answer_is_sent_until_it_is_taken_and_kept_until_then() {
    let mut scene = Scene::connected(Patience::Player);
    scene.give(ask("a"));
    assert_eq!(scene.kept, [(id("a"), answer())]);
    assert_eq!(scene.sent_ids(), ["a"]);
    scene.frame(frame::state(&Due::Presence(Presence::default()), Timestamp(0)));
    scene.tick_until(2_500);
    assert_eq!(scene.sent_ids(), ["a", "a"]);

    let taken = crate::protocol::state::TakenAnswer {
        turn: TurnNo(3),
        choice: answer().choice,
        received_at: Timestamp(0),
        elapsed: Millis(1),
        credited: Millis(0),
    };
    let reply = frame::reply(&Message::AnswerTaken(taken), Timestamp(0), Some(&id("a")));
    scene.frame(reply.clone());
    scene.frame(reply);
    assert_eq!(scene.settled(), [("a".to_owned(), Ok(()))]);
    assert_eq!(scene.kept, []);
    scene.tick_until(9_000);
    assert_eq!(scene.sent_ids(), ["a", "a"]);
}

/// R042, R097; Netra 13: messages wait while disconnected.
#[test]
fn an_answer_of_an_outage_is_sent_first_thing_after_it_with_the_same_id() {
    let mut scene = Scene::connected(Patience::Player);
    scene.fail();
    scene.give(ask("a"));
    assert_eq!(scene.sent_ids(), [""; 0]);
    scene.tick_until(2_000);
    scene.welcome(true);
    assert_eq!(scene.sent_ids(), ["a"]);
    scene.refuse(&Refusal::TooLate { by: Millis(400) }, "a");
    assert_eq!(scene.settled(), [("a".to_owned(), Err("too_late".to_owned()))]);
    assert_eq!(scene.kept, []);
}

#[test]
fn an_answer_from_before_a_reload_is_sent_again() {
    let mut scene = Scene::with_kept(Patience::Player, vec![(id("a"), answer())]);
    scene.welcome(true);
    assert_eq!(scene.sent_ids(), ["a"]);
}

#[test]
fn a_host_s_command_is_sent_again_after_a_lost_connection() {
    let mut scene = Scene::connected(Patience::Endless);
    scene.pong();
    scene.give(next("n", 4));
    scene.fail();
    scene.tick_until(2_000);
    scene.welcome(true);
    scene.update(11, 5, Phase::Reading);
    scene.pong();
    assert_eq!(scene.sent_ids(), ["n", "n"], "only the server knows whether this was our own step");
    scene.frame(frame::reply(&Message::Done(Done { step: 5 }), Timestamp(0), Some(&id("n"))));
    assert_eq!(scene.settled(), [("n".to_owned(), Ok(()))]);
    assert_eq!(scene.kept, [], "only answers outlive the page");
}

#[test]
fn a_step_of_an_outage_is_taken_only_from_where_it_was_pressed() {
    for (step, sent) in [(4, true), (5, false)] {
        let mut scene = Scene::connected(Patience::Endless);
        scene.pong();
        scene.fail();
        scene.give(next("n", 4));
        scene.give(Input::Ask(id("l"), Command::Host(HostCommand::Lock)));
        scene.tick_until(2_000);
        scene.welcome(true);
        assert_eq!(scene.sent_ids(), [""; 0], "what was missed comes first");
        scene.update(11, step, Phase::Reading);
        scene.pong();
        let (ids, settled) = (scene.sent_ids(), scene.settled());
        if sent {
            assert_eq!((ids, settled), (vec!["n".to_owned(), "l".to_owned()], vec![]));
        } else {
            assert_eq!((ids, settled), (vec!["l".to_owned()], vec![("n".to_owned(), Err("moved_on".to_owned()))]));
        }
    }
}

#[test]
fn a_snapshot_tells_the_step_too() {
    let mut scene = Scene::connected(Patience::Endless);
    scene.fail();
    scene.give(next("old", 4));
    scene.give(next("now", 1));
    scene.tick_until(2_000);
    scene.welcome(false);
    scene.pong();
    assert_eq!(scene.sent_ids(), [""; 0]);
    scene.snapshot(20);
    assert_eq!(scene.sent_ids(), ["now"]);
    assert_eq!(scene.settled(), [("old".to_owned(), Err("moved_on".to_owned()))]);
}

#[test]
fn what_passes_is_tried_again_and_what_another_device_did_is_done() {
    let mut scene = Scene::connected(Patience::Player);
    scene.give(ask("a"));
    for refusal in [Refusal::Busy, Refusal::NotSaved, Refusal::TooEarly, Refusal::TooFast { wait_s: 2 }] {
        scene.refuse(&refusal, "a");
    }
    assert_eq!(scene.settled(), []);
    scene.tick_until(2_500);
    assert_eq!(scene.sent_ids(), ["a", "a"]);
    scene.refuse(&Refusal::Twice, "a");
    assert_eq!(scene.settled(), [("a".to_owned(), Ok(()))]);
}

#[test]
fn more_than_the_outbox_holds_is_refused() {
    let mut scene = Scene::new(Patience::Player);
    for n in 0..=Outbox::COMMANDS_MAX {
        scene.give(ask(&n.to_string()));
    }
    assert_eq!(scene.settled(), [(Outbox::COMMANDS_MAX.to_string(), Err("outbox_full".to_owned()))]);
}

#[test]
fn every_kind_of_command_waits_in_the_outbox_and_leaves_in_order() {
    let mut scene = Scene::connected(Patience::Endless);
    scene.pong();
    scene.fail();
    let seat = SeatId(3);
    let asked = [
        Command::Answer(answer()),
        Command::Host(HostCommand::Next { step: 4 }),
        Command::Host(HostCommand::Close { step: 4 }),
        Command::Host(HostCommand::Skip { step: 4 }),
        Command::Host(HostCommand::End { step: 4 }),
        Command::Host(HostCommand::Lock),
        Command::Host(HostCommand::Unlock),
        Command::Host(HostCommand::Remove { seat }),
        Command::Host(HostCommand::Block { seat }),
    ];
    for (n, command) in asked.iter().enumerate() {
        scene.give(Input::Ask(id(&n.to_string()), command.clone()));
    }
    scene.tick_until(2_000);
    scene.welcome(true);
    scene.pong();
    let sent: Vec<Command> = scene.sent.iter().filter_map(|text| frame::asked(text).1.ok()).collect();
    let sent: Vec<Command> = sent.into_iter().filter(|command| !matches!(command, Command::Ping(_))).collect();
    assert_eq!(sent, asked);
}

#[test]
fn who_was_removed_gets_everything_back() {
    let mut scene = Scene::new(Patience::Player);
    scene.give(ask("a"));
    scene.give(Input::Closed { code: 4403, reason: String::new() });
    assert_eq!(scene.settled(), [("a".to_owned(), Err("no_seat".to_owned()))]);
    assert_eq!(scene.kept, []);
    scene.give(ask("b"));
    assert_eq!(scene.settled().len(), 2);
}

#[test]
fn a_silent_connection_is_left_after_four_thirds_of_the_heartbeat() {
    let mut scene = Scene::connected(Patience::Player);
    scene.tick_until(39_900);
    assert_eq!((scene.hang_ups, scene.standing()), (0, Standing::Connected(None)));
    scene.tick_until(40_000);
    assert_eq!((scene.hang_ups, scene.standing()), (1, Standing::Reconnecting));
    assert!(scene.pings() >= 4);
}

#[test]
fn after_sleep_a_dead_connection_is_left_within_three_seconds() {
    for input in [Input::Shown, Input::NetworkBack, Input::NetworkLost, Input::Slept(Millis(5_000))] {
        let mut scene = Scene::connected(Patience::Player);
        scene.tick_until(5_000);
        let pings = scene.pings();
        scene.give(input);
        assert_eq!(scene.pings(), pings + 1);
        scene.tick_until(7_900);
        assert_eq!(scene.opened.len(), 1);
        scene.tick_until(8_000);
        assert_eq!((scene.opened.len(), scene.hang_ups), (2, 1));
    }
}

#[test]
fn after_a_long_sleep_a_new_connection_is_made_at_once() {
    // The steady clock went on, or it stood still.
    for (at, unseen) in [(60_000, 0), (5_000, 55_000)] {
        let mut scene = Scene::connected(Patience::Player);
        scene.now = Moment(at);
        scene.give(Input::Slept(Millis(unseen)));
        assert_eq!((scene.hang_ups, scene.opened.len()), (1, 2));
        assert_eq!(scene.opened[1], (at, Some(START)));
    }
}

#[test]
fn a_connection_that_turns_out_dead_when_somebody_looks_is_made_anew_at_once() {
    let mut scene = Scene::connected(Patience::Player);
    scene.give(Input::Hidden);
    scene.tick_until(10_000);
    scene.give(Input::Shown);
    scene.fail();
    assert_eq!(scene.opened.len(), 2);
    // Whoever is thrown out at once again waits like everybody.
    scene.welcome(true);
    scene.fail();
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn who_only_waits_for_a_slow_server_does_not_come_back_with_all_others_at_once() {
    let mut scene = Scene::connected(Patience::Player);
    scene.tick_until(5_000);
    scene.give(ask("a"));
    scene.tick_until(8_000);
    assert_eq!(scene.sent_ids(), ["a", "a"], "there is a doubt");
    scene.fail();
    assert_eq!(scene.opened.len(), 1);
    scene.tick_until(8_900);
    assert_eq!(scene.opened.len(), 1);
    scene.tick_until(10_100);
    assert_eq!(scene.opened.len(), 2);
}

#[test]
fn an_answer_that_nothing_answers_raises_doubt() {
    let mut scene = Scene::connected(Patience::Player);
    scene.tick_until(5_000);
    scene.give(ask("a"));
    scene.tick_until(10_400);
    assert_eq!(scene.opened.len(), 1);
    scene.tick_until(10_600);
    assert_eq!(scene.opened.len(), 2, "2.5 s until it is sent again, 3 s for a ping");
}

#[test]
fn a_try_that_hangs_is_given_up_and_counts_as_waiting() {
    let mut scene = Scene::new(Patience::Player);
    scene.tick_until(9_900);
    assert_eq!(scene.hang_ups, 0);
    scene.tick_until(10_100);
    assert_eq!((scene.hang_ups, scene.opened.len()), (1, 2));
    while scene.standing() != Standing::Offline {
        scene.tick_until(scene.now.0 + 100);
    }
    // 10 s for the first; then 5, 5, 8 and 16 s between tries, and 5 s for the last.
    assert!((49_000..=52_000).contains(&scene.now.0), "{:?}", scene.now);
    assert_eq!(scene.opened.len(), 6);
}

#[test]
fn pongs_set_the_clock_and_tell_the_round_trip() {
    let mut scene = Scene::connected(Patience::Player);
    scene.now = Moment(40);
    // The connection took no time here; the ping took 40 ms both ways together.
    let pong = Pong { server_time: Timestamp(1_000_020), round_trip_ms: Some(34) };
    scene.frame(frame::reply(&Message::Pong(pong), Timestamp(0), Some(&id("ping-1"))));
    assert_eq!(scene.standing(), Standing::Connected(Some(Millis(34))));
    assert_eq!(scene.line.server_time(Moment(1_000)), Timestamp(1_001_000));
}

#[test]
fn a_ping_of_the_server_is_answered_and_nonsense_is_not() {
    let mut scene = Scene::connected(Patience::Player);
    scene.frame(frame::state(&Message::Ping(Ping {}), Timestamp(0)));
    assert!(matches!(frame::asked(scene.sent.last().expect("a pong")).1, Ok(Command::Pong(_))));
    let sent = scene.sent.len();
    let huge = format!(r#"{{"type":"user_joined","data":{{}},"seq":{}}}"#, u64::MAX);
    scene.frame(huge);
    for nonsense in ["", "{}", r#"{"type":"of_a_newer_server","data":{}}"#] {
        scene.frame(nonsense.to_owned());
    }
    assert_eq!((scene.sent.len(), scene.hang_ups), (sent, 0));
}

fn chat(text: &str) -> Command {
    Command::Chat(Draft { text: text.to_owned() })
}

#[test]
fn a_message_of_an_outage_goes_out_with_the_next_connection() {
    let mut scene = Scene::connected(Patience::Player);
    scene.fail();
    scene.give(Input::Ask(id("hello"), chat("hello")));
    assert_eq!(scene.sent_ids(), [""; 0]);
    scene.tick_until(5_000);
    scene.welcome(true);
    assert_eq!(scene.sent_ids(), ["hello"]);
    let taken = Message::ChatTaken(ChatTaken { message_id: MessageId(7) });
    scene.frame(frame::reply(&taken, Timestamp(0), Some(&id("hello"))));
    assert_eq!(scene.settled(), [("hello".to_owned(), Ok(()))]);
    assert_eq!(scene.kept, [], "only answers outlive the page");
}

#[test]
fn a_message_too_many_comes_back_to_its_writer() {
    let mut scene = Scene::connected(Patience::Player);
    for (no, refusal) in [Refusal::TooMuchChat { wait_s: 40 }, Refusal::ChatOff].into_iter().enumerate() {
        scene.give(Input::Ask(id(&no.to_string()), chat("hello")));
        scene.refuse(&refusal, &no.to_string());
        assert_eq!(scene.settled().last(), Some(&(no.to_string(), Err(refusal.code().to_owned()))));
    }
}

#[test]
fn what_is_only_said_is_said_now_or_never() {
    let mut scene = Scene::connected(Patience::Player);
    let typing = Command::UserTyping(UserTyping { is_typing: true });
    let said = |scene: &Scene| scene.sent.iter().filter(|text| frame::asked(text).1.as_ref() == Ok(&typing)).count();
    scene.give(Input::Say(typing.clone()));
    scene.tick_until(6_000);
    assert_eq!(said(&scene), 1, "and not again, though nothing answers it");
    scene.fail();
    scene.give(Input::Say(typing.clone()));
    scene.tick_until(12_000);
    scene.welcome(true);
    assert_eq!(said(&scene), 1);
}
