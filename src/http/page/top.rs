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
use crate::plan::finding::Kind;
use crate::plan::{Remedy, ShutOut};
use crate::report::{Standing, Verdict};

/// So many people are shown at once; the rest can be opened.
const SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "top.html", config = "src/http/page/askama.toml")]
struct Top {
    /// How bad it is: `well`, `bad`, `unknown` or `waiting`.
    level: &'static str,
    sentence: String,
    /// When what is told was read.
    as_of: Option<Moment>,
    /// When everybody could last sign in, of each target where that is not known of now.
    last_able: Vec<LastAble>,
    /// The next pass, where nothing has been read and nothing runs.
    next_pass: Option<Moment>,
    /// Whether there are targets of which nobody looks whether the application lets people in.
    is_unchecked: bool,
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

/// When everybody could last sign in to a target.
struct LastAble {
    target: String,
    when: When,
}

enum When {
    At(Moment),
    /// Not in any run since the record begins.
    NeverSince(Moment),
    /// The record cannot be read.
    Unread(String),
}

/// A target that cannot be seen, or not all of it.
struct Trouble {
    target: String,
    is_partial: bool,
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
        let unable: Vec<_> = targets
            .iter()
            .flat_map(|(name, standing)| {
                standing.unable().into_iter().map(move |(person, remedy)| (name, person, remedy))
            })
            .collect();
        let unnamed = unnamed(&targets);
        // One who is shut out of two targets is one person, as far as all are named.
        let people: BTreeSet<&PrincipalId> = unable.iter().map(|(_, person, _)| &person.principal).collect();
        let count = if unnamed == 0 { people.len() } else { unable.len() + unnamed };
        let troubles: Vec<Trouble> =
            targets.iter().flat_map(|stands| trouble(stands).into_iter().chain(gaps(stands))).collect();
        let is_busy = !status.runs.is_empty() || targets.iter().any(|(name, _)| runner.is_busy(name));
        let (level, sentence) = sentence(count, &targets, is_busy);
        let person = |(target, person, remedy): (&TargetName, &ShutOut, Remedy)| Person {
            principal: person.principal.to_string(),
            name: person.name.clone(),
            target: target.to_string(),
            remedy,
        };
        let mut first: Vec<Person> = unable.into_iter().map(person).collect();
        first.sort_by(|one, other| one.name.cmp(&other.name));
        let rest = first.split_off(SHOWN.min(first.len()));
        Self {
            level,
            sentence,
            // Of what cannot be seen its trouble tells the time.
            as_of: as_of(&targets).filter(|_| level != "unknown").map(Moment::of),
            last_able: if level == "well" { Vec::new() } else { LastAble::of_all(desk, &targets).await },
            next_pass: Moment::read(status.next_pass_at.as_deref()).filter(|_| level == "waiting" && !is_busy),
            is_unchecked: level == "well" && targets.iter().any(|(_, standing)| is_unchecked(standing)),
            is_ending: desk.stop().is_cancelled(),
            refused_config: status.config.last_reload.and_then(|reload| reload.error),
            troubles,
            first,
            rest,
            unnamed,
            several_targets: targets.len() > 1,
        }
    }
}

/// People beyond those that reports name.
fn unnamed(targets: &[Stands]) -> usize {
    let all = targets.iter().filter_map(|(_, standing)| standing.read.as_deref()?.unable());
    all.map(|unable| unable.count - unable.people.len()).sum()
}

/// How bad it is, and the sentence for it.
fn sentence(count: usize, targets: &[Stands], is_busy: bool) -> (&'static str, String) {
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
    if targets.iter().any(|stands| gaps(stands).next().is_some()) {
        return ("unknown", "It cannot be seen whether everybody can sign in.".to_owned());
    }
    if targets.iter().any(|(_, standing)| is_unread(standing)) {
        let sentence =
            if is_busy { "The first pass is not over yet." } else { "Nothing has been read since the start." };
        return ("waiting", sentence.to_owned());
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
        is_partial: false,
        since: standing
            .read
            .as_deref()
            .filter(|report| report.verdict() != Verdict::Failed)
            .map(|read| Moment::of(read.time)),
        message: trouble.sentence(),
        hint: trouble.hint,
    })
}

/// Mapped groups that are missing, so that nobody can tell who is to be able to work by them.
fn gaps((name, standing): &Stands) -> impl Iterator<Item = Trouble> {
    let findings = standing.read.iter().flat_map(|report| report.missing_groups());
    findings.map(|finding| Trouble {
        target: name.to_string(),
        is_partial: true,
        since: None,
        message: finding.message(),
        hint: Some(finding.fix()),
    })
}

/// The oldest of the readings that are told of.
fn as_of(targets: &[Stands]) -> Option<Timestamp> {
    targets.iter().filter_map(|(_, standing)| standing.read.as_deref()).map(|report| report.time).min()
}

impl LastAble {
    /// Of each target that now shuts somebody out, or of which nobody can tell whether it does. Of several at once nothing is
    /// told: when each was last well, another may not have been.
    async fn of_all(desk: &Desk, targets: &[Stands]) -> Vec<Self> {
        let mut all = Vec::new();
        for (name, _) in targets.iter().filter(|(_, standing)| !is_well(standing)) {
            let when = match When::of(desk, name).await {
                Ok(when) => when,
                Err(error) => Some(When::Unread(error.to_string())),
            };
            all.extend(when.map(|when| Self { target: name.to_string(), when }));
        }
        all
    }
}

impl When {
    /// `None` where no run is known.
    async fn of(desk: &Desk, target: &TargetName) -> Result<Option<Self>, Unavailable> {
        if let Some(at) = desk.last_able(target).await? {
            return Ok(Some(Self::At(Moment::of(at))));
        }
        Ok(desk.history().begins().await?.map(|at| Self::NeverSince(Moment::of(at))))
    }
}

/// Whether the last pass saw that everybody can sign in.
fn is_well(standing: &Standing) -> bool {
    standing.last.as_ref().and_then(|last| last.report.count_of_unable()) == Some(0)
}

/// Whether nobody looks whether the application lets people in.
fn is_unchecked(standing: &Standing) -> bool {
    let mut findings = standing.read.iter().flat_map(|report| report.findings());
    findings.any(|finding| matches!(finding.kind, Kind::AssignmentUnchecked))
}
