//! Signing in by another house's word, through the front door: who comes in, and all the ways in which nobody does.
//! Check A8.

use bytes::Bytes;
use http::{Response, StatusCode, header};

use crate::bots::visitor::Visitor;
use crate::domain::audit::{AuditAction, AuditFilter};
use crate::domain::ids::OrganisationId;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::server::auth::throttle::GOINGS_PER_MINUTE;
use crate::tests::house::{House, PASSWORD, folder, on_runtime};
use crate::tests::issuer::{Issuer, Known, Trick, value_of};
use crate::tests::raw::tokens;

const NORTHWIND: OrganisationId = OrganisationId(1);
const MO: Known = Known { subject: "mo-7", email: "Mo@northwind.example", is_verified: true };

fn location(answer: &Response<Bytes>) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{:?}", answer.body());
    answer.headers()[header::LOCATION].to_str().expect("plain").to_owned()
}

/// A house that believes the issuer, with its owner and an account of Mo's.
async fn open(folder: &std::path::Path, issuer: &Issuer, more: &[&str]) -> House {
    let mut house = House::open_as(folder, &[&issuer.flags(), more].concat()).await;
    if house.running.setup_url.is_some() {
        house.set_up().await;
        house.add_account("mo@northwind.example", Role::Host).await;
    }
    house
}

/// Presses the button: the issuer's page.
async fn go(visitor: &mut Visitor, next: &str) -> String {
    location(&visitor.post("/login/openid", &[("next", next)]).await.expect("the house answers"))
}

/// Comes back: where that leads.
async fn back(visitor: &mut Visitor, path: &str) -> String {
    let answer = visitor.get(path).await.expect("the house answers");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    location(&answer)
}

async fn sign_in(visitor: &mut Visitor, issuer: &Issuer, known: &Known, next: &str) -> String {
    let page = go(visitor, next).await;
    back(visitor, &issuer.say_yes(&page, known)).await
}

async fn is_signed_in(visitor: &mut Visitor) -> bool {
    visitor.ask("/api/me", "{}").await.expect("the house answers").status() == StatusCode::OK
}

async fn email(visitor: &mut Visitor) -> String {
    let me = visitor.ask("/api/me", "{}").await.expect("the house answers");
    let me: serde_json::Value = serde_json::from_slice(me.body()).expect("JSON");
    me["email"].as_str().unwrap_or_default().to_owned()
}

/// Was sent back to the sign-in page, which says why, and is not signed in.
async fn is_refused(visitor: &mut Visitor, led_to: &str, why: &str) {
    assert!(led_to == "/login" || led_to.starts_with("/login?next="), "{led_to}");
    let page = visitor.get(led_to).await.expect("the house answers");
    let page = String::from_utf8_lossy(page.body()).into_owned();
    assert!(page.contains(why), "{why}: {page}");
    assert!(!is_signed_in(visitor).await, "{why}");
}

const NOT_BEGUN: &str = "not begun in this browser";
const NOT_BELIEVED: &str = "cannot be believed";

#[test]
fn who_is_known_there_comes_in_here_and_lands_where_they_wanted() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let mut mo = house.signed_in("mo@northwind.example").await;
        let mut before = mo.clone();
        let page = mo.get("/login").await.expect("the house answers");
        assert!(String::from_utf8_lossy(page.body()).contains("Sign in with Northwind ID"));

        let answer = mo.post("/login/openid", &[("next", "/quizzes/1?a=b")]).await.expect("the house answers");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("plain").to_owned();
        for part in ["podium-openid=", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
        let way_back = issuer.say_yes(&location(&answer), &MO);
        assert_eq!(back(&mut mo, &way_back).await, "/quizzes/1?a=b");
        assert_eq!(email(&mut mo).await, "mo@northwind.example");
        assert!(!is_signed_in(&mut before).await, "the login of before is dead");

        // From now on it is the identity that counts, whatever becomes of the address.
        let renamed = Known { email: "ines@northwind.example", is_verified: false, ..MO };
        let mut later = house.visitor();
        assert_eq!(sign_in(&mut later, &issuer, &renamed, "").await, "/dashboard");
        assert_eq!(email(&mut later).await, "mo@northwind.example");
        let log =
            house.running.house.store.audit(NORTHWIND, AuditFilter::default(), None, 100).await.expect("readable").0;
        let count = |action| log.iter().filter(|entry| entry.action == action).count();
        assert_eq!((count(AuditAction::IdentityLinked), count(AuditAction::SignedIn)), (1, 4));
        let page = later.get("/account").await.expect("the house answers");
        assert!(String::from_utf8_lossy(page.body()).contains("by the word of"));
    });
}

#[test]
fn a_way_back_that_was_not_begun_here_leads_nowhere() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let (mut mo, mut eve) = (house.visitor(), house.visitor());
        let hers = issuer.say_yes(&go(&mut eve, "").await, &Known { subject: "eve", ..MO });
        let without = |path: &str, name: &str| {
            let (path, query) = path.split_once('?').expect("a query");
            let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(name)).collect();
            format!("{path}?{}", kept.join("&"))
        };
        // The state of another browser's sign-in, none at all, and one with something behind it.
        for spoilt in ["foreign", "missing", "longer", "nothing"] {
            let own = issuer.say_yes(&go(&mut mo, "").await, &MO);
            let path = match spoilt {
                "foreign" => hers.clone(),
                "missing" => without(&own, "state"),
                "longer" => format!("{own}x"),
                _ => "/login/openid/callback".to_owned(),
            };
            let led_to = back(&mut mo, &path).await;
            is_refused(&mut mo, &led_to, NOT_BEGUN).await;
            let led_to = back(&mut mo, &own).await;
            is_refused(&mut mo, &led_to, NOT_BEGUN).await;
        }
        // Another browser, without the cookie.
        let own = issuer.say_yes(&go(&mut mo, "").await, &MO);
        let mut stranger = house.visitor();
        let led_to = back(&mut stranger, &own).await;
        is_refused(&mut stranger, &led_to, NOT_BEGUN).await;
        // The same one, twice, with the cookie of before.
        let mut copy = mo.clone();
        assert_eq!(back(&mut mo, &own).await, "/dashboard");
        let led_to = back(&mut copy, &own).await;
        is_refused(&mut copy, &led_to, NOT_BEGUN).await;
        // At ten minutes.
        for (ms, is_good) in [(599_000, true), (600_001, false)] {
            let mut late = house.visitor();
            let own = issuer.say_yes(&go(&mut late, "").await, &MO);
            // The issuer's word is as old as the house's clock says.
            house.running.house.clock.pass(Millis(ms));
            let led_to = back(&mut late, &own).await;
            if is_good {
                // Only this check has passed: by the house's clock the token is over.
                is_refused(&mut late, &led_to, NOT_BELIEVED).await;
            } else {
                is_refused(&mut late, &led_to, NOT_BEGUN).await;
            }
        }
    });
}

#[test]
fn what_the_issuer_says_is_believed_only_if_all_of_it_is_right() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        for trick in [
            Trick::Audience,
            Trick::SecondAudience,
            Trick::Issuer,
            Trick::Nonce,
            Trick::NoNonce,
            Trick::Expired,
            Trick::Unsigned,
            Trick::OtherKey,
            Trick::SharedSecret,
            Trick::Changed,
            Trick::OtherAccess,
            Trick::NoToken,
        ] {
            issuer.play(trick);
            let mut mo = house.visitor();
            let led_to = sign_in(&mut mo, &issuer, &MO, "").await;
            assert_eq!(led_to, "/login", "{trick:?}");
            is_refused(&mut mo, &led_to, NOT_BELIEVED).await;
        }
        for trick in [Trick::Nonsense, Trick::Endless, Trick::Redirect] {
            issuer.play(trick);
            let mut mo = house.visitor();
            let led_to = sign_in(&mut mo, &issuer, &MO, "").await;
            is_refused(&mut mo, &led_to, "does not answer just now").await;
        }
        issuer.play(Trick::None);
        let mut mo = house.visitor();
        assert_eq!(sign_in(&mut mo, &issuer, &MO, "").await, "/dashboard", "and then all of it is right");
        issuer.change_key();
        let mut mo = house.visitor();
        assert_eq!(sign_in(&mut mo, &issuer, &MO, "").await, "/dashboard", "an issuer may have another key");
    });
}

#[test]
fn a_code_is_good_once_and_for_its_own_sign_in_only() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let (mut eve, mut mo) = (house.visitor(), house.visitor());
        let stolen = issuer.say_yes(&go(&mut mo, "").await, &MO);
        let own = issuer.say_yes(&go(&mut eve, "").await, &Known { subject: "eve", ..MO });
        let value = |path: &str, name: &str| value_of(path.split_once('?').expect("a query").1, name).expect("a value");
        // Eve brings Mo's code with her own state: she has not the verifier that goes with it.
        let mixed = own.replace(&value(&own, "code"), &value(&stolen, "code"));
        let led_to = back(&mut eve, &mixed).await;
        is_refused(&mut eve, &led_to, NOT_BELIEVED).await;
        // The code is used up by that, also for Mo.
        let led_to = back(&mut mo, &stolen).await;
        is_refused(&mut mo, &led_to, NOT_BELIEVED).await;
    });
}

#[test]
fn an_address_alone_makes_nobody_somebody_else() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let mut visitor = house.visitor();
        let led_to = sign_in(&mut visitor, &issuer, &Known { is_verified: false, ..MO }, "").await;
        is_refused(&mut visitor, &led_to, "does not say that your e-mail address is really yours").await;
        let nobody = Known { subject: "x", email: "x@northwind.example", is_verified: true };
        let led_to = sign_in(&mut visitor, &issuer, &nobody, "/people").await;
        assert_eq!(led_to, "/login?next=/people", "and where they wanted is not forgotten");
        is_refused(&mut visitor, &led_to, "There is no account for this address; ask an admin for a link.").await;

        assert_eq!(sign_in(&mut house.visitor(), &issuer, &MO, "").await, "/dashboard");
        let led_to = sign_in(&mut visitor, &issuer, &Known { subject: "mo-8", ..MO }, "").await;
        is_refused(&mut visitor, &led_to, "belongs to somebody else there").await;
        house.running.stop().await;

        // Another issuer, which says the same of itself.
        let other = Issuer::open().await;
        let house = open(folder.path(), &other, &[]).await;
        let mut visitor = house.visitor();
        let led_to = sign_in(&mut visitor, &other, &MO, "").await;
        is_refused(&mut visitor, &led_to, "belongs to somebody else there").await;
    });
}

/// Whoever had an open link may have made an account under an address that is not theirs.
#[test]
fn who_only_typed_an_address_is_out_when_it_is_proven_by_whose_it_is() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let mut eve = house.signed_in("mo@northwind.example").await;
        let (access, refresh) = tokens(&house, "mo@northwind.example").await;
        let mut program = house.visitor().with_origin(None).with_bearer(&access);
        assert!(is_signed_in(&mut eve).await);
        assert_eq!(program.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::OK);

        let mut mo = house.visitor();
        assert_eq!(sign_in(&mut mo, &issuer, &MO, "").await, "/dashboard");
        assert!(is_signed_in(&mut mo).await && !is_signed_in(&mut eve).await);
        assert_eq!(program.get("/api/v1/me").await.expect("the house answers").status(), StatusCode::UNAUTHORIZED);
        let refreshing = serde_json::json!({ "refresh_token": refresh }).to_string();
        let answer = house.visitor().with_origin(None).ask("/api/v1/auth/refresh", &refreshing).await;
        assert_eq!(answer.expect("the house answers").status(), StatusCode::UNAUTHORIZED);
        let fields = [("email", "mo@northwind.example"), ("password", PASSWORD), ("next", "")];
        let answer = house.visitor().post("/login", &fields).await.expect("the house answers");
        assert_eq!(location(&answer), "/login", "the password is none any more");

        // That is once: another browser of Mo's ends nothing.
        assert_eq!(sign_in(&mut house.visitor(), &issuer, &MO, "").await, "/dashboard");
        assert!(is_signed_in(&mut mo).await);
        let log =
            house.running.house.store.audit(NORTHWIND, AuditFilter::default(), None, 100).await.expect("readable").0;
        assert_eq!(log.iter().filter(|entry| entry.action == AuditAction::PasswordRemoved).count(), 1);
    });
}

#[test]
fn newcomers_get_an_account_where_the_settings_say_so() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let newcomers = ["--openid-newcomers", "1", "--openid-email-domains", "school.example"];
        let house = open(folder.path(), &issuer, &newcomers).await;
        let cy = Known { subject: "cy", email: "cy@school.example", is_verified: true };
        let mut visitor = house.visitor();
        for (subject, email, is_verified) in [
            ("a", "a@evilschool.example", true),
            ("b", "b@school.example.evil", true),
            ("c", "c@school.example", false),
        ] {
            let led_to = sign_in(&mut visitor, &issuer, &Known { subject, email, is_verified }, "").await;
            assert_eq!(led_to, "/login", "{email}");
            assert!(!is_signed_in(&mut visitor).await, "{email}");
        }
        assert_eq!(sign_in(&mut visitor, &issuer, &cy, "").await, "/dashboard");
        let me = visitor.ask("/api/me", "{}").await.expect("the house answers");
        let me: serde_json::Value = serde_json::from_slice(me.body()).expect("JSON");
        assert_eq!((&me["role"], &me["name"], &me["email"]), (&"viewer".into(), &"Bo King".into(), &cy.email.into()));

        // Without a password nothing that is typed is one.
        for password in ["", PASSWORD] {
            let fields = [("email", cy.email), ("password", password), ("next", "")];
            let answer = house.visitor().post("/login", &fields).await.expect("the house answers");
            assert_eq!(location(&answer), "/login");
        }
        let page = visitor.get("/account").await.expect("the house answers");
        assert!(String::from_utf8_lossy(page.body()).contains("This account has none."));
        visitor.post("/account/password", &[("old", ""), ("new", PASSWORD)]).await.expect("the house answers");
        let page = visitor.get("/account").await.expect("the house answers");
        assert!(String::from_utf8_lossy(page.body()).contains("This account has no password"));

        // Who removes somebody is told that they come back, where they do.
        let told = async |house: &House| {
            let mut ines = house.signed_in("ines@northwind.example").await;
            let page = ines.get("/accounts").await.expect("the house answers");
            let page = String::from_utf8_lossy(page.body()).into_owned();
            let has = |words: &str| page.contains(words);
            (has("as soon as they sign in with Northwind ID again"), has("cannot come in any more"))
        };
        assert_eq!(told(&house).await, (true, false));
        house.running.stop().await;
        assert_eq!(told(&open(folder.path(), &issuer, &[]).await).await, (false, true));
    });
}

#[test]
fn an_issuer_that_is_not_there_and_somebody_who_does_not_want_to_are_told_in_words() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let mut mo = house.visitor();
        let page = go(&mut mo, "/people").await;
        let led_to = back(&mut mo, &issuer.say_no(&page)).await;
        assert_eq!(led_to, "/login?next=/people");
        is_refused(&mut mo, &led_to, "You did not sign in there").await;
        house.running.stop().await;

        let flags = ["--openid-issuer", "http://127.0.0.1:9", "--openid-client-id", "podium"];
        let house = House::open_as(folder.path(), &flags).await;
        let mut mo = house.visitor();
        let led_to = go(&mut mo, "").await;
        is_refused(&mut mo, &led_to, "does not answer just now").await;
        house.running.stop().await;

        let house = House::open(folder.path()).await;
        let mut mo = house.visitor();
        let answer = mo.post("/login/openid", &[]).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let page = mo.get("/login").await.expect("the house answers");
        assert!(!String::from_utf8_lossy(page.body()).contains("Sign in with"), "no button that leads nowhere");
    });
}

#[test]
fn after_coming_back_nobody_lands_on_another_site() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        for next in ["//evil.example", "/\\evil.example", "https:evil.example", "%2f%2fevil.example", "/\t/evil"] {
            let mut mo = house.visitor();
            assert_eq!(sign_in(&mut mo, &issuer, &MO, next).await, "/dashboard", "{next:?}");
        }
    });
}

#[test]
fn a_colleagues_link_is_accepted_by_the_issuers_word_too() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let mut ines = house.signed_in("ines@northwind.example").await;
        let fields = [("role", "host"), ("email", "bo@northwind.example")];
        ines.post("/accounts/invite", &fields).await.expect("the house answers");
        let page = ines.get("/accounts").await.expect("the house answers");
        let page = String::from_utf8_lossy(page.body()).into_owned();
        let token: String = page.split("/welcome/").nth(1).expect("a link").chars().take(32).collect();
        let here = format!("/welcome/{token}");
        let accept = async |visitor: &mut Visitor, known: &Known| {
            let page = visitor.post("/login/openid", &[("token", &token)]).await.expect("the house answers");
            back(visitor, &issuer.say_yes(&location(&page), known)).await
        };
        let mut eve = house.visitor();
        let led_to = accept(&mut eve, &Known { subject: "eve", email: "eve@evil.example", is_verified: true }).await;
        assert_eq!(led_to, here, "the link is for another address");
        assert!(!is_signed_in(&mut eve).await);
        let bo = Known { subject: "bo", email: "bo@northwind.example", is_verified: true };
        let mut visitor = house.visitor();
        assert_eq!(accept(&mut visitor, &bo).await, "/dashboard");
        assert_eq!(email(&mut visitor).await, "bo@northwind.example");
        let page = house.visitor().get(&here).await.expect("the house answers");
        assert_eq!(page.status(), StatusCode::GONE, "the link is used up");
        assert_eq!(sign_in(&mut house.visitor(), &issuer, &bo, "").await, "/dashboard");
    });
}

#[test]
fn one_sign_in_too_many_has_to_wait() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &[]).await;
        let mut visitor = house.visitor();
        for _ in 0..GOINGS_PER_MINUTE {
            go(&mut visitor, "").await;
        }
        let answer = visitor.post("/login/openid", &[]).await.expect("the house answers");
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        house.running.house.clock.pass(Millis(121_000));
        go(&mut visitor, "").await;
    });
}

#[test]
fn below_a_path_the_issuer_sends_people_back_to_there() {
    let folder = folder();
    on_runtime(async {
        let issuer = Issuer::open().await;
        let house = open(folder.path(), &issuer, &["--public-url", "https://school.example/quiz"]).await;
        let mut mo = house.visitor();
        let answer = mo.post("/login/openid", &[("next", "/quizzes/1")]).await.expect("the house answers");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("plain").to_owned();
        assert!(cookie.starts_with("__Secure-podium-openid=") && cookie.contains("; Path=/quiz;"), "{cookie}");
        let page = location(&answer);
        let redirect = value_of(page.split_once('?').expect("a query").1, "redirect_uri");
        assert_eq!(redirect.as_deref(), Some("https://school.example/quiz/login/openid/callback"));
        let path = issuer.say_yes(&page, &MO);
        let path = path.strip_prefix("/quiz").expect("below the path");
        assert_eq!(back(&mut mo, path).await, "/quiz/quizzes/1");
        assert_eq!(email(&mut mo).await, "mo@northwind.example");
    });
}
