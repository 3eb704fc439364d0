//! Backups: everything in one file, taken while the house runs, and put back where none does.
//!
//! A backup is a database of its own, as it was at one moment between two transactions, and says when that was. The key
//! that signs is in it, because the seats of rooms that go on are worth nothing without it; what a key is, is not known here.
//! Source: SQLite, `vacuum into`; it reads like any other reader and keeps nobody from writing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use crate::domain::ids::SessionId;
use crate::domain::time::Timestamp;
use crate::server::store::open::{Folder, OpenError, SCHEMA, beside, newest_schema, options};
use crate::server::store::{Store, StoreError, unreadable};

/// Problems of one kind that are named; the rest is only more of them.
const NAMED: u32 = 20;
/// Ids of sessions that are left out when a backup is put back: links that were given out after it was made name some of
/// them, and must open nothing of anybody else's. Nobody opens so many between a backup and its use.
pub const SESSIONS_LEFT_OUT: i64 = 1_000_000;

/// Why there is no backup, or none was put back, in one line that says how to mend it.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is something under this name already.
    #[error("{} is there already; choose another name", .0.display())]
    Exists(PathBuf),
    /// The folder has a database already.
    #[error("{} has a database already; with --replace it is put aside as podium.db.replaced", .0.display())]
    InPlace(PathBuf),
    /// The file is no backup of ours, or a broken one.
    #[error("{} is no whole backup of Podium ({why}); nothing was changed", .file.display())]
    NoBackup {
        /// The file.
        file: PathBuf,
        /// What was found.
        why: String,
    },
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// The disk did not take it.
    #[error("{} cannot be written: {why}", .file.display())]
    NotWritten {
        /// The file.
        file: PathBuf,
        /// What happened.
        why: String,
    },
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupNote {
    /// Up to when everything is in it.
    pub made_at: Timestamp,
    /// The key that signed, if it was kept in the folder.
    pub signing_key: Option<String>,
}

impl Store {
    /// Writes everything that was acknowledged before this call into a new file; returns its size in bytes.
    ///
    /// # Errors
    /// [`BackupError`]; then there is no file.
    pub async fn back_up(&self, into: &Path, note: BackupNote) -> Result<u64, BackupError> {
        let not_written = |why: String| BackupError::NotWritten { file: into.to_path_buf(), why };
        if into.exists() {
            return Err(BackupError::Exists(into.to_path_buf()));
        }
        let unfinished = beside(into, ".unfinished");
        let written = async {
            remove(&unfinished).map_err(|why| why.to_string())?;
            // Made first, because what SQLite makes could be read by others.
            drop(alone(&unfinished).map_err(|why| why.to_string())?);
            self.copy_into(&unfinished, note).await.map_err(|why| why.to_string())?;
            let file = File::open(&unfinished).and_then(|file| file.sync_all().map(|()| file));
            let bytes = file.and_then(|file| file.metadata()).map_err(|why| why.to_string())?.len();
            fs::rename(&unfinished, into).map_err(|why| why.to_string())?;
            sync_folder_of(into).map_err(|why| why.to_string())?;
            Ok(bytes)
        };
        let written = written.await;
        if written.is_err() {
            // What is left of it would only be in the way; the reason is told, not this.
            let _ = remove(&unfinished);
        }
        written.map_err(not_written)
    }

    async fn copy_into(&self, file: &Path, note: BackupNote) -> Result<(), sqlx::Error> {
        let mut db = options(&self.folder.database()).connect().await?;
        let copied = sqlx::query("vacuum into $1").bind(file.to_string_lossy().into_owned()).execute(&mut db).await;
        db.close().await?;
        copied?;
        let mut copy = SqliteConnectOptions::new().filename(file).connect().await?;
        sqlx::query("create table backup (made_at_ms integer not null, signing_key text) strict")
            .execute(&mut copy)
            .await?;
        sqlx::query("insert into backup (made_at_ms, signing_key) values ($1, $2)")
            .bind(note.made_at.0)
            .bind(&note.signing_key)
            .execute(&mut copy)
            .await?;
        copy.close().await
    }

    /// What is wrong with the database as a whole, in words; nothing if it is well.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn problems(&self) -> Result<Vec<String>, StoreError> {
        let mut reader = self.reader().await?;
        let mut problems: Vec<String> =
            sqlx::query_scalar("pragma integrity_check(20)").fetch_all(&mut *reader).await.map_err(unreadable)?;
        problems.retain(|problem| problem != "ok");
        let lost: Vec<(String, Option<i64>, String)> =
            sqlx::query_as("select \"table\", rowid, parent from pragma_foreign_key_check limit $1")
                .bind(NAMED)
                .fetch_all(&mut *reader)
                .await
                .map_err(unreadable)?;
        let words = |(table, row, parent): (String, Option<i64>, String)| {
            let row = row.map(|row| format!(" {row}")).unwrap_or_default();
            format!("row{row} of {table} belongs to a {parent} that is not there")
        };
        problems.extend(lost.into_iter().map(words));
        Ok(problems)
    }

    /// The ids of all sessions, whether they are open or over.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn session_ids(&self) -> Result<Vec<SessionId>, StoreError> {
        let ids: Vec<i64> = sqlx::query_scalar("select id from session order by id")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(unreadable)?;
        Ok(ids.into_iter().map(SessionId).collect())
    }
}

/// Puts a backup into a folder that no server uses, and tells what it says of itself. What was there is put aside if that is
/// allowed.
///
/// # Errors
/// [`BackupError`]; nothing was changed then.
pub async fn put_back(file: &Path, folder: &Path, may_replace: bool) -> Result<BackupNote, BackupError> {
    check(file).await?;
    let claimed = Folder::claim(folder)?;
    let (database, aside) = (claimed.database(), folder.join("podium.db.replaced"));
    if database.exists() && !may_replace {
        return Err(BackupError::InPlace(folder.to_path_buf()));
    }
    if database.exists() && aside.exists() {
        return Err(BackupError::Exists(aside));
    }
    let new = beside(&database, ".new");
    let not_written = |why: String| BackupError::NotWritten { file: new.clone(), why };
    let copied = || -> io::Result<()> {
        for ending in ["", "-wal", "-shm", "-journal"] {
            remove(&beside(&new, ending))?;
        }
        let mut copy = alone(&new)?;
        io::copy(&mut File::open(file)?, &mut copy)?;
        copy.sync_all()
    };
    copied().map_err(|why| not_written(why.to_string()))?;
    let note = unpack(&new).await.map_err(|why| not_written(why.to_string()))?;
    let moved = || -> io::Result<()> {
        for ending in ["-wal", "-shm", ""] {
            let old = beside(&database, ending);
            if old.exists() {
                fs::rename(&old, beside(&aside, ending))?;
            }
        }
        fs::rename(&new, &database)?;
        sync_folder_of(&database)
    };
    moved().map_err(|why| not_written(why.to_string()))?;
    claimed.release();
    Ok(note)
}

/// Whether a file is a whole backup that this program understands.
async fn check(file: &Path) -> Result<(), BackupError> {
    let no_backup = |why: String| BackupError::NoBackup { file: file.to_path_buf(), why };
    if !file.is_file() {
        return Err(no_backup("there is no such file".to_owned()));
    }
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut db = options.connect().await.map_err(|why| no_backup(why.to_string()))?;
    let looked = look_through(&mut db).await;
    let _ = db.close().await;
    match looked {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(no_backup(why)),
        Err(why) => Err(no_backup(why.to_string())),
    }
}

/// What is wrong with a backup.
async fn look_through(db: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let tables: i64 =
        sqlx::query_scalar("select count(*) from sqlite_schema where name in ('backup', '_sqlx_migrations')")
            .fetch_one(&mut *db)
            .await?;
    if tables != 2 {
        return Ok(Some("podium backup did not write it".to_owned()));
    }
    let schema: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut *db).await?;
    if schema > newest_schema() {
        return Ok(Some(format!("a newer Podium wrote it, with schema {schema}")));
    }
    let found: String = sqlx::query_scalar("pragma integrity_check(1)").fetch_one(db).await?;
    Ok((found != "ok").then(|| found.replace('\n', " ")))
}

/// Takes the note out of a copied backup, so that it is a database like any other, whose next sessions have ids that were
/// never given out.
async fn unpack(file: &Path) -> Result<BackupNote, sqlx::Error> {
    let mut db = options(file).connect().await?;
    let (made_at, signing_key): (i64, Option<String>) =
        sqlx::query_as("select made_at_ms, signing_key from backup").fetch_one(&mut db).await?;
    // Overwritten, as everything that is deleted.
    sqlx::query("drop table backup").execute(&mut db).await?;
    // An older one may not count ids of sessions yet.
    SCHEMA.run_direct(None, &mut db, false).await?;
    sqlx::query("update session_number set last = last + $1").bind(SESSIONS_LEFT_OUT).execute(&mut db).await?;
    db.close().await?;
    Ok(BackupNote { made_at: Timestamp(made_at), signing_key })
}

/// A new file that is its owner's alone.
fn alone(file: &Path) -> io::Result<File> {
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(file)
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

/// A new name is on disk only when its folder is.
fn sync_folder_of(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
