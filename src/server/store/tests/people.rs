//! People: kept, found, paged, forgotten; and every change told in its order.

use std::collections::BTreeSet;

use super::{NOW, ORGANISATION, fresh};
use crate::domain::ids::{OrganisationId, PersonId};
use crate::domain::person::{PeopleFilter, PeopleSort, PersonDraft};
use crate::domain::time::Millis;
use crate::protocol::people::{PeopleEvent, PersonGone, PersonRecord};
use crate::server::store::admin::NewAdmin;
use crate::server::store::person::{BadCursor, PEOPLE_MAX, PeopleCursor};
use crate::server::store::{Store, StoreError};

fn draft(first_name: &str, last_name: &str, tags: &[&str]) -> PersonDraft {
    PersonDraft {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        email: format!("{}.{}@quiz.example", first_name.to_lowercase(), last_name.to_lowercase()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    }
}

async fn add(store: &Store, first_name: &str, last_name: &str, tags: &[&str]) -> PersonRecord {
    store.add_person(ORGANISATION, draft(first_name, last_name, tags), NOW).await.expect("somebody new")
}

/// A second organisation in the same store.
async fn neighbours(store: &Store) -> OrganisationId {
    let new = NewAdmin {
        organisation: "Southwind".to_owned(),
        name: "Bo".to_owned(),
        email: "bo@south.example".to_owned(),
        password_hash: "$argon2id$".to_owned(),
    };
    store.add_organisation(new).await;
    store.admin_by_email("bo@south.example").await.expect("readable").expect("just made").organisation
}

async fn names(store: &Store, filter: &PeopleFilter) -> Vec<String> {
    let (people, _) = store.people(ORGANISATION, filter, None, 100).await.expect("a page");
    people.into_iter().map(|person| person.first_name).collect()
}

fn filter(search: &str, tag: Option<&str>, sort: PeopleSort) -> PeopleFilter {
    PeopleFilter { search: search.to_owned(), tag: tag.map(str::to_owned), sort }
}

#[tokio::test]
async fn people_are_found_by_words_tag_and_in_two_orders() {
    let (store, _folder) = fresh().await;
    add(&store, "Ada", "King", &["north", "2027"]).await;
    add(&store, "Çelik", "Öz", &["south"]).await;
    add(&store, "Bo", "Ader", &["north"]).await;
    for (search, tag, sort, expected) in [
        ("", None, PeopleSort::Newest, &["Bo", "Çelik", "Ada"][..]),
        ("", None, PeopleSort::Name, &["Bo", "Ada", "Çelik"]),
        ("", Some("north"), PeopleSort::Newest, &["Bo", "Ada"]),
        ("", Some("north"), PeopleSort::Name, &["Bo", "Ada"]),
        ("ADE", None, PeopleSort::Newest, &["Bo"]),
        ("king ada", None, PeopleSort::Name, &["Ada"]),
        ("quiz.example 2027", None, PeopleSort::Newest, &["Ada"]),
        ("öz", Some("north"), PeopleSort::Newest, &[]),
        ("100%", None, PeopleSort::Newest, &[]),
        ("north", Some("nor"), PeopleSort::Newest, &[]),
    ] {
        assert_eq!(names(&store, &filter(search, tag, sort)).await, expected, "{search:?} {tag:?} {sort:?}");
    }
    assert_eq!(store.people_tags(ORGANISATION).await.expect("tags"), ["2027", "north", "south"]);
    assert_eq!(store.count_people(ORGANISATION).await, Ok(3));
}

/// R065.
#[tokio::test]
async fn a_walk_by_cursor_neither_repeats_nor_skips_while_people_come_and_go() {
    let (store, _folder) = fresh().await;
    let mut before = Vec::new();
    for number in 0..60 {
        before.push(add(&store, &format!("P{:02}", number * 7 % 60), "Same", &["all"]).await.id);
    }
    let gone: BTreeSet<PersonId> = [before[3], before[31], before[58]].into();
    for (tag, sort) in
        [None, Some("all")].into_iter().flat_map(|tag| [(tag, PeopleSort::Newest), (tag, PeopleSort::Name)])
    {
        let filter = filter("", tag, sort);
        let (mut seen, mut after) = (Vec::new(), None);
        for turn in 0.. {
            let (people, next) = store.people(ORGANISATION, &filter, after.as_ref(), 7).await.expect("a page");
            assert!(people.len() == 7 || next.is_none(), "only the last page is short");
            seen.extend(people.iter().map(|person| person.id));
            after =
                next.map(|next| PeopleCursor::parse(&next.to_string()).expect("it was printed").expect("not empty"));
            if after.is_none() {
                break;
            }
            add(&store, &format!("New {turn} {sort:?}{tag:?}"), "Same", &["all"]).await;
            // The very person on whom the page ended goes.
            if sort == PeopleSort::Name && tag.is_none() && turn == 2 {
                for id in &gone {
                    store.delete_person(ORGANISATION, *id, NOW).await.expect("they are there");
                }
            }
        }
        let once: BTreeSet<PersonId> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "nobody twice: {tag:?} {sort:?}");
        let all_along = before.iter().filter(|id| !gone.contains(id));
        assert!(all_along.clone().all(|id| once.contains(id)), "nobody left out: {tag:?} {sort:?}");
    }
    assert_eq!(PeopleCursor::parse(""), Ok(None));
    for bad in ["7", "x.y", ".", "7,3"] {
        assert_eq!(PeopleCursor::parse(bad), Err(BadCursor), "{bad}");
    }
}

#[tokio::test]
async fn the_later_of_two_who_change_somebody_is_told_and_loses_nothing() {
    let (store, _folder) = fresh().await;
    let ada = add(&store, "Ada", "King", &[]).await;
    let first = store.save_person(ORGANISATION, ada.id, 1, draft("Ada", "Lovelace", &["x"]), NOW).await;
    assert_eq!(first.map(|saved| saved.version), Ok(2));
    let second = store.save_person(ORGANISATION, ada.id, 1, draft("Ada", "Byron", &[]), NOW).await;
    assert_eq!(second, Err(StoreError::Changed));
    let kept = store.person(ORGANISATION, ada.id).await.expect("she is there");
    assert_eq!((kept.last_name.as_str(), kept.version, kept.tags), ("Lovelace", 2, vec!["x".to_owned()]));
}

#[tokio::test]
async fn an_address_belongs_to_one_person_and_many_may_have_none() {
    let (store, _folder) = fresh().await;
    let ada = add(&store, "Ada", "King", &[]).await;
    let again = store.add_person(ORGANISATION, draft("Ada", "King", &[]), NOW).await;
    assert_eq!(again, Err(StoreError::Taken));
    let bo = add(&store, "Bo", "Ader", &[]).await;
    let takes = PersonDraft { email: ada.email, ..draft("Bo", "Ader", &[]) };
    assert_eq!(store.save_person(ORGANISATION, bo.id, 1, takes, NOW).await, Err(StoreError::Taken));
    for name in ["Cy", "Di"] {
        let without = PersonDraft { email: String::new(), ..draft(name, "", &[]) };
        assert!(store.add_person(ORGANISATION, without, NOW).await.is_ok());
    }
    assert_eq!(store.count_people(ORGANISATION).await, Ok(4));
}

#[tokio::test]
async fn another_organisation_sees_changes_and_deletes_nobody_of_ours() {
    let (store, _folder) = fresh().await;
    let south = neighbours(&store).await;
    let ada = add(&store, "Ada", "King", &["north"]).await;
    assert_eq!(store.person(south, ada.id).await, Err(StoreError::NotFound));
    assert_eq!(store.save_person(south, ada.id, 1, draft("X", "Y", &[]), NOW).await, Err(StoreError::NotFound));
    assert_eq!(store.delete_person(south, ada.id, NOW).await, Err(StoreError::NotFound));
    assert_eq!(store.count_people(south).await, Ok(0));
    assert_eq!(store.people_tags(south).await, Ok(vec![]));
    assert_eq!(store.people_changes_after(south, 0, 100).await, Ok(vec![]));
    let (found, _) = store.people(south, &filter("ada", None, PeopleSort::Name), None, 10).await.expect("a page");
    assert_eq!(found, []);
    let tagged = filter("", Some("north"), PeopleSort::Newest);
    assert_eq!(store.people(south, &tagged, None, 10).await.expect("a page").0, []);
    // The same address may be known in both.
    assert!(store.add_person(south, draft("Ada", "King", &[]), NOW).await.is_ok());
    assert_eq!(store.person(ORGANISATION, ada.id).await, Ok(ada));
}

#[tokio::test]
async fn changes_are_told_in_their_order_until_they_are_swept() {
    let (store, _folder) = fresh().await;
    assert_eq!(store.last_people_change().await, Ok(0));
    let ada = add(&store, "Ada", "King", &[]).await;
    let start = store.last_people_change().await.expect("a number");
    let bo = add(&store, "Bo", "Ader", &[]).await;
    let new = store.save_person(ORGANISATION, ada.id, 1, draft("Ada", "Lovelace", &[]), NOW).await.expect("saved");
    store.delete_person(ORGANISATION, bo.id, NOW + Millis(5)).await.expect("deleted");
    // Of who is gone only that they are: what was told of them before went with them.
    let expected = [PeopleEvent::UserUpdate(ada.patch_to(&new)), PeopleEvent::UserDeleted(PersonGone { id: bo.id })];
    let told = store.people_changes_after(ORGANISATION, start, 100).await.expect("changes");
    assert_eq!(told.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), expected);
    let (first, _) = store.people_changes_after(ORGANISATION, start, 1).await.expect("one")[0].clone();
    assert_eq!(store.people_changes_after(ORGANISATION, first, 100).await.expect("the rest").len(), 1);

    store.sweep_people_changes(NOW + Millis(5)).await.expect("swept");
    assert_eq!(store.people_changes_after(ORGANISATION, 0, 100).await.expect("what is left").len(), 1);
    store.sweep_people_changes(NOW + Millis(6)).await.expect("swept");
    assert_eq!(store.people_changes_after(ORGANISATION, 0, 100).await, Ok(vec![]));
    assert_eq!(store.last_people_change().await, Ok(told[1].0), "numbers go on");
}

#[tokio::test]
async fn one_person_more_than_there_may_be_is_refused() {
    let (store, _folder) = fresh().await;
    store
        .write(|db| {
            Box::pin(async move {
                sqlx::query(
                    "insert into person (organisation_id, version, first_name, last_name, tags, sort_name, search_text,
                         created_at_ms, changed_at_ms)
                     with recursive numbers (number) as (
                         select 2 union all select number + 1 from numbers where number < $2
                     )
                     select $1, 1, 'P', '', '[]', 'p', 'p', 0, 0 from numbers",
                )
                .bind(ORGANISATION.0)
                .bind(PEOPLE_MAX)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
        .expect("all but one");
    let people = vec![(2, draft("Last", "One", &[])), (3, draft("Too", "Many", &[]))];
    let refused = store.import_people(ORGANISATION, people, NOW).await;
    assert_eq!(refused, Ok(vec![(3, StoreError::TooMany(PEOPLE_MAX))]));
    let one_more = store.add_person(ORGANISATION, draft("Too", "Late", &[]), NOW).await;
    assert_eq!(one_more, Err(StoreError::TooMany(PEOPLE_MAX)));
    assert_eq!(store.count_people(ORGANISATION).await, Ok(PEOPLE_MAX));
}
