//! The first thing on the page: whether everybody can sign in, since when that is so, and who cannot.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::super::App;
use super::pieces::{self, Moment, people};
use crate::daemon::Desk;
use crate::history::Unavailable;
use crate::model::id::{PrincipalId, TargetName};
use crate::plan::Remedy;
use crate::report::{Standing, TargetReport, Verdict};

/// So many people are shown at once; the rest can be opened.
const SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "top.html", config = "src/http/page/askama.toml")]
struct Top {
    /// How bad it is: `well`, `bad`, `unknown` or `waiting`.
    level: &'static str,
    sentence: String,
    title: String,
    /// When what is told was read.
    as_of: Option<Moment>,
    /// When everybody could last sign in, where that is not known of now.
    last_able: LastAble,
    is_ending: bool,
    /// How a configuration that was refused came out.
    refused_config: Option<String>,
    troubles: Vec<Trouble>,
    first: Vec<Person>,
    rest: Vec<Person>,
    /// People beyond those that are named.
    unnamed: usize,
    several_targets: bool,
}

/// When everybody could last sign in.
enum LastAble {
    /// They can now, or nobody can tell.
    Untold,
    At(Moment),
    /// Not in any run since the record begins.
    NeverSince(Moment),
    /// The record cannot be read.
    Unread(String),
}

/// A target that cannot be seen.
struct Trouble {
    target: String,
    since: Option<Moment>,
    message: String,
    hint: Option<String>,
}

struct Person {
    principal: String,
    name: String,
    target: String,
    remedy: Remedy,
}

/// A target, and how it stands.
type Stands = (TargetName, Standing);

pub(super) async fn fragment(State(app): State<App>) -> Response {
    super::html(&Top::of(&app.desk).await)
}

impl Top {
    async fn of(desk: &Desk) -> Self {
        let runner = desk.runner();
        let setup = runner.setup();
        let targets = setup.config.targets.iter().map(|target| target.settings.name.clone());
        let targets: Vec<Stands> = targets.map(|name| (name.clone(), runner.standing(&name))).collect();
        let status = desk.status();
        let count = unable(&targets);
        let troubles: Vec<Trouble> = targets.iter().filter_map(trouble).collect();
        let (level, sentence) = sentence(count, &targets);
        let title = if count > 0 { format!("({count}) {sentence} Rollcall") } else { format!("{sentence} Rollcall") };
        let read = targets.iter().filter_map(|(_, standing)| standing.read.as_deref());
        let mut first: Vec<Person> = read.flat_map(named).collect();
        first.sort_by(|one, other| one.name.cmp(&other.name));
        let rest = first.split_off(SHOWN.min(first.len()));
        Self {
            level,
            sentence,
            title,
            // Of what cannot be seen its trouble tells the time.
            as_of: as_of(&targets).filter(|_| level != "unknown").map(Moment::of),
            last_able: if level == "well" { LastAble::Untold } else { LastAble::of(desk, &targets).await },
            is_ending: desk.stop().is_cancelled(),
            refused_config: status.config.last_reload.and_then(|reload| reload.error),
            troubles,
            first,
            rest,
            unnamed: unnamed(&targets),
            several_targets: targets.len() > 1,
        }
    }
}

/// How many people cannot sign in somewhere. One who is shut out of two targets is one person, as far as all are named.
fn unable(targets: &[Stands]) -> usize {
    let all: Vec<_> = targets.iter().filter_map(|(_, standing)| standing.read.as_deref()?.unable()).collect();
    if all.iter().all(|unable| unable.people.len() == unable.count) {
        let people: BTreeSet<&PrincipalId> =
            all.iter().flat_map(|unable| &unable.people).map(|person| &person.principal).collect();
        return people.len();
    }
    all.iter().map(|unable| unable.count).sum()
}

fn unnamed(targets: &[Stands]) -> usize {
    let all = targets.iter().filter_map(|(_, standing)| standing.read.as_deref()?.unable());
    all.map(|unable| unable.count - unable.people.len()).sum()
}

fn named(report: &TargetReport) -> impl Iterator<Item = Person> {
    report.remedies().into_iter().map(|(person, remedy)| Person {
        principal: person.principal.to_string(),
        name: person.name.clone(),
        target: report.name.to_string(),
        remedy,
    })
}

/// How bad it is, and the sentence for it.
fn sentence(count: usize, targets: &[Stands]) -> (&'static str, String) {
    let is_unseen =
        |standing: &Standing| standing.last.as_ref().is_some_and(|last| last.report.verdict() == Verdict::Failed);
    let unseen: Vec<&str> =
        targets.iter().filter(|(_, standing)| is_unseen(standing)).map(|(name, _)| name.as_str()).collect();
    let is_unread = |standing: &Standing| standing.read.is_none();
    let members = targets.iter().filter_map(|(_, standing)| standing.read.as_deref()?.counts());
    let members: usize = members.map(|counts| counts.members).sum();
    if count > 0 {
        return ("bad", format!("{} cannot sign in.", people(count)));
    }
    if let [first, rest @ ..] = unseen.as_slice() {
        let sentence = match rest.len() {
            _ if unseen.len() == targets.len() => "It cannot be seen who can sign in.".to_owned(),
            0 => format!("It cannot be seen who can sign in to {first}."),
            more => format!("It cannot be seen who can sign in to {first} and {more} more."),
        };
        return ("unknown", sentence);
    }
    if targets.iter().any(|(_, standing)| is_unread(standing)) {
        return ("waiting", "The first pass is not over yet.".to_owned());
    }
    if members == 0 {
        return ("unknown", "Nobody is in a mapped group.".to_owned());
    }
    ("well", "Everybody can sign in.".to_owned())
}

fn trouble((name, standing): &Stands) -> Option<Trouble> {
    let last = standing.last.as_ref()?;
    let trouble = last.report.trouble()?;
    Some(Trouble {
        target: name.to_string(),
        since: standing
            .read
            .as_deref()
            .filter(|report| report.verdict() != Verdict::Failed)
            .map(|read| Moment::of(read.time)),
        message: trouble.sentence(),
        hint: trouble.hint,
    })
}

/// The oldest of the readings that are told of.
fn as_of(targets: &[Stands]) -> Option<Timestamp> {
    targets.iter().filter_map(|(_, standing)| standing.read.as_deref()).map(|report| report.time).min()
}

impl LastAble {
    /// Of the targets that now shut somebody out, or of which nobody can tell whether they do.
    async fn of(desk: &Desk, targets: &[Stands]) -> Self {
        match last_able(desk, targets).await {
            Ok(Some(at)) => Self::At(Moment::of(at)),
            Ok(None) => match desk.history().begins().await {
                Ok(Some(at)) => Self::NeverSince(Moment::of(at)),
                Ok(None) => Self::Untold,
                Err(error) => Self::Unread(error.to_string()),
            },
            Err(error) => Self::Unread(error.to_string()),
        }
    }
}

async fn last_able(desk: &Desk, targets: &[Stands]) -> Result<Option<Timestamp>, Unavailable> {
    let mut earliest = None;
    for (name, _) in targets.iter().filter(|(_, standing)| !is_well(standing)) {
        let Some(at) = desk.last_able(name).await? else { return Ok(None) };
        earliest = Some(earliest.map_or(at, |earliest: Timestamp| earliest.min(at)));
    }
    Ok(earliest)
}

/// Whether the last pass saw that everybody can sign in.
fn is_well(standing: &Standing) -> bool {
    let last = standing.last.as_ref().and_then(|last| last.report.unable());
    last.is_some_and(|unable| unable.count == 0)
}
