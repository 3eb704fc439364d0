//! The floor of the disk: the rows of answers, inserted as barely as the same library can, and a look at the server's own.
//!
//! Same schema, same pragmas, same rows as the server writes; but the statements are prepared once, nothing is decided and
//! nobody is told.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use podium::server::store::Store;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use tokio::runtime::{Builder, Runtime};

/// Rows of one statement; what is left over goes row by row.
const ROWS: usize = 64;
/// The time of all rows; its value costs nothing.
const AT_MS: i64 = 1_790_000_000_000;

static MANY_FACTS: LazyLock<String> = LazyLock::new(|| insert(FACT, 7, ROWS));
static MANY_ANSWERS: LazyLock<String> = LazyLock::new(|| insert(ANSWER, 9, ROWS));
static ONE_FACT: LazyLock<String> = LazyLock::new(|| insert(FACT, 7, 1));
static ONE_ANSWER: LazyLock<String> = LazyLock::new(|| insert(ANSWER, 9, 1));

const FACT: &str = "fact (session_id, no, organisation_id, at_ms, kind, command_id, body)";
const ANSWER: &str =
    "answer (session_id, turn, seat, organisation_id, choice, received_at_ms, elapsed_ms, credited_ms, command_id)";

fn insert(columns: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(", "));
    format!("insert into {columns} values {}", vec![row; rows].join(", "))
}

/// A database of its own with one session and its seats.
pub struct Rows {
    runtime: Runtime,
    db: SqliteConnection,
    turn: i64,
    no: i64,
}

/// One answer, with its texts made beforehand.
struct Row {
    no: i64,
    seat: i64,
    turn: i64,
    command: String,
    body: String,
}

impl Rows {
    /// Makes the database in a folder.
    pub fn make(folder: &Path, seats: usize) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let db = runtime.block_on(async {
            Store::open(folder).await?.close().await;
            let mut db = options(folder).connect().await?;
            sqlx::raw_sql(
                "insert into organisation values (1, 'Floor', 0);
                 insert into session (id, organisation_id, title, code, opened_at_ms) values (1, 1, 'Floor', 'FLOOR1', 0)",
            )
            .execute(&mut db)
            .await?;
            sqlx::query(
                "with recursive numbers (seat) as (select 1 union all select seat + 1 from numbers where seat < $1)
                 insert into seat (session_id, seat, organisation_id, name, taken_at_ms)
                 select 1, seat, 1, 'Seat ' || seat, 0 from numbers",
            )
            .bind(i64::try_from(seats)?)
            .execute(&mut db)
            .await?;
            anyhow::Ok(db)
        })?;
        Ok(Self { runtime, db, turn: 0, no: 0 })
    }

    /// Inserts the answers of one turn in batches of these sizes, each committed by itself; how long that took.
    pub fn insert(&mut self, batches: &[usize]) -> Result<Duration> {
        self.turn += 1;
        let turn = self.turn;
        let batches: Vec<Vec<Row>> = batches
            .iter()
            .scan(0, |seat, size| {
                Some(
                    (0..*size)
                        .map(|_| {
                            *seat += 1;
                            self.no += 1;
                            Row::new(self.no, *seat, turn)
                        })
                        .collect(),
                )
            })
            .collect();
        let begin = Instant::now();
        for batch in &batches {
            self.runtime.block_on(commit(&mut self.db, batch))?;
        }
        Ok(begin.elapsed())
    }
}

impl Row {
    fn new(no: i64, seat: i64, turn: i64) -> Self {
        let body = format!(
            r#"{{"seat":{seat},"turn":{turn},"choice":[1],"received_at":{AT_MS},"elapsed":1234,"credited":1}}"#
        );
        Self { no, seat, turn, command: format!("a-{turn}-{seat}"), body }
    }
}

async fn commit(db: &mut SqliteConnection, batch: &[Row]) -> Result<()> {
    sqlx::query("begin immediate").execute(&mut *db).await?;
    for rows in batch.chunks(ROWS) {
        if rows.len() == ROWS {
            write(db, rows, &MANY_FACTS, &MANY_ANSWERS).await?;
        } else {
            for row in rows {
                write(db, std::slice::from_ref(row), &ONE_FACT, &ONE_ANSWER).await?;
            }
        }
    }
    sqlx::query("commit").execute(db).await?;
    Ok(())
}

async fn write(db: &mut SqliteConnection, rows: &[Row], facts: &'static str, answers: &'static str) -> Result<()> {
    let mut statement = sqlx::query(AssertSqlSafe(facts));
    for row in rows {
        let Row { no, command, body, .. } = row;
        statement = statement.bind(1).bind(no).bind(1).bind(AT_MS).bind("answered").bind(command).bind(body);
    }
    statement.execute(&mut *db).await?;
    let mut statement = sqlx::query(AssertSqlSafe(answers));
    for row in rows {
        let Row { turn, seat, command, .. } = row;
        statement = statement.bind(1).bind(turn).bind(seat).bind(1).bind("[1]");
        statement = statement.bind(AT_MS).bind(1_234).bind(1).bind(command);
    }
    statement.execute(db).await?;
    Ok(())
}

fn options(folder: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join("podium.db"))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("journal_size_limit", "8388608")
}

/// A reader beside a running server.
pub struct Reader {
    runtime: Runtime,
    db: SqliteConnection,
}

impl Reader {
    /// Opens a data folder's database for reading.
    pub fn open(folder: &Path) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let options = SqliteConnectOptions::new().filename(folder.join("podium.db")).pragma("query_only", "on");
        let db = runtime.block_on(options.connect()).context("the server's database")?;
        Ok(Self { runtime, db })
    }

    /// The sizes of the batches in which the answers of a turn were committed, in order. The facts of a batch carry the
    /// same time, because a room reads the clock once for all of them.
    pub fn batches(&mut self, turn: u32) -> Result<Vec<usize>> {
        let query = sqlx::query_scalar(
            "select count(*) from fact where kind = 'answered' and body ->> 'turn' = $1 group by at_ms order by at_ms",
        );
        let sizes: Vec<i64> = self.runtime.block_on(query.bind(turn).fetch_all(&mut self.db))?;
        Ok(sizes.into_iter().filter_map(|size| usize::try_from(size).ok()).collect())
    }

    /// Answers that are stored.
    pub fn answers(&mut self) -> Result<usize> {
        let query = sqlx::query_scalar("select count(*) from answer");
        let count: i64 = self.runtime.block_on(query.fetch_one(&mut self.db))?;
        Ok(usize::try_from(count)?)
    }
}
