//! The file itself: opening it, and bringing it to the form that this version knows.

use std::fs::{OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

/// What is written into the file's head, so that no other program's database is taken for one of ours.
const APPLICATION: i32 = i32::from_be_bytes(*b"Roll");

/// Every step from an empty file to the present form, in order. Steps are added, never changed: the number of those that
/// a file has gone through stands in its `user_version`.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
];

/// How long it waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A history that is open.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
}

/// Why a history cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file does not exist, or nothing is in it, and it is not to be made.
    #[error("there is none yet")]
    Missing,
    /// The file cannot be made or opened.
    #[error("it cannot be opened")]
    Open(#[source] std::io::Error),
    /// Nothing may be written to it.
    #[error("it is read-only")]
    ReadOnly,
    /// Another program's database.
    #[error("it is a database of something else, which is left alone")]
    Foreign,
    /// A later version of this program has brought it to a form that is not known here.
    #[error("it is of a newer version of rollcall: form {found}, of which this one knows {known}")]
    Newer {
        /// The form that the file has.
        found: usize,
        /// The latest that is known here.
        known: usize,
    },
    /// An earlier version has made it, and it cannot be brought to the present form.
    #[error("it is of an older version of rollcall (form {found}, not {known}), and read-only")]
    Older {
        /// The form that the file has.
        found: usize,
        /// The one that is needed.
        known: usize,
    },
    /// The database says no.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// What was written cannot be read as what it was.
    #[error("what it holds cannot be read")]
    Content(#[from] serde_json::Error),
}

impl Error {
    /// Whether the file is well, and the same may work in a while.
    pub(super) fn is_passing(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull};
        let code = match self {
            Self::Database(error) => error.sqlite_error_code(),
            _ => None,
        };
        matches!(code, Some(DatabaseBusy | DatabaseLocked | DiskFull))
    }

    /// The sentence and its cause, in one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        use std::error::Error as _;
        match self {
            // The cause of these says nothing that the sentence does not.
            Self::Database(_) => self.to_string(),
            _ => self.source().map_or_else(|| self.to_string(), |source| format!("{self}: {source}")),
        }
    }
}

impl Store {
    /// Opens a file to write to it, and makes it where there is none: for its owner alone.
    ///
    /// # Errors
    /// Where it cannot be opened or made, or is no history that this version knows.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
        match made {
            // Not even the process's mask may take the owner's rights away.
            Ok(file) => file.set_permissions(Permissions::from_mode(0o600)).map_err(Error::Open)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::Open(error)),
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | PRIVATE)?;
        connection.busy_timeout(BUSY)?;
        let mut store = Self { connection };
        store.known()?;
        if store.connection.is_readonly("main")? {
            return Err(Error::ReadOnly);
        }
        let _: String = store.connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
        // One sync for each run is nothing that anybody waits for, and it lets the record of somebody who was deleted
        // outlast a power cut.
        store.prepare("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        Ok(store)
    }

    /// Opens a file to read it, while a daemon may be writing to it. One of an earlier version is brought to the present
    /// form.
    ///
    /// # Errors
    /// Where there is none, or none that this version knows.
    pub fn open_to_read(path: &Path) -> Result<Self, Error> {
        if let Err(error) = std::fs::metadata(path) {
            return Err(if error.kind() == ErrorKind::NotFound { Error::Missing } else { Error::Open(error) });
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | PRIVATE)?;
        connection.busy_timeout(BUSY)?;
        let store = Self { connection };
        match store.known()? {
            0 => Err(Error::Missing),
            found if found < MIGRATIONS.len() => Self::open(path).map_err(|error| match error {
                Error::ReadOnly => Error::Older { found, known: MIGRATIONS.len() },
                other => other,
            }),
            _ => Ok(store),
        }
    }

    /// A history that ends with the process.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn in_memory() -> Result<Self, Error> {
        let mut store = Self { connection: Connection::open_in_memory()? };
        store.prepare("PRAGMA foreign_keys = ON;")?;
        Ok(store)
    }

    /// The number of steps that the file has gone through, where it is ours.
    fn known(&self) -> Result<usize, Error> {
        let number = |pragma: &str| self.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let (application, found) = (number("application_id")?, number("user_version")?);
        let objects: i64 = self.connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        let is_empty = objects == 0 && application == 0 && found == 0;
        if !is_empty && application != i64::from(APPLICATION) {
            return Err(Error::Foreign);
        }
        let found = usize::try_from(found).unwrap_or(usize::MAX);
        if found > MIGRATIONS.len() {
            return Err(Error::Newer { found, known: MIGRATIONS.len() });
        }
        Ok(found)
    }

    /// Sets the connection up, and takes the steps that the file lacks.
    fn prepare(&mut self, pragmas: &str) -> Result<(), Error> {
        self.connection.execute_batch(pragmas)?;
        self.connection.set_prepared_statement_cache_capacity(64);
        if self.known()? == MIGRATIONS.len() {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been quicker.
        let done: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        for step in MIGRATIONS.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", integer(MIGRATIONS.len()))?;
        Ok(transaction.commit()?)
    }
}

/// One thread has the connection, so SQLite needs no lock of its own.
const PRIVATE: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// Which file it is that has this name now.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// A number of things, for SQLite, whose integers have a sign.
pub(super) fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A number of things that SQLite has.
pub(super) fn count(integer: i64) -> usize {
    usize::try_from(integer).unwrap_or_default()
}
