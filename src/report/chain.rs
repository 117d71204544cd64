//! An explanation of one person, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Trouble;
use super::table::Look;
use crate::model::id::TargetName;
use crate::plan::explain::{Explanation, Link, Verdict};

/// The version of this form.
const SCHEMA: u32 = 1;

/// What one target answers.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The target.
    pub target: &'a TargetName,
    /// The chain, or why it could not be followed.
    pub result: &'a Result<Explanation, Trouble>,
}

/// For people: a tick or a cross for each link.
#[must_use]
pub fn table(person: &str, answers: &[Answer<'_>], look: Look) -> String {
    let mut text = String::new();
    for (position, Answer { target, result }) in answers.iter().enumerate() {
        let gap = if position > 0 { "\n" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{gap}{person} in {target}");
        match result {
            Ok(explanation) => of_chain(&mut text, explanation, look),
            Err(trouble) => {
                let _ = writeln!(text, "  error: {}", trouble.message);
                for cause in &trouble.causes {
                    let _ = writeln!(text, "    caused by: {cause}");
                }
                if let Some(hint) = &trouble.hint {
                    let _ = writeln!(text, "  hint: {hint}");
                }
            }
        }
    }
    text
}

fn of_chain(text: &mut String, explanation: &Explanation, look: Look) {
    let width = explanation.links.iter().map(|link| link.name.len()).max().unwrap_or_default();
    for Link { name, holds, evidence } in &explanation.links {
        let (sign, colour) = match holds {
            Some(true) => ("✓", "32"),
            Some(false) => ("✗", "31"),
            None => ("·", "2"),
        };
        let sign = if look.colour { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_owned() };
        let name = name.replace('-', " ");
        let _ = writeln!(text, "  {sign} {name:width$}  {evidence}");
    }
    let _ = match &explanation.verdict {
        Verdict::Ready { unseen } => writeln!(text, "\n  ready, as far as can be seen: {unseen}"),
        Verdict::NotReady { reason, fix } => writeln!(text, "\n  not ready: {reason}\n  fix: {fix}"),
    };
}

/// For programs.
#[must_use]
pub fn json(person: &str, answers: &[Answer<'_>]) -> Value {
    let targets: Vec<Value> = answers.iter().map(of_answer).collect();
    json!({"schema": SCHEMA, "person": person, "targets": targets})
}

fn of_answer(answer: &Answer<'_>) -> Value {
    let Answer { target, result } = answer;
    let name = target.as_str();
    let explanation = match result {
        Ok(explanation) => explanation,
        Err(Trouble { message, causes, hint }) => {
            let error = json!({"message": message, "causes": causes, "hint": hint});
            return json!({
                "name": name, "verdict": null, "reason": null, "fix": null, "unseen": null, "steps": [], "error": error,
            });
        }
    };
    let steps: Vec<Value> = explanation
        .links
        .iter()
        .map(|Link { name, holds, evidence }| json!({"step": name, "ok": holds, "evidence": evidence}))
        .collect();
    let (verdict, reason, fix, unseen) = match &explanation.verdict {
        Verdict::Ready { unseen } => ("ready", None, None, Some(unseen)),
        Verdict::NotReady { reason, fix } => ("not ready", Some(reason), Some(fix), None),
    };
    json!({
        "name": name,
        "verdict": verdict,
        "reason": reason,
        "fix": fix,
        "unseen": unseen,
        "steps": steps,
        "error": null,
    })
}
