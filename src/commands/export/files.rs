//! The files of one target: all of them or none, each whole from the moment that it has its name, and none in the place of
//! another.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ulid::Ulid;

use crate::model::id::TargetName;
use crate::report::Trouble;

/// Only their owner reads files about people, and lists the folder that was made for them.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Where the file of this number goes.
fn place(folder: &Path, name: &TargetName, number: usize) -> PathBuf {
    folder.join(format!("{name}-{number}.csv"))
}

/// The first file of a target that is there already, whatever its number: an old one among new ones would be uploaded with
/// them.
pub(super) fn earlier(folder: &Path, name: &TargetName) -> Option<PathBuf> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_target = |file: &String| {
        let rest = file.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('-'));
        rest.and_then(|rest| rest.strip_suffix(".csv")).is_some_and(is_number)
    };
    let files = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    files.filter(is_of_target).min().map(|file| folder.join(file))
}

/// Whether something that is no folder stands where this one would be, or above it.
pub(super) fn is_barred(folder: &Path) -> bool {
    // A link that leads nowhere is there, and no folder can be made of it; with a `/` at its end it would not be seen.
    let mut above = folder.components().as_path().ancestors();
    above.find(|path| path.symlink_metadata().is_ok()).is_some_and(|path| !path.is_dir())
}

/// Writes the texts as files of a target, numbered from 1, and makes the folder where there is none. Gives their places.
///
/// # Errors
/// Where one cannot be written, or has the name of one that exists. None of them is there then.
pub(super) fn write_all(folder: &Path, name: &TargetName, texts: &[String]) -> Result<Vec<PathBuf>, Trouble> {
    let made = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.map_err(|error| unwritten(folder, &error, hint(&error)))?;
    let mut drafts = Vec::with_capacity(texts.len());
    for (position, text) in texts.iter().enumerate() {
        let path = place(folder, name, position + 1);
        let draft = Draft::write(&path, text).map_err(|error| unwritten(&path, &error, hint(&error)))?;
        drafts.push((draft, path));
    }
    for (position, (draft, path)) in drafts.iter().enumerate() {
        if let Err(error) = draft.become_known_as(path) {
            // Those that have their names already would be a part of the whole. One that cannot be taken away is no news.
            drafts[..position].iter().for_each(|(_, path)| drop(fs::remove_file(path)));
            return Err(unwritten(path, &error, link_hint(&error)));
        }
    }
    Ok(drafts.into_iter().map(|(_, path)| path).collect())
}

/// A file under a name that nobody looks for. It goes away with this.
struct Draft(PathBuf);

impl Draft {
    fn write(path: &Path, text: &str) -> io::Result<Self> {
        let unfinished = path.with_extension(format!("{}.part", Ulid::generate()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&unfinished)?;
        let draft = Self(unfinished);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(draft)
    }

    /// Gives the file its name. A link, and not another name, because a link never takes the place of what is there.
    fn become_known_as(&self, path: &Path) -> io::Result<()> {
        fs::hard_link(&self.0, path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What is left of it is of no use; that it cannot be taken away either is no news.
        let _ = fs::remove_file(&self.0);
    }
}

fn unwritten(path: &Path, error: &io::Error, hint: Option<&str>) -> Trouble {
    Trouble {
        causes: vec![error.to_string()],
        hint: hint.map(str::to_owned),
        ..Trouble::plain(format!("failed to write `{}`", path.display()))
    }
}

fn hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("give a folder that this user may write to")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room, or give a folder on another disk")
        }
        _ => None,
    }
}

/// Where a file could be written in this folder, and cannot be given its name: then it is not for want of a permission
/// that this is denied.
fn link_hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Some("it came to be meanwhile: move it away, or give another folder"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported | io::ErrorKind::TooManyLinks => {
            Some("give a folder on a disk that knows hard links")
        }
        _ => hint(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_in(folder: &Path) -> Vec<(String, String)> {
        let read = |path: PathBuf| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        };
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect();
        files.sort();
        files
    }

    fn texts() -> Vec<String> {
        ["one", "two", "three"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_name_that_is_taken_meanwhile_stays_with_its_file_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let name = TargetName::new("support");
        fs::write(place(folder.path(), &name, 2), "mine").unwrap();
        let trouble = write_all(folder.path(), &name, &texts()).unwrap_err();
        assert!(trouble.message.ends_with("support-2.csv`") && trouble.hint.is_some(), "{trouble:?}");
        assert_eq!(files_in(folder.path()), [("support-2.csv".to_owned(), "mine".to_owned())]);
    }

    #[test]
    fn a_disk_that_knows_no_links_is_told_from_one_that_is_full() {
        let hint = |number| link_hint(&io::Error::from_raw_os_error(number));
        // EPERM, as FAT has it, EMLINK, ENOSYS and EOPNOTSUPP.
        for number in [1, 31, 38, 95] {
            assert_eq!(hint(number), Some("give a folder on a disk that knows hard links"), "{number}");
        }
        // ENOSPC and EDQUOT; EROFS; EIO.
        for number in [28, 122] {
            assert_eq!(hint(number), Some("make room, or give a folder on another disk"), "{number}");
        }
        assert_eq!(hint(30), Some("give a folder that this user may write to"));
        assert_eq!(hint(5), None);
    }

    #[test]
    fn of_many_that_write_at_once_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let name = TargetName::new("support");
        let written: Vec<bool> = std::thread::scope(|scope| {
            let write = || scope.spawn(|| write_all(folder.path(), &name, &texts()).is_ok());
            let writers: Vec<_> = (0..8).map(|_| write()).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(written.iter().filter(|written| **written).count(), 1);
        let found: Vec<String> = files_in(folder.path()).into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, texts());
    }

    #[test]
    fn an_earlier_file_is_one_of_this_target_whatever_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let name = TargetName::new("support");
        for other in
            ["support-eu-1.csv", "support-.csv", "support-1.csv.bak", "support-x.csv", "sales-1.csv", "support"]
        {
            fs::write(folder.path().join(other), "").unwrap();
        }
        assert_eq!(earlier(folder.path(), &name), None);
        // A link that leads nowhere has the name all the same.
        std::os::unix::fs::symlink("nowhere", place(folder.path(), &name, 12)).unwrap();
        assert_eq!(earlier(folder.path(), &name), Some(place(folder.path(), &name, 12)));
        assert_eq!(earlier(&folder.path().join("none"), &name), None);
    }
}
