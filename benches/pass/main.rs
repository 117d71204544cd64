//! What passes cost: calls, processor time, memory, and how long creations take, each beside the least that is possible
//! and beside the script that people write instead.
//!
//! Rollcall runs as a process of its own, so does the simulator, and so does the script: `cargo bench --bench pass`. With
//! `-- SECTION` only one section is measured: `unchanged` or `creations`. The script (`plain.py`) wants boto3 in the Python
//! that `ROLLCALL_BENCH_PYTHON` names, else `python3`; without it its columns stay empty.

#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark is a program that prints figures")]

mod creations;
mod process;
mod simulator;
mod unchanged;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A table with aligned columns. The first column is of words, the others of figures.
fn table(title: &str, head: &[&str], rows: Vec<Vec<String>>) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN).set_header(head.to_vec()).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    println!("{title}\n\n{table}\n");
}

fn main() -> Result<()> {
    // cargo adds `--bench` to what is asked for.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_asked = |section: &str| asked.is_empty() || asked.iter().any(|asked| asked == section);
    if is_asked("unchanged") {
        unchanged::measure()?;
    }
    if is_asked("creations") {
        creations::measure()?;
    }
    Ok(())
}
