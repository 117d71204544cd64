//! The thread that has the file, and what it says of itself.

use std::io::Write;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use super::super::shared::STUCK;
use super::super::{History, Unavailable};
use super::*;

const KEEP: SignedDuration = SignedDuration::from_hours(400 * 24);

fn word(code: &str) -> Approval {
    Approval { code: code.to_owned(), target: None, by: None, peer: "cli".to_owned(), at: at(0), run: None }
}

/// What the log is told by this thread.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    fn count(&self, words: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).matches(words).count()
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Waits until the thread has opened the file.
async fn ready(history: &History) {
    while history.ages().await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Holds the thread up, as a disk does that does not answer, until something is sent.
async fn freeze(history: &History) -> Sender<()> {
    let (thaw, frozen) = channel::<()>();
    let other = history.clone();
    tokio::spawn(async move { other.ask(move |_| Ok(frozen.recv().ok())).await });
    tokio::time::sleep(STUCK * 2).await;
    thaw
}

#[tokio::test]
async fn a_disk_that_falls_silent_is_told_once_with_its_time_and_with_what_waits() {
    let log = Told::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (_folder, path) = file();
    let history = History::open(Some(&path), KEEP);
    history.approve(word("first"));
    ready(&history).await;
    let before = Timestamp::now();
    let thaw = freeze(&history).await;
    history.approve(word("second"));
    let health = history.health();
    let (trouble, since) = health.trouble.clone().unwrap();
    assert_eq!((trouble.as_str(), health.waiting), ("the disk does not answer", 1));
    assert!(since >= before && since < Timestamp::now() - SignedDuration::try_from(STUCK).unwrap());
    tokio::time::sleep(STUCK / 2).await;
    history.look();
    assert_eq!(history.health().trouble.unwrap().1, since, "it began when it began");
    assert_eq!(log.count("history-unusable"), 1);
    assert_eq!(history.ages().await.unwrap_err(), Unavailable::Unread("the disk does not answer".to_owned()));
    assert!(!history.close(Duration::from_millis(10)).await);
    assert_eq!(log.count("approval second"), 1);
    assert_eq!(log.count("history-lost"), 1);

    thaw.send(()).unwrap();
    assert!(history.close(Duration::from_secs(20)).await);
    let health = history.health();
    assert_eq!((health.trouble, health.waiting), (None, 0));
    assert_eq!(rows(&Store::open_to_read(&path).unwrap(), "approval"), 2);
    assert_eq!(log.count("history-lost"), 1, "nothing is");
}

#[tokio::test]
async fn what_waits_or_was_let_go_is_missing_from_every_answer() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    store.record(&run(0, json!({"actions": [created("ana@x.com", "p-ana")]}))).unwrap();
    let history = History::open(Some(&path), KEEP);
    ready(&history).await;
    let person = async |name: &str| history.person(whose(name)).await.unwrap().error;
    assert_eq!(person("ana@x.com").await, None);
    store.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    history.approve(word("c0de"));
    // The file is waited for, for longer than anybody waits for an answer.
    while history.health().trouble.is_none_or(|(trouble, _)| !trouble.contains("locked")) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let why = "what is latest is missing from the history, which cannot be written now: database is locked";
    assert_eq!(person("nobody@x.com").await.as_deref(), Some(why));
    assert_eq!(person("ana@x.com").await.as_deref(), Some(why));
    assert_eq!(history.run("01AAAAAAAAAAAAAAAAAAAAAAAA").await.unwrap_err().to_string(), why);
    assert_eq!(history.daily(1, TimeZone::UTC).await.unwrap_err().to_string(), why);
    assert_eq!(history.ages().await.unwrap_err().to_string(), why);
    let id = run(0, json!({})).run;
    assert_eq!(history.run(&id).await.unwrap().map(|run| run.run), Some(id), "what is there is told");
    for code in 0..200 {
        history.approve(word(&code.to_string()));
    }
    let lost =
        "1 of the latest runs and approvals are missing from the history: they could not be written, and were let go";
    assert_eq!(person("nobody@x.com").await.as_deref(), Some(lost));
    assert_eq!((history.health().waiting, history.health().lost), (200, 1));
    store.connection.execute_batch("COMMIT").unwrap();
    assert!(history.close(Duration::from_secs(20)).await);
    assert_eq!(person("nobody@x.com").await.as_deref(), Some(lost), "for good");
}

#[tokio::test]
async fn a_file_that_is_closed_is_whole_by_itself_and_is_opened_again() {
    let (folder, path) = file();
    let history = History::open(Some(&path), KEEP);
    for code in ["first", "second"] {
        history.approve(word(code));
        assert!(history.close(Duration::from_secs(20)).await);
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["history.db"]);
    }
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    assert_eq!(rows(&Store::open_to_read(&copy).unwrap(), "approval"), 2);
    assert!(history.ages().await.unwrap().is_empty(), "questions open it too");
}
