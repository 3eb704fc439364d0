//! Rooms through the front door: a whole game, several rooms, losing the network, losing the process.

use crate::bots::visitor::Ended;
use crate::domain::code::JoinCode;
use crate::domain::ids::TurnNo;
use crate::domain::limits::Limits;
use crate::domain::question::Choice;
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, HostCommand};
use crate::protocol::message::Message;
use crate::protocol::view::Phase;
use crate::tests::house::{House, Seated, folder, id, on_runtime, quiz};

fn answer(turn: u32, place: u8) -> Answer {
    Answer { turn: TurnNo(turn), choice: Choice::of(&[place]).expect("a place") }
}

/// Joins and opens the socket, up to the snapshot.
async fn seat(house: &House, code: JoinCode, name: &str) -> (crate::bots::visitor::Visitor, Seated) {
    let mut visitor = house.visitor();
    visitor.join(code, name, &format!("form-{name}")).await.expect("a seat");
    let mut seated = Seated::open(&visitor, code, "player", None).await;
    seated.until_show(|_| true).await;
    (visitor, seated)
}

async fn next(host: &mut Seated) {
    host.host(|step| HostCommand::Next { step }).await;
}

#[test]
fn three_players_host_and_stage_play_to_the_podium_and_see_the_same_order() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(2)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let mut stage = Seated::open(&admin, code, "stage", None).await;
        let (_, mut ada) = seat(&house, code, "Ada").await;
        let (_, mut grace) = seat(&house, code, "Grace").await;
        let (_, mut noor) = seat(&house, code, "Noor").await;
        host.until_show(|show| show.presence.here == 3).await;

        for turn in 1..=2 {
            next(&mut host).await;
            for player in [&mut ada, &mut grace, &mut noor] {
                player.until_phase(Phase::Answering).await;
            }
            let replies = [
                ada.answer(answer(turn, 1), &id(&format!("ada-{turn}"))).await,
                grace.answer(answer(turn, 0), &id(&format!("grace-{turn}"))).await,
                noor.answer(answer(turn, 1), &id(&format!("noor-{turn}"))).await,
            ];
            assert!(replies.iter().all(|reply| matches!(reply, Message::AnswerTaken(_))), "{replies:?}");
            // All who are here have answered, so the question ends by itself.
            host.until_phase(Phase::Reveal).await;
            if turn == 1 {
                next(&mut host).await;
                host.until_phase(Phase::Standings).await;
            }
        }
        next(&mut host).await;
        let order = |show: crate::protocol::view::Show| -> Vec<String> {
            show.leaderboard.rows.into_iter().map(|row| format!("{} {} {}", row.rank, row.name, row.score)).collect()
        };
        let mut orders = Vec::new();
        for watcher in [&mut host, &mut stage, &mut ada, &mut grace, &mut noor] {
            let show =
                watcher.until_show(|show| show.scene.phase() == Phase::Podium && show.leaderboard.version == 2).await;
            orders.push(order(show));
        }
        assert_eq!(orders[0].len(), 3);
        assert!(orders[0][2].ends_with("Grace 0"), "{:?}", orders[0]);
        assert!(orders.iter().all(|other| *other == orders[0]), "{orders:?}");

        next(&mut host).await;
        assert_eq!(ada.until_end().await, Ended::Closed(Close::Over));
    });
}

#[test]
fn two_rooms_at_once_never_mix() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let (one, other) = (house.open_room(quiz(1)).await, house.open_room(quiz(1)).await);
        let mut host = Seated::open(&admin, one, "host", None).await;
        let (_, mut here) = seat(&house, one, "Ada").await;
        let (visitor, mut there) = seat(&house, other, "Ada").await;
        next(&mut host).await;
        here.until_phase(Phase::Answering).await;
        here.answer(answer(1, 1), &id("a")).await;
        host.until_phase(Phase::Reveal).await;

        // The other room has heard of nothing but its own player; its seat opens no socket here.
        let reply = there.answer(answer(1, 1), &id("a")).await;
        assert!(
            matches!(&reply, Message::Error(error) if error.code == "other_question" || error.code == "not_now"),
            "{reply:?}"
        );
        assert_eq!(there.show.as_ref().map(|show| show.scene.phase()), Some(Phase::Lobby));
        let mut intruder = Seated::open(&visitor, one, "player", None).await;
        assert_eq!(intruder.until_end().await, Ended::Closed(Close::Refused));
    });
}

/// R043, R097; MasterX 5: reconnection.
#[test]
fn who_comes_back_gets_exactly_what_was_missed() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(3)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let (visitor, ada) = seat(&house, code, "Ada").await;
        host.until_show(|show| show.presence.here == 1).await;
        let position = ada.position;
        drop(ada);
        for _ in 0..6 {
            host.host(|_| HostCommand::Lock).await;
            host.host(|_| HostCommand::Unlock).await;
        }
        let mut back = Seated::open(&visitor, code, "player", position).await;
        let welcome = back
            .until(|message| if let Message::Connected(welcome) = message { Some(welcome.clone()) } else { None })
            .await;
        assert!(welcome.recovered);
        while back.seqs.len() < 12 {
            back.next().await.expect("open");
        }
        let first = position.expect("known").seq + 1;
        let expected: Vec<u64> = (first..first + back.seqs.len() as u64).collect();
        assert_eq!(back.seqs, expected, "without holes and without doubles");
    });
}

#[test]
fn who_was_away_for_longer_than_the_ring_gets_a_marked_snapshot() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.ring_frames_max = 4).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let (visitor, ada) = seat(&house, code, "Ada").await;
        let position = ada.position;
        drop(ada);
        for _ in 0..4 {
            host.host(|_| HostCommand::Lock).await;
            host.host(|_| HostCommand::Unlock).await;
        }
        let mut back = Seated::open(&visitor, code, "player", position).await;
        let welcome = back
            .until(|message| if let Message::Connected(welcome) = message { Some(welcome.clone()) } else { None })
            .await;
        assert!(!welcome.recovered);
        back.until(|message| matches!(message, Message::Snapshot(_)).then_some(())).await;
    });
}

/// Kills the house in a phase and looks whether the same room is there afterwards.
fn check_killed_in(phase: Phase) {
    let folder = folder();
    let (code, before, admin, visitor) = on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(2)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let (visitor, mut ada) = seat(&house, code, "Ada").await;
        let (_, mut grace) = seat(&house, code, "Grace").await;
        host.until_show(|show| show.presence.here == 2).await;
        if phase != Phase::Lobby {
            next(&mut host).await;
            ada.until_phase(Phase::Answering).await;
            let taken = ada.answer(answer(1, 1), &id("ada-1")).await;
            assert!(matches!(taken, Message::AnswerTaken(_)));
        }
        if !matches!(phase, Phase::Lobby | Phase::Answering) {
            grace.until_phase(Phase::Answering).await;
            grace.answer(answer(1, 0), &id("grace-1")).await;
            host.until_phase(Phase::Reveal).await;
        }
        if phase == Phase::Standings {
            next(&mut host).await;
        }
        if phase == Phase::Podium {
            host.host(|step| HostCommand::End { step }).await;
        }
        host.until_phase(phase).await;
        let room = house.running.house.rooms.find(code).expect("it runs");
        let before = room.host_page().await.expect("it answers").0;
        (code, before, admin, visitor)
    });
    on_runtime(async {
        let house = House::open(folder.path()).await;
        let door = house.door();
        let room = house.running.house.rooms.find(code).expect("the room is there again");
        let after = room.host_page().await.expect("it answers").0;
        assert_eq!(after.show.scene, before.show.scene, "the same scene with the same deadlines");
        assert_eq!(after.show.step, before.show.step);
        assert_eq!(after.show.leaderboard, before.show.leaderboard);
        assert_eq!(after.people.len(), before.people.len());

        // The same cookies open the same seat; what was answered stays answered.
        let mut ada = Seated::open(&visitor.at(door.clone()), code, "player", None).await;
        ada.until_show(|_| true).await;
        if phase == Phase::Answering {
            let again = ada.answer(answer(1, 1), &id("ada-1")).await;
            assert!(matches!(again, Message::AnswerTaken(_)), "{again:?}");
            let other = ada.answer(answer(1, 2), &id("ada-1-other")).await;
            assert!(matches!(&other, Message::Error(error) if error.code == "twice"), "{other:?}");
        }
        let mut host = Seated::open(&admin.at(door), code, "host", None).await;
        host.until_show(|show| show.presence.is_host_here).await;
        host.host(|step| HostCommand::End { step }).await;
    });
}

#[test]
fn a_house_killed_in_the_lobby_has_the_same_room_again() {
    check_killed_in(Phase::Lobby);
}

#[test]
fn a_house_killed_while_people_answer_has_the_same_room_again() {
    check_killed_in(Phase::Answering);
}

#[test]
fn a_house_killed_at_the_reveal_has_the_same_room_again() {
    check_killed_in(Phase::Reveal);
}

#[test]
fn a_house_killed_at_the_standings_has_the_same_room_again() {
    check_killed_in(Phase::Standings);
}

#[test]
fn a_house_killed_at_the_podium_has_the_same_room_again() {
    check_killed_in(Phase::Podium);
}

#[test]
fn a_removed_player_is_out_at_once_and_may_come_back_a_blocked_one_may_not() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut host = Seated::open(&admin, code, "host", None).await;
        let (mut visitor, mut ada) = seat(&house, code, "Ada").await;
        let seat_of = |seated: &Seated| seated.show.is_some();
        assert!(seat_of(&ada));
        host.host(|_| HostCommand::Remove { seat: crate::domain::ids::SeatId(1) }).await;
        assert_eq!(ada.until_end().await, Ended::Closed(Close::Removed));
        visitor.join(code, "Ada", "form-2").await.expect("may come back");
        let mut again = Seated::open(&visitor, code, "player", None).await;
        again.until_show(|_| true).await;
        host.host(|_| HostCommand::Block { seat: crate::domain::ids::SeatId(2) }).await;
        assert_eq!(again.until_end().await, Ended::Closed(Close::Removed));
        assert!(visitor.join(code, "Ada", "form-3").await.is_err(), "a blocked device stays out");
    });
}

#[test]
fn when_the_house_stops_links_are_asked_to_come_back() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let (_, mut ada) = seat(&house, code, "Ada").await;
        let stopping = tokio::spawn(house.running.stop());
        assert_eq!(ada.until_end().await, Ended::Closed(Close::Restart));
        stopping.await.expect("it stops");
    });
}

/// R070, R098.
#[test]
fn a_full_room_refuses_one_more() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits: &mut Limits| limits.seats_max = 2).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let _ada = seat(&house, code, "Ada").await;
        let _grace = seat(&house, code, "Grace").await;
        assert!(house.visitor().join(code, "Noor", "form-noor").await.is_err());
    });
}

#[test]
fn rooms_that_are_opened_at_once_do_not_exceed_the_house() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.rooms_max = 2).await;
        let admin = house.set_up().await;
        house.open_room(quiz(1)).await;
        let open = || {
            let mut admin = admin.clone();
            async move { admin.post("/rooms", &[("quiz", "1")]).await.expect("the house answers") }
        };
        let answers = futures_util::future::join_all((0..8).map(|_| open())).await;
        let opened = answers.iter().filter(|answer| answer.headers()["location"].as_bytes().starts_with(b"/host/"));
        assert_eq!(opened.count(), 1);
    });
}

#[test]
fn one_room_beyond_the_house_is_refused_in_words_and_a_closed_one_makes_place() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_with(folder.path(), |limits| limits.rooms_max = 1).await;
        let ines = house.set_up().await;
        let mut admin = ines.clone();
        let code = house.open_room(quiz(1)).await;
        let mut open = async || {
            let answer = admin.post("/rooms", &[("quiz", "1")]).await.expect("the house answers");
            answer.headers()["location"].to_str().expect("a path").to_owned()
        };
        assert_eq!(open().await, "/quizzes/1");
        let room = house.running.house.rooms.find(code).expect("it goes on");
        let mut host = Seated::open(&ines, code, "host", None).await;
        // Nothing was asked yet, so there is no podium on the way.
        host.host(|step| HostCommand::End { step }).await;
        assert_eq!(host.until_end().await, Ended::Closed(Close::Over));
        assert!(room.host_page().await.is_some(), "a reload still shows the end");
        assert!(open().await.starts_with("/host/"));
    });
}
