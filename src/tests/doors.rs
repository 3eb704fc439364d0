//! Set-up, signing in, joining, and what other people's pages may not do, through the front door.

use bytes::Bytes;
use http::{Response, StatusCode, header};

use crate::bots::visitor::Visitor;
use crate::domain::time::Millis;
use crate::server::routes::{DOORS, FUNCTIONS};
use crate::tests::house::{House, PASSWORD, folder, on_runtime, quiz};

const EMAIL: &str = "ines@northwind.example";

fn location(answer: &Response<Bytes>) -> &str {
    answer.headers().get(header::LOCATION).map_or("", |value| value.to_str().expect("plain ASCII"))
}

fn set_cookie(answer: &Response<Bytes>) -> String {
    answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().expect("plain ASCII"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn text(answer: &Response<Bytes>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// What waits from a refused form, as JSON.
async fn flash(visitor: &mut Visitor) -> serde_json::Value {
    let answer = visitor.ask("/api/flash", "{}").await.expect("the house answers");
    serde_json::from_slice(answer.body()).expect("JSON")
}

async fn sign_in(visitor: &mut Visitor, email: &str, password: &str, next: &str) -> Response<Bytes> {
    let fields = [("email", email), ("password", password), ("next", next)];
    visitor.post("/login", &fields).await.expect("the house answers")
}

async fn is_signed_in(visitor: &mut Visitor) -> bool {
    visitor.ask("/api/me", "{}").await.expect("the house answers").status() == StatusCode::OK
}

#[test]
fn the_set_up_link_works_once() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let path = house.running.setup_url.clone().expect("a link").split_once("/setup/").expect("a path").1.to_owned();
        let path = format!("/setup/{path}");
        let page = house.visitor().get(&path).await.expect("the house answers");
        assert_eq!(page.status(), StatusCode::OK);

        let mut admin = house.set_up().await;
        assert!(is_signed_in(&mut admin).await);
        let me = admin.ask("/api/me", "{}").await.expect("the house answers");
        let start =
            r#"{"name":"Ines","email":"ines@northwind.example","organisation":"Northwind","role":"owner","desk":{"#;
        assert!(text(&me).starts_with(start), "{}", text(&me));
        let cards: Vec<serde_json::Value> =
            serde_json::from_slice(admin.ask("/api/quizzes", "{}").await.expect("the house answers").body())
                .expect("JSON");
        assert_eq!(cards.len(), 4, "the samples are there");

        let mut late = house.visitor();
        let page = late.get(&path).await.expect("the house answers");
        assert_eq!(page.status(), StatusCode::NOT_FOUND);
        assert!(text(&page).contains("This set-up link is over."));
        let token = path.rsplit('/').next().expect("a token");
        let fields = [
            ("token", token),
            ("organisation", "Evil"),
            ("name", "Eve"),
            ("email", "eve@evil.example"),
            ("password", PASSWORD),
        ];
        let answer = late.post("/setup", &fields).await.expect("the house answers");
        assert_eq!(location(&answer), path);
        assert!(
            flash(&mut late).await["errors"][0][1]
                .as_str()
                .expect("words")
                .starts_with("This set-up link has been used")
        );
        assert!(!is_signed_in(&mut late).await);
    });
}

#[test]
fn a_refused_set_up_gives_everything_back_but_the_password() {
    let folder = folder();
    on_runtime(async {
        let house = House::open(folder.path()).await;
        let mut visitor = house.visitor();
        let token = house.running.setup_url.clone().expect("a link").rsplit('/').next().expect("a token").to_owned();
        let fields = [
            ("token", token.as_str()),
            ("organisation", ""),
            ("name", "Ines"),
            ("email", "ines"),
            ("password", "short"),
        ];
        let answer = visitor.post("/setup", &fields).await.expect("the house answers");
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, format!("/setup/{token}").as_str()));
        let kept = flash(&mut visitor).await;
        assert_eq!(kept["values"], serde_json::json!([["organisation", ""], ["name", "Ines"], ["email", "ines"]]));
        let fields: Vec<&str> =
            kept["errors"].as_array().expect("a list").iter().filter_map(|error| error[0].as_str()).collect();
        assert_eq!(fields, ["organisation", "email"]);
        assert_eq!(flash(&mut visitor).await["errors"], serde_json::json!([]), "it is told once");
    });
}

#[test]
fn a_wrong_password_says_no_more_than_that_and_not_too_often() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let mut words = Vec::new();
        for (email, password) in [(EMAIL, "wrong"), ("nobody@northwind.example", PASSWORD), ("", ""), (EMAIL, "")] {
            let mut visitor = house.visitor();
            let answer = sign_in(&mut visitor, email, password, "/quizzes/7").await;
            assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/login?next=/quizzes/7"));
            words.push(flash(&mut visitor).await["errors"].to_string());
        }
        words.dedup();
        assert_eq!(words, [r#"[["","This e-mail address and this password do not belong together."]]"#]);

        let allowed = house.running.house.config.limits.wrong_passwords_per_15min;
        for _ in 4..allowed {
            sign_in(&mut house.visitor(), EMAIL, "wrong", "").await;
        }
        let answer = sign_in(&mut house.visitor(), EMAIL, PASSWORD, "").await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        house.running.house.clock.pass(Millis(31 * 60_000));
        let answer = sign_in(&mut house.visitor(), EMAIL, PASSWORD, "").await;
        assert_eq!(location(&answer), "/dashboard", "later it works again");
    });
}

#[test]
fn signing_in_makes_a_new_cookie_and_signing_out_kills_it() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut visitor = house.set_up().await;
        let old = visitor.at(house.door());
        let answer = sign_in(&mut visitor, "INES@Northwind.example ", PASSWORD, "/host/KFX7QM").await;
        assert_eq!(location(&answer), "/host/KFX7QM");
        let cookie = set_cookie(&answer);
        assert!(
            cookie.starts_with("podium=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        assert!(cookie.contains("Path=/") && !cookie.contains("Domain"), "{cookie}");
        assert!(is_signed_in(&mut visitor).await);
        assert!(!is_signed_in(&mut old.at(house.door())).await, "the cookie of before is dead");

        let mut stolen = visitor.at(house.door());
        assert!(is_signed_in(&mut stolen).await);
        let answer = visitor.post("/logout", &[]).await.expect("the house answers");
        assert_eq!(location(&answer), "/");
        assert!(!is_signed_in(&mut visitor).await);
        assert!(!is_signed_in(&mut stolen).await, "a copy of it is dead too");
    });
}

#[test]
fn a_login_ends_when_it_is_not_used_and_at_last_in_any_case() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut visitor = house.set_up().await;
        let (clock, config) = (house.running.house.clock.clone(), house.running.house.config.clone());
        let nearly_idle = Millis(config.login_idle.0 - 60_000);
        let mut lived = Millis(0);
        while lived.0 + nearly_idle.0 < config.login_max.0 {
            assert!(is_signed_in(&mut visitor).await, "used in time, after {} ms", lived.0);
            clock.pass(nearly_idle);
            lived = Millis(lived.0 + nearly_idle.0);
        }
        assert!(is_signed_in(&mut visitor).await);
        clock.pass(Millis(config.login_max.0 - lived.0));
        assert!(!is_signed_in(&mut visitor).await, "at last it ends, used or not");

        sign_in(&mut visitor, EMAIL, PASSWORD, "").await;
        assert!(is_signed_in(&mut visitor).await);
        clock.pass(Millis(config.login_idle.0 + 1));
        assert!(!is_signed_in(&mut visitor).await, "not used");
    });
}

#[test]
fn after_signing_in_nobody_lands_on_another_site() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut visitor = house.set_up().await;
        for next in [
            "//evil.example",
            "/\\evil.example",
            "https:evil.example",
            "https://evil.example",
            "%2f%2fevil.example",
            "/\t/evil",
        ] {
            let answer = sign_in(&mut visitor, EMAIL, PASSWORD, next).await;
            assert_eq!(location(&answer), "/dashboard", "{next:?}");
        }
    });
}

#[test]
fn a_pages_address_is_kept_on_the_way_through_the_sign_in() {
    let folder = folder();
    on_runtime(async {
        let house = House::open(folder.path()).await;
        let answer = house.visitor().get("/host/KFX7QM?a=b").await.expect("the house answers");
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/login?next=/host/KFX7QM%3Fa%3Db"));
    });
}

async fn join(visitor: &mut Visitor, code: &str, name: &str, id: &str) -> Response<Bytes> {
    let fields = [("code", code), ("name", name), ("request_id", id)];
    visitor.post("/join", &fields).await.expect("the house answers")
}

#[test]
fn joining_explains_what_is_wrong_at_its_field() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let code = code.as_str();
        join(&mut house.visitor(), code, "Ada", "r-0").await;
        for (typed, name, back, field) in [
            ("", "Bo", "/", "code"),
            ("KFX", "Bo", "/", "code"),
            (code, "", &format!("/join/{code}"), "name"),
            (code, "\u{200B}", &format!("/join/{code}"), "name"),
            (code, &"x".repeat(33), &format!("/join/{code}"), "name"),
            (code, "Ada", &format!("/join/{code}"), "name"),
            (code, "АDА", &format!("/join/{code}"), "name"),
            ("ZZZZZZ", "Bo", "/join/ZZZZZZ", "code"),
        ] {
            let mut visitor = house.visitor();
            let answer = join(&mut visitor, typed, name, "r-1").await;
            assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, back), "{typed:?} {name:?}");
            assert!(!set_cookie(&answer).contains("podium-seat"), "no seat");
            let kept = flash(&mut visitor).await;
            assert_eq!(kept["errors"][0][0], field, "{kept}");
            assert_eq!(kept["values"], serde_json::json!([["code", typed], ["name", name]]));
        }
    });
}

#[test]
fn a_form_that_is_sent_twice_takes_one_seat() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut visitor = house.visitor();
        let mut again = house.visitor();
        let first = join(&mut visitor, code.as_str(), "Ada", "r-1").await;
        let second = join(&mut again, code.as_str(), "Ada", "r-1").await;
        let third = join(&mut visitor, code.as_str(), "Another", "r-2").await;
        for answer in [&first, &second, &third] {
            assert_eq!(location(answer), format!("/play/{code}"));
        }
        let room = house.running.house.rooms.find(code).expect("the room");
        let (view, _) = room.host_page().await.expect("its view");
        assert_eq!(view.show.presence.seats, 1, "who has a seat keeps it");
    });
}

#[test]
fn unknown_ended_and_locked_are_one_to_a_stranger() {
    use crate::domain::ids::CommandId;
    use crate::protocol::command::{Command, HostCommand};
    use crate::tests::house::Seated;
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let host = house.set_up().await;
        let (locked, ended) = (house.open_room(quiz(1)).await, house.open_room(quiz(1)).await);
        for (code, commands) in [(locked, vec![HostCommand::Lock]), (ended, vec![HostCommand::End { step: 0 }])] {
            let mut driver = Seated::open(&host, code, "host", None).await;
            for (n, command) in commands.into_iter().enumerate() {
                let id = CommandId::parse(&format!("h-{n}")).expect("an id");
                driver.wire.ask(&Command::Host(command), &id).await.expect("sent");
                driver
                    .until(|message| matches!(message, crate::protocol::message::Message::Done(_)).then_some(()))
                    .await;
            }
        }
        let mut answers = Vec::new();
        for code in ["ZZZZZZ", locked.as_str(), ended.as_str()] {
            let mut visitor = house.visitor();
            let answer = join(&mut visitor, code, "Bo", "r-1").await;
            assert_eq!(location(&answer), format!("/join/{code}"));
            answers.push(flash(&mut visitor).await["errors"].to_string());
            let page =
                visitor.ask("/api/player_page", &format!(r#"{{"code":"{code}"}}"#)).await.expect("the house answers");
            assert_eq!((page.status(), text(&page).as_str()), (StatusCode::OK, "\"NoSeat\""));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert!(answers[0].contains("No open room has this code: mistyped, over or locked."), "{answers:?}");
    });
}

#[test]
fn who_tries_codes_is_slowed_down_but_not_a_school() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let (ours, other) = (house.open_room(quiz(1)).await, house.open_room(quiz(1)).await);
        let seated = join(&mut house.visitor(), ours.as_str(), "Ada", "r-1").await;
        assert_eq!(location(&seated), format!("/play/{ours}"));
        let allowed = house.running.house.config.limits.wrong_codes_per_minute;
        for n in 0..allowed {
            let answer = join(&mut house.visitor(), &format!("ZZZZ{:02}", n % 100), "Bo", "r-2").await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{n}");
        }
        for code in ["ZZZZZZ", other.as_str()] {
            let answer = join(&mut house.visitor(), code, "Bo", "r-3").await;
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "right or wrong, one learns nothing");
            assert!(answer.headers().contains_key(header::RETRY_AFTER));
        }
        let answer = join(&mut house.visitor(), ours.as_str(), "Cy", "r-4").await;
        assert_eq!(location(&answer), format!("/play/{ours}"), "a room that somebody from there sits in stays open");
        house.running.house.clock.pass(Millis(120_000));
        let answer = join(&mut house.visitor(), other.as_str(), "Bo", "r-5").await;
        assert_eq!(location(&answer), format!("/play/{other}"));
    });
}

#[test]
fn a_ticket_carries_a_seat_once_for_a_minute() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut phone = house.visitor();
        phone.join(code, "Ada", "r-1").await.expect("a seat");
        let ticket = async |phone: &mut Visitor| {
            let answer =
                phone.ask("/api/device_ticket", &format!(r#"{{"code":"{code}"}}"#)).await.expect("the house answers");
            let ticket: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
            let url = ticket["url"].as_str().expect("an address").to_owned();
            assert!(ticket["qr_svg"].as_str().expect("a picture").starts_with("<svg"));
            url.rsplit('/').next().expect("a token").to_owned()
        };
        let first = ticket(&mut phone).await;
        let mut tablet = house.visitor();
        for _ in 0..3 {
            let page =
                tablet.ask("/api/seat_page", &format!(r#"{{"ticket":"{first}"}}"#)).await.expect("the house answers");
            assert_eq!(
                text(&page),
                format!(r#"{{"name":"Ada","title":"House quiz","code":"{code}"}}"#),
                "looking changes nothing"
            );
        }
        let answer = tablet.post("/seat", &[("ticket", &first)]).await.expect("the house answers");
        assert_eq!(location(&answer), format!("/play/{code}"));
        assert!(set_cookie(&answer).starts_with(&format!("podium-seat-{code}=")));
        let page = tablet.ask("/api/player_page", &format!(r#"{{"code":"{code}"}}"#)).await.expect("the house answers");
        assert!(text(&page).contains(r#""name":"Ada""#), "{}", text(&page));

        let mut thief = house.visitor();
        let answer = thief.post("/seat", &[("ticket", &first)]).await.expect("the house answers");
        assert_eq!(location(&answer), format!("/seat/{first}"), "once");
        assert!(set_cookie(&answer).is_empty());
        let second = ticket(&mut phone).await;
        house.running.house.clock.pass(Millis(60_000));
        let page =
            thief.ask("/api/seat_page", &format!(r#"{{"ticket":"{second}"}}"#)).await.expect("the house answers");
        assert_eq!((page.status(), text(&page).as_str()), (StatusCode::NOT_FOUND, "\"NotFound\""));
        let answer = thief.post("/seat", &[("ticket", &second)]).await.expect("the house answers");
        assert_eq!(location(&answer), format!("/seat/{second}"), "a minute");
    });
}

#[test]
fn other_sites_pages_change_nothing() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let store = house.running.house.store.clone();
        let before = store.quizzes(crate::domain::ids::OrganisationId(1)).await.expect("the list");
        let own = format!("http://{}", house.running.address);
        let port = house.running.address.port();
        let foreign = [
            "https://evil.example".to_owned(),
            "null".to_owned(),
            format!("http://127.0.0.1:{}", port.wrapping_add(1)),
            format!("{own}.evil.example"),
        ];
        let paths = DOORS.iter().filter(|door| door.method == http::Method::POST).map(|door| door.path);
        let paths: Vec<&str> = paths.chain(FUNCTIONS.iter().map(|function| function.path)).collect();
        for origin in foreign.iter().map(|origin| Some(origin.as_str())).chain([None]) {
            let mut page = admin.at(house.door()).with_origin(origin);
            for path in &paths {
                let posted = page.post(path, &[("quiz", "1"), ("id", "1")]).await.expect("the house answers");
                assert_eq!(posted.status(), StatusCode::FORBIDDEN, "{path} from {origin:?}");
                let asked = page.ask(path, r#"{"id":1}"#).await.expect("the house answers");
                assert_eq!(asked.status(), StatusCode::FORBIDDEN, "{path} from {origin:?}");
            }
        }
        assert_eq!(store.quizzes(crate::domain::ids::OrganisationId(1)).await.expect("the list"), before);
        assert!(is_signed_in(&mut admin.at(house.door())).await, "nobody was signed out");
    });
}

#[test]
fn health_is_told_without_detail() {
    let folder = folder();
    on_runtime(async {
        let house = House::open(folder.path()).await;
        let mut visitor = house.visitor();
        for (path, words) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
            let answer = visitor.get(path).await.expect("the house answers");
            assert_eq!((answer.status(), text(&answer).as_str()), (StatusCode::OK, words));
        }
    });
}

#[test]
fn a_quiz_is_made_written_copied_played_and_deleted() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let made = admin.post("/quizzes", &[]).await.expect("the house answers");
        let id = location(&made).strip_prefix("/quizzes/").expect("its editor").to_owned();

        let early = admin.post("/rooms", &[("quiz", &id)]).await.expect("the house answers");
        assert_eq!(location(&early), format!("/quizzes/{id}"), "an unfinished quiz opens no room");
        assert!(
            flash(&mut admin).await["errors"][0][1].as_str().expect("words").starts_with("This quiz is not finished")
        );

        let body = serde_json::to_string(&quiz(2)).expect("JSON");
        let save = |version: u32| format!(r#"{{"id":{id},"version":{version},"quiz":{body}}}"#);
        let saved = admin.ask("/api/save_quiz", &save(1)).await.expect("the house answers");
        assert_eq!((saved.status(), text(&saved).as_str()), (StatusCode::OK, "2"));
        let old = admin.ask("/api/save_quiz", &save(1)).await.expect("the house answers");
        assert_eq!((old.status(), text(&old).as_str()), (StatusCode::CONFLICT, "\"Changed\""));
        let beyond =
            serde_json::to_string(&crate::domain::quiz::Quiz { title: "x".repeat(401), ..quiz(1) }).expect("JSON");
        let refused = admin.ask("/api/save_quiz", &format!(r#"{{"id":{id},"version":2,"quiz":{beyond}}}"#)).await;
        assert_eq!(refused.expect("the house answers").status(), StatusCode::UNPROCESSABLE_ENTITY);

        let copied = admin.post("/api/copy_quiz", &[("id", &id)]).await.expect("the house answers");
        let copy = text(&copied);
        let edited = admin.ask("/api/quiz_to_edit", &format!(r#"{{"id":{copy}}}"#)).await.expect("the house answers");
        assert!(text(&edited).contains(r#""title":"House quiz (copy)""#), "{}", text(&edited));

        let opened = admin.post("/rooms", &[("quiz", &id)]).await.expect("the house answers");
        let code = location(&opened).strip_prefix("/host/").expect("its host page").to_owned();
        let rooms = admin.ask("/api/open_rooms", "{}").await.expect("the house answers");
        assert_eq!(text(&rooms), format!(r#"[{{"code":"{code}","title":"House quiz","phase":"lobby","here":0}}]"#));

        let deleted = admin.post("/api/delete_quiz", &[("id", &id)]).await.expect("the house answers");
        assert_eq!(deleted.status(), StatusCode::OK);
        let gone = admin.ask("/api/quiz_to_edit", &format!(r#"{{"id":{id}}}"#)).await.expect("the house answers");
        assert_eq!((gone.status(), text(&gone).as_str()), (StatusCode::NOT_FOUND, "\"NotFound\""));
        let page = admin.ask("/api/host_page", &format!(r#"{{"code":"{code}"}}"#)).await.expect("the house answers");
        assert_eq!(page.status(), StatusCode::OK, "the room goes on");
    });
}

#[test]
fn a_page_leaves_compressed_for_who_takes_that_and_whole_for_everybody_else() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let whole = house.visitor().get("/").await.expect("the house answers");
        assert_eq!(whole.headers().get("content-encoding"), None);
        for encoding in ["br", "gzip"] {
            let mut visitor = house.visitor().accepting(encoding);
            let small = visitor.get("/").await.expect("the house answers");
            assert_eq!(small.headers()["content-encoding"], encoding);
            assert_eq!(small.headers()["vary"], "accept-encoding");
            assert!(
                5 * small.body().len() < 3 * whole.body().len(),
                "{} of {}",
                small.body().len(),
                whole.body().len()
            );
        }
    });
}
