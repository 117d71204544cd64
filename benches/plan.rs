//! How long `plan()` takes, and how it grows: members against Connect users, of which one in a hundred is unmatched
//! on either side and has to be looked for among all the others. Run with `cargo bench --bench plan`.

#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark is a program that prints figures")]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use jiff::{SignedDuration, Timestamp};
use rollcall::model::connect::{ApplicationState, Attributes, Catalog, ConnectUser, Instance, SignIn};
use rollcall::model::directory::{Directory, Group, Principal, Status};
use rollcall::model::id::{
    ConnectUserId, GroupId, InstanceId, Login, PrincipalId, RoutingProfileId, SecurityProfileId, TargetName,
};
use rollcall::model::settings::{
    AttributeMode, AttributeModes, GroupRef, Limit, LoginFrom, Mapping, Mismatches, Mode, Policy, Removals, Renames,
    Settings,
};
use rollcall::model::snapshot::{Scope, Snapshot};
use rollcall::plan::plan;

/// Parts of names; 64 × 64 × a letter gives enough people who are nearly the same.
const PARTS: [&str; 16] =
    ["al", "an", "bea", "chris", "dan", "el", "fran", "gab", "jo", "kath", "lou", "mar", "ni", "pat", "ro", "step"];
const ENDS: [&str; 4] = ["a", "ine", "y", "son"];

fn name(number: usize) -> (String, String) {
    let word = |number: usize| format!("{}{}", PARTS[number % 16], ENDS[number / 16 % 4]);
    let letter = char::from(b'a' + u8::try_from(number / 4096 % 26).unwrap_or(0));
    (word(number), format!("{}{letter}", word(number / 64)))
}

fn login(number: usize, domain: &str) -> String {
    let (first, last) = name(number);
    format!("{first}.{last}@{domain}")
}

/// So many members and as many Connect users; every hundredth of each has no counterpart.
fn world(size: usize) -> (Snapshot, Settings) {
    let mut principals = BTreeMap::new();
    let mut users = Vec::new();
    for number in 0..size {
        let (first, last) = name(number);
        let id = PrincipalId::new(format!("{number:08x}-0000-4000-8000-000000000000"));
        let email = login(number, "example.com");
        let has_user = number % 100 != 0;
        // The counterpart of every hundredth member is a stranger: one letter is missing from the local part.
        let login = if has_user { email.clone() } else { email.replacen('.', "", 1).replacen('a', "", 1) };
        principals.insert(
            id.clone(),
            Principal {
                id: id.clone(),
                user_name: Some(format!("p{number}")),
                email: Some(email),
                given_name: Some(first.clone()),
                family_name: Some(last.clone()),
                display_name: None,
                status: Status::Enabled,
            },
        );
        let tags = [("rollcall:owner", "rollcall"), ("rollcall:principal", id.as_str()), ("rollcall:mapping", "g")];
        users.push(ConnectUser {
            id: ConnectUserId::new(format!("u{number}")),
            arn: format!("arn:u{number}"),
            login: Login::new(format!("{login}{}", if number >= 26 * 4096 { "x" } else { "" })),
            attributes: Some(Attributes {
                first_name: Some(first),
                last_name: Some(last),
                routing_profile: Some(RoutingProfileId::new("rp")),
                security_profiles: BTreeSet::from([SecurityProfileId::new("sp")]),
                tags: tags
                    .into_iter()
                    .filter(|_| has_user)
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
                ..Attributes::default()
            }),
        });
    }
    (snapshot(principals, users), settings())
}

/// All of them in one group, and an instance that has the default profiles.
fn snapshot(principals: BTreeMap<PrincipalId, Principal>, users: Vec<ConnectUser>) -> Snapshot {
    let members = principals.keys().cloned().collect();
    let group = Group { id: GroupId::new("g"), name: Some("Agents".to_owned()), members };
    Snapshot {
        scope: Scope::Everybody,
        directory: Directory {
            groups: [(GroupRef::parse("Agents"), Some(group))].into(),
            principals,
            ..Directory::default()
        },
        instance: Instance {
            id: InstanceId::new("i"),
            arn: String::new(),
            alias: None,
            sign_in: SignIn::Saml,
            replicated: false,
        },
        catalog: Catalog {
            routing_profiles: [(RoutingProfileId::new("rp"), "Basic Routing Profile".to_owned())].into(),
            security_profiles: [(SecurityProfileId::new("sp"), "Agent".to_owned())].into(),
            hierarchy_groups: BTreeMap::new(),
        },
        users,
        application: ApplicationState::NotConfigured,
        time: Timestamp::UNIX_EPOCH,
        skew: SignedDuration::ZERO,
    }
}

fn settings() -> Settings {
    let report = AttributeMode::Report;
    Settings {
        name: TargetName::new("support"),
        owner: "rollcall".to_owned(),
        mode: Mode::Apply,
        login_from: LoginFrom::Email,
        send_email: false,
        secondary_email: true,
        policy: Policy {
            mismatches: Mismatches::Hold,
            renames: Renames::Report,
            removals: Removals::Report,
            grace: SignedDuration::from_hours(72),
            delete_after: SignedDuration::from_hours(720),
            max_removals: Limit::Percent(10),
            max_changes: Limit::Percent(25),
            protect: Vec::new(),
            protect_admins: true,
            attributes: AttributeModes {
                routing_profile: report,
                security_profiles: report,
                name: report,
                hierarchy: report,
                phone: report,
                tags: report,
            },
        },
        mappings: vec![Mapping {
            group: GroupRef::parse("Agents"),
            routing_profile: "Basic Routing Profile".to_owned(),
            security_profiles: vec!["Agent".to_owned()],
            hierarchy: None,
            phone: None,
            tags: BTreeMap::new(),
            assign: true,
            adopt: false,
        }],
        quarantine: None,
        accepts: Vec::new(),
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    let mut group = criterion.benchmark_group("plan");
    for size in [12_500, 25_000, 50_000, 100_000] {
        let (snapshot, settings) = world(size);
        let planned = plan(&snapshot, &settings);
        println!("{size} members: {} actions, {} findings", planned.actions().len(), planned.findings().len());
        group.throughput(Throughput::Elements(u64::try_from(size).unwrap_or(u64::MAX)));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| plan(black_box(&snapshot), black_box(&settings)));
        });
    }
    group.finish();
    criterion.final_summary();
}
