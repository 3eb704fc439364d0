//! The chat through the front door: who is heard, by whom, how often, and what is left of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::bots::visitor::Visitor;
use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, MessageId, SeatId, SessionId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::question::Choice;
use crate::domain::time::Millis;
use crate::protocol::chat::{Chat, ChatMessage};
use crate::protocol::command::{Answer, Command, Draft, HostCommand, Switch, UserTyping};
use crate::protocol::message::{ErrorBody, Message, PlayersView};
use crate::protocol::state::Presence;
use crate::protocol::typing::TypingIndicator;
use crate::protocol::view::{HostView, Phase};
use crate::tests::house::{House, Seated, folder, id, on_runtime, quiz};

/// A house with a room in which people may write.
struct Place {
    house: House,
    admin: Visitor,
    code: JoinCode,
    host: Seated,
}

impl Place {
    async fn open(folder: &Path) -> Self {
        let mut place = Self::silent(folder).await;
        place.turn(Switch::On).await;
        place
    }

    /// The same before the host has switched chat on.
    async fn silent(folder: &Path) -> Self {
        let mut house = House::open(folder).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(2)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        host.until_show(|_| true).await;
        Self { house, admin, code, host }
    }

    async fn turn(&mut self, switch: Switch) {
        self.host.host(|_| HostCommand::Chat { switch }).await;
    }

    async fn keep(&mut self, switch: Switch) {
        self.host.host(|_| HostCommand::ChatHistory { switch }).await;
    }

    /// Joins and opens the socket, up to the snapshot.
    async fn seat(&self, name: &str) -> (Visitor, Seated) {
        let mut visitor = self.house.visitor();
        visitor.join(self.code, name, &format!("form-{name}")).await.expect("a seat");
        let mut seated = Seated::open(&visitor, self.code, "player", None).await;
        seated.until_show(|_| true).await;
        (visitor, seated)
    }
}

async fn reply_to(seated: &mut Seated, asked: &CommandId) -> Message {
    loop {
        let received = seated.next().await.expect("the socket stays open");
        if received.correlation_id.as_ref() == Some(asked) {
            return received.message;
        }
    }
}

/// Writes, and gives back the message's name or the refusal's code.
async fn write(seated: &mut Seated, text: &str, asked: &str) -> Result<MessageId, ErrorBody> {
    let asked = id(asked);
    seated.wire.ask(&Command::Chat(Draft { text: text.to_owned() }), &asked).await.expect("sent");
    match reply_to(seated, &asked).await {
        Message::ChatTaken(taken) => Ok(taken.message_id),
        Message::Error(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

async fn says_typing(seated: &mut Seated, is_typing: bool) {
    let typing = Command::UserTyping(UserTyping { is_typing });
    seated.wire.ask(&typing, &id("typing")).await.expect("sent");
}

/// The next message of somebody else's making.
async fn heard(seated: &mut Seated) -> ChatMessage {
    seated.until(|message| if let Message::Chat(sent) = message { Some(sent.clone()) } else { None }).await
}

/// Everything that comes until the reply to a ping, sent when so much time has passed.
async fn all_within(seated: &mut Seated, time: Duration) -> Vec<Message> {
    let mut all = Vec::new();
    let end = tokio::time::Instant::now() + time;
    while let Ok(received) = tokio::time::timeout_at(end, seated.next()).await {
        all.push(received.expect("the socket stays open").message);
    }
    all
}

async fn indicator(seated: &mut Seated) -> TypingIndicator {
    seated.until(|message| if let Message::TypingIndicator(it) = message { Some(it.clone()) } else { None }).await
}

/// What a host's page, made now, shows of the chat.
async fn chat_of_page(house: &House, code: JoinCode) -> Chat {
    let room = house.running.house.rooms.find(code).expect("the room");
    room.host_page().await.expect("its view").0.chat
}

/// Whether a word stands in one of the folder's files, as bytes.
pub fn is_on_disk(folder: &Path, word: &str) -> bool {
    let files = fs::read_dir(folder).expect("the folder").map(|file| fs::read(file.expect("a file").path()));
    // A file that has just gone holds nothing any more.
    let bytes: Vec<u8> = files.flatten().flatten().collect();
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[test]
fn a_message_goes_out_under_its_true_senders_name_whatever_the_sender_claims() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        let (_, mut eve) = place.seat("Eve").await;
        let claim = r#"{"type":"chat","user_id":1,"user":1,"name":"Ada","correlation_id":"x",
            "data":{"text":"  I am\n<b>Ada</b> ","user_id":1,"user":1,"name":"Ada","is_host":true}}"#;
        eve.wire.send_text(claim.to_owned()).await.expect("sent");
        for listener in [&mut ada, &mut eve, &mut place.host] {
            let sent = heard(listener).await;
            assert_eq!((sent.user, sent.name.as_str(), sent.is_host), (Some(SeatId(2)), "Eve", false));
            assert_eq!(sent.text.as_deref(), Some("I am <b>Ada</b>"));
        }
        write(&mut place.host, "welcome", "h").await.expect("chat is on");
        let sent = heard(&mut ada).await;
        assert_eq!((sent.user, sent.name.as_str(), sent.is_host), (None, "Host", true));
    });
}

#[test]
fn programs_written_for_other_servers_are_heard() {
    let folder = folder();
    on_runtime(async {
        let place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        for (text, words) in [
            (r#"{"type":"chat","data":{"text":"one"}}"#, "one"),
            (r#"{"type":"message_sent","data":{"message":"two"}}"#, "two"),
            (r#"{"type":"user_message","payload":{"content":"three","correlation_id":"c"}}"#, "three"),
        ] {
            ada.wire.send_text(text.to_owned()).await.expect("sent");
            assert_eq!(heard(&mut ada).await.text.as_deref(), Some(words));
        }
    });
}

#[test]
fn the_host_switches_chat_on_and_off() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::silent(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        let refused = write(&mut ada, "hello", "a-1").await.expect_err("off from the beginning");
        assert_eq!((refused.code.as_str(), refused.error.as_str()), ("chat_off", "chat is off in this room"));
        place.turn(Switch::On).await;
        let update = ada.until(|message| if let Message::ChatUpdate(it) = message { Some(*it) } else { None }).await;
        assert!(update.is_open && update.kept_until.is_none());
        write(&mut ada, "hello", "a-2").await.expect("on");
        place.turn(Switch::Off).await;
        assert_eq!(write(&mut ada, "hello", "a-3").await.expect_err("off").code, "chat_off");
    });
}

#[test]
fn what_is_no_message_is_refused_in_words() {
    let folder = folder();
    on_runtime(async {
        let place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        for (text, words) in [
            ("  ", "please type a message"),
            ("a\u{202E}b", "this message has characters that cannot be shown, please type it again"),
            (&"x".repeat(501), "this message is too long, 500 characters are the most"),
        ] {
            let refused = write(&mut ada, text, "a").await.expect_err("no message");
            assert_eq!((refused.code.as_str(), refused.error.as_str()), ("bad_chat", words));
        }
        write(&mut ada, &"x".repeat(500), "b").await.expect("as long as may be");
        let mut stage = Seated::open(&place.admin, place.code, "stage", None).await;
        assert_eq!(write(&mut stage, "hello", "s").await.expect_err("a projector").code, "not_player");
    });
}

#[test]
fn the_stage_hears_nothing_of_the_chat() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let mut stage = Seated::open(&place.admin, place.code, "stage", None).await;
        let snapshot =
            stage.until(|message| if let Message::Snapshot(it) = message { Some(it.clone()) } else { None }).await;
        assert!(snapshot.view.read::<HostView>().is_none() && snapshot.view.read::<PlayersView>().is_none());
        let (_, mut ada) = place.seat("Ada").await;
        says_typing(&mut ada, true).await;
        let message = write(&mut ada, "Zuckerhut", "a-1").await.expect("on");
        place.host.host(|_| HostCommand::RemoveMessage { message }).await;
        place.host.host(|_| HostCommand::Lock).await;
        loop {
            let received = stage.next().await.expect("open");
            assert!(!format!("{received:?}").contains("Zuckerhut"), "{received:?}");
            match received.message {
                Message::SessionUpdate(update) if update.locked => break,
                Message::Chat(_) | Message::ChatRemoved(_) | Message::ChatUpdate(_) | Message::TypingIndicator(_) => {
                    panic!("{:?}", received.message)
                }
                _ => {}
            }
        }
    });
}

#[test]
fn one_message_too_many_is_refused_with_the_wait_and_answers_go_on() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        let (_, mut bo) = place.seat("Bo").await;
        for no in 0..10 {
            write(&mut ada, "hello", &format!("a-{no}")).await.expect("ten in a minute");
        }
        let refused = write(&mut ada, "hello", "a-10").await.expect_err("the eleventh");
        assert_eq!(refused.code, "too_much_chat");
        assert!(refused.error.starts_with("you have written many messages, please wait "), "{}", refused.error);
        assert!(refused.recoverable);
        write(&mut bo, "hello", "b-0").await.expect("another person");
        place.host.host(|step| HostCommand::Next { step }).await;
        ada.until_phase(Phase::Answering).await;
        let answer = Answer { turn: TurnNo(1), choice: Choice::of(&[1]).expect("a place") };
        assert!(matches!(ada.answer(answer, &id("answer")).await, Message::AnswerTaken(_)));
        place.house.running.house.clock.pass(Millis(60_000));
        write(&mut ada, "hello", "a-11").await.expect("a minute later");
    });
}

#[test]
fn a_message_sent_again_is_not_written_again() {
    let folder = folder();
    on_runtime(async {
        let place = Place::open(folder.path()).await;
        let (visitor, mut ada) = place.seat("Ada").await;
        let first = write(&mut ada, "hello", "tap").await.expect("on");
        drop(ada);
        let mut again = Seated::open(&visitor, place.code, "player", None).await;
        assert_eq!(write(&mut again, "hello", "tap").await.expect("known"), first);
        assert_eq!(chat_of_page(&place.house, place.code).await.messages.len(), 1);
    });
}

#[test]
fn who_was_away_gets_every_message_once_and_in_order() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let (visitor, mut ada) = place.seat("Ada").await;
        write(&mut ada, "before", "a").await.expect("on");
        assert_eq!(heard(&mut ada).await.text.as_deref(), Some("before"));
        let position = ada.position;
        drop(ada);
        let mut writers = Vec::new();
        for name in ["Bo", "Cy", "Dee"] {
            writers.push(place.seat(name).await.1);
        }
        let mut sent = Vec::new();
        for no in 0..10 {
            for (place, writer) in writers.iter_mut().enumerate() {
                let text = format!("{place} says {no}");
                write(writer, &text, &format!("{place}-{no}")).await.expect("ten in a minute");
                sent.push(text);
            }
            place.host.host(|_| if no % 2 == 0 { HostCommand::Lock } else { HostCommand::Unlock }).await;
        }
        let mut back = Seated::open(&visitor, place.code, "player", position).await;
        let mut got = Vec::new();
        while got.len() < sent.len() {
            got.push(heard(&mut back).await.text.expect("a text"));
        }
        assert_eq!(got, sent);
        let first = position.expect("known").seq + 1;
        let expected: Vec<u64> = (first..first + back.seqs.len() as u64).collect();
        assert_eq!(back.seqs, expected, "without holes and without doubles");
        let more = all_within(&mut back, Duration::from_millis(300)).await;
        assert!(!more.iter().any(|message| matches!(message, Message::Chat(_))), "{more:?}");
    });
}

#[test]
fn without_history_no_text_reaches_the_disk() {
    let folder = folder();
    let code = on_runtime(async {
        let place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        write(&mut ada, "Zuckerhut", "a").await.expect("on");
        assert_eq!(chat_of_page(&place.house, place.code).await.messages.len(), 1);
        assert!(!is_on_disk(folder.path(), "Zuckerhut"));
        assert!(is_on_disk(folder.path(), "Ada"), "the search finds what is there");
        place.code
    });
    assert!(!is_on_disk(folder.path(), "Zuckerhut"));
    on_runtime(async {
        let house = House::open(folder.path()).await;
        let chat = chat_of_page(&house, code).await;
        assert_eq!((chat.is_open, chat.messages.len()), (true, 0), "gone with the process");
        house.running.stop().await;
    });
    assert!(!is_on_disk(folder.path(), "Zuckerhut"));
}

#[test]
fn with_history_messages_survive_a_kill_and_are_gone_when_the_host_says_so() {
    let folder = folder();
    let (code, admin) = on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        place.keep(Switch::On).await;
        let update = ada
            .until(|message| match message {
                Message::ChatUpdate(update) if update.kept_until.is_some() => update.kept_until,
                _ => None,
            })
            .await;
        let left = (update - place.house.running.house.clock.now()).0;
        let thirty_days = 30 * 24 * 3_600_000;
        assert!(
            (thirty_days - 3_600_000..=thirty_days).contains(&left),
            "thirty days, but for the last moments: {left}"
        );
        let rude = write(&mut ada, "Zuckerhut", "a-1").await.expect("on");
        write(&mut ada, "Pfefferminz", "a-2").await.expect("on");
        assert!(is_on_disk(folder.path(), "Zuckerhut"));
        place.host.host(|_| HostCommand::RemoveMessage { message: rude }).await;
        let removed = ada.until(|message| if let Message::ChatRemoved(it) = message { Some(*it) } else { None }).await;
        assert_eq!(removed.message_id, rude);
        (place.code, place.admin)
    });
    on_runtime(async {
        let house = House::open(folder.path()).await;
        let texts: Vec<_> = chat_of_page(&house, code).await.messages.into_iter().map(|it| it.text).collect();
        assert_eq!(texts, [None, Some("Pfefferminz".to_owned())]);
        let mut host = Seated::open(&admin.at(house.door()), code, "host", None).await;
        // An id of its own: the host of before the restart counted from one as well.
        let asked = id("end-of-history");
        host.wire.ask(&Command::Host(HostCommand::ChatHistory { switch: Switch::Off }), &asked).await.expect("sent");
        assert!(matches!(reply_to(&mut host, &asked).await, Message::Done(_)));
        house.running.stop().await;
    });
    for gone in ["Zuckerhut", "Pfefferminz"] {
        assert!(!is_on_disk(folder.path(), gone), "{gone}");
    }
}

#[test]
fn pages_of_players_and_hosts_hold_the_chat_and_the_stage_does_not() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let (mut visitor, mut ada) = place.seat("Ada").await;
        write(&mut ada, "Zuckerhut</script><script>alert(1)</script>", "a").await.expect("on");
        write(&mut place.host, "Pfefferminz", "h").await.expect("on");
        let (mut host, mut stage) = (place.admin.clone(), place.admin.clone());
        let code = place.code;
        for (visitor, path, holds) in [
            (&mut visitor, format!("/play/{code}"), true),
            (&mut host, format!("/host/{code}"), true),
            (&mut stage, format!("/stage/{code}"), false),
        ] {
            let page = visitor.get(&path).await.expect("the house answers");
            let html = String::from_utf8_lossy(page.body()).into_owned();
            for word in ["Zuckerhut", "Pfefferminz"] {
                assert_eq!(html.contains(word), holds, "{word} in {path}");
            }
            assert!(!html.contains("<script>alert(1)"), "{path}");
        }
        let page = host.get(&format!("/host/{code}")).await.expect("the house answers");
        let html = String::from_utf8_lossy(page.body()).into_owned();
        for words in ["Chat is on. Players can write to everybody.", "Messages are not kept: a restart forgets them."] {
            assert!(html.contains(words), "{words}");
        }
    });
}

#[test]
fn typing_is_seen_by_others_alone_and_ends_by_itself() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path()).await;
        let (visitor, mut ada) = place.seat("Ada").await;
        let mut second_device = Seated::open(&visitor, place.code, "player", None).await;
        let (_, mut bo) = place.seat("Bo").await;
        second_device.until_show(|_| true).await;
        let began = tokio::time::Instant::now();
        says_typing(&mut ada, true).await;
        for other in [&mut bo, &mut place.host] {
            assert_eq!(indicator(other).await, TypingIndicator::of(Some(SeatId(1)), "Ada".to_owned(), true));
        }
        assert!(began.elapsed() < Duration::from_secs(1));
        // Nothing more is said, as when the phone falls asleep.
        assert_eq!(indicator(&mut bo).await, TypingIndicator::of(Some(SeatId(1)), "Ada".to_owned(), false));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        for own in [&mut ada, &mut second_device] {
            let all = all_within(own, Duration::from_millis(200)).await;
            assert!(!all.iter().any(|message| matches!(message, Message::TypingIndicator(_))), "{all:?}");
        }
        // Nothing of it is an event, and nothing comes later.
        let mut late = Seated::open(&visitor, place.code, "player", bo.position).await;
        let all = all_within(&mut late, Duration::from_millis(200)).await;
        assert!(!all.iter().any(|message| matches!(message, Message::TypingIndicator(_))), "{all:?}");
        let facts = place.house.running.house.store.facts(session(&place)).await.expect("facts");
        assert!(facts.iter().all(|fact| !fact.body.kind().contains("typing")));
    });
}

fn session(place: &Place) -> SessionId {
    place.house.running.house.rooms.find(place.code).expect("the room").session
}

#[test]
fn who_types_and_stops_all_the_time_is_told_of_every_two_seconds() {
    let folder = folder();
    on_runtime(async {
        let place = Place::open(folder.path()).await;
        let (_, mut ada) = place.seat("Ada").await;
        let (_, mut bo) = place.seat("Bo").await;
        for _ in 0..10 {
            says_typing(&mut ada, true).await;
            says_typing(&mut ada, false).await;
        }
        let told: Vec<bool> = all_within(&mut bo, Duration::from_millis(3_500))
            .await
            .into_iter()
            .filter_map(|message| if let Message::TypingIndicator(it) = message { Some(it.is_typing) } else { None })
            .collect();
        assert_eq!(told, [true, false]);
    });
}

#[test]
fn a_large_room_is_told_of_its_people_in_steps_and_always_of_the_last_one() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::silent(folder.path()).await;
        let room = place.house.running.house.rooms.find(place.code).expect("the room");
        for no in 0..148 {
            let name = Nickname::parse(&format!("Guest {no}")).expect("a name");
            room.take_seat(name, id(&format!("guest-{no}"))).await.expect("a seat");
        }
        let (ada, link) = place.seat("Ada").await;
        place.host.until_show(|show| show.presence.seats == 149 && show.presence.here == 1).await;
        drop(link);
        // One of 149 is less than a hundredth of them. The pauses are what is tried: each is longer than a tick.
        let mut link = None;
        for _ in 0..6 {
            link = Some(Seated::open(&ada, place.code, "player", None).await);
            tokio::time::sleep(Duration::from_millis(250)).await;
            drop(link.take());
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        let _last = link.insert(Seated::open(&ada, place.code, "player", None).await);
        let all = all_within(&mut place.host, Duration::from_millis(2_500)).await;
        let is_presence = |message: &&Message| matches!(message, Message::Presence(_));
        let steps = all.iter().filter(is_presence).count();
        assert!((1..=4).contains(&steps), "{steps} steps for 14 changes in less than six seconds");
        let last = all.iter().rfind(is_presence);
        assert!(matches!(last, Some(Message::Presence(Presence { here: 1, .. }))), "{last:?} is not the last state");
    });
}
