//! What is deleted: sessions whose time is over, and organisations with everything that is their own.

use sqlx::AssertSqlSafe;

use super::{
    ADMIN, NOW, ORGANISATION, answered, ask, fact, fresh, is_on_disk, open_session, quiz, seat_taken, written,
};
use crate::domain::audit::SignInWay;
use crate::domain::ids::{AdminId, CommandId, NoticeId, OrganisationId, QuizId, SeatId, SessionId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::person::PersonDraft;
use crate::domain::question::Choice;
use crate::domain::quiz::Quiz;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::domain::timed::TimedSettings;
use crate::protocol::command::Answer;
use crate::protocol::notice::{NoticeLevel, Notification};
use crate::protocol::people::PersonRecord;
use crate::room::fact::{FactBody, Opened};
use crate::room::timed::TimedRoom;
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::fact::TimedOpened;
use crate::room::timed::input::TimedInput;
use crate::server::live::timed::keeper::seat_saves;
use crate::server::store::admin::NewAdmin;
use crate::server::store::colleague::NewColleagueInvite;
use crate::server::store::ending::Ending;
use crate::server::store::grant::NewGrant;
use crate::server::store::identity::{Came, Comer};
use crate::server::store::login::LoginRow;
use crate::server::store::mail::{NewMail, Parts};
use crate::server::store::notice::NoticeReader;
use crate::server::store::session::NewSession;
use crate::server::store::timed::{AnswerSave, NewTimedSession, TimedBatch};
use crate::server::store::{Store, StoreError};

/// A session that ends so long after the others' beginning, with everything that a session can have.
async fn play(store: &Store, code: &str, ended: Millis, word: &str) -> SessionId {
    let session = open_session(store, code).await;
    let closed = crate::room::fact::Fact { at: NOW + ended, ..fact(6, FactBody::Closed) };
    let kept = fact(4, FactBody::ChatKept { until: NOW + Millis(86_400_000) });
    let facts = vec![seat_taken(2, 1), answered(3, 1, 1), kept, written(5, Some(1), word), closed];
    store.append(session, facts).await.expect("played");
    session
}

/// How many rows of a session there are, by table.
async fn rows_of(store: &Store, session: SessionId) -> Vec<(String, i64)> {
    let mut counts = Vec::new();
    for table in ["session", "fact", "seat", "answer", "chat"] {
        let key = if table == "session" { "id" } else { "session_id" };
        let sql = format!("select count(*) from {table} where {key} = {session}");
        counts.push((table.to_owned(), count(store, sql).await));
    }
    counts
}

async fn count(store: &Store, sql: String) -> i64 {
    let counted = store.write(move |db| {
        Box::pin(async move { Ok(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(db).await?) })
    });
    counted.await.expect("a count")
}

#[tokio::test]
async fn sessions_are_deleted_so_long_after_their_end_and_others_stay() {
    let (store, folder) = fresh().await;
    let early = play(&store, "KFX7QA", Millis(10_000), "Early-Canary").await;
    let late = play(&store, "KFX7QB", Millis(10_001), "Late-Canary").await;
    let open = open_session(&store, "KFX7QC").await;
    let before = rows_of(&store, late).await;
    assert!(before.iter().all(|(_, count)| *count > 0), "{before:?}");

    assert_eq!(store.sweep_sessions(NOW + Millis(9_999)).await, Ok(0), "not before its time");
    assert_eq!(store.sweep_sessions(NOW + Millis(10_000)).await, Ok(1), "at its time");
    assert!(rows_of(&store, early).await.iter().all(|(_, count)| *count == 0));
    assert_eq!(rows_of(&store, late).await, before);
    assert_eq!(store.facts(open).await.map(|facts| facts.len()), Ok(1));
    assert_eq!(store.sweep_sessions(NOW + Millis(10_000)).await, Ok(0));

    let next = store.reserve_session().await.expect("an id");
    store.delete_session(open).await.expect("deleted");
    store.delete_session(open).await.expect("deleted already");
    assert!(store.reserve_session().await.expect("an id") > next, "no id comes a second time");
    store.close().await;
    assert!(!is_on_disk(folder.path(), "Early-Canary") && is_on_disk(folder.path(), "Late-Canary"));
}

#[tokio::test]
async fn a_long_session_goes_piece_by_piece() {
    let (store, _folder) = fresh().await;
    let session = open_session(&store, "KFX7QM").await;
    let facts = (2..4_500).map(|no| seat_taken(no, no)).collect();
    store.append(session, facts).await.expect("many came");
    store.delete_session(session).await.expect("deleted");
    assert!(rows_of(&store, session).await.iter().all(|(_, count)| *count == 0));
}

/// Fills every table with rows of an organisation, a word of its own in each.
async fn furnish(store: &Store, organisation: OrganisationId, admin: AdminId, word: &str, code: &str) {
    let mut quiz = quiz();
    quiz.title = format!("{word}-quiz");
    let id = store.add_quiz(organisation, quiz.clone(), NOW).await.expect("a quiz");
    store.add_quiz(organisation, quiz.clone(), NOW).await.expect("another quiz");
    let person = PersonDraft {
        first_name: format!("{word}-person"),
        email: format!("{}@quiz.example", word.to_lowercase()),
        tags: vec![format!("{word}-tag")],
        ..PersonDraft::default()
    };
    let person = store.add_person(organisation, person, NOW).await.expect("a person");
    time(store, (organisation, admin), (id, quiz.clone()), &person, &code.replace('K', "P")).await;
    let session = store.reserve_session().await.expect("an id");
    let code = super::code(code);
    let opened = fact(1, FactBody::Opened(Opened { session, code, quiz: quiz.clone() }));
    let new = NewSession { id: session, organisation, quiz: id, admin: Some(admin), code, title: quiz.title, opened };
    store.open_session(new).await.expect("a session");
    let kept = fact(4, FactBody::ChatKept { until: NOW + Millis(86_400_000) });
    let facts = vec![seat_taken(2, 1), answered(3, 1, 1), kept, written(5, Some(1), &format!("{word}-chat"))];
    store.append(session, facts).await.expect("played");
    let ends_at = NOW + Millis(60_000);
    let (family_hash, refresh_hash) = (format!("{word}-family"), format!("{word}-refresh"));
    let grant = NewGrant { organisation, admin, family_hash, refresh_hash, begun_at: NOW, ends_at };
    store.begin_grant(grant).await.expect("a grant");
    let login = LoginRow {
        key: format!("{word}-login"),
        organisation,
        admin,
        record: format!("{word}-record"),
        ends_at,
        idle_until: ends_at,
        begun_at: NOW,
        browser: "Firefox on Windows".to_owned(),
        way: SignInWay::Password,
    };
    store.save_login(login, NOW).await.expect("a login");
    let notice = Notification {
        id: NoticeId(organisation.0),
        level: NoticeLevel::Info,
        code: "room_full".to_owned(),
        text: format!("{word}-notice"),
        room: None,
        at: NOW,
    };
    store.add_notice(Some(organisation), notice).await.expect("a notice");
    let reader = NoticeReader { admin, organisation, sees_house: false };
    store.read_notice(reader, NoticeId(organisation.0)).await.expect("read");
    let (secret_hash, role) = (format!("{word}-invite"), Role::Host);
    let colleague = NewColleagueInvite { organisation, secret_hash, role, email: None, ends_at };
    store.invite_colleague(colleague, NOW).await.expect("a link for a colleague");
    let comer = Comer {
        issuer: "https://id.example".to_owned(),
        subject: format!("{word}-subject"),
        email: Some(format!("{word}-comer@x.example")),
        name: format!("{word}-comer"),
        invite_hash: None,
        newcomer: Some((organisation, Role::Host)),
    };
    assert!(matches!(store.come_in(comer, NOW).await, Ok(Came::Account(_))), "somebody with another house's word");
    let parts = Parts { name: String::new(), text: format!("{word}-mail"), html: String::new(), calendar: None };
    let (recipient, subject) = ("a@x.example".to_owned(), format!("{word}-subject"));
    let mail = NewMail { recipient, subject, parts, link: None };
    store.add_mail(organisation, mail, NOW).await.expect("a mail");
}

/// A timed session in which somebody has answered.
async fn time(
    store: &Store,
    (organisation, admin): (OrganisationId, AdminId),
    (quiz_id, quiz): (QuizId, Quiz),
    person: &PersonRecord,
    code: &str,
) {
    let (id, code, title) = (store.reserve_session().await.expect("an id"), super::code(code), quiz.title.clone());
    let opened = TimedOpened { session: id, code, quiz, settings: TimedSettings::default() };
    let (mut room, opened) = TimedRoom::open(opened, Limits::default(), NOW);
    let (seat, choice) = (SeatId(1), Choice::of(&[0]).expect("a place"));
    let answer = Answer { turn: TurnNo(1), choice };
    let mut facts = vec![opened];
    for input in [
        TimedInput::Invite { person: person.id, name: person.first_name.clone() },
        TimedInput::Start { seat, order: 1 },
        TimedInput::Answer { seat, answer, id: CommandId::parse("a").expect("an id"), received_at: NOW },
    ] {
        let effects = room.apply(input, NOW).expect("nothing is refused");
        facts.extend(effects.into_iter().filter_map(TimedEffect::into_fact));
    }
    let seats = seat_saves(&room, &facts, NOW);
    let (attempt, question, turn, changes, points) = (1, 1, 1, 0, 1_000);
    let answers = vec![AnswerSave { seat, attempt, question, turn, choice, changes, received_at: NOW, points }];
    let new = NewTimedSession { id, organisation, quiz: quiz_id, admin: Some(admin), title, code, at: NOW };
    let batch = TimedBatch { facts, seats, answers, erased: vec![] };
    store.open_timed_session(new, batch).await.expect("a timed session");
}

/// All tables that say whose a row is.
async fn owned_tables(store: &Store) -> Vec<String> {
    let names: String = ask(
        store,
        "select group_concat(name) from (
             select sqlite_schema.name from sqlite_schema
             join pragma_table_info(sqlite_schema.name) as field on field.name = 'organisation_id'
             where sqlite_schema.type = 'table'
             order by sqlite_schema.name
         )",
    )
    .await;
    names.split(',').map(str::to_owned).collect()
}

#[tokio::test]
async fn an_organisation_goes_with_everything_of_it_and_others_keep_theirs() {
    let (store, folder) = fresh().await;
    let bo = NewAdmin {
        organisation: "Bravo-Org".to_owned(),
        name: "Bravo-Admin".to_owned(),
        email: "bo@bravo.example".to_owned(),
        password_hash: "$argon2id$".to_owned(),
    };
    let theirs = store.add_organisation_named(bo.organisation.clone(), vec![quiz()], NOW).await.expect("another one");
    let admin = store.add_admin_to(theirs, bo, None, NOW).await.expect("its owner");
    furnish(&store, ORGANISATION, ADMIN, "Alpha", "KFX7QA").await;
    furnish(&store, theirs, admin, "Bravo", "KFX7QB").await;
    let tables = owned_tables(&store).await;
    assert!(tables.len() >= 13, "{tables:?}");
    let mut before = Vec::new();
    for table in &tables {
        let rows =
            |of: OrganisationId| count(&store, format!("select count(*) from {table} where organisation_id = {of}"));
        let (ours, others) = (rows(ORGANISATION).await, rows(theirs).await);
        // Whoever adds a table furnishes it above, so that its rows are looked for.
        assert!(ours > 0 && others > 0, "{table} has {ours} and {others} rows");
        before.push(ours);
    }

    store.remove_organisation(theirs, NOW).await.expect("removed");
    for (table, before) in tables.iter().zip(before) {
        let rows =
            |of: OrganisationId| count(&store, format!("select count(*) from {table} where organisation_id = {of}"));
        assert_eq!((rows(ORGANISATION).await, rows(theirs).await), (before, 0), "{table}");
    }
    assert_eq!(store.remove_organisation(theirs, NOW).await, Err(StoreError::NotFound));
    let left: Vec<OrganisationId> = store.organisations().await.expect("the list").iter().map(|row| row.id).collect();
    assert_eq!(left, [ORGANISATION]);
    let endings = store.endings_after(0).await.expect("endings");
    for ending in [Ending::Account(admin), Ending::Login("Bravo-login".to_owned())] {
        assert!(endings.iter().any(|(_, told)| *told == ending), "{ending:?}: {endings:?}");
    }
    // The keys of logins that have ended are told until every process has heard of them.
    store.sweep_endings(NOW + Millis(1)).await.expect("swept");
    let broken: i64 = ask(&store, "select count(*) from pragma_foreign_key_check").await;
    assert_eq!(broken, 0);
    store.close().await;
    assert!(!is_on_disk(folder.path(), "Bravo") && !is_on_disk(folder.path(), "bravo"), "nothing is left on disk");
    assert!(is_on_disk(folder.path(), "Alpha-chat"));
}

#[tokio::test]
async fn an_organisation_of_the_command_line_begins_without_anybody() {
    let (store, _folder) = fresh().await;
    let id =
        store.add_organisation_named("Southwind".to_owned(), vec![quiz(), quiz()], NOW).await.expect("another one");
    let row = store.organisations().await.expect("the list").remove(1);
    assert_eq!((row.id, row.name.as_str(), row.accounts, row.people, row.quizzes), (id, "Southwind", 0, 0, 2));
    store.rename_organisation(id, "Northwind".to_owned()).await.expect("renamed");
    assert_eq!(store.organisations().await.expect("the list")[1].name, "Northwind");
    let nowhere = OrganisationId(99);
    assert_eq!(store.rename_organisation(nowhere, "X".to_owned()).await, Err(StoreError::NotFound));
    let somebody = |name: &str| NewAdmin { email: format!("{name}@x.example"), name: name.to_owned(), ..super::ada() };
    assert_eq!(store.add_admin_to(nowhere, somebody("a"), None, NOW).await, Err(StoreError::NotFound));
    use crate::domain::role::Role;
    let early = store.add_admin_to(id, somebody("b"), Some(Role::Host), NOW).await;
    assert_eq!(early, Err(StoreError::NeedsOwner), "the first one owns it");
    for (name, role) in [("c", Role::Owner), ("d", Role::Admin)] {
        store.add_admin_to(id, somebody(name), None, NOW).await.expect("an account");
        let row = store.admin_by_email(&format!("{name}@x.example")).await.expect("readable").expect("there");
        assert_eq!((row.organisation, row.role), (id, role));
    }
    assert_eq!(store.add_admin_to(id, somebody("c"), None, NOW).await, Err(StoreError::Taken));
}

#[tokio::test]
async fn two_processes_never_give_out_the_same_id() {
    let (store, folder) = fresh().await;
    let other = Store::open_beside(folder.path()).await.expect("a command beside");
    let (ours, theirs) = tokio::join!(
        async {
            let mut ids = Vec::new();
            for _ in 0..50 {
                ids.push(store.reserve_session().await.expect("an id"));
            }
            ids
        },
        async {
            let mut ids = Vec::new();
            for _ in 0..50 {
                ids.push(other.reserve_session().await.expect("an id"));
            }
            ids
        }
    );
    let all: std::collections::BTreeSet<SessionId> = ours.into_iter().chain(theirs).collect();
    assert_eq!(all.len(), 100);
    other.close().await;
}
