//! Where the rows go with `--out`: how many a file has, who may read it, and what becomes of those that are there.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{logins, names_in, shell, well};
use crate::stage::{CONFIG, RATES, SECOND, SECOND_INSTANCE, Stage, WORLD, agent, ended, person, unpaced};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_a_thousand_rows_and_no_more() {
    for (people, sizes) in [(1000, vec![1000]), (1001, vec![1000, 1]), (2500, vec![1000, 1000, 500])] {
        let world: Vec<String> = (0..people).map(|number| agent(&format!("agent{number:04}@x.com"))).collect();
        let mut stage = Stage::new(&world).await;
        stage.configure(RATES);
        let ended = stage.cli(&["export"]).await;
        if people == 1000 {
            well(&ended);
            assert_eq!(logins(&ended.stdout).len(), 1000);
        } else {
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{people}");
            let said =
                format!("error: `support` has {people} rows, and Connect takes 1000 in a file\nhint: `--out DIR`");
            assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        }
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("made/for/it");
        well(&stage.cli(&["export", "--out", inner.to_str().unwrap()]).await);
        let names: Vec<String> = (1..=sizes.len()).map(|number| format!("support-{number}.csv")).collect();
        assert_eq!(names_in(&inner), names);
        let mut all = Vec::new();
        for (name, size) in names.iter().zip(&sizes) {
            let file = inner.join(name);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            let found = logins(&fs::read_to_string(&file).unwrap());
            assert_eq!(found.len(), *size);
            all.extend(found);
        }
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
        let expected: Vec<String> = (0..people).map(|number| format!("agent{number:04}@x.com")).collect();
        assert_eq!(all, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_exists_is_never_written_over() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    well(&stage.cli(&["export", "--out", out]).await);
    let file = folder.path().join("support-1.csv");
    fs::write(&file, "mine").unwrap();
    stage.sim.clear_journal();
    let ended = stage.cli(&["export", "--out", out]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    let said = "error: there are files of an earlier export, which are not written over: `";
    assert!(ended.stderr.starts_with(said) && ended.stderr.contains("support-1.csv`\nhint: "), "{ended:#?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    // An old second file would be uploaded beside a new first one.
    fs::rename(&file, folder.path().join("support-2.csv")).unwrap();
    let ended = stage.cli(&["export", "--out", out]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert_eq!(names_in(folder.path()), ["support-2.csv"]);
    assert_eq!(stage.sim.journal().len(), 0, "it is refused before anything is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_one_is_refused_before_anything_is_read() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let lost = folder.path().join("lost");
    std::os::unix::fs::symlink("nowhere", &lost).unwrap();
    let places =
        [file.clone(), file.join("inside"), file.join("deep/inside"), lost.clone(), lost.join(""), lost.join("in")];
    for out in places {
        let ended = stage.cli(&["export", "--out", out.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        assert!(ended.stderr.contains("` is no folder, and cannot be made one\nhint: "), "{ended:#?}");
    }
    assert_eq!(names_in(folder.path()), ["file", "lost"]);
    assert_eq!(stage.sim.journal().len(), 0);
    // One that leads to a folder is as good as that.
    fs::create_dir(folder.path().join("nowhere")).unwrap();
    well(&stage.cli(&["export", "--out", lost.to_str().unwrap()]).await);
    assert_eq!(names_in(&lost), ["support-1.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_whose_files_cannot_be_written_has_none_and_stops_no_other() {
    // The second file of the first target is the larger one.
    let (letters, more) = ("x".repeat(250), "y".repeat(250));
    let world = format!(
        "{WORLD}{SECOND_INSTANCE}{}\n[[crowd]]\ncount = 1000\nuser_name = \"a{{n:04}}@x.com\"\ngroups = [\"Agents\"]\n\
         [[crowd]]\ncount = 600\nuser_name = \"b{{n:04}}@x.com\"\ngiven_name = \"{letters}\"\n\
         family_name = \"{more}\"\ngroups = [\"Agents\"]\n",
        person("sue@x.com", &["Supervisors"])
    );
    let stage = Stage::with(&world, &format!("{CONFIG}{SECOND}{RATES}"), unpaced()).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    // 300,000 bytes or so are the most that this shell lets a file have: more is an error like that of a full disk.
    let limited = "trap '' XFSZ; ulimit -f 600; exec \"$0\" export --out \"$1\"";
    let ended = ended(shell(&stage, limited, &[out]), out).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let said = "error: support: failed to write `FOLDER/support-2.csv`\n  caused by: ";
    assert!(ended.stderr.contains(said), "{ended:#?}");
    assert!(ended.stderr.contains("sales: 1 row in FOLDER/sales-1.csv\n"), "{ended:#?}");
    assert_eq!(names_in(folder.path()), ["sales-1.csv"]);
    // Without the limit there are all of them.
    fs::remove_file(folder.path().join("sales-1.csv")).unwrap();
    well(&stage.cli(&["export", "--out", out]).await);
    assert_eq!(names_in(folder.path()), ["sales-1.csv", "support-1.csv", "support-2.csv"]);
}
