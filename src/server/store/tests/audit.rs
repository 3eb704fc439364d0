//! The audit log in the store: it is only added to, in the transaction of what it tells.

use super::{ADMIN, NOW, ORGANISATION, ask, fresh};
use crate::domain::audit::{AuditAction, AuditActor, AuditFilter, AuditSubject};
use crate::domain::ids::PersonId;
use crate::domain::person::PersonDraft;
use crate::domain::time::{Millis, Timestamp};
use crate::server::store::{Store, StoreError};

async fn actions(store: &Store) -> Vec<(AuditActor, AuditAction)> {
    let found = store.audit(ORGANISATION, AuditFilter::default(), None, 100).await.expect("readable").0;
    found.iter().rev().map(|entry| (entry.by, entry.action)).collect()
}

#[tokio::test]
async fn what_was_written_down_is_not_rewritten() {
    let (store, _folder) = fresh().await;
    let before = actions(&store).await;
    let rewritten = store
        .write(|db| {
            Box::pin(async {
                sqlx::query("update audit set action = 'signed_out'").execute(db).await?;
                Ok(())
            })
        })
        .await;
    assert!(rewritten.is_err());
    assert_eq!(actions(&store).await, before);
}

#[tokio::test]
async fn a_change_and_its_entry_are_both_there_or_neither_is() {
    let (store, _folder) = fresh().await;
    let before = actions(&store).await;
    let in_her_name = store.by(AuditActor::Account(ADMIN));
    let ada = PersonDraft { first_name: "Ada".to_owned(), email: "ada@x.example".to_owned(), ..PersonDraft::default() };
    in_her_name.add_person(ORGANISATION, ada.clone(), NOW).await.expect("added");
    assert_eq!(in_her_name.add_person(ORGANISATION, ada, NOW).await, Err(StoreError::Taken));
    let gone = in_her_name.delete_person(ORGANISATION, PersonId(99), NOW).await;
    assert_eq!(gone, Err(StoreError::NotFound));
    store.delete_person(ORGANISATION, PersonId(1), NOW).await.expect("deleted");
    let new =
        [(AuditActor::Account(ADMIN), AuditAction::PersonAdded), (AuditActor::System, AuditAction::PersonDeleted)];
    assert_eq!(actions(&store).await, [before, new.to_vec()].concat());
    let names: u32 = ask(&store, "select count(*) from audit where detail like '%Ada%'").await;
    assert_eq!(names, 0);
}

#[tokio::test]
async fn a_walk_by_cursor_neither_repeats_nor_skips_while_entries_come() {
    let (store, _folder) = fresh().await;
    let write = async |count: i64| {
        for number in 0..count {
            let (action, subject) = (AuditAction::QuizDeleted, AuditSubject::Person(PersonId(number)));
            store.write_down(ORGANISATION, action, subject, None, NOW).await.expect("written");
        }
    };
    write(10).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let (entries, next) = store.audit(ORGANISATION, AuditFilter::default(), before, 3).await.expect("readable");
        seen.extend(entries.iter().map(|entry| entry.no));
        write(1).await;
        match next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    let all: Vec<i64> = (1..=seen[0]).rev().collect();
    assert_eq!(seen, all, "from the newest of the beginning down to the first");
    store.sweep_audit(NOW + Millis(1)).await.expect("swept");
    assert_eq!(actions(&store).await, []);
    let last: Timestamp = NOW;
    store.sweep_audit(last).await.expect("nothing is left to be swept");
}
