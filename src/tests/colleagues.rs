//! Links for colleagues through the front door: what one makes, once, and what it opens afterwards.

use http::{StatusCode, header};

use crate::bots::visitor::Visitor;
use crate::commands::admin::{AdminCommand, Invite};
use crate::domain::audit::{AuditAction, AuditActor, AuditFilter};
use crate::domain::ids::OrganisationId;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::server::auth::colleague::{INVITE_LIFE, make_invite};
use crate::server::config::{Place, PublicUrl};
use crate::server::store::StoreError;
use crate::server::store::colleague::INVITES_MAX;
use crate::tests::house::{House, PASSWORD, folder, on_runtime};

const NORTHWIND: OrganisationId = OrganisationId(1);

/// Makes a link on the page, and returns its secret part.
async fn link(visitor: &mut Visitor, role: &str, email: &str) -> String {
    visitor.post("/accounts/invite", &[("role", role), ("email", email)]).await.expect("the house answers");
    let page = text(visitor, "/accounts").await.1;
    let token = page.split("/welcome/").nth(1).expect("a link on the page");
    assert!(!text(visitor, "/accounts").await.1.contains("/welcome/"), "it is shown once");
    token.chars().take_while(char::is_ascii_hexdigit).collect()
}

async fn text(visitor: &mut Visitor, path: &str) -> (StatusCode, String) {
    let answer = visitor.get(path).await.expect("the house answers");
    (answer.status(), String::from_utf8(answer.body().to_vec()).expect("UTF-8"))
}

/// Sends the form of a link's page; returns where it leads.
async fn accept(visitor: &mut Visitor, token: &str, email: &str) -> String {
    let fields = [("token", token), ("name", "Bo King"), ("email", email), ("password", PASSWORD)];
    let answer = visitor.post("/welcome", &fields).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().expect("plain").to_owned()
}

async fn is_signed_in(visitor: &mut Visitor) -> bool {
    visitor.ask("/api/me", "{}").await.expect("the house answers").status() == StatusCode::OK
}

#[test]
fn a_link_makes_one_account_and_looking_at_it_none() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let token = link(&mut ines, "host", "").await;
        assert_eq!(token.len(), 32, "128 bits");
        let path = format!("/welcome/{token}");
        for _ in 0..3 {
            let (status, page) = text(&mut house.visitor(), &path).await;
            assert_eq!(status, StatusCode::OK);
            assert!(page.contains("Northwind") && page.contains("You will be a host there."), "{page}");
        }
        assert!(text(&mut ines, "/accounts").await.1.contains("A host for anybody who has the link"), "it is listed");

        // Somebody who is signed in as somebody else gets a fresh login.
        let mut bo = house.signed_in("ines@northwind.example").await;
        let mut before = bo.clone();
        assert_eq!(accept(&mut bo, &token, "BO@northwind.example").await, "/dashboard");
        assert!(is_signed_in(&mut bo).await && !is_signed_in(&mut before).await, "the login of before is dead");
        let me = bo.ask("/api/me", "{}").await.expect("the house answers");
        let me: serde_json::Value = serde_json::from_slice(me.body()).expect("JSON");
        assert_eq!((&me["email"], &me["role"]), (&"bo@northwind.example".into(), &"host".into()));

        let (status, page) = text(&mut house.visitor(), &path).await;
        assert_eq!(status, StatusCode::GONE);
        assert!(page.contains("This link has been used."));
        assert_eq!(accept(&mut house.visitor(), &token, "cy@northwind.example").await, path);
        let accounts = house.running.house.store.account_names(NORTHWIND).await.expect("readable");
        assert_eq!(accounts.len(), 2);
        assert!(text(&mut ines, "/accounts").await.1.contains("No link is open."));
    });
}

#[test]
fn a_link_that_is_over_says_why_and_makes_nothing() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let (revoked, expired) = (link(&mut ines, "host", "").await, link(&mut ines, "viewer", "").await);
        ines.post("/accounts/invite/revoke", &[("id", "1")]).await.expect("the house answers");
        let check = async |token: &str, status: StatusCode, words: &str| {
            let path = format!("/welcome/{token}");
            let (found, page) = text(&mut house.visitor(), &path).await;
            assert_eq!(found, status, "{words}");
            assert!(page.contains(words), "{words}: {page}");
            let mut visitor = house.visitor();
            assert!(accept(&mut visitor, token, "bo@northwind.example").await.starts_with("/welcome/"));
            assert!(!is_signed_in(&mut visitor).await);
        };
        check(&revoked, StatusCode::GONE, "This link was taken back.").await;
        check(&"0".repeat(32), StatusCode::NOT_FOUND, "This link opens nothing.").await;
        check("over", StatusCode::NOT_FOUND, "This link opens nothing.").await;
        house.running.house.clock.pass(Millis(INVITE_LIFE.0 - 60_000));
        assert_eq!(text(&mut house.visitor(), &format!("/welcome/{expired}")).await.0, StatusCode::OK);
        house.running.house.clock.pass(Millis(60_001));
        check(&expired, StatusCode::GONE, "This link is over.").await;
        house.running.house.clock.pass(Millis(31 * 86_400_000));
        house.running.house.auth.sweep().await.expect("swept");
        check(&expired, StatusCode::NOT_FOUND, "This link opens nothing.").await;
        let accounts = house.running.house.store.account_names(NORTHWIND).await.expect("readable");
        assert_eq!(accounts.len(), 1);
    });
}

#[test]
fn a_link_for_an_address_is_good_for_no_other() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let token = link(&mut ines, "viewer", " Bo@Northwind.example").await;
        let mut eve = house.visitor();
        assert_eq!(accept(&mut eve, &token, "eve@evil.example").await, "/dashboard");
        let me = eve.ask("/api/me", "{}").await.expect("the house answers");
        assert!(String::from_utf8_lossy(me.body()).contains("bo@northwind.example"), "what the link says comes first");

        let token = link(&mut ines, "viewer", "").await;
        let mut cy = house.visitor();
        assert_eq!(accept(&mut cy, &token, "bo@northwind.example").await, format!("/welcome/{token}"));
        let page = text(&mut cy, &format!("/welcome/{token}")).await.1;
        assert!(page.contains("There is an account with this address already"), "{page}");
        assert!(page.contains("Bo King") && !page.contains(PASSWORD), "what was typed stays, the password does not");
        assert_eq!(accept(&mut cy, &token, "cy@northwind.example").await, "/dashboard", "the link is still good");
    });
}

#[test]
fn nobody_invites_above_themselves_and_a_lost_right_takes_links_along() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let mo = house.add_account("mo@northwind.example", Role::Admin).await.to_string();
        let mut his = house.signed_in("mo@northwind.example").await;
        his.post("/accounts/invite", &[("role", "owner")]).await.expect("the house answers");
        assert!(text(&mut his, "/accounts").await.1.contains("Only an owner can invite an owner."));
        for bad in [("role", "root"), ("email", "nothing")] {
            his.post("/accounts/invite", &[bad, ("role", "host")]).await.expect("the house answers");
            assert!(!text(&mut his, "/accounts").await.1.contains("/welcome/"), "{bad:?}");
        }
        let token = link(&mut his, "admin", "").await;
        let hers = link(&mut ines, "owner", "").await;
        ines.post("/accounts/role", &[("id", &mo), ("role", "viewer")]).await.expect("the house answers");
        assert_eq!(text(&mut house.visitor(), &format!("/welcome/{token}")).await.0, StatusCode::GONE);
        assert_eq!(text(&mut house.visitor(), &format!("/welcome/{hers}")).await.0, StatusCode::OK);
    });
}

#[test]
fn the_secret_of_a_link_is_not_on_the_disk_and_one_link_too_many_is_refused() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let token = link(&mut ines, "host", "").await;
        for name in ["podium.db", "podium.db-wal"] {
            let bytes = std::fs::read(folder.path().join(name)).expect("a file");
            assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()), "{name}");
        }
        let (store, now) = (&house.running.house.store, house.running.house.clock.now());
        for _ in 1..INVITES_MAX {
            make_invite(store, NORTHWIND, (Role::Host, None), now).await.expect("a link");
        }
        let beyond = make_invite(store, NORTHWIND, (Role::Host, None), now).await;
        assert_eq!(beyond, Err(StoreError::TooMany(INVITES_MAX)));
        ines.post("/accounts/invite", &[("role", "host")]).await.expect("the house answers");
        assert!(text(&mut ines, "/accounts").await.1.contains("There are 200 open links already."));
    });
}

#[test]
fn the_operator_makes_a_link_beside_a_running_server() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let place = || Place { data_dir: folder.path().to_owned() };
        let invite = |email: Option<&str>| {
            let public_url = PublicUrl::parse("https://quiz.example").expect("an address");
            Invite { place: place(), role: Role::Host, email: email.map(str::to_owned), public_url }
        };
        assert!(AdminCommand::Invite(invite(None)).run().await.is_err(), "there is no organisation yet");
        house.set_up().await;
        assert!(AdminCommand::Invite(invite(Some("nothing"))).run().await.is_err());
        AdminCommand::Invite(invite(Some("BO@northwind.example"))).run().await.expect("a link");
        let (store, now) = (&house.running.house.store, house.running.house.clock.now());
        let open = store.open_colleague_invites(NORTHWIND, now).await.expect("readable");
        assert_eq!(open.len(), 1);
        let found = (open[0].role, open[0].email.as_deref(), open[0].made_by);
        assert_eq!(found, (Role::Host, Some("bo@northwind.example"), None));
        let log = store.audit(NORTHWIND, AuditFilter::default(), None, 1).await.expect("readable").0;
        assert_eq!((log[0].by, log[0].action), (AuditActor::CommandLine, AuditAction::ColleagueInvited));
    });
}
