//! Programs through the front door: signing in, tokens of every forged kind, how they end, tickets, and what errors look
//! like.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bots::visitor::Visitor;
use crate::domain::ids::{OrganisationId, SeatId};
use crate::domain::role::Role;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::caller::{BadCredential, Credential};
use crate::server::auth::password::hash_now;
use crate::server::metrics::Reading;
use crate::server::store::Store;
use crate::server::store::admin::NewAdmin;
use crate::server::store::ending::Ending;
use crate::tests::house::{House, PASSWORD, folder, on_runtime, quiz};
use crate::tests::raw::Raw;

const EMAIL: &str = "ines@northwind.example";

/// A program that is signed in.
struct Program {
    http: Visitor,
    access: String,
    refresh: String,
}

fn body(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).expect("JSON")
}

fn program(house: &House) -> Visitor {
    house.visitor().with_origin(None)
}

async fn log_in(house: &House, email: &str, password: &str) -> Response<Bytes> {
    let asked = json!({ "email": email, "password": password }).to_string();
    program(house).ask("/api/v1/auth/login", &asked).await.expect("the house answers")
}

impl Program {
    async fn begin(house: &House, email: &str) -> Self {
        Self::of(house, &log_in(house, email, PASSWORD).await)
    }

    fn of(house: &House, answer: &Response<Bytes>) -> Self {
        assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.body());
        let pair = body(answer);
        let text = |name: &str| pair[name].as_str().expect("a text").to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        Self { http: program(house).with_bearer(&access), access, refresh }
    }

    async fn me(&mut self) -> Response<Bytes> {
        self.http.get("/api/v1/me").await.expect("the house answers")
    }

    async fn check_me(&mut self, status: StatusCode, code: &str) {
        let answer = self.me().await;
        assert_eq!(answer.status(), status, "{:?}", answer.body());
        if status != StatusCode::OK {
            assert_eq!(body(&answer)["code"], code);
        }
    }

    async fn exchange(&self, house: &House) -> Response<Bytes> {
        let asked = json!({ "refresh_token": self.refresh }).to_string();
        program(house).ask("/api/v1/auth/refresh", &asked).await.expect("the house answers")
    }
}

/// Base64 for addresses, without padding. Source: RFC 4648, 5.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

fn bytes_of(base64: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = |letter: u8| LETTERS.iter().position(|other| *other == letter).expect("a letter") as u32;
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in base64.bytes() {
        bits = bits << 6 | place(letter);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 255) as u8);
        }
    }
    bytes
}

fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&bytes_of(token.split('.').nth(1).expect("three parts"))).expect("JSON")
}

/// R014, R095; Netra 4: JWT authentication flow. MasterX 2.
#[test]
fn a_program_signs_in_and_is_known() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let answer = log_in(&house, " INES@Northwind.example ", PASSWORD).await;
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let pair = body(&answer);
        assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("bearer"), &json!(1_800)));
        let mut program = Program::of(&house, &answer);
        let claims = claims_of(&program.access);
        let expected =
            json!({ "sub": "1", "org_id": 1, "kind": "access", "aud": "podium", "iss": "podium", "role": "owner" });
        for (name, value) in expected.as_object().expect("an object") {
            assert_eq!(&claims[name], value, "{name}");
        }
        assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(1_800));
        let me = body(&program.me().await);
        assert_eq!(me["sub"], "1");
        assert_eq!((&me["name"], &me["role"], &me["credential"]), (&json!("Ines"), &json!("owner"), &json!("token")));
        let mut socket = Raw::open(&house, &format!("/api/ws?token={}", program.access)).await;
        let welcome = socket.next().await.expect("open");
        assert_eq!((&welcome["type"], &welcome["data"]["user_id"]), (&json!("connected"), &json!("1")));

        let by_username = json!({ "username": EMAIL, "password": PASSWORD }).to_string();
        let answer = self::program(&house).ask("/api/v1/auth/login", &by_username).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::OK);
        let mut browser = house.signed_in(EMAIL).await;
        let me = body(&browser.get("/api/v1/me").await.expect("the house answers"));
        assert_eq!((&me["sub"], &me["credential"]), (&json!("1"), &json!("login")));
    });
}

#[test]
fn wrong_users_and_wrong_passwords_are_the_same_and_slowed_down() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let mut answers = Vec::new();
        for (email, password) in [(EMAIL, "wrong"), ("nobody@northwind.example", PASSWORD), (EMAIL, ""), ("", "")] {
            let answer = log_in(&house, email, password).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            answers.push((format!("{:?}", answer.headers()).replace("date", ""), answer.body().clone()));
        }
        let bodies: Vec<&Bytes> = answers.iter().map(|(_, body)| body).collect();
        assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{bodies:?}");
        let allowed = house.running.house.config.limits.wrong_passwords_per_15min;
        for _ in 4..allowed {
            log_in(&house, EMAIL, "wrong").await;
        }
        let answer = log_in(&house, EMAIL, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(body(&answer)["code"], "too_often");
        let wait = answer.headers()[header::RETRY_AFTER].to_str().expect("plain").parse::<u32>();
        assert!(wait.is_ok_and(|seconds| (1..=900).contains(&seconds)));
        house.running.house.clock.pass(Millis(31 * 60_000));
        assert_eq!(log_in(&house, EMAIL, PASSWORD).await.status(), StatusCode::OK, "later it works again");
    });
}

#[test]
fn passwords_that_a_program_guesses_are_counted_and_told_as_at_the_door() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--wrong-passwords-per-15min", "2"]).await;
        let admin = house.set_up().await;
        let mut desk = Raw::of(&admin, "/admin/stream").await;
        desk.until("initial").await;
        for _ in 0..2 {
            assert_eq!(log_in(&house, EMAIL, "wrong").await.status(), StatusCode::UNAUTHORIZED);
        }
        assert_eq!(log_in(&house, EMAIL, "wrong").await.status(), StatusCode::TOO_MANY_REQUESTS);
        desk.until_one(|told| told["data"]["code"] == "limit_passwords").await;
        let metrics = house.running.house.metrics.text(Reading::default());
        for sample in [
            "podium_auth_refusals_total{reason=\"wrong_password\"} 2\n",
            "podium_limit_trips_total{limit=\"passwords\"} 1\n",
        ] {
            assert!(metrics.contains(sample), "{sample}: {metrics}");
        }
    });
}

/// Forty ways to forge a token from a good one. `key` is the house's own, for what is refused although it was signed with
/// it; `sink` is an address that must never be asked.
fn forged(good: &str, key: &[u8], sink: &str) -> Vec<(&'static str, String)> {
    let mut parts = good.split('.');
    let mut part = || parts.next().expect("three parts");
    let (head, payload, signature) = (part(), part(), part());
    let claims = claims_of(good);
    let with_head = |head: &str| format!("{}.{payload}.{signature}", base64(head.as_bytes()));
    let unsigned = |head: &str| format!("{}.{payload}.", base64(head.as_bytes()));
    let signed = |algorithm: Algorithm, claims: &Value, key: &[u8]| {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).expect("a signed text")
    };
    let under =
        |header: Header, key: &[u8]| encode(&header, &claims, &EncodingKey::from_secret(key)).expect("a signed text");
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().expect("an object").remove(name);
        claims
    };
    let other = b"another key of thirty-two bytes.".as_slice();
    let kid = |kid: &str| under(Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) }, b"");
    let flipped = {
        let mut bytes = bytes_of(payload);
        bytes[20] ^= 1;
        format!("{head}.{}.{signature}", base64(&bytes))
    };
    let raised = format!("{head}.{}.{signature}", base64(changed("sub", json!("2")).to_string().as_bytes()));
    let elsewhere = format!("{head}.{}.{signature}", base64(changed("org_id", json!(2)).to_string().as_bytes()));
    let twice = String::from_utf8(bytes_of(payload)).expect("JSON").replacen('{', r#"{"sub":"2","#, 1);
    let own = |claims: &Value| signed(Algorithm::HS256, claims, key);
    vec![
        ("none", unsigned(r#"{"alg":"none","typ":"JWT"}"#)),
        ("None", unsigned(r#"{"alg":"None"}"#)),
        ("NONE", unsigned(r#"{"alg":"NONE"}"#)),
        ("nOnE", with_head(r#"{"alg":"nOnE"}"#)),
        ("no algorithm", with_head("{}")),
        ("an empty signature", format!("{head}.{payload}.")),
        ("no signature", format!("{head}.{payload}")),
        ("four parts", format!("{good}.x")),
        ("a flipped payload", flipped),
        ("another account", raised),
        ("another organisation", elsewhere),
        ("a cut signature", good[..good.len() - 2].to_owned()),
        ("HS384 with the same key", signed(Algorithm::HS384, &claims, key)),
        ("HS512 with the same key", signed(Algorithm::HS512, &claims, key)),
        ("RS256", with_head(r#"{"alg":"RS256","typ":"JWT"}"#)),
        ("PS256", with_head(r#"{"alg":"PS256","typ":"JWT"}"#)),
        ("ES256", with_head(r#"{"alg":"ES256","typ":"JWT"}"#)),
        ("EdDSA", with_head(r#"{"alg":"EdDSA","typ":"JWT"}"#)),
        ("the empty key", signed(Algorithm::HS256, &claims, b"")),
        ("the key secret", signed(Algorithm::HS256, &claims, b"secret")),
        ("the key changeme", signed(Algorithm::HS256, &claims, b"changeme")),
        ("a public key", signed(Algorithm::HS256, &claims, b"-----BEGIN PUBLIC KEY-----")),
        ("another key", signed(Algorithm::HS256, &claims, other)),
        ("kid with a path", kid("../../../../dev/null")),
        ("kid with SQL", kid("x' union select '' --")),
        ("kid with NUL", kid("\0")),
        ("jku", under(Header { jku: Some(format!("http://{sink}/")), ..Header::new(Algorithm::HS256) }, other)),
        ("x5u", under(Header { x5u: Some(format!("http://{sink}/")), ..Header::new(Algorithm::HS256) }, other)),
        ("jwk", with_head(&format!(r#"{{"alg":"HS256","jwk":{{"kty":"oct","k":"{}"}}}}"#, base64(other)))),
        ("a header of 100 kB", with_head(&format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "x".repeat(100_000)))),
        ("a name that stands twice in the payload", format!("{head}.{}.{signature}", base64(twice.as_bytes()))),
        ("a name that stands twice in the header", with_head(r#"{"alg":"HS256","alg":"none"}"#)),
        ("no sub", own(&without("sub"))),
        ("no org_id", own(&without("org_id"))),
        ("no exp", own(&without("exp"))),
        ("exp as text", own(&changed("exp", json!("9999999999")))),
        ("for another audience", own(&changed("aud", json!("other")))),
        ("from another issuer", own(&changed("iss", json!("other")))),
        ("of another kind", own(&changed("kind", json!("seat")))),
        ("no token at all", "x".to_owned()),
    ]
}

/// Check A1.
#[test]
fn forty_forged_tokens_are_refused_the_same_way() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let sink = TcpListener::bind("127.0.0.1:0").await.expect("a sink");
        let address = sink.local_addr().expect("an address").to_string();
        let mut good = Program::begin(&house, EMAIL).await;
        let key = std::fs::read_to_string(folder.path().join("podium.key")).expect("the key");
        let forged = forged(&good.access, key.trim().as_bytes(), &address);
        assert_eq!(forged.len(), 40);
        let mut answers = Vec::new();
        for (what, token) in &forged {
            let mut forger = program(&house).with_bearer(token);
            let answer = forger.get("/api/v1/me").await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{what}");
            let mut body = body(&answer);
            body["timestamp"] = Value::Null;
            answers.push(body);
            let auth = &house.running.house.auth;
            let in_protocol = HeaderValue::try_from(format!("podium.v1, podium.token.{token}")).expect("a header");
            let headers = HeaderMap::from_iter([(header::SEC_WEBSOCKET_PROTOCOL, in_protocol)]);
            let by_protocol = auth.caller(&headers, &Uri::from_static("/ws/KFX7QM")).await;
            assert_eq!(by_protocol, Err(BadCredential::Bad), "{what}");
            if token.len() < 60_000 {
                let uri = Uri::try_from(format!("/ws/KFX7QM?token={token}")).expect("an address");
                assert_eq!(auth.caller(&HeaderMap::new(), &uri).await, Err(BadCredential::Bad), "{what}");
            }
            assert_eq!(auth.renew(token).await.err(), Some(BadCredential::Bad), "{what}");
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        good.check_me(StatusCode::OK, "").await;
        let asked = tokio::time::timeout(std::time::Duration::from_millis(50), sink.accept()).await;
        assert!(asked.is_err(), "nobody asked the sink");
    });
}

/// Check A3.
#[test]
fn a_token_ends_to_the_second_by_server_time() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let clock = house.running.house.clock.clone();
        let mut program = Program::begin(&house, EMAIL).await;
        let end = Timestamp(claims_of(&program.access)["exp"].as_i64().expect("a number") * 1_000);
        clock.pass(end - Millis(1_000) - clock.now());
        program.check_me(StatusCode::OK, "").await;
        clock.pass(end - clock.now());
        for later in [0, 1_000, 60_000] {
            clock.pass(Millis(later));
            program.check_me(StatusCode::UNAUTHORIZED, "token_expired").await;
        }
        let mut renewed = Program::of(&house, &program.exchange(&house).await);
        renewed.check_me(StatusCode::OK, "").await;

        let begun_at = Timestamp(claims_of(&program.access)["iat"].as_i64().expect("a number") * 1_000);
        let end = begun_at + house.running.house.config.login_max;
        clock.pass(end - Millis(60_000) - clock.now());
        let mut renewed = Program::of(&house, &renewed.exchange(&house).await);
        renewed.check_me(StatusCode::OK, "").await;
        clock.pass(end + Millis(1_000) - clock.now());
        renewed.check_me(StatusCode::UNAUTHORIZED, "token_expired").await;
        let over = renewed.exchange(&house).await;
        assert_eq!(over.status(), StatusCode::UNAUTHORIZED, "no grant outlives its hours, however often it is renewed");
    });
}

#[test]
fn a_refresh_token_is_good_once_and_a_copy_ends_everything() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let mut first = Program::begin(&house, EMAIL).await;
        let mut bystander = Program::begin(&house, EMAIL).await;
        let mut second = Program::of(&house, &first.exchange(&house).await);
        assert_ne!(first.access, second.access);
        first.check_me(StatusCode::OK, "").await;
        second.check_me(StatusCode::OK, "").await;

        let copy = first.exchange(&house).await;
        assert_eq!((copy.status(), &body(&copy)["code"]), (StatusCode::UNAUTHORIZED, &json!("token_ended")));
        for program in [&mut first, &mut second] {
            program.check_me(StatusCode::UNAUTHORIZED, "token_ended").await;
            assert_eq!(program.exchange(&house).await.status(), StatusCode::UNAUTHORIZED);
        }
        bystander.check_me(StatusCode::OK, "").await;
        for bad in [bystander.refresh[..63].to_owned(), "0".repeat(64), format!("{}é", "0".repeat(62)), String::new()]
        {
            let asked = json!({ "refresh_token": bad }).to_string();
            let answer = program(&house).ask("/api/v1/auth/refresh", &asked).await.expect("the house answers");
            assert_eq!((answer.status(), &body(&answer)["code"]), (StatusCode::UNAUTHORIZED, &json!("bad_token")));
        }
    });
}

#[test]
fn signing_out_ends_a_program_by_either_token() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let mut endings = house.running.house.auth.endings();
        for by_refresh in [false, true] {
            let mut program = Program::begin(&house, EMAIL).await;
            let renewed = Program::of(&house, &program.exchange(&house).await);
            let out = if by_refresh {
                let asked = json!({ "refresh_token": program.refresh }).to_string();
                self::program(&house).ask("/api/v1/auth/logout", &asked).await
            } else {
                program.http.ask("/api/v1/auth/logout", "").await
            };
            assert_eq!(out.expect("the house answers").status(), StatusCode::NO_CONTENT);
            assert!(matches!(endings.recv().await, Ok(Ending::Grant(_))));
            program.check_me(StatusCode::UNAUTHORIZED, "token_ended").await;
            assert_eq!(renewed.exchange(&house).await.status(), StatusCode::UNAUTHORIZED);
        }
        let nobody = program(&house).ask("/api/v1/auth/logout", "").await.expect("the house answers");
        assert_eq!((nobody.status(), &body(&nobody)["code"]), (StatusCode::UNAUTHORIZED, &json!("not_signed_in")));

        let mut browser = house.signed_in(EMAIL).await;
        browser.post("/logout", &[]).await.expect("the house answers");
        assert!(matches!(endings.recv().await, Ok(Ending::Login(_))), "open sockets of a browser hear of it too");
    });
}

/// Check A4, for what is asked by HTTP.
#[test]
fn what_another_process_ends_is_ended_here_and_after_a_restart() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let (mut programs, mut browsers) = (Vec::new(), Vec::new());
        let mut endings = house.running.house.auth.endings();
        let beside = Store::open_beside(folder.path()).await.expect("a command of the operator");
        let now = house.running.house.clock.now();
        for act in ["password", "role", "removal"] {
            let email = format!("{act}@northwind.example");
            let id = house.add_account(&email, Role::Host).await;
            let mut program = Program::begin(&house, &email).await;
            let mut browser = house.signed_in(&email).await;
            program.check_me(StatusCode::OK, "").await;
            assert_eq!(browser.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::OK);
            let done = match act {
                "password" => beside.set_password(email, "$".to_owned(), now).await,
                "role" => beside.set_role(email, Role::Member, now).await,
                _ => beside.remove_admin(email, now).await,
            };
            assert_eq!(done, Ok(id));
            let told = tokio::time::timeout(std::time::Duration::from_millis(2_000), async {
                while !matches!(endings.recv().await, Ok(Ending::Account(told)) if told == id) {}
            });
            told.await.expect("within two seconds");
            program.check_me(StatusCode::UNAUTHORIZED, "token_ended").await;
            let answer = browser.get("/api/v1/me").await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{act}");
            programs.push(program);
            browsers.push(browser);
        }
        beside.close().await;
        house.running.stop().await;

        let house = House::open(folder.path()).await;
        for (program, browser) in programs.iter_mut().zip(&mut browsers) {
            let mut replay = self::program(&house).with_bearer(&program.access);
            let answer = replay.get("/api/v1/me").await.expect("the house answers");
            assert_eq!((answer.status(), &body(&answer)["code"]), (StatusCode::UNAUTHORIZED, &json!("token_ended")));
            assert_eq!(program.exchange(&house).await.status(), StatusCode::UNAUTHORIZED);
            let mut browser = browser.at(house.door());
            let answer = browser.get("/api/v1/me").await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        }
    });
}

#[test]
fn what_was_not_ended_is_good_after_a_restart() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let program = Program::begin(&house, EMAIL).await;
        house.running.stop().await;
        let house = House::open(folder.path()).await;
        let mut again = self::program(&house).with_bearer(&program.access);
        assert_eq!(again.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::OK);
        Program::of(&house, &program.exchange(&house).await).check_me(StatusCode::OK, "").await;
    });
}

async fn ticket(visitor: &mut Visitor, asked: &str) -> Response<Bytes> {
    visitor.ask("/api/v1/auth/ticket", asked).await.expect("the house answers")
}

fn at(ticket: &Response<Bytes>) -> Uri {
    assert_eq!(ticket.status(), StatusCode::OK, "{:?}", ticket.body());
    assert_eq!(body(ticket)["expires_in"], 30);
    let ticket = body(ticket)["ticket"].as_str().expect("a text").to_owned();
    Uri::try_from(format!("/ws/KFX7QM?ticket={ticket}")).expect("an address")
}

#[test]
fn a_ticket_stands_for_whoever_asked_once_for_half_a_minute() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let (auth, clock) = (house.running.house.auth.clone(), house.running.house.clock.clone());
        let by = async |uri: &Uri| auth.caller(&HeaderMap::new(), uri).await;
        let mut program = Program::begin(&house, EMAIL).await;
        let mut browser = house.signed_in(EMAIL).await;
        let mut player = house.visitor();
        player.join(code, "Ada", "r-1").await.expect("a seat");
        let of_room = json!({ "code": code.as_str() }).to_string();

        let uri = at(&ticket(&mut program.http, "").await);
        let caller = by(&uri).await.expect("a caller");
        assert!(matches!(caller.credential, Credential::Grant(_)));
        assert_eq!(caller.account.as_ref().map(|account| account.name.as_str()), Some("Ines"));
        assert_eq!(by(&uri).await, Err(BadCredential::Bad), "once");

        let caller = by(&at(&ticket(&mut browser, "{}").await)).await.expect("a caller");
        assert!(matches!(caller.credential, Credential::Login(_)));
        let caller = by(&at(&ticket(&mut player, &of_room).await)).await.expect("a caller");
        let Credential::Seat(claim) = caller.credential else { panic!("{caller:?}") };
        assert_eq!((claim.seat, claim.code, caller.account), (SeatId(1), code, None));

        for (mut visitor, asked, status) in [
            (house.visitor(), "", StatusCode::UNAUTHORIZED),
            (house.visitor(), of_room.as_str(), StatusCode::UNAUTHORIZED),
            (player.clone(), "", StatusCode::UNAUTHORIZED),
            (player.clone(), r#"{"code":"ZZZZZZ"}"#, StatusCode::UNAUTHORIZED),
            (player.clone(), r#"{"code":7}"#, StatusCode::BAD_REQUEST),
            (player.clone().with_bearer("x"), of_room.as_str(), StatusCode::UNAUTHORIZED),
            (player.clone().with_origin(None), of_room.as_str(), StatusCode::FORBIDDEN),
        ] {
            assert_eq!(ticket(&mut visitor, asked).await.status(), status, "{asked}");
        }

        let (early, late) = (at(&ticket(&mut program.http, "").await), at(&ticket(&mut program.http, "").await));
        clock.pass(Millis(29_000));
        assert!(by(&early).await.is_ok());
        clock.pass(Millis(1_000));
        assert_eq!(by(&late).await, Err(BadCredential::Bad));

        let of_program = at(&ticket(&mut program.http, "").await);
        let of_browser = at(&ticket(&mut browser, "").await);
        program.http.ask("/api/v1/auth/logout", "").await.expect("signed out");
        browser.post("/logout", &[]).await.expect("signed out");
        assert_eq!(by(&of_program).await, Err(BadCredential::Ended), "what stands behind it has ended");
        assert_eq!(by(&of_browser).await, Err(BadCredential::Ended));
    });
}

#[test]
fn a_bad_token_is_not_made_good_by_a_cookie() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        for path in ["/api/v1/me?token=x", "/api/v1/me?ticket=x", "/api/v1/me?token="] {
            let answer = admin.get(path).await.expect("the house answers");
            assert_eq!(
                (answer.status(), &body(&answer)["code"]),
                (StatusCode::UNAUTHORIZED, &json!("bad_token")),
                "{path}"
            );
        }
        let mut both = admin.clone().with_bearer("x");
        assert_eq!(both.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::UNAUTHORIZED);
        assert_eq!(admin.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::OK);
    });
}

#[test]
fn an_open_socket_goes_on_with_a_newer_token_of_either_kind() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let (auth, clock) = (house.running.house.auth.clone(), house.running.house.clock.clone());
        let first = Program::begin(&house, EMAIL).await;
        let before = auth.renew(&first.access).await.expect("a good token");
        assert!(before.tokens.is_none());
        clock.pass(Millis(600_000));
        let after = auth.renew(&first.refresh).await.expect("a good token");
        assert_eq!(after.caller.account, before.caller.account);
        assert_eq!(after.caller.credential, before.caller.credential, "what ends it stays the same");
        assert!(after.caller.ends_at >= before.caller.ends_at + Millis(599_000));
        let tokens = after.tokens.expect("a new pair");
        assert!(auth.renew(&tokens.access_token).await.is_ok());
        assert_eq!(auth.renew(&first.refresh).await.err(), Some(BadCredential::Ended), "a copy");
        assert_eq!(auth.renew(&tokens.access_token).await.err(), Some(BadCredential::Ended));
    });
}

#[test]
fn an_account_of_another_organisation_sees_nothing_of_this_one() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let email = "olga@contoso.example";
        let password_hash = hash_now(PASSWORD).expect("a hash");
        let (organisation, name) = ("Contoso".to_owned(), "Olga".to_owned());
        let olga = NewAdmin { organisation, name, email: email.to_owned(), password_hash };
        house.running.house.store.add_organisation(olga).await;
        let mut program = Program::begin(&house, email).await;
        let me = body(&program.me().await);
        assert_eq!((&me["org_id"], &me["role"]), (&json!(2), &json!("owner")));
        let uri = Uri::try_from(format!("/ws/{code}?token={}", program.access)).expect("an address");
        let caller = house.running.house.auth.caller(&HeaderMap::new(), &uri).await.expect("a caller");
        let room = house.running.house.rooms.find(code).expect("a room");
        assert_eq!(caller.account.map(|account| account.organisation), Some(OrganisationId(2)));
        assert_ne!(room.organisation, OrganisationId(2));

        let mut browser = house.signed_in(email).await;
        let quizzes = browser.ask("/api/quizzes", "{}").await.expect("the house answers");
        assert_eq!(quizzes.body(), "[]");
        let of_room = json!({ "code": code.as_str() }).to_string();
        for (path, asked) in [
            ("/api/quiz_to_edit", r#"{"id":1}"#),
            ("/api/host_page", of_room.as_str()),
            ("/api/stage_page", of_room.as_str()),
        ] {
            let answer = browser.ask(path, asked).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
        for path in ["/api/copy_quiz", "/api/delete_quiz"] {
            let answer = browser.post(path, &[("id", "1")]).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
    });
}

#[test]
fn every_error_of_the_api_has_one_shape() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let large = format!(r#"{{"email":"{}"}}"#, "x".repeat(20_000));
        let mut program = program(&house);
        let mut answers = vec![
            (program.get("/api/v1/nothing").await, StatusCode::NOT_FOUND, "not_found"),
            (program.get("/api/v1/auth/login").await, StatusCode::METHOD_NOT_ALLOWED, "wrong_method"),
            (program.ask("/api/v1/auth/login", &large).await, StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            (program.get("/api/v1/me").await, StatusCode::UNAUTHORIZED, "not_signed_in"),
        ];
        for bad in ["", "{", "[]", r#"{"email":"a@b"}"#, r#"{"email":7,"password":"x"}"#] {
            answers.push((program.ask("/api/v1/auth/login", bad).await, StatusCode::BAD_REQUEST, "malformed"));
            answers.push((program.ask("/api/v1/auth/refresh", bad).await, StatusCode::BAD_REQUEST, "malformed"));
        }
        let mut other_site = admin.with_origin(Some("https://evil.example"));
        answers.push((other_site.ask("/api/v1/auth/ticket", "{}").await, StatusCode::FORBIDDEN, "forbidden"));
        for (answer, status, code) in answers {
            let answer = answer.expect("the house answers");
            assert_eq!(answer.status(), status, "{:?}", answer.body());
            let body = body(&answer);
            let names: Vec<&String> = body.as_object().expect("an object").keys().collect();
            assert_eq!(names, ["code", "error", "help", "recoverable", "timestamp"]);
            assert_eq!(body["code"], code);
            for name in ["error", "help"] {
                assert!(body[name].as_str().is_some_and(|text| text.ends_with('.') && text.len() > 8), "{body}");
            }
            assert!(body["timestamp"].as_str().is_some_and(|text| text.ends_with('Z')));
        }
    });
}
