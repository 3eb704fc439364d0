//! People: what the list's first page costs with a hundred people and with a hundred thousand, what writing all of them out
//! takes, and what admins' links are told while people change.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::join_all;
use podium::domain::ids::OrganisationId;
use podium::domain::person::{PeopleFilter, PersonDraft};
use podium::domain::time::Timestamp;
use podium::protocol::people::PersonRecord;
use podium::server::store::Store;

use crate::Pace;
use crate::figures::{Figure, Series, us};
use crate::http::upgrade;
use crate::links::{Links, is};
use crate::process::{cpu, resident_bytes};
use crate::server::Server;

/// People of the short list and of the long one.
const FEW: usize = 100;
const MANY: usize = 100_000;
/// Pages of one block.
const PAGES: usize = 20;
/// People of the organisation whose admins look on, and how many of them do.
const WATCHED: usize = 10_000;
const ADMINS: usize = 5;
/// Changes in each second, and how many seconds.
const CHANGES: usize = 500;
const SECONDS: usize = 6;
/// After this, what was changed has been told.
const REST: Duration = Duration::from_secs(2);
const OURS: OrganisationId = OrganisationId(1);

/// Measures all three.
pub fn measure(pace: Pace) -> Result<Vec<Figure>> {
    let (few, many) = (server_with(FEW)?, server_with(MANY)?);
    let mut figures = first_page(&few, &many, pace.page_rounds)?;
    figures.extend(export(&many)?);
    drop((few, many));
    figures.extend(stream(&server_with(WATCHED)?)?);
    Ok(figures)
}

/// A server that knows so many people, taken in as anybody would.
pub fn server_with(people: usize) -> Result<Server> {
    let server = Server::start()?;
    let mut list = "first_name,last_name,email,tags\n".to_owned();
    for number in 0..people {
        writeln!(list, "Person{number},Of the list {},p{number}@quiz.example,\"t{}, all\"", number % 977, number % 40)?;
    }
    let file = server.folder().join("list.csv");
    fs::write(&file, list)?;
    let done = Command::new(env!("CARGO_BIN_EXE_podium"))
        .args(["people", "import", "--data-dir"])
        .arg(server.folder())
        .arg(&file)
        .stdout(Stdio::null())
        .status()?;
    ensure!(done.success(), "the list of {people} people did not come in");
    Ok(server)
}

fn first_page(few: &Server, many: &Server, rounds: usize) -> Result<Vec<Figure>> {
    let mut browsers = [few.admin()?, many.admin()?];
    let (mut costs, mut ratio) = ([Series::default(), Series::default()], Series::default());
    for round in 0..rounds + 1 {
        let mut cost = [0.0; 2];
        for ((server, browser), cost) in [few, many].into_iter().zip(&mut browsers).zip(&mut cost) {
            let before = cpu(server.pid())?;
            for _ in 0..PAGES {
                let page = browser.get("/people")?;
                ensure!(page.status == 200, "the list was answered with {}", page.status);
            }
            *cost = us(cpu(server.pid())?.since(&before)) / PAGES as f64;
        }
        // The first round only warms up.
        if round > 0 {
            costs.iter_mut().zip(cost).for_each(|(costs, cost)| costs.push(cost));
            ratio.push(cost[1] / cost[0]);
        }
    }
    let [short, long] = costs.map(|cost| format!("{} µs", cost.spread(0)));
    let what = format!("The list's first page with {MANY} people against {FEW}: server CPU");
    Ok(vec![Figure::plain(what, long).above(short, &ratio).aimed("≤ 3 ×", ratio.median() <= 3.0)])
}

fn export(server: &Server) -> Result<Vec<Figure>> {
    let mut browser = server.admin()?;
    // Once, so that what every answer takes is there.
    browser.get("/people")?;
    let before = resident_bytes(server.pid())?;
    let begin = Instant::now();
    let list = browser.get("/people.csv")?;
    let took = begin.elapsed();
    ensure!(list.status == 200, "the export was answered with {}", list.status);
    let grown = resident_bytes(server.pid())?.saturating_sub(before) as f64 / 1e6;
    let what = format!("{MANY} people written out as CSV: what the server's memory grows by");
    let took = format!("{:.1} MB, in {:.1} s", grown, took.as_secs_f64());
    Ok(vec![Figure::plain(what, took)])
}

/// Another process changes five hundred people in each second, and admins look on.
fn stream(server: &Server) -> Result<Vec<Figure>> {
    let mut links = Links::new()?;
    let cookie = server.admin()?.cookie();
    for _ in 0..ADMINS {
        let (stream, heard) = upgrade(server.address, "/admin/stream", &cookie)?;
        links.add(stream, &heard)?;
    }
    let mut told = 0;
    let mut count = |_: usize, text: &[u8]| told += usize::from(is(text, "user_update"));
    links.idle(REST, &mut count)?;
    links.take_bytes();

    let runtime = tokio::runtime::Runtime::new()?;
    let store = runtime.block_on(Store::open_beside(server.folder()))?;
    let filter = PeopleFilter::default();
    let changed = u32::try_from(CHANGES * SECONDS)?;
    let (people, _) = runtime.block_on(store.people(OURS, &filter, None, changed))?;
    let whole = serde_json::to_string(&people[0])?.len();
    let before = cpu(server.pid())?;
    for people in people.chunks(CHANGES) {
        let begin = Instant::now();
        let saving = people.iter().map(|person| rename(&store, person));
        runtime.block_on(async { join_all(saving).await.into_iter().collect::<Result<Vec<_>>>() })?;
        links.idle(Duration::from_secs(1).saturating_sub(begin.elapsed()), &mut count)?;
    }
    links.idle(REST, &mut count)?;
    let spent = us(cpu(server.pid())?.since(&before));
    runtime.block_on(store.close());
    let expected = CHANGES * SECONDS * ADMINS;
    ensure!(told == expected, "{told} changes were told and not {expected}");

    let bytes = links.take_bytes() as f64 / told as f64;
    let ratio = Series::from_iter([bytes / whole as f64]);
    let what = format!(
        "{WATCHED} people, {CHANGES} of them changed each second: bytes on an admin's link per change, against the record alone"
    );
    let cost = format!("{:.1} µs", spent / told as f64);
    Ok(vec![
        Figure::plain(what, format!("{bytes:.0} B")).above(format!("{whole} B"), &ratio),
        Figure::plain(format!("The same: server CPU per change and link, {ADMINS} links"), cost),
    ])
}

async fn rename(store: &Store, person: &PersonRecord) -> Result<()> {
    let PersonRecord { id, version, first_name, email, tags, .. } = person.clone();
    let draft = PersonDraft { first_name, last_name: format!("Renamed {id}"), email, tags };
    store.save_person(OURS, id, version, draft, Timestamp(1)).await?;
    Ok(())
}
