//! The one writer: takes what waits, writes it in one transaction, and answers when it is on disk.
//!
//! Knows how to commit together and how to keep one bad item from failing its neighbours; it does not know what is
//! written. While a commit waits for the disk, the next group gathers by itself, so no timer is needed: the busier the
//! house, the larger the groups, at the same number of syncs.
//!
//! Reading order: [`Writer`] (the handle), [`write_group`] (one transaction), [`append_all`] and [`in_savepoint`] (what is
//! in it).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};

use crate::domain::ids::SessionId;
use crate::room::fact::Fact;
use crate::server::clock::Stopwatch;
use crate::server::metrics::Metrics;
use crate::server::store::{Store, StoreError, fact};

/// Items that wait for the writer before askers have to wait to ask.
const WAITING_MAX: usize = 1_024;
/// Items of one transaction; every room has at most one waiting, so this is many rooms at once.
const GROUP_MAX: usize = 512;

/// A future that borrows the connection.
pub(super) type Borrowing<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

/// The handle of the writing task.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    inbox: mpsc::Sender<Job>,
    is_well: Arc<AtomicBool>,
}

/// The facts of one batch of one room.
pub(super) struct Append {
    pub(super) session: SessionId,
    pub(super) facts: Vec<Fact>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// Any other write: runs inside the transaction, and gives back what tells its asker how it went.
type Work = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Borrowing<'c, Worked> + Send>;
/// Called with the fate of the transaction.
type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

struct Worked {
    /// Why nothing of it may stay; told to the asker by `tell` either way.
    failure: Option<StoreError>,
    tell: Tell,
}

enum Job {
    Append(Append),
    Work(Work),
    Close(oneshot::Sender<()>),
}

impl Store {
    /// Appends the facts of one batch of a room, all or none of them, in their order.
    ///
    /// Returns when they are on disk, together with the plain rows that follow from them.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`] if the disk did not take them, [`StoreError::Contradiction`] if the session has a fact
    /// with one of these numbers already.
    pub async fn append(&self, session: SessionId, facts: Vec<Fact>) -> Result<(), StoreError> {
        if facts.is_empty() {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.writer.send(Job::Append(Append { session, facts, reply })).await?;
        answer.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Does a write of any other kind; all of it stays, or none.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> Borrowing<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |db| {
            Box::pin(async move {
                let result = work(db).await;
                let failure = result.as_ref().err().cloned();
                // An asker that has gone away does not undo what it asked for.
                let tell: Tell = Box::new(move |fate| drop(reply.send(fate.and(result))));
                Worked { failure, tell }
            })
        });
        self.writer.send(Job::Work(work)).await?;
        answer.await.unwrap_or_else(|_| Err(lost()))
    }
}

impl Writer {
    /// Starts the writing task on its own connection.
    pub(super) fn start(db: SqliteConnection, options: SqliteConnectOptions, metrics: Metrics) -> Self {
        let (inbox, jobs) = mpsc::channel(WAITING_MAX);
        let is_well = Arc::new(AtomicBool::new(true));
        tokio::spawn(run(db, options, jobs, (is_well.clone(), metrics)));
        Self { inbox, is_well }
    }

    /// Whether the last transaction was committed.
    pub(super) fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }

    /// Writes that wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.inbox.max_capacity() - self.inbox.capacity()
    }

    /// Finishes what waits and closes the connection, which folds the log into the database.
    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.inbox.send(Job::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        self.inbox.send(job).await.map_err(|_| StoreError::Closed)
    }
}

async fn run(
    mut db: SqliteConnection,
    options: SqliteConnectOptions,
    mut jobs: mpsc::Receiver<Job>,
    (is_well, metrics): (Arc<AtomicBool>, Metrics),
) {
    let mut waiting = Vec::with_capacity(GROUP_MAX);
    while jobs.recv_many(&mut waiting, GROUP_MAX).await > 0 {
        let mut group = Group::default();
        for job in waiting.drain(..) {
            match job {
                Job::Append(append) => group.appends.push(append),
                Job::Work(work) => group.works.push(work),
                Job::Close(reply) => {
                    jobs.close();
                    group.closings.push(reply);
                }
            }
        }
        let closings = std::mem::take(&mut group.closings);
        let (since, items) = (Stopwatch::start(), group.appends.len() + group.works.len());
        let outcome = write_group(&mut db, group).await;
        match &outcome {
            Ok(()) if items > 0 => metrics.committed(items, since.elapsed()),
            Ok(()) => {}
            Err(_) => metrics.commit_failed(),
        }
        match (outcome, is_well.load(Ordering::Relaxed)) {
            (Ok(()), true) => {}
            (Ok(()), false) => {
                info!("the disk takes writes again");
                is_well.store(true, Ordering::Relaxed);
            }
            (Err(failure), was_well) => {
                if was_well {
                    error!(error = %failure, "the disk does not take writes");
                }
                is_well.store(false, Ordering::Relaxed);
                if db.ping().await.is_err() {
                    reconnect(&mut db, &options).await;
                }
            }
        }
        if !closings.is_empty() {
            // Whoever asked while the inbox closed is still answered.
            let rest = drain(&mut jobs);
            let _ = write_group(&mut db, rest).await;
            if let Err(failure) = db.close().await {
                warn!(error = %failure, "the database did not close cleanly");
            }
            for reply in closings {
                let _ = reply.send(());
            }
            return;
        }
    }
}

#[derive(Default)]
struct Group {
    appends: Vec<Append>,
    works: Vec<Work>,
    closings: Vec<oneshot::Sender<()>>,
}

fn drain(jobs: &mut mpsc::Receiver<Job>) -> Group {
    let mut group = Group::default();
    while let Ok(job) = jobs.try_recv() {
        match job {
            Job::Append(append) => group.appends.push(append),
            Job::Work(work) => group.works.push(work),
            Job::Close(reply) => {
                let _ = reply.send(());
            }
        }
    }
    group
}

async fn reconnect(db: &mut SqliteConnection, options: &SqliteConnectOptions) {
    match options.connect().await {
        Ok(new) => *db = new,
        Err(failure) => warn!(error = %failure, "the database cannot be opened again"),
    }
}

/// Writes a group in one transaction and answers everybody in it.
///
/// # Errors
/// Why the disk did not take it; everybody has been told.
async fn write_group(db: &mut SqliteConnection, group: Group) -> Result<(), StoreError> {
    let Group { appends, works, closings: _ } = group;
    if appends.is_empty() && works.is_empty() {
        return Ok(());
    }
    let mut appended = Vec::new();
    let mut told = Vec::new();
    let outcome = async {
        run_static(db, "begin immediate").await?;
        appended = append_all(db, &appends).await?;
        for work in works {
            told.push(in_savepoint(db, work).await?);
        }
        run_static(db, "commit").await
    }
    .await;
    if let Err(failure) = &outcome {
        // SQLite may have rolled back by itself already; then there is nothing left to do.
        let _ = run_static(db, "rollback").await;
        appended = vec![Err(failure.clone()); appends.len()];
    }
    for (append, result) in appends.into_iter().zip(appended) {
        let _ = append.reply.send(result);
    }
    for tell in told {
        tell(outcome.clone());
    }
    outcome
}

/// Writes all facts of the group with few statements; if that fails, each room's by themselves, so that only the one
/// that is wrong fails.
///
/// Must come first in its transaction: what failed is taken back by beginning again, which spares a savepoint, and with it
/// two hops to the database's thread, wherever nothing is wrong.
///
/// # Errors
/// The transaction is lost.
async fn append_all(db: &mut SqliteConnection, appends: &[Append]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    if appends.is_empty() {
        return Ok(Vec::new());
    }
    match insert(db, appends).await {
        Ok(()) => return Ok(vec![Ok(()); appends.len()]),
        Err(failure @ StoreError::NotSaved(_)) => return Err(failure),
        Err(_) => {}
    }
    run_static(db, "rollback").await?;
    run_static(db, "begin immediate").await?;
    let mut results = Vec::with_capacity(appends.len());
    for append in appends {
        run_static(db, "savepoint item").await?;
        let result = insert(db, std::slice::from_ref(append)).await;
        settle(db, result.as_ref().err()).await?;
        results.push(result);
    }
    Ok(results)
}

async fn insert(db: &mut SqliteConnection, appends: &[Append]) -> Result<(), StoreError> {
    let items: Vec<(SessionId, &Fact)> =
        appends.iter().flat_map(|append| append.facts.iter().map(|fact| (append.session, fact))).collect();
    fact::insert(db, &items).await
}

/// Does any other write inside a savepoint. The error says that the whole transaction is lost.
async fn in_savepoint(db: &mut SqliteConnection, work: Work) -> Result<Tell, StoreError> {
    run_static(db, "savepoint item").await?;
    let worked = work(db).await;
    match settle(db, worked.failure.as_ref()).await {
        Ok(()) => Ok(worked.tell),
        Err(failure) => {
            (worked.tell)(Err(failure.clone()));
            Err(failure)
        }
    }
}

/// Keeps or takes back what happened since the savepoint.
///
/// # Errors
/// The disk is the cause, or the transaction is gone: then the whole of it is lost.
async fn settle(db: &mut SqliteConnection, failure: Option<&StoreError>) -> Result<(), StoreError> {
    match failure {
        None => run_static(db, "release item").await,
        Some(StoreError::NotSaved(_)) => Err(failure.cloned().expect("matched just now")),
        Some(_) => {
            run_static(db, "rollback to item").await?;
            run_static(db, "release item").await
        }
    }
}

/// What those are told whose turn did not come, because the transaction was lost before.
fn lost() -> StoreError {
    StoreError::NotSaved("the transaction was lost".to_owned())
}

/// Runs a statement that steers the transaction. sqlx's own transactions are not used: when SQLite has rolled back by
/// itself, as it does on a full disk, sqlx goes on counting a transaction that is not there.
async fn run_static(db: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::query(sql).execute(db).await.map(drop).map_err(|error| StoreError::NotSaved(error.to_string()))
}
