//! Opening: the data folder, its lock, the database file and its schema.
//!
//! Refuses with one line whatever it cannot open safely, and changes nothing then. It knows no tables.
//! The folder holds `podium.db` (with `-wal` and `-shm` beside it while it is open) and `podium.lock`.
//!
//! Reading order: [`Store::open`], [`Folder`], then the steps from top to bottom.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;
use tracing::info;

use crate::domain::audit::AuditActor;
use crate::server::metrics::Metrics;
use crate::server::store::Store;
use crate::server::store::writer::Writer;

/// The schema, embedded. Old files never change; a test holds their checksums.
pub(super) static SCHEMA: Migrator = sqlx::migrate!();

/// Larger files are not read through at the start, so that the house is back within seconds.
const CHECKED_BYTES_MAX: u64 = 128 * 1_024 * 1_024;
/// Connections for reading; more would only compete for the two or three cores that read.
const READERS: u32 = 4;

/// Why the data folder cannot be used, in one line that says how to mend it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("cannot make the data folder {}: {why}; choose another with --data-dir", .folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// The folder cannot be written to.
    #[error("cannot write to the data folder {}: {why}; give this user the right to, or choose another with --data-dir", .folder.display())]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// Another process has it open.
    #[error("another Podium is using the data folder {}; stop it first, or choose another folder with --data-dir", .folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// Written by a newer version.
    #[error("the data in {} was written by a newer Podium (schema {found}, this one knows {known}); start that version or a newer one", .folder.display())]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// The schema that was found.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// A running server has another schema than this command.
    #[error("the Podium that is running on {} is of another version; use the same program for both, or stop it first", .folder.display())]
    OtherVersion {
        /// The folder.
        folder: PathBuf,
    },
    /// The file is no whole database of ours.
    #[error("the database {} is damaged or not Podium's ({why}); nothing was changed, put a backup in its place", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was found.
        why: String,
    },
    /// Something else, for example a full disk.
    #[error("cannot open the database {}: {why}", .file.display())]
    Failed {
        /// The file.
        file: PathBuf,
        /// What happened.
        why: String,
    },
}

/// A data folder, held against a second process for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    lock: Mutex<Option<File>>,
}

impl Store {
    /// Opens the data folder, makes what is missing in it, and holds it alone.
    ///
    /// # Errors
    /// [`OpenError`]: nothing was changed.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_counted(path, Metrics::default()).await
    }

    /// As [`Store::open`], for a house that counts what the store does.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_counted(path: &Path, metrics: Metrics) -> Result<Self, OpenError> {
        Self::open_in(Folder::claim(path)?, metrics).await
    }

    /// Opens the data folder for one command of the operator, also while a server has it open.
    ///
    /// # Errors
    /// As [`Store::open`]; [`OpenError::OtherVersion`] if that server has another schema.
    pub async fn open_beside(path: &Path) -> Result<Self, OpenError> {
        // Nobody watches a command.
        let metrics = Metrics::default();
        let store = match Folder::claim(path) {
            Ok(folder) => Self::open_in(folder, metrics).await,
            Err(OpenError::InUse { folder }) => {
                Self::join(Folder { path: folder, lock: Mutex::new(None) }, metrics).await
            }
            Err(other) => Err(other),
        };
        store.map(|store| store.by(AuditActor::CommandLine))
    }

    async fn open_in(folder: Folder, metrics: Metrics) -> Result<Self, OpenError> {
        let file = folder.database();
        if !file.exists() {
            folder.make_database().await?;
        }
        check_before_opening(&file)?;
        check_whole(&folder).await?;
        let options = options(&file);
        let mut db = options.connect().await.map_err(|error| folder.explain(&error))?;
        if let Err(error) = SCHEMA.run_direct(None, &mut db, false).await {
            let _ = db.close().await;
            return Err(folder.explain_migration(error));
        }
        Self::assemble(folder, db, options, metrics).await
    }

    /// Opens a database that a running server holds.
    async fn join(folder: Folder, metrics: Metrics) -> Result<Self, OpenError> {
        let options = options(&folder.database());
        let mut db = options.connect().await.map_err(|error| folder.explain(&error))?;
        let found: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations")
            .fetch_one(&mut db)
            .await
            .map_err(|error| folder.explain(&error))?;
        if found != Some(newest_schema()) {
            return Err(OpenError::OtherVersion { folder: folder.path });
        }
        Self::assemble(folder, db, options, metrics).await
    }

    async fn assemble(
        folder: Folder,
        db: SqliteConnection,
        options: SqliteConnectOptions,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        let readers = readers(&options).await.map_err(|error| folder.explain(&error))?;
        let (writer, folder) = (Writer::start(db, options, metrics.clone()), Arc::new(folder));
        Ok(Self { writer, metrics, readers, folder, actor: AuditActor::System })
    }
}

impl Folder {
    /// Makes the folder if it is missing, and locks it. The system lets the lock go when the process ends, however it ends.
    pub(super) fn claim(path: &Path) -> Result<Self, OpenError> {
        let folder = path.to_path_buf();
        if !path.is_dir() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.map_err(|why| OpenError::NoFolder { folder: folder.clone(), why })?;
        }
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("podium.lock"));
        let lock = lock.map_err(|why| OpenError::NotWritable { folder: folder.clone(), why })?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: folder, lock: Mutex::new(Some(lock)) }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse { folder }),
            Err(why) => Err(OpenError::NotWritable { folder, why: why.into() }),
        }
    }

    /// Lets the folder go before the process ends.
    pub(super) fn release(&self) {
        self.lock.lock().expect("nothing panics while it holds the lock").take();
    }

    /// Bytes of the database with its log; nothing if they cannot be read.
    pub(super) fn database_bytes(&self) -> Option<u64> {
        let file = self.database();
        let database = fs::metadata(&file).ok()?.len();
        // The log goes away while it is folded into the database.
        Some(database + fs::metadata(beside(&file, "-wal")).map_or(0, |log| log.len()))
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("podium.db")
    }

    /// Makes the database under another name first, so that a start that is cut off leaves no half of one behind.
    async fn make_database(&self) -> Result<(), OpenError> {
        let file = self.database();
        if beside(&file, "-wal").exists() {
            let why = "the file is missing, but its log podium.db-wal is there".to_owned();
            return Err(OpenError::Damaged { file, why });
        }
        let unfinished = beside(&file, ".new");
        let not_writable = |why| OpenError::NotWritable { folder: self.path.clone(), why };
        for leftover in [unfinished.clone(), beside(&unfinished, "-journal")] {
            match fs::remove_file(&leftover) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(not_writable(why)),
                _ => {}
            }
        }
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished);
        drop(made.map_err(not_writable)?);

        let options = SqliteConnectOptions::new().filename(&unfinished).synchronous(SqliteSynchronous::Full);
        let mut db = options.connect().await.map_err(|error| self.explain(&error))?;
        SCHEMA.run_direct(None, &mut db, false).await.map_err(|error| self.explain_migration(error))?;
        db.close().await.map_err(|error| self.explain(&error))?;
        fs::rename(&unfinished, &file).map_err(not_writable)?;
        // The new name is on disk only when its folder is.
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(not_writable)
    }

    /// Puts an error of the database into words: what is damaged must not be tried again, the rest may pass.
    fn explain(&self, error: &sqlx::Error) -> OpenError {
        // Source: SQLite result codes CORRUPT (11) and NOTADB (26), with extended codes in the higher bytes.
        let primary = |code: &str| code.parse::<i32>().map(|code| code & 0xff).ok();
        let code = match error {
            sqlx::Error::Database(database) => database.code().and_then(|code| primary(&code)),
            _ => None,
        };
        let (file, why) = (self.database(), error.to_string());
        if matches!(code, Some(11 | 26)) { OpenError::Damaged { file, why } } else { OpenError::Failed { file, why } }
    }

    fn explain_migration(&self, error: MigrateError) -> OpenError {
        match error {
            MigrateError::VersionMissing(found) => {
                OpenError::Newer { folder: self.path.clone(), found, known: newest_schema() }
            }
            MigrateError::VersionMismatch(version) => {
                let why = format!("its schema {version} is not the one that this program knows");
                OpenError::Damaged { file: self.database(), why }
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => self.explain(&error),
            other => OpenError::Failed { file: self.database(), why: other.to_string() },
        }
    }
}

/// What can be seen without SQLite, which would take an empty file for a new database and a broken log for none.
fn check_before_opening(file: &Path) -> Result<(), OpenError> {
    let damaged = |why: &str| Err(OpenError::Damaged { file: file.to_path_buf(), why: why.to_owned() });
    let failed = |why: io::Error| OpenError::Failed { file: file.to_path_buf(), why: why.to_string() };
    if fs::metadata(file).map_err(failed)?.len() == 0 {
        return damaged("it is empty");
    }
    let mut header = [0; 32];
    match File::open(beside(file, "-wal")).and_then(|mut log| log.read_exact(&mut header)) {
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => Ok(()),
        Err(why) => Err(failed(why)),
        // Source: SQLite file format, 4.1: the magic number of a write-ahead log.
        Ok(()) if header.starts_with(&[0x37, 0x7f, 0x06, 0x82]) || header.starts_with(&[0x37, 0x7f, 0x06, 0x83]) => {
            Ok(())
        }
        Ok(()) => damaged("its log podium.db-wal is no log"),
    }
}

/// Whether the file is one of ours and every page of it can be read. Looks through a connection that cannot write, so
/// that what is damaged stays as it is.
async fn check_whole(folder: &Folder) -> Result<(), OpenError> {
    let options = SqliteConnectOptions::new().filename(folder.database()).read_only(true);
    let mut db = options.connect().await.map_err(|error| folder.explain(&error))?;
    let found = look_through(&mut db, folder).await;
    let _ = db.close().await;
    match found?.as_str() {
        "ok" => Ok(()),
        problem => Err(OpenError::Damaged { file: folder.database(), why: problem.replace('\n', " ") }),
    }
}

async fn look_through(db: &mut SqliteConnection, folder: &Folder) -> Result<String, OpenError> {
    let is_ours: bool =
        sqlx::query_scalar("select exists (select 1 from sqlite_schema where name = '_sqlx_migrations')")
            .fetch_one(&mut *db)
            .await
            .map_err(|error| folder.explain(&error))?;
    if !is_ours {
        return Ok("it holds none of Podium's tables".to_owned());
    }
    let bytes = fs::metadata(folder.database()).map(|metadata| metadata.len()).unwrap_or_default();
    if bytes > CHECKED_BYTES_MAX {
        info!(bytes, "the database is too large to be read through at the start");
        return Ok("ok".to_owned());
    }
    sqlx::query_scalar("pragma integrity_check(1)").fetch_one(db).await.map_err(|error| folder.explain(&error))
}

pub(super) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL would lose what was acknowledged when the power is cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // A safety net only: one process writes, and only an operator's command beside it can be in the way.
        .busy_timeout(Duration::from_secs(5))
        // After a checkpoint the log shrinks to this again.
        // What is deleted is overwritten: a message that was taken away is not in the file any more.
        .pragma("secure_delete", "on")
        .pragma("journal_size_limit", "8388608")
}

async fn readers(options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone().pragma("query_only", "on"))
        .await
}

pub(super) fn newest_schema() -> i64 {
    SCHEMA.iter().map(|migration| migration.version).max().unwrap_or_default()
}

pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
