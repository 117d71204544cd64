//! What the desk can be asked about the past: it knows the runs of this process, and has the record of all others.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Desk;
use crate::history::{Day, Excerpt, PersonRecord, Span, Unavailable, Wanted, Whose};
use crate::model::id::TargetName;
use crate::report::json::{self, State};
use crate::report::{Line, TargetReport};

/// Which runs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that wait and those that are under way too.
    All,
    /// Those that are over.
    Ended,
}

/// Some of the runs that are known.
#[derive(Debug)]
pub struct PastRuns {
    /// A line each, the latest first.
    pub lines: Vec<Line>,
    /// The run before which there are more; `None` where these are the last.
    pub next: Option<String>,
    /// Why those of the record are missing, where they are.
    pub unread: Option<Unavailable>,
}

impl Desk {
    /// Runs in a line each, the latest first: those of this process, and those of the record.
    pub async fn past_runs(&self, which: Which, before: Option<&str>, limit: usize) -> PastRuns {
        let wanted = Wanted { before: before.map(str::to_owned), limit: limit.saturating_add(1), ..Wanted::default() };
        let (recorded, unread) = match self.history().lines(wanted).await {
            Ok(recorded) => (recorded, self.history().gap()),
            Err(error) => (Vec::new(), Some(error)),
        };
        // Ids sort as the runs came.
        let own = self.runs().into_iter().filter(|run| before.is_none_or(|before| run.id() < before));
        let own = own.filter(|run| which == Which::All || run.state() == State::Done);
        let mut lines: Vec<Line> = own.map(|run| run.line()).chain(recorded).collect();
        lines.sort_by(|one, other| other.run.cmp(&one.run));
        // The process knows its own runs better.
        lines.dedup_by(|later, kept| later.run == kept.run);
        let is_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| is_more).map(|line| line.run.clone());
        PastRuns { lines, next, unread }
    }

    /// A run by its id: of this process, or of the record.
    ///
    /// # Errors
    /// Where the record cannot be read now.
    pub async fn past_run(&self, id: &str) -> Result<Option<json::Run>, Unavailable> {
        match self.run(id) {
            Some(run) => Ok(Some(run.view())),
            None => self.history().run(id).await,
        }
    }

    /// A run with a part of what it did: of the record, or of this process while it is under way or the record has it not.
    ///
    /// # Errors
    /// Where the record cannot be read now.
    pub async fn excerpt(&self, id: &str, span: Span) -> Result<Option<Excerpt>, Unavailable> {
        let own = self.run(id);
        if own.as_ref().is_none_or(|run| run.state() == State::Done) {
            let recorded = self.history().excerpt(id, span).await;
            // Until its report is in the record, the process knows its own run better.
            let is_whole = |excerpt: &Excerpt| excerpt.run.state == State::Done;
            if own.is_none() || recorded.as_ref().is_ok_and(|found| found.as_ref().is_some_and(is_whole)) {
                return recorded;
            }
        }
        Ok(own.map(|run| Excerpt::of(run.view(), span)))
    }

    /// When every member of a target could last sign in, by the end of the run that saw it: of this process, or of the
    /// record; `None` where no run that is known has seen it.
    ///
    /// # Errors
    /// Where the record cannot be read now.
    pub async fn last_able(&self, target: &TargetName) -> Result<Option<Timestamp>, Unavailable> {
        let runs = self.runs();
        let reports = runs.iter().filter(|run| run.request().person.is_none()).filter_map(|run| run.report());
        let is_able = |report: &TargetReport| report.name == *target && report.count_of_unable() == Some(0);
        let mut able = reports.filter(|run| run.targets.iter().any(|report| is_able(report)));
        match able.next() {
            Some(run) => Ok(Some(run.finished_at)),
            None => self.history().last_able(target.clone()).await,
        }
    }

    /// Everything that the record knows of one person: a login, an e-mail address or the id of Identity Store.
    ///
    /// # Errors
    /// Where the record cannot be read now.
    pub async fn person(&self, whose: Whose) -> Result<PersonRecord, Unavailable> {
        self.history().person(whose).await
    }

    /// How the last days went in the time zone of the schedule, the earliest first.
    ///
    /// # Errors
    /// Where the record cannot be read now.
    pub async fn daily(&self, days: usize) -> Result<Vec<Day>, Unavailable> {
        let zone = TimeZone::get(&self.runner().setup().config.schedule.timezone).unwrap_or(TimeZone::UTC);
        self.history().daily(days, zone).await
    }
}
