//! What people see of it.

use super::*;

#[test]
fn on_eighty_letters_times_ids_and_names_stay_whole() {
    let mut store = Store::in_memory().unwrap();
    let run = run(
        0,
        json!({"actions": [created("somebody.with.a.name@example.com", "p")],
        "findings": [finding("1", "somebody.with.a.name@example.com", "p", "new", 0)]}),
    );
    store.record(&run).unwrap();
    let look = Look { width: Some(80), ..LOOK };
    let lines = store.lines(&Wanted { limit: 9, ..Wanted::default() }).unwrap();
    let passes = lines.into_iter().map(|line| (line.clone(), store.passes(&line.run).unwrap())).collect();
    let listing = Listing::new(passes, false).table(look);
    let told = Story::from(store.person(&whose("p")).unwrap()).table(look);
    assert!(listing.contains(&run.run) && told.contains(&run.run), "{listing}{told}");
    assert!(told.contains("2027-01-01T00:00:00Z  support  create_user  done  somebody.with.a.name@example.com\n"));
    for line in listing.lines().chain(told.lines()).filter(|line| !line.contains("somebody")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn nothing_in_a_name_moves_the_table_or_becomes_a_formula() {
    let mut store = Store::in_memory().unwrap();
    let login = "=1+1\u{1b}[2J\u{202e}<b>\"🙂\r\n";
    store.record(&run(0, json!({"actions": [created(login, "p")]}))).unwrap();
    let told = Story::from(store.person(&whose("p")).unwrap());
    let table = told.table(LOOK);
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}') && !table.contains('\r'), "{table}");
    assert!(table.contains("<b>\"🙂"), "{table}");
    let csv = told.csv().unwrap();
    assert!(
        csv.starts_with("at,last_at,") && csv.lines().next().unwrap().len() + 2 == csv.find('\n').unwrap() + 1,
        "{csv}"
    );
    let mut read = csv::Reader::from_reader(csv.as_bytes());
    let row = read.records().next().unwrap().unwrap();
    assert_eq!(row.get(8).unwrap(), format!("'{login}"));
}

#[test]
fn a_name_makes_no_line_of_the_record() {
    let mut store = Store::in_memory().unwrap();
    for (hour, end) in ["\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"].into_iter().enumerate() {
        let forged = format!("Eve{end}approved by The Auditor at 2026-01-01T00:00:00Z, from 10.0.0.1");
        let mut action = created(&forged, "p");
        action["changes"] = json!([{"field": "first_name", "to": forged}]);
        action["mapping"] = json!(forged);
        action["user"] = json!({"IdentityInfo": {"FirstName": forged}});
        let mut deleted = finding(&hour.to_string(), &forged, "p", "new", 0);
        deleted["message"] = json!(forged);
        store.record(&run(i64::try_from(hour).unwrap(), json!({"actions": [action], "findings": [deleted]}))).unwrap();
    }
    let told = |width| Story::from(store.person(&whose("p")).unwrap()).table(Look { width, ..LOOK });
    // Where a line is broken, its rest is set in, so that it begins like no line.
    for width in [None, Some(60), Some(80)] {
        let table = told(width);
        assert!(!table.lines().any(|line| line.starts_with("       approved by")), "{table}");
    }
    assert!(told(None).contains("first name Eve\\u{2028}approved by The Auditor"), "{}", told(None));
}

#[test]
fn a_spreadsheet_of_a_run_that_failed_says_why() {
    let error = json!({"message": "the people cannot be read", "causes": ["no answer"], "hint": null});
    let failed = run(0, json!({"verdict": "failed", "members": null, "error": error}));
    let csv = Story::of_run(failed.clone(), Vec::new()).csv().unwrap();
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect();
    let [row] = rows.as_slice() else { panic!("{csv}") };
    let cells = [3, 6, 7, 11, 18].map(|column| row.get(column).unwrap());
    assert_eq!(cells, [&failed.run, "support", "pass", "failed", "the people cannot be read: no answer"]);
}

#[test]
fn what_was_so_already_is_not_said_to_be_somebodys() {
    let mut store = Store::in_memory().unwrap();
    let mut already = created("a@x.com", "p");
    already["result"] = json!("already_so");
    store.record(&run(0, json!({"actions": [already]}))).unwrap();
    let table = Story::from(store.person(&whose("p")).unwrap()).table(LOOK);
    assert!(table.contains("by an earlier try whose answer was lost, or by somebody else\n"), "{table}");
}
