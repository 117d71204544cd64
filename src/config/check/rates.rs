//! `[rates]`, at the top and in a target.

use std::collections::BTreeMap;

use super::section::Section;
use crate::config::{file, suggest};
use crate::model::limits::{Rate, Rates};

/// Operations of Amazon Connect that Rollcall calls.
const CONNECT: &[&str] = &[
    "CreateUser",
    "DeleteUser",
    "DescribeInstance",
    "DescribeQuickConnect",
    "DescribeUser",
    "DescribeUserHierarchyGroup",
    "DescribeUserHierarchyStructure",
    "ListQuickConnects",
    "ListRoutingProfiles",
    "ListSecurityProfiles",
    "ListUserHierarchyGroups",
    "ListUsers",
    "SearchUserHierarchyGroups",
    "SearchUsers",
    "TagResource",
    "UntagResource",
    "UpdateUserConfig",
    "UpdateUserHierarchy",
    "UpdateUserIdentityInfo",
    "UpdateUserPhoneConfig",
    "UpdateUserRoutingProfile",
    "UpdateUserSecurityProfiles",
];

/// Operations of Identity Store that Rollcall calls.
const IDENTITY_STORE: &[&str] = &[
    "DescribeGroup",
    "DescribeUser",
    "GetGroupId",
    "GetUserId",
    "IsMemberInGroups",
    "ListGroupMemberships",
    "ListGroupMembershipsForMember",
    "ListGroups",
    "ListUsers",
];

/// What the table says, and `base` for the rest.
pub(super) fn rates(section: &mut Section<'_, '_>, written: &file::Rates, base: Rates) -> Rates {
    let file::Rates { connect, identity_store, sso_admin } = written;
    Rates {
        connect: rate(&mut section.inner("connect"), connect, base.connect, CONNECT),
        identity_store: rate(&mut section.inner("identity_store"), identity_store, base.identity_store, IDENTITY_STORE),
        sso_admin: shared(&mut section.inner("sso_admin"), sso_admin, base.sso_admin),
    }
}

fn rate(section: &mut Section<'_, '_>, written: &file::Rate, base: Rate, known: &[&str]) -> Rate {
    let file::Rate { requests_per_second, burst, share, operations: own } = written;
    let mut operations = base.operations;
    operations.extend(raised(&mut section.inner("operations"), own, known));
    Rate {
        requests_per_second: positive(section, "requests_per_second", *requests_per_second)
            .unwrap_or(base.requests_per_second),
        burst: whole(section, *burst).unwrap_or(base.burst),
        share: part(section, *share).unwrap_or(base.share),
        operations,
    }
}

/// SSO Admin, which knows no rates of single operations.
fn shared(section: &mut Section<'_, '_>, written: &file::SharedRate, base: Rate) -> Rate {
    let file::SharedRate { requests_per_second, burst, share } = written;
    let (requests_per_second, burst, share) = (*requests_per_second, *burst, *share);
    let written = file::Rate { requests_per_second, burst, share, operations: BTreeMap::new() };
    rate(section, &written, base, &[])
}

fn raised(section: &mut Section<'_, '_>, written: &BTreeMap<String, f64>, known: &[&str]) -> BTreeMap<String, f64> {
    for name in written.keys().filter(|name| !known.contains(&name.as_str())) {
        let hint = suggest::hint(name, known);
        section.wrong_with(name, "is no operation that Rollcall calls", hint);
    }
    written.iter().filter_map(|(name, rate)| Some((name.clone(), positive(section, name, Some(*rate))?))).collect()
}

fn positive(section: &mut Section<'_, '_>, name: &str, written: Option<f64>) -> Option<f64> {
    let number = written?;
    let right = number.is_finite() && number > 0.0;
    if !right {
        section.wrong(name, "has to be more than 0");
    }
    right.then_some(number)
}

fn part(section: &mut Section<'_, '_>, written: Option<f64>) -> Option<f64> {
    let share = written?;
    let right = share > 0.0 && share <= 1.0;
    if !right {
        section.wrong_with("share", "has to be more than 0 and at most 1", "`0.8` leaves a fifth to other callers");
    }
    right.then_some(share)
}

fn whole(section: &mut Section<'_, '_>, written: Option<i64>) -> Option<u32> {
    let burst = u32::try_from(written?).ok().filter(|burst| *burst >= 1);
    if burst.is_none() {
        section.wrong("burst", format_args!("has to be a number from 1 to {}", u32::MAX));
    }
    burst
}
