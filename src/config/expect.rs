//! Tests of the mappings that need no AWS: what a member of certain groups is to get, and what they do get.

use std::collections::BTreeSet;
use std::fmt;

use super::{Config, Target};
use crate::model::id::TargetName;
use crate::model::settings::GroupRef;

/// What a member of exactly these groups is to get. What is `None` is not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The line of the file that it begins on.
    pub line: usize,
    /// The target.
    pub target: TargetName,
    /// The groups; each of them has a mapping in the target.
    pub groups: Vec<GroupRef>,
    /// The mapping that is to win, by its group.
    pub mapping: Option<GroupRef>,
    /// Routing profile.
    pub routing_profile: Option<String>,
    /// Security profiles.
    pub security_profiles: Option<BTreeSet<String>>,
    /// Hierarchy group.
    pub hierarchy: Option<String>,
}

/// An expectation that the mappings do not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectFailure {
    /// Which one, counted from 0 in the order of the file.
    pub index: usize,
    /// The line of the file that it begins on.
    pub line: usize,
    /// The target.
    pub target: TargetName,
    /// The groups.
    pub groups: Vec<GroupRef>,
    /// The mapping that wins, by its group.
    pub mapping: GroupRef,
    /// What is not as expected: at least one.
    pub differences: Vec<Difference>,
}

/// A key of an expectation, what it says, and what is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `mapping`, `routing_profile`, `security_profiles` or `hierarchy`.
    pub key: &'static str,
    /// As expected; several names have a comma between.
    pub expected: String,
    /// As it is; `None` where nothing is set.
    pub found: Option<String>,
}

impl fmt::Display for ExpectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, line, target, groups, mapping, differences } = self;
        let groups: Vec<&str> = groups.iter().map(GroupRef::as_str).collect();
        write!(f, "`expect[{index}]` (line {line}): in `{target}`, for a member of `{}`", groups.join("`, `"))?;
        write!(f, " the mapping of `{}` wins", mapping.as_str())?;
        for Difference { key, expected, found } in differences {
            match found {
                Some(found) => write!(f, "; `{key}` is `{found}`, expected `{expected}`")?,
                None => write!(f, "; `{key}` is not set, expected `{expected}`")?,
            }
        }
        Ok(())
    }
}

/// The expectations of a configuration that its mappings do not meet.
pub(super) fn failures(config: &Config) -> Vec<ExpectFailure> {
    let failure = |(index, expect): (usize, &Expect)| {
        let target = config.targets.iter().find(|target| target.settings.name == expect.target)?;
        compare(index, expect, target)
    };
    config.expects.iter().enumerate().filter_map(failure).collect()
}

fn compare(index: usize, expect: &Expect, target: &Target) -> Option<ExpectFailure> {
    let Expect { line, target: name, groups, mapping, routing_profile, security_profiles, hierarchy } = expect;
    let winner = target.settings.mappings.iter().find(|mapping| groups.contains(&mapping.group))?;
    let mut differences = Vec::new();
    let mut differ = |key, expected: Option<String>, found: Option<String>| {
        if let Some(expected) = expected.filter(|expected| found.as_ref() != Some(expected)) {
            differences.push(Difference { key, expected, found });
        }
    };
    let group = |group: &GroupRef| group.as_str().to_owned();
    differ("mapping", mapping.as_ref().map(group), Some(group(&winner.group)));
    differ("routing_profile", routing_profile.clone(), Some(winner.routing_profile.clone()));
    let found: BTreeSet<String> = winner.security_profiles.iter().cloned().collect();
    differ("security_profiles", security_profiles.as_ref().map(joined), Some(joined(&found)));
    differ("hierarchy", hierarchy.clone(), winner.hierarchy.clone());
    let failed = !differences.is_empty();
    let (target, mapping, groups) = (name.clone(), winner.group.clone(), groups.clone());
    failed.then_some(ExpectFailure { index, line: *line, target, groups, mapping, differences })
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
