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
