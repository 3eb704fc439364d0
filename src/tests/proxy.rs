//! Behind a reverse proxy: below a path, over https, and for people who are not the proxy.
//!
//! The house is asked as proxies ask it; the proxies themselves stand in the browser journeys.

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bots::visitor::{Door, Visitor};
use crate::domain::code::JoinCode;
use crate::domain::role::Role;
use crate::protocol::view::Phase;
use crate::serve;
use crate::server::routes::{DOORS, PAGES};
use crate::server::{assets, qr};
use crate::tests::house::{House, Seated, config, folder, on_runtime, quiz};

const PUBLIC: &str = "https://school.example/quiz";
const BELOW: &[&str] = &["--public-url", PUBLIC];

fn text(answer: &Response<Bytes>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

fn lines<'a>(answer: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
    answer.headers().get_all(name).iter().map(|value| value.to_str().expect("plain ASCII")).collect()
}

/// A house with a room, and everybody who may look at it.
struct Full {
    house: House,
    code: JoinCode,
    people: Vec<(&'static str, Visitor)>,
    /// What the names in the paths of the tables stand for: a page that is there, for each.
    names: Vec<(&'static str, String)>,
}

async fn full(folder: &std::path::Path, flags: &[&str]) -> Full {
    let mut house = House::open_as(folder, flags).await;
    let setup_url = house.running.setup_url.clone().expect("a house without admin has a set-up link");
    let admin = house.set_up().await;
    let code = house.open_room(quiz(1)).await;
    let mut player = house.visitor();
    player.join(code, "Ada", "r-1").await.expect("a seat");
    let ticket = player.ask("/api/device_ticket", &format!(r#"{{"code":"{code}"}}"#)).await.expect("the house answers");
    let ticket: serde_json::Value = serde_json::from_slice(ticket.body()).expect("JSON");
    let last = |url: &str| url.rsplit('/').next().expect("a token").to_owned();
    let names = vec![
        ("{code}", code.to_string()),
        ("{id}", "1".to_owned()),
        ("{token}", last(&setup_url)),
        ("{ticket}", last(ticket["url"].as_str().expect("an address"))),
    ];
    house.add_account("mo@northwind.example", Role::Member).await;
    let member = house.signed_in("mo@northwind.example").await;
    let people = vec![("an admin", admin), ("a player", player), ("a member", member), ("a stranger", house.visitor())];
    Full { house, code, people, names }
}

impl Full {
    /// The paths of all pages, and one that is none.
    fn paths(&self) -> Vec<String> {
        let filled =
            |path: &str| self.names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        PAGES.iter().map(|page| filled(page.path)).chain(["/nothing/here".to_owned()]).collect()
    }
}

/// Everything in a page that is written like a path from the root of the host: behind a quote or a bracket.
fn paths_from_the_root(html: &str) -> Vec<&str> {
    let begins = |at: &usize| {
        let rest = &html.as_bytes()[*at..];
        matches!(rest[0], b'"' | b'\'' | b'(')
            && rest.get(1) == Some(&b'/')
            && !matches!(rest.get(2), None | Some(b'>' | b'/'))
    };
    (0..html.len())
        .filter(begins)
        .map(|at| html[at + 1..].split(['"', '\'', ')', '\\']).next().unwrap_or_default())
        .collect()
}

#[test]
fn below_a_path_every_page_leads_only_below_it() {
    let folder = folder();
    on_runtime(async {
        let full = full(folder.path(), BELOW).await;
        let mut links = std::collections::BTreeSet::new();
        for (who, mut visitor) in full.people.clone() {
            for path in full.paths() {
                let answer = visitor.get(&path).await.expect("the house answers");
                let html = text(&answer);
                for link in paths_from_the_root(&html).into_iter().filter(|link| *link != "/quiz") {
                    assert!(link.starts_with("/quiz/"), "{who} at {path}: {link}");
                    links.insert((who, link.to_owned()));
                }
                for location in lines(&answer, "location") {
                    assert!(location.starts_with("/quiz/"), "{who} at {path}: {location}");
                }
                if answer.status() == StatusCode::OK {
                    let is_for_players =
                        ["", "join", "play", "seat"].iter().any(|part| path.split('/').nth(1) == Some(part));
                    let has_work_sheet = html.contains(r#"href="/quiz/work.css""#);
                    assert_eq!(has_work_sheet, !is_for_players, "{who} at {path}");
                    assert!(html.contains(r#" data-base="/quiz""#), "{who} at {path}");
                    assert!(
                        html.contains(r#"href="/quiz/pkg"#) && html.contains(r#"import("/quiz/pkg"#),
                        "{who} at {path}"
                    );
                }
            }
        }
        let of = |part: &str| links.iter().filter(|(_, link)| link.contains(part)).count();
        for part in
            ["/quiz/join", "/quiz/login", "/quiz/quizzes/", "/quiz/stage/", "/quiz/api/copy_quiz", "/quiz/favicon.svg"]
        {
            assert!(of(part) > 0, "nobody saw {part}");
        }
        // Everything that a page leads to is there.
        for (who, link) in links {
            let is_file = link.contains("/pkg/") || link.ends_with(".svg");
            let (_, visitor) = full.people.iter().find(|(name, _)| *name == who).expect("one of the people");
            if !is_file || assets::is_complete() {
                let path = link.strip_prefix("/quiz").expect("just checked");
                let status = visitor.clone().get(path).await.expect("the house answers").status();
                assert!(status != StatusCode::NOT_FOUND && !status.is_server_error(), "{who} at {link}: {status}");
            }
        }
    });
}

#[test]
fn below_a_path_every_form_leads_only_below_it_and_gives_its_cookies_to_it() {
    let folder = folder();
    on_runtime(async {
        let full = full(folder.path(), BELOW).await;
        let code = full.code.as_str();
        let fields =
            [("code", code), ("name", "Bo"), ("request_id", "r-2"), ("quiz", "1"), ("email", "x"), ("next", "/host/X")];
        let mut cookies = 0;
        for (who, mut visitor) in full.people.clone() {
            for door in DOORS.iter().filter(|door| door.method == Method::POST && !door.path.starts_with("/api/")) {
                let answer = visitor.post(door.path, &fields).await.expect("the house answers");
                for link in paths_from_the_root(&text(&answer)) {
                    assert!(link.starts_with("/quiz/"), "{who} at {}: {link}", door.path);
                }
                let is_led_on = answer.status() == StatusCode::SEE_OTHER;
                // Nobody's word counts in this house.
                let is_not_offered = answer.status() == StatusCode::NOT_FOUND && door.path == "/login/openid";
                assert!(
                    is_led_on || is_not_offered || answer.status() == StatusCode::FORBIDDEN,
                    "{who} at {}: {}",
                    door.path,
                    answer.status()
                );
                for location in lines(&answer, "location") {
                    assert!(location.starts_with("/quiz/"), "{who} at {}: {location}", door.path);
                }
                for cookie in lines(&answer, "set-cookie") {
                    cookies += 1;
                    let is_kept = cookie.starts_with("__Secure-podium") && cookie.contains("; Path=/quiz;");
                    let is_closed = cookie.contains("; Secure") && cookie.contains("; HttpOnly");
                    // The end of a login takes its cookie back, and says nothing more of it.
                    assert!(is_kept && (is_closed || cookie.contains("Max-Age=0")), "{cookie}");
                }
            }
        }
        assert!(cookies > 3, "logins, seats and flashes: {cookies}");
        let mut admin = full.house.visitor();
        let fields = [("email", "ines@northwind.example"), ("password", crate::tests::house::PASSWORD)];
        for (next, location) in [
            ("", "/quiz/dashboard"),
            ("/host/X", "/quiz/host/X"),
            ("/quiz/host/X", "/quiz/host/X"),
            ("//evil", "/quiz/dashboard"),
        ] {
            let fields = [fields[0], fields[1], ("next", next)];
            let answer = admin.post("/login", &fields).await.expect("the house answers");
            assert_eq!(lines(&answer, "location"), [location], "{next}");
        }
    });
}

#[test]
fn it_makes_no_difference_whether_a_proxy_takes_the_path_off() {
    let folder = folder();
    on_runtime(async {
        let full = full(folder.path(), BELOW).await;
        let root = Door::parse(&format!("http://{}", full.house.running.address)).expect("an address");
        // The admin may see the most.
        for (who, visitor) in &full.people[..1] {
            for path in full.paths() {
                let whole = visitor.clone().get(&path).await.expect("the house answers");
                let short = visitor.at(root.clone()).get(&path).await.expect("the house answers");
                assert_eq!(whole.status(), short.status(), "{who} at {path}");
                assert_eq!(lines(&whole, "location"), lines(&short, "location"), "{who} at {path}");
                let (whole, short) = (text(&whole), text(&short));
                assert_eq!(paths_from_the_root(&whole), paths_from_the_root(&short), "{who} at {path}");
            }
        }
        let bare = Visitor::new(root).get("/quiz?suggest").await.expect("the house answers");
        assert_eq!((bare.status(), lines(&bare, "location")), (StatusCode::PERMANENT_REDIRECT, vec!["/quiz/?suggest"]));
        assert_eq!(bare.headers()["x-content-type-options"], "nosniff");
    });
}

#[test]
fn what_people_scan_and_type_has_the_path_in_it() {
    let folder = folder();
    on_runtime(async {
        let house = House::open_as(folder.path(), BELOW).await;
        let setup_url = house.running.setup_url.clone().expect("a set-up link");
        assert!(setup_url.starts_with("https://school.example/quiz/setup/"), "{setup_url}");
        house.running.stop().await;

        let mut full = full(folder.path(), BELOW).await;
        let code = full.code;
        let asked = |code: JoinCode| format!(r#"{{"code":"{code}"}}"#);
        let page = full.people[0].1.ask("/api/host_page", &asked(code)).await.expect("the house answers");
        let page: serde_json::Value = serde_json::from_slice(page.body()).expect("JSON");
        let join_url = format!("https://school.example/quiz/join/{code}");
        assert_eq!(page["join_url"], join_url);
        assert_eq!(page["join_host"], "school.example/quiz");
        assert_eq!(page["join_qr_svg"], qr::svg(&join_url));
        assert_eq!(page["is_secure"], true);
        let ticket = full.people[1].1.ask("/api/device_ticket", &asked(code)).await.expect("the house answers");
        assert!(text(&ticket).starts_with(r#"{"url":"https://school.example/quiz/seat/"#), "{}", text(&ticket));
        let config = full.house.visitor().get("/ws/config").await.expect("the house answers");
        assert!(text(&config).contains(r#""session":"/quiz/ws/{code}""#), "{}", text(&config));
        let policy = full.house.visitor().get("/").await.expect("the house answers");
        let policy = lines(&policy, "content-security-policy").concat();
        assert!(policy.contains("connect-src 'self' ws://school.example wss://school.example;"), "{policy}");
    });
}

#[test]
fn only_pages_of_the_public_address_open_sockets_and_send_forms() {
    let folder = folder();
    on_runtime(async {
        let full = full(folder.path(), BELOW).await;
        let (code, player) = (full.code, full.people[1].1.clone());
        let mut seated = Seated::open(&player, code, "player", None).await;
        seated.until_phase(Phase::Lobby).await;
        let own = format!("http://{}", full.house.running.address);
        for origin in
            [own.as_str(), "http://school.example", "https://school.example:8443", "https://evil.example", "null"]
        {
            let mut foreign = player.clone().with_origin(Some(origin));
            let refused = foreign.connect(code, "player", None).await;
            let why = refused.err().map(|why| format!("{why:#}")).expect("refused");
            assert!(why.contains("403"), "{origin}: {why}");
            let posted = foreign.post("/seat", &[]).await.expect("the house answers");
            // A page that came from this very address past the proxy may send its forms.
            assert_eq!(posted.status() == StatusCode::FORBIDDEN, origin != own, "{origin}: {}", posted.status());
        }
    });
}

#[test]
fn a_quiz_at_the_root_says_nothing_of_a_path() {
    let folder = folder();
    on_runtime(async {
        for (flags, prefix) in [(&[][..], "podium"), (&["--public-url", "https://quiz.example"][..], "__Host-podium")] {
            let house = House::open_as(folder.path(), flags).await;
            let page = house.visitor().get("/").await.expect("the house answers");
            assert!(text(&page).contains("<html") && !text(&page).contains("data-base"), "{}", text(&page));
            let fields = [("code", "ZZZZZZ"), ("name", "Bo")];
            let answer = house.visitor().post("/join", &fields).await.expect("the house answers");
            assert_eq!(lines(&answer, "location"), ["/join/ZZZZZZ"]);
            let cookie = lines(&answer, "set-cookie").concat();
            assert!(cookie.starts_with(prefix) && cookie.contains("; Path=/;"), "{cookie}");
            house.running.stop().await;
        }
    });
}

#[test]
fn a_path_that_is_one_of_our_own_stops_the_start() {
    let folder = folder();
    on_runtime(async {
        for own in ["play", "quizzes", "ws", "pkg/x"] {
            let url = format!("https://school.example/{own}");
            let refused = serve::start(config(folder.path(), &["--public-url", &url])).await;
            let why = refused.err().expect("refused").to_string();
            let first = own.split('/').next().expect("a part");
            assert_eq!(
                why,
                format!("/{first} is a path of Podium itself; choose another one for --public-url, like /quiz")
            );
        }
    });
}

async fn wrong_code(visitor: Visitor) -> StatusCode {
    let fields = [("code", "ZZZZZZ"), ("name", "Bo")];
    visitor.clone().post("/join", &fields).await.expect("the house answers").status()
}

async fn wrong_password(visitor: Visitor, account: u32) -> StatusCode {
    let email = format!("{account}@northwind.example");
    let fields = [("email", email.as_str()), ("password", "wrong")];
    visitor.clone().post("/login", &fields).await.expect("the house answers").status()
}

#[test]
fn behind_a_trusted_proxy_people_are_slowed_down_one_by_one() {
    let folder = folder();
    let flags = ["--public-url", PUBLIC, "--trusted-proxies", "10.0.0.0/8,127.0.0.1", "--wrong-codes-per-minute", "2"];
    on_runtime(async {
        let house = House::open_as(folder.path(), &flags).await;
        let from = |chain: &str| house.visitor().forwarded_for(chain);
        for _ in 0..2 {
            assert_eq!(wrong_code(from("192.0.2.1")).await, StatusCode::SEE_OTHER);
        }
        assert_eq!(wrong_code(from("192.0.2.1")).await, StatusCode::TOO_MANY_REQUESTS);
        for spoofed in ["198.51.100.1, 192.0.2.1", "127.0.0.1, 192.0.2.1", "192.0.2.2, 192.0.2.1, 10.0.0.7"] {
            assert_eq!(wrong_code(from(spoofed)).await, StatusCode::TOO_MANY_REQUESTS, "{spoofed}");
        }
        assert_eq!(wrong_code(from("192.0.2.2")).await, StatusCode::SEE_OTHER, "somebody else");
        assert_eq!(wrong_code(house.visitor()).await, StatusCode::SEE_OTHER, "the proxy itself");

        let allowed = house.running.house.config.limits.wrong_passwords_per_15min;
        for account in 0..allowed {
            assert_eq!(wrong_password(from("192.0.2.1"), account).await, StatusCode::SEE_OTHER);
        }
        assert_eq!(wrong_password(from("192.0.2.1"), allowed).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(wrong_password(from("192.0.2.2"), allowed).await, StatusCode::SEE_OTHER, "somebody else");
    });
}

#[test]
fn nobody_elses_word_about_who_is_asking_counts() {
    let folder = folder();
    on_runtime(async {
        for trusted in [&[][..], &["--trusted-proxies", "10.0.0.0/8"][..]] {
            let flags = [&["--wrong-codes-per-minute", "2"], trusted].concat();
            let house = House::open_as(folder.path(), &flags).await;
            for n in 0..3 {
                let answer = wrong_code(house.visitor().forwarded_for(&format!("192.0.2.{n}"))).await;
                let expected = if n < 2 { StatusCode::SEE_OTHER } else { StatusCode::TOO_MANY_REQUESTS };
                assert_eq!(answer, expected, "{n}");
            }
            house.running.stop().await;
        }
    });
}

/// The head of the answer to a request for a socket, as `curl -i` shows it.
async fn head(house: &House, target: &str, headers: &[(&str, &str)]) -> String {
    let mut stream = TcpStream::connect(house.running.address).await.expect("the house is open");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("GET {target} HTTP/1.1\r\nHost: school.example\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read_buf(&mut answer).await.expect("readable");
        assert!(read > 0, "{target} ended in the middle of its head");
    }
    let head = String::from_utf8_lossy(&answer).into_owned();
    head.split("\r\n\r\n").next().expect("a head").to_ascii_lowercase()
}

#[test]
fn nothing_keeps_or_holds_back_what_a_socket_says() {
    let folder = folder();
    on_runtime(async {
        let asks = [
            (header::CONNECTION.as_str(), "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let from = |origin: &'static str| [&asks[..], &[("Origin", origin)]].concat();
        for engine in ["own", "library"] {
            let house =
                House::open_as(folder.path(), &["--socket-engine", engine, "--echo", "--public-url", PUBLIC]).await;
            for (target, headers, status) in [
                ("/quiz/ws/KFX7QM?as=player", asks.to_vec(), "101"),
                ("/ws/echo", asks.to_vec(), "101"),
                ("/quiz/ws/KFX7QM?as=player", from("https://school.example"), "101"),
                ("/quiz/ws/KFX7QM?as=player", from("https://evil.example"), "403"),
                ("/quiz/ws/KFX7QM?as=player", Vec::new(), if engine == "own" { "426" } else { "400" }),
                ("/quiz/ws/KFX7QM?as=nobody", asks.to_vec(), "400"),
                ("/quiz/ws/config", Vec::new(), "200"),
            ] {
                let head = head(&house, target, &headers).await;
                assert!(head.starts_with(&format!("http/1.1 {status}")), "{target}: {head}");
                assert!(head.contains("\r\ncache-control: no-store\r\n"), "{target}: {head}");
                assert!(head.contains("\r\nx-accel-buffering: no"), "{target}: {head}");
            }
            house.running.stop().await;
        }
    });
}
