//! The audit log through the front door: what stands in it, who did it, who reads it, and what never stands in it.

use http::{StatusCode, header};

use crate::bots::visitor::Visitor;
use crate::commands::admin::{AdminCommand, Create, Password};
use crate::commands::org::{self, OrgCommand, Whose};
use crate::commands::output::Output;
use crate::commands::people::{Export, PeopleCommand};
use crate::domain::audit::{
    AuditAction, AuditActor, AuditArea, AuditDetail, AuditFilter, AuditRecord, AuditSubject, SignInWay,
};
use crate::domain::ids::{AdminId, OrganisationId, PersonId, QuizId, SessionId};
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::server::config::Place;
use crate::server::store::Store;
use crate::tests::house::{House, PASSWORD, folder, on_runtime};

const NORTHWIND: OrganisationId = OrganisationId(1);
const INES: AdminId = AdminId(1);

async fn log(house: &House) -> Vec<AuditRecord> {
    log_of(house, NORTHWIND).await
}

async fn log_of(house: &House, organisation: OrganisationId) -> Vec<AuditRecord> {
    let store = &house.running.house.store;
    let (mut entries, next) = store.audit(organisation, AuditFilter::default(), None, 200).await.expect("readable");
    assert_eq!(next, None);
    entries.reverse();
    entries
}

/// Posts a form; it leads on.
async fn post(visitor: &mut Visitor, path: &str, fields: &[(&str, &str)]) {
    let answer = visitor.post(path, fields).await.expect("the house answers");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
}

#[test]
fn what_is_done_is_written_down_with_who_did_it() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        post(&mut ines, "/people", &[("first_name", "Zoë"), ("last_name", "Secretname")]).await;
        let changed = [("id", "1"), ("version", "1"), ("first_name", "Zoe"), ("last_name", "Secretname")];
        post(&mut ines, "/people/save", &changed).await;
        let list = b"first_name\nBo\nCy\n\n,x\n".as_slice();
        ines.send_file("/people/import", "list", list).await.expect("the house answers");
        for list in ["/people.csv", "/people.xlsx"] {
            assert_eq!(ines.get(list).await.expect("the house answers").status(), StatusCode::OK, "{list}");
        }
        assert_eq!(ines.ask("/api/delete_person", "id=1").await.expect("the house answers").status(), StatusCode::OK);
        post(&mut ines, "/rooms", &[("quiz", "1")]).await;
        ines.ask("/api/delete_quiz", "id=2").await.expect("the house answers");
        let beside = Store::open_beside(folder.path()).await.expect("a command");
        let now = house.running.house.clock.now();
        let mo = house.add_account("mo@northwind.example", Role::Host).await;
        beside.set_role("mo@northwind.example".to_owned(), Role::Viewer, now).await.expect("changed");
        beside.set_password("mo@northwind.example".to_owned(), "$".to_owned(), now).await.expect("changed");
        let id = mo.to_string();
        post(&mut ines, "/accounts/role", &[("id", &id), ("role", "host")]).await;
        post(&mut ines, "/accounts/remove", &[("id", &id)]).await;
        let wrong = [("email", "ines@northwind.example"), ("password", "my old passphrase"), ("next", "")];
        house.visitor().post("/login", &wrong).await.expect("the house answers");
        let nobody = [("email", "nobody@northwind.example"), ("password", "my old passphrase"), ("next", "")];
        house.visitor().post("/login", &nobody).await.expect("the house answers");
        // Nobody waits for the wrong password's entry, and this is behind it.
        while !log(&house).await.iter().any(|entry| entry.action == AuditAction::SignInFailed) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        post(&mut ines, "/logout", &[]).await;

        let by_ines = AuditActor::Account(INES);
        let (organisation, account) = (AuditSubject::Organisation(NORTHWIND), AuditSubject::Account(INES));
        let (zoe, his) = (AuditSubject::Person(PersonId(1)), AuditSubject::Account(mo));
        let roles = |from, to| Some(AuditDetail::Roles { from, to });
        let expected = [
            (by_ines, AuditAction::OrganisationMade, organisation, None),
            (by_ines, AuditAction::AccountCreated, account, Some(AuditDetail::Role(Role::Owner))),
            (by_ines, AuditAction::SignedIn, account, Some(AuditDetail::Way(SignInWay::SetUp))),
            (by_ines, AuditAction::PersonAdded, zoe, None),
            (by_ines, AuditAction::PersonEdited, zoe, None),
            (by_ines, AuditAction::PeopleImported, organisation, Some(AuditDetail::Count(2))),
            (by_ines, AuditAction::PeopleExported, organisation, Some(AuditDetail::Count(3))),
            (by_ines, AuditAction::PeopleExported, organisation, Some(AuditDetail::Count(3))),
            (by_ines, AuditAction::PersonDeleted, zoe, None),
            (by_ines, AuditAction::RoomOpened, AuditSubject::Session(SessionId(1)), None),
            (by_ines, AuditAction::QuizDeleted, AuditSubject::Quiz(QuizId(2)), None),
            (AuditActor::System, AuditAction::AccountCreated, his, Some(AuditDetail::Role(Role::Host))),
            (AuditActor::CommandLine, AuditAction::RoleChanged, his, roles(Role::Host, Role::Viewer)),
            (AuditActor::CommandLine, AuditAction::PasswordReset, his, None),
            (by_ines, AuditAction::RoleChanged, his, roles(Role::Viewer, Role::Host)),
            (by_ines, AuditAction::AccountRemoved, his, Some(AuditDetail::Role(Role::Host))),
            (AuditActor::System, AuditAction::SignInFailed, account, None),
            (by_ines, AuditAction::SignedOut, account, None),
        ];
        let entries = log(&house).await;
        let found: Vec<_> = entries.iter().map(|it| (it.by, it.action, it.subject, it.detail)).collect();
        assert_eq!(found, expected);

        // Names are looked up, and are gone with whom they belonged to.
        let mut ines = house.signed_in("ines@northwind.example").await;
        let file = ines.get("/audit.csv").await.expect("the house answers");
        assert_eq!(file.headers()[header::CACHE_CONTROL], "no-store");
        let file = String::from_utf8(file.body().to_vec()).expect("UTF-8");
        assert_eq!(file.lines().count(), expected.len() + 2, "a heading, and one more sign-in: {file}");
        let page = ines.get("/audit").await.expect("the house answers");
        let page = String::from_utf8(page.body().to_vec()).expect("UTF-8");
        for text in [&file, &page] {
            assert!(text.contains("Ines") && text.contains("removed account"), "{text}");
            for never in ["Secretname", "my old passphrase", PASSWORD, "nobody@", "Zo\u{eb}"] {
                assert!(!text.contains(never), "{never} is in {text}");
            }
        }
    });
}

#[test]
fn what_the_operator_does_at_the_shell_is_written_down() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        post(&mut ines, "/people", &[("first_name", "Zoë")]).await;
        let before = log(&house).await.len();
        let (place, output) = (|| Place { data_dir: folder.path().to_owned() }, Output::default());
        let whose = |org: OrganisationId| Whose { org: Some(org) };
        let create = |email: &str, org: OrganisationId| {
            let password = Password { password_file: None, password: Some(PASSWORD.to_owned().into()) };
            let (email, name, organisation) = (email.to_owned(), "Bo".to_owned(), "Unused".to_owned());
            let (place, whose) = (place(), whose(org));
            AdminCommand::Create(Create { place, email, name, role: None, whose, organisation, password, output })
        };
        let contoso = OrganisationId(2);
        let add = org::Add { place: place(), name: "Contoso".to_owned(), output };
        OrgCommand::Add(add).run().await.expect("made");
        create("bo@northwind.example", NORTHWIND).run().await.expect("made");
        create("cy@contoso.example", contoso).run().await.expect("made");
        assert!(create("cy@contoso.example", NORTHWIND).run().await.is_err(), "the address is taken");
        for name in ["people.csv", "people.xlsx"] {
            let export = Export { place: place(), whose: whose(NORTHWIND), file: Some(folder.path().join(name)) };
            PeopleCommand::Export(export).run().await.expect("written");
        }

        let told = |entries: &[AuditRecord]| -> Vec<_> {
            entries.iter().map(|it| (it.by, it.action, it.subject, it.detail)).collect()
        };
        let by = AuditActor::CommandLine;
        let made = |id: i64, role| {
            (by, AuditAction::AccountCreated, AuditSubject::Account(AdminId(id)), Some(AuditDetail::Role(role)))
        };
        let exported =
            (by, AuditAction::PeopleExported, AuditSubject::Organisation(NORTHWIND), Some(AuditDetail::Count(1)));
        assert_eq!(told(&log(&house).await[before..]), [made(2, Role::Admin), exported, exported]);
        let begun = (by, AuditAction::OrganisationMade, AuditSubject::Organisation(contoso), None);
        assert_eq!(told(&log_of(&house, contoso).await), [begun, made(3, Role::Owner)]);
    });
}

#[test]
fn a_change_that_fails_is_not_written_down() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let before = log(&house).await;
        post(&mut ines, "/accounts/remove", &[("id", "1")]).await;
        post(&mut ines, "/accounts/role", &[("id", "1"), ("role", "admin")]).await;
        post(&mut ines, "/people/save", &[("id", "9"), ("version", "1"), ("first_name", "Zoe")]).await;
        post(&mut ines, "/account/password", &[("old", "not this one"), ("new", "another passphrase")]).await;
        post(&mut ines, "/account/password", &[("old", PASSWORD), ("new", "short")]).await;
        ines.ask("/api/delete_quiz", "id=99").await.expect("the house answers");
        assert_eq!(log(&house).await, before);
    });
}

#[test]
fn the_log_is_read_page_by_page_by_area_and_by_account() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut ines = house.set_up().await;
        let mo = house.add_account("mo@northwind.example", Role::Admin).await;
        let mut his = house.signed_in("mo@northwind.example").await;
        for number in 0..60 {
            post(&mut his, "/people", &[("first_name", &format!("P{number}"))]).await;
        }
        let text = async |visitor: &mut Visitor, path: &str| {
            let answer = visitor.get(path).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            String::from_utf8(answer.body().to_vec()).expect("UTF-8")
        };
        let rows = |page: &str| page.matches("data-label=\"When\"").count();
        let first = text(&mut ines, "/audit").await;
        assert_eq!(rows(&first), 50);
        let older = first.split("before=").nth(1).expect("a link to older ones");
        let older: String = older.chars().take_while(char::is_ascii_digit).collect();
        assert_eq!(rows(&text(&mut ines, &format!("/audit?before={older}")).await), 15);
        assert_eq!(rows(&text(&mut ines, "/audit?area=accounts").await), 3);
        assert_eq!(rows(&text(&mut ines, "/audit?area=people&account=1").await), 0);
        assert!(text(&mut ines, "/audit?area=quizzes").await.contains("Nothing that fits is in the log."));
        let of_mo = text(&mut ines, &format!("/audit.csv?area=sign_ins&account={mo}")).await;
        assert_eq!(of_mo.lines().count(), 2, "{of_mo}");

        let filter = AuditFilter { area: Some(AuditArea::People), account: Some(mo) };
        let store = &house.running.house.store;
        assert_eq!(store.audit(NORTHWIND, filter, None, 100).await.expect("readable").0.len(), 60);
        let other = OrganisationId(2);
        assert_eq!(store.audit(other, AuditFilter::default(), None, 100).await.expect("readable").0, []);
    });
}

#[test]
fn entries_are_kept_for_as_long_as_the_settings_say() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open_as(folder.path(), &["--audit-days", "2"]).await;
        house.set_up().await;
        let (auth, clock) = (house.running.house.auth.clone(), house.running.house.clock.clone());
        clock.pass(Millis(2 * 86_400_000 - 60_000));
        auth.sweep().await.expect("swept");
        assert_eq!(log(&house).await.len(), 3);
        clock.pass(Millis(120_000));
        auth.sweep().await.expect("swept");
        assert_eq!(log(&house).await, []);
        house.running.stop().await;

        let house = House::open_as(folder.path(), &["--audit-days", "0"]).await;
        house.running.house.clock.pass(Millis(4_000 * 86_400_000));
        let _ = house.signed_in("ines@northwind.example").await;
        house.running.house.clock.pass(Millis(4_000 * 86_400_000));
        house.running.house.auth.sweep().await.expect("swept");
        assert_eq!(log(&house).await.len(), 1, "kept for ever");
    });
}
