//! Accounts, logins and grants in the store: what ends together, what stays, and that each ending is noted.

use std::borrow::Cow;
use std::str::FromStr;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{ADMIN, NOW, ORGANISATION, SCHEMA, ada, ask, fresh, open_session, quiz};
use crate::domain::audit::SignInWay;
use crate::domain::ids::{AdminId, GrantId};
use crate::domain::role::Role;
use crate::domain::time::{Millis, Timestamp};
use crate::server::store::admin::{NewAdmin, begin_organisation};
use crate::server::store::ending::Ending;
use crate::server::store::grant::{GRANTS_MAX, NewGrant, Renewal};
use crate::server::store::login::LoginRow;
use crate::server::store::{Store, StoreError};

const LATER: Timestamp = Timestamp(NOW.0 + 1_000);

impl Store {
    /// Makes one more organisation with its owner, which no door of the house does yet.
    pub async fn add_organisation(&self, owner: NewAdmin) -> AdminId {
        let added = self.write(move |db| Box::pin(begin_organisation(db, None, owner, vec![], NOW)));
        added.await.expect("one more organisation")
    }
}

fn somebody(name: &str) -> NewAdmin {
    NewAdmin { email: format!("{name}@quiz.example"), name: name.to_owned(), ..ada() }
}

fn grant_of(admin: AdminId, family: &str) -> NewGrant {
    let (family_hash, refresh_hash) = (family.to_owned(), format!("{family}-1"));
    let ends_at = NOW + Millis(60_000);
    NewGrant { organisation: ORGANISATION, admin, family_hash, refresh_hash, begun_at: NOW, ends_at }
}

async fn log_in(store: &Store, admin: AdminId, key: &str) {
    let ends_at = NOW + Millis(60_000);
    let record = "{}".to_owned();
    let login = LoginRow {
        key: key.to_owned(),
        organisation: ORGANISATION,
        admin,
        record,
        ends_at,
        idle_until: ends_at,
        begun_at: NOW,
        browser: "Firefox on Windows".to_owned(),
        way: SignInWay::Password,
    };
    store.save_login(login, NOW).await.expect("a login");
}

async fn renew(store: &Store, family: &str, sent: u32, at: Timestamp) -> Renewal {
    let (sent, next) = (format!("{family}-{sent}"), format!("{family}-{}", sent + 1));
    store.renew_grant(family.to_owned(), sent, next, at).await.expect("an answer")
}

async fn endings(store: &Store) -> Vec<Ending> {
    store.endings_after(0).await.expect("readable").into_iter().map(|(_, ending)| ending).collect()
}

#[tokio::test]
async fn accounts_of_before_are_kept_with_all_that_refers_to_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("podium.db");
    let old = Migrator { migrations: Cow::Borrowed(&SCHEMA.migrations[..1]), ..Migrator::DEFAULT };
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{}", file.display())).expect("a path");
    let mut db = options.create_if_missing(true).connect().await.expect("a file");
    old.run_direct(None, &mut db, false).await.expect("the first schema");
    sqlx::raw_sql(
        "insert into organisation values (1, 'Northwind', 0);
         insert into admin values (7, 1, 'ada@quiz.example', 'Ada', 'host', '$', 0);
         insert into login values ('key', 1, 7, '{}', 9000000000000, 9000000000000);
         insert into session values (3, 1, null, 7, 'Water', 'KFX7QM', 0, null);",
    )
    .execute(&mut db)
    .await
    .expect("rows of before");
    // A start that was cut off before it noted the second step does it again.
    sqlx::raw_sql(SCHEMA.migrations[1].sql.clone()).execute(&mut db).await.expect("the second step");
    db.close().await.expect("closed");

    let store = Store::open(folder.path()).await.expect("a store of now");
    let row = store.admin_by_email("ada@quiz.example").await.expect("readable").expect("still there");
    assert_eq!((row.id, row.role), (AdminId(7), Role::Host));
    assert!(store.admin_by_login("key", NOW).await.expect("readable").is_some(), "nobody is signed out");
    assert_eq!(ask::<i64>(&store, "select admin_id from session").await, 7);
    assert_eq!(ask::<i64>(&store, "select count(*) from pragma_foreign_key_check").await, 0);
    assert_eq!(ask::<i64>(&store, "select foreign_keys from pragma_foreign_keys").await, 1);
    let indexes = "select count(*) from sqlite_schema where tbl_name = 'admin' and name = 'admin_by_organisation'";
    assert_eq!(ask::<i64>(&store, indexes).await, 1);
    let member = store.add_admin(somebody("grace"), Some(Role::Member), vec![], NOW).await;
    assert_eq!(member, Ok(AdminId(8)));
}

#[tokio::test]
async fn an_id_of_a_removed_account_never_comes_again() {
    let (store, _folder) = fresh().await;
    let grace = store.add_admin(somebody("grace"), None, vec![], NOW).await.expect("an account");
    store.remove_admin("grace@quiz.example".to_owned(), NOW).await.expect("removed");
    let noor = store.add_admin(somebody("noor"), None, vec![], NOW).await.expect("an account");
    assert!(noor.0 > grace.0);
}

#[tokio::test]
async fn an_organisation_always_has_an_owner() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).await.expect("a fresh store");
    let first = store.add_admin(ada(), Some(Role::Member), vec![quiz()], NOW).await;
    assert_eq!(first, Err(StoreError::NeedsOwner));
    store.add_admin(ada(), None, vec![], NOW).await.expect("the owner");
    let email = || "ada@quiz.example".to_owned();
    assert_eq!(store.set_role(email(), Role::Admin, NOW).await, Err(StoreError::NeedsOwner));
    assert_eq!(store.remove_admin(email(), NOW).await, Err(StoreError::NeedsOwner));
    assert_eq!(endings(&store).await, [], "what was refused ended nothing");
    assert_eq!(store.admin_by_email(&email()).await.expect("readable").expect("there").role, Role::Owner);

    store.add_admin(somebody("grace"), Some(Role::Owner), vec![], NOW).await.expect("a second owner");
    assert_eq!(store.set_role(email(), Role::Viewer, NOW).await, Ok(ADMIN));
    assert_eq!(store.set_role("none@quiz.example".to_owned(), Role::Host, NOW).await, Err(StoreError::NotFound));
    assert_eq!(store.remove_admin("none@quiz.example".to_owned(), NOW).await, Err(StoreError::NotFound));
}

#[tokio::test]
async fn a_password_a_role_and_a_removal_end_all_of_one_account_and_nothing_else() {
    for act in ["password", "role", "removal"] {
        let (store, _folder) = fresh().await;
        let grace = store.add_admin(somebody("grace"), None, vec![], NOW).await.expect("an account");
        let session = open_session(&store, "KFX7QM").await;
        log_in(&store, grace, "graces").await;
        log_in(&store, ADMIN, "adas").await;
        let hers = store.begin_grant(grant_of(grace, "graces")).await.expect("a grant");
        store.begin_grant(grant_of(ADMIN, "adas")).await.expect("a grant");
        let email = "grace@quiz.example".to_owned();
        let done = match act {
            "password" => store.set_password(email, "$".to_owned(), NOW).await,
            "role" => store.set_role(email, Role::Member, NOW).await,
            _ => store.remove_admin(email, NOW).await,
        };
        assert_eq!(done, Ok(grace), "{act}");
        let told = [Ending::Grant(hers), Ending::Login("graces".to_owned()), Ending::Account(grace)];
        assert_eq!(endings(&store).await, told, "{act}");
        assert!(store.admin_by_login("graces", NOW).await.expect("readable").is_none());
        assert_eq!(renew(&store, "graces", 1, NOW).await, Renewal::Unknown);
        assert!(store.admin_by_login("adas", NOW).await.expect("readable").is_some());
        assert!(matches!(renew(&store, "adas", 1, NOW).await, Renewal::Renewed { .. }));
        assert!(!store.facts(session).await.expect("readable").is_empty());
    }
}

#[tokio::test]
async fn a_grant_is_renewed_in_turn_and_ends_when_a_copy_comes() {
    let (store, _folder) = fresh().await;
    let id = store.begin_grant(grant_of(ADMIN, "f")).await.expect("a grant");
    assert_eq!(store.grant_of_family("f", NOW).await, Ok(Some(id)));
    for sent in 1..4 {
        let Renewal::Renewed { id: renewed, admin, ends_at } = renew(&store, "f", sent, LATER).await else {
            panic!("{sent}")
        };
        assert_eq!((renewed, admin.id, admin.role, ends_at), (id, ADMIN, Role::Owner, NOW + Millis(60_000)));
    }
    assert_eq!(renew(&store, "f", 3, LATER).await, Renewal::Reused);
    assert_eq!(renew(&store, "f", 4, LATER).await, Renewal::Unknown, "the newest is dead as well");
    assert_eq!(endings(&store).await, [Ending::Grant(id)]);
    assert_eq!(renew(&store, "none", 1, LATER).await, Renewal::Unknown);
}

#[tokio::test]
async fn a_grant_ends_at_its_time_and_is_swept() {
    let (store, _folder) = fresh().await;
    let id = store.begin_grant(grant_of(ADMIN, "f")).await.expect("a grant");
    let end = NOW + Millis(60_000);
    assert_eq!(store.grant_of_family("f", end - Millis(1)).await, Ok(Some(id)));
    assert_eq!(store.grant_of_family("f", end).await, Ok(None));
    assert_eq!(renew(&store, "f", 1, end).await, Renewal::Unknown);
    store.sweep_grants(end - Millis(1)).await.expect("swept");
    assert_eq!(ask::<i64>(&store, "select count(*) from token_grant").await, 1);
    store.sweep_grants(end).await.expect("swept");
    assert_eq!(ask::<i64>(&store, "select count(*) from token_grant").await, 0);
}

#[tokio::test]
async fn one_grant_more_than_an_account_may_have_ends_the_oldest() {
    let (store, _folder) = fresh().await;
    for n in 0..GRANTS_MAX {
        store.begin_grant(grant_of(ADMIN, &format!("f{n}"))).await.expect("a grant");
    }
    assert_eq!(endings(&store).await, []);
    store.begin_grant(grant_of(ADMIN, "one more")).await.expect("a grant");
    assert_eq!(endings(&store).await, [Ending::Grant(GrantId(1))]);
    assert_eq!(renew(&store, "f0", 1, NOW).await, Renewal::Unknown);
    assert!(matches!(renew(&store, "f1", 1, NOW).await, Renewal::Renewed { .. }));
}

#[tokio::test]
async fn an_ending_is_noted_once_in_order_and_read_from_anywhere() {
    let (store, folder) = fresh().await;
    log_in(&store, ADMIN, "a").await;
    let id = store.begin_grant(grant_of(ADMIN, "f")).await.expect("a grant");
    let beside = Store::open_beside(folder.path()).await.expect("another process");
    for _ in 0..2 {
        beside.end_login("a".to_owned(), NOW).await.expect("ended");
        store.end_grant(id, LATER).await.expect("ended");
    }
    let rows = store.endings_after(0).await.expect("readable");
    assert_eq!(rows, [(1, Ending::Login("a".to_owned())), (2, Ending::Grant(id))]);
    assert_eq!(beside.endings_after(1).await, Ok(vec![(2, Ending::Grant(id))]));
    store.sweep_endings(LATER).await.expect("swept");
    assert_eq!(store.endings_after(0).await, Ok(vec![(2, Ending::Grant(id))]));
    beside.close().await;
}
