//! What was found before, so that reports and logs can tell what is new, what is still there, and what is gone.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::TargetReport;
use crate::model::id::TargetName;
use crate::plan::finding::Finding;

/// How long a finding has been there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Whether this pass is the first to have it.
    pub is_new: bool,
    /// The time of the first pass that had it without a break since.
    pub since: Timestamp,
}

/// Since when the findings of each target's last pass are known, by id.
pub type Ages = BTreeMap<TargetName, BTreeMap<String, Timestamp>>;

/// The findings of each target's last pass, by id. It decides nothing: forgetting it makes everything new once more.
#[derive(Debug, Default)]
pub struct Memory(BTreeMap<TargetName, BTreeMap<String, Known>>);

/// A finding that was there before.
#[derive(Debug)]
struct Known {
    since: Timestamp,
    /// What it was; `None` where an earlier process saw it, so that nobody can be told when it is gone.
    finding: Option<Finding>,
}

impl Memory {
    /// Takes over what an earlier process knew, but for targets that this one has seen already.
    pub fn recall(&mut self, ages: Ages) {
        for (target, ages) in ages {
            let known = ages.into_iter().map(|(id, since)| (id, Known { since, finding: None }));
            self.0.entry(target).or_insert_with(|| known.collect());
        }
    }

    /// Tells a report what it knows of its findings.
    pub fn tell(&self, report: &mut TargetReport) {
        let Some(known) = self.0.get(&report.name) else { return };
        let age = |finding: &Finding| {
            let id = finding.id(&report.name);
            let since = known.get(&id)?.since;
            Some((id, Age { is_new: false, since }))
        };
        report.ages = report.findings().iter().filter_map(age).collect();
    }

    /// Tells a report what it knows, and remembers what the report has. A pass that could not be read changes nothing:
    /// its findings are not gone, they are not known.
    pub fn note(&mut self, report: &mut TargetReport) {
        if report.result.is_err() {
            return;
        }
        self.tell(report);
        let known = |finding: &Finding| Known { since: report.age(finding).since, finding: Some(finding.clone()) };
        let now: BTreeMap<String, Known> =
            report.findings().iter().map(|finding| (finding.id(&report.name), known(finding))).collect();
        let before = self.0.insert(report.name.clone(), now).unwrap_or_default();
        let now = &self.0[&report.name];
        report.gone =
            before.into_iter().filter(|(id, _)| !now.contains_key(id)).filter_map(|(_, known)| known.finding).collect();
    }
}

impl TargetReport {
    /// What was noticed, with its age; for a report that is finished.
    pub fn aged(&self) -> impl Iterator<Item = (&Finding, Age)> {
        let ages = self.aged.get_or_init(|| self.findings().iter().map(|finding| self.age(finding)).collect());
        self.findings().iter().zip(ages.iter().copied())
    }
}
