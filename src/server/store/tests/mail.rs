//! Mail that waits: bounded, in its order, no link twice, taken back, swept.

use super::{NOW, ORGANISATION, fresh};
use crate::domain::ids::{MailId, OrganisationId, SeatId, SessionId};
use crate::domain::time::Millis;
use crate::server::auth::invite::InviteClaim;
use crate::server::store::StoreError;
use crate::server::store::mail::{AGAIN_AFTER, MailState, NewMail, Parts, WAITING_MAX};

fn mail(subject: &str) -> NewMail {
    let parts = Parts { name: "Ada".to_owned(), text: "Hello".to_owned(), html: String::new(), calendar: None };
    let recipient = "ada@quiz.example".to_owned();
    NewMail { recipient, subject: subject.to_owned(), parts, link: None }
}

#[tokio::test]
async fn mail_is_due_when_its_time_has_come_and_in_its_order() {
    let (store, _folder) = fresh().await;
    let (one, two) =
        (store.add_mail(ORGANISATION, mail("One"), NOW).await, store.add_mail(ORGANISATION, mail("Two"), NOW).await);
    let (one, two) = (one.expect("kept"), two.expect("kept"));
    let due = async |after: i64, limit: u32| -> Vec<MailId> {
        let due = store.due_mails(NOW + Millis(after), limit).await.expect("due");
        due.iter().map(|mail| mail.id).collect()
    };
    assert_eq!(due(-1, 10).await, []);
    assert_eq!((due(0, 10).await, due(0, 1).await), (vec![one, two], vec![one]));
    store.put_off_mail(one, "later".to_owned(), NOW + Millis(100)).await.expect("noted");
    assert_eq!((due(99, 10).await, due(100, 10).await), (vec![two], vec![two, one]));
    store.end_mail(two, None, NOW + Millis(5)).await.expect("noted");
    // What is done stays as it is.
    store.end_mail(two, Some("no".to_owned()), NOW + Millis(6)).await.expect("noted");
    store.put_off_mail(two, "no".to_owned(), NOW + Millis(6)).await.expect("noted");
    let trace = store.mail(ORGANISATION, two).await.expect("a trace");
    assert_eq!((trace.state, trace.tries, trace.done_at), (MailState::Sent, 1, Some(NOW + Millis(5))));

    assert_eq!(store.take_back_mail(OrganisationId(2), one).await, Ok(false), "somebody else's");
    assert_eq!(store.take_back_mail(ORGANISATION, two).await, Ok(false), "it has gone");
    assert_eq!(store.take_back_mail(ORGANISATION, one).await, Ok(true));
    assert_eq!(due(1_000, 10).await, []);

    store.sweep_mail(NOW + Millis(5)).await.expect("swept");
    assert!(store.mail(ORGANISATION, two).await.is_ok(), "not before its time");
    store.sweep_mail(NOW + Millis(6)).await.expect("swept");
    assert_eq!(store.mail(ORGANISATION, two).await, Err(StoreError::NotFound));
}

/// A mail with a link.
fn letter(link: u32) -> NewMail {
    NewMail { link: Some(InviteClaim { session: SessionId(7), seat: SeatId(1), link }), ..mail("Link") }
}

#[tokio::test]
async fn a_link_that_is_on_its_way_or_was_sent_just_before_is_not_kept_again() {
    let (store, _folder) = fresh().await;
    let add = async |link: u32, after: i64| store.add_mail(ORGANISATION, letter(link), NOW + Millis(after)).await;
    let first = add(1, 0).await.expect("kept");
    assert_eq!(add(1, 2 * AGAIN_AFTER.0).await, Err(StoreError::Taken), "it waits");
    let second = add(2, 0).await.expect("another link");
    store.end_mail(first, None, NOW).await.expect("sent");
    assert_eq!(add(1, AGAIN_AFTER.0 - 1).await, Err(StoreError::Taken));
    assert!(add(1, AGAIN_AFTER.0).await.is_ok());
    store.end_mail(second, Some("no".to_owned()), NOW).await.expect("given up");
    assert!(add(2, 1).await.is_ok(), "what was given up went to nobody");
    let batch = vec![letter(3), mail("One"), letter(3), mail("One")];
    assert_eq!(store.add_mails(ORGANISATION, batch, NOW).await.map(|kept| kept.len()), Ok(3));
}

#[tokio::test]
async fn one_mail_more_than_may_wait_is_refused() {
    let (store, _folder) = fresh().await;
    let first = store.add_mail(ORGANISATION, mail("One"), NOW).await.expect("kept");
    store
        .write(|db| {
            Box::pin(async move {
                sqlx::query(
                    "insert into mail_out (organisation_id, recipient, subject, parts, state, tries, next_at_ms, made_at_ms)
                     with recursive numbers (number) as (
                         select 2 union all select number + 1 from numbers where number < $2
                     )
                     select $1, 'a@x.example', 'x', '{}', 'waiting', 0, 0, 0 from numbers",
                )
                .bind(ORGANISATION.0)
                .bind(WAITING_MAX)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
        .expect("all but one");
    assert_eq!(store.add_mail(ORGANISATION, mail("Beyond"), NOW).await, Err(StoreError::TooMany(WAITING_MAX)));
    store.end_mail(first, None, NOW).await.expect("sent");
    assert!(store.add_mail(ORGANISATION, mail("Last"), NOW).await.is_ok(), "what was sent does not wait");
}
