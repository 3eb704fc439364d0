//! Timed sessions: how late two thousand people are told that their time is up, next to bare timers in the same run, what
//! is read from the database meanwhile, and what writing out a hundred thousand answers takes.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use podium::domain::code::JoinCode;
use podium::domain::ids::{OrganisationId, QuizId, SeatId};
use podium::domain::limits::Limits;
use podium::domain::person::PeopleFilter;
use podium::domain::question::{Choice, Question, QuestionKind};
use podium::domain::quiz::Quiz;
use podium::domain::time::{Millis, Timestamp};
use podium::domain::timed::TimedSettings;
use podium::room::timed::TimedRoom;
use podium::room::timed::effect::TimedEffect;
use podium::room::timed::fact::TimedOpened;
use podium::room::timed::input::TimedInput;
use podium::server::live::timed::keeper::seat_saves;
use podium::server::store::Store;
use podium::server::store::timed::{AnswerSave, NewTimedSession, TimedBatch};
use serde_json::Value;

use crate::figures::{Figure, Series, ms, us};
use crate::http::{Browser, upgrade};
use crate::links::{Links, is};
use crate::people::server_with;
use crate::process::{cpu, resident_bytes};
use crate::server::Server;

/// People whose time is up within one minute.
const PEOPLE: usize = 2_000;
/// What each of them has; all have begun before the first is over.
const SECONDS: i64 = 45;
/// So long they are only told how much time is left.
const REST: Duration = Duration::from_secs(10);
/// After the last deadline, everybody has been told.
const LAST: Duration = Duration::from_secs(5);
/// Answers of each person in the list that is written out.
const ANSWERS: u32 = 50;
const OURS: OrganisationId = OrganisationId(1);

/// Measures all of it.
pub fn measure() -> Result<Vec<Figure>> {
    let mut server = server_with(PEOPLE)?;
    // For its quiz, which everybody is invited to.
    server.open_room(3)?;
    let mut figures = deadlines(&server)?;
    figures.extend(export(&server)?);
    Ok(figures)
}

/// The time as everybody on this machine has it, in milliseconds.
fn now_ms() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

fn deadlines(server: &Server) -> Result<Vec<Figure>> {
    let mut links = Links::new()?;
    let mut ends = Vec::with_capacity(PEOPLE);
    let begin = Instant::now();
    let mut browser = Browser::open(server.address)?;
    for (session, link) in invited(server)? {
        browser.forget();
        let led_to = browser.get_plain(&link)?;
        let page = led_to.header("location").context("a link leads to its page")?.to_owned();
        let code = page.rsplit('/').next().unwrap_or_default().to_owned();
        browser.post("/session/start", &[("code", &code)])?;
        let (stream, heard) = upgrade(server.address, &format!("/session/{session}/stream"), &browser.cookie())?;
        links.add(stream, &heard)?;
    }
    let began = begin.elapsed();
    ensure!(began < Duration::from_secs(SECONDS as u64 - 10), "the last began when the first was nearly over");
    let mut hear = |_: usize, text: &[u8]| {
        if is(text, "time_update")
            && let Some(deadline) = deadline_of(text)
        {
            ends.push(deadline);
        }
    };
    let (reads, spent) = (server.counted(READS)?, cpu(server.pid())?);
    links.idle(REST, &mut hear)?;
    let reads = server.counted(READS)? - reads;
    let ticking = us(cpu(server.pid())?.since(&spent)) / (PEOPLE as f64 * REST.as_secs_f64());
    ends.sort_unstable();
    ends.dedup();
    let bare = {
        let ends = ends.clone();
        thread::spawn(move || bare_timers(ends))
    };
    let (mut late, mut heard) = (Series::default(), 0);
    let last = ends.last().copied().context("somebody was told a deadline")?;
    let wait = u64::try_from((last - now_ms()?).max(0))?;
    links.idle(Duration::from_millis(wait) + LAST, |_, text| {
        if is(text, "session_expired")
            && let (Some(deadline), Ok(now)) = (deadline_of(text), now_ms())
        {
            late.push((now - deadline) as f64);
            heard += 1;
        }
    })?;
    let bare = bare.join().map_err(|_| anyhow::anyhow!("the bare timers broke"))??;
    ensure!(heard == PEOPLE, "{heard} of {PEOPLE} were told that their time was up");
    let what = format!("{PEOPLE} people whose time is up within {:.0} s: how late they are told", began.as_secs_f64());
    let spread = |series: &Series| {
        format!(
            "p50 {:.0} ms, p95 {:.0} ms, last {:.0} ms",
            series.median(),
            series.quantile(0.95),
            series.quantile(1.0)
        )
    };
    let p95 = late.quantile(0.95);
    Ok(vec![
        Figure::plain(format!("{what}; next to bare timers: {}", spread(&bare)), spread(&late))
            .aimed("p95 ≤ 50 ms", p95 <= 50.0),
        Figure::plain(
            format!(
                "The same people, told how much time is left: reads of the database in {} s; the house itself looks once a \
                 second for what other processes opened",
                REST.as_secs()
            ),
            format!("{reads:.0}"),
        )
        .aimed("none for a person or a tick", reads <= 2.0 * REST.as_secs_f64()),
        Figure::plain("The same: server CPU per person and second", format!("{ticking:.1} µs")),
    ])
}

/// Counts how often somebody waited for a connection that reads, which everybody does who reads.
const READS: &str = "podium_database_wait_seconds_count";

fn deadline_of(text: &[u8]) -> Option<i64> {
    serde_json::from_slice::<Value>(text).ok()?.pointer("/data/deadline")?.as_i64()
}

/// The session of everybody, and each one's personal link as a path.
fn invited(server: &Server) -> Result<Vec<(i64, String)>> {
    let quiz = server.quiz_path();
    let quiz = quiz.rsplit('/').next().context("a quiz has an id")?;
    let told = Command::new(env!("CARGO_BIN_EXE_podium"))
        .args(["invite", quiz, "--tag", "all", "--seconds", &SECONDS.to_string(), "--json", "--data-dir"])
        .arg(server.folder())
        .output()?;
    ensure!(told.status.success(), "nobody was invited: {}", String::from_utf8_lossy(&told.stderr));
    // The running server adopts it within a second.
    thread::sleep(Duration::from_secs(2));
    let told: Value = serde_json::from_slice(&told.stdout)?;
    let session = told["session"].as_i64().context("a session has an id")?;
    let links = told["invites"].as_array().context("everybody has a link")?;
    let path = |link: &Value| {
        let url = link["invite_url"].as_str()?;
        Some((session, url.get(url.find("/session")?..)?.to_owned()))
    };
    links.iter().map(|link| path(link).context("a link is an address")).collect()
}

/// As many timers of the runtime, each to the same moment as one of the deadlines: how late they are.
fn bare_timers(ends: Vec<i64>) -> Result<Series> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let timers: Vec<_> = ends
            .into_iter()
            .map(|end| {
                tokio::spawn(async move {
                    let wait = u64::try_from((end - now_ms()?).max(0))?;
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    anyhow::Ok((now_ms()? - end) as f64)
                })
            })
            .collect();
        let mut late = Series::default();
        for timer in timers {
            late.push(timer.await??);
        }
        Ok(late)
    })
}

fn export(server: &Server) -> Result<Vec<Figure>> {
    let session = answered(server)?;
    let mut browser = server.admin()?;
    // Once, so that the session is there and what every answer takes as well.
    thread::sleep(Duration::from_secs(2));
    browser.get(&format!("/sessions/{session}/seats/1/transcript.json"))?;
    let before = resident_bytes(server.pid())?;
    let begin = Instant::now();
    let list = browser.get_plain(&format!("/sessions/{session}/results.csv"))?;
    let took = ms(begin.elapsed()) / 1e3;
    let lines = list.body.iter().filter(|byte| **byte == b'\n').count();
    let expected = PEOPLE * ANSWERS as usize + 1;
    ensure!(list.status == 200 && lines == expected, "{lines} lines of {expected}, status {}", list.status);
    let grown = resident_bytes(server.pid())?.saturating_sub(before) as f64 / 1e6;
    let what = format!("{} answers written out as CSV: what the server's memory grows by", expected - 1);
    Ok(vec![Figure::plain(
        what,
        format!("{grown:.1} MB, {:.1} MB of list in {took:.1} s", list.body.len() as f64 / 1e6),
    )])
}

/// A timed session in which everybody has answered everything.
fn answered(server: &Server) -> Result<i64> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Store::open_beside(server.folder()).await?;
        let quiz_id: QuizId = server.quiz_path().rsplit('/').next().context("a quiz has an id")?.parse()?;
        let mut question = Question::blank(QuestionKind::TrueFalse);
        question.prompt = "Is this one of fifty questions, each as long as questions usually are?".to_owned();
        question.options[0].is_right = true;
        let title = "Fifty questions".to_owned();
        let questions = vec![question; ANSWERS as usize];
        let quiz = Quiz { title: title.clone(), description: String::new(), language: "en".to_owned(), questions };
        let (id, code, at) = (store.reserve_session().await?, JoinCode::parse("KFX7QM")?, Timestamp(now_ms()?));
        let settings = TimedSettings::default();
        let limits = Limits::default();
        let (mut room, opened) = TimedRoom::open(TimedOpened { session: id, code, quiz, settings }, limits, at);
        let mut facts = vec![opened];
        let (people, _) = store.people(OURS, &PeopleFilter::default(), None, u32::try_from(PEOPLE)?).await?;
        for person in people {
            let invite = TimedInput::Invite { person: person.id, name: person.first_name };
            let effects = room.apply(invite, at).map_err(|why| anyhow::anyhow!("{why}"))?;
            facts.extend(effects.into_iter().filter_map(TimedEffect::into_fact));
        }
        let seats = seat_saves(&room, &facts, at);
        let choice = Choice::of(&[0])?;
        let answer = |seat: u32, turn: u32| AnswerSave {
            seat: SeatId(seat),
            attempt: 1,
            question: turn,
            turn,
            choice,
            changes: 0,
            received_at: at + Millis(i64::from(turn)),
            points: 1_000,
        };
        let everybody = 1..=u32::try_from(PEOPLE)?;
        let answers = everybody.flat_map(|seat| (1..=ANSWERS).map(move |turn| answer(seat, turn))).collect();
        let new = NewTimedSession { id, organisation: OURS, quiz: quiz_id, admin: None, title, code, at };
        store.open_timed_session(new, TimedBatch { facts, seats, answers, erased: vec![] }).await?;
        store.close().await;
        Ok(id.0)
    })
}
