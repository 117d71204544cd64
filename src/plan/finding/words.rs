//! What findings say: one sentence each, and one fix. Whatever names a person passes through the veil, so that logs
//! can be kept free of people.

use jiff::Timestamp;

use super::{Departure, Difference, Finding, Kind, Rung, Veil};
use crate::model::id::Login;
use crate::model::settings::LoginFrom;
use crate::model::tag;
use crate::plan::ActionKind;

/// Several names in a sentence; the first three, and how many more there are.
fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = items.iter().take(3).map(|item| format!("`{}`", show(item))).collect();
    match items.len() {
        0..=3 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - 3),
    }
}

/// The words for an attribute that a login is taken from.
fn attribute(from: LoginFrom) -> &'static str {
    match from {
        LoginFrom::Email => "e-mail address",
        LoginFrom::Username => "user name",
    }
}

fn people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        count => format!("{count} people"),
    }
}

fn users(count: usize) -> String {
    match count {
        1 => "1 owned user".to_owned(),
        count => format!("{count} owned users"),
    }
}

fn difference(difference: &Difference, veil: Veil<'_>) -> String {
    let Difference { field, is, should } = difference;
    // Names, telephone numbers, and whatever people write into tags.
    let names_person = field.ends_with("_name") || field == "phone" || field.starts_with("tag:");
    let show = |value: &Option<String>| match value {
        None => "nothing".to_owned(),
        Some(value) if names_person => format!("`{}`", veil(value)),
        Some(value) => format!("`{value}`"),
    };
    format!("{} is {}, should be {}", field.replace('_', " "), show(is), show(should))
}

/// How far somebody who has left has come down, and what is next.
fn rung(rung: &Rung) -> String {
    let date = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M UTC");
    let stands = match (rung.quarantined_at, rung.absent_since) {
        (Some(since), _) => format!("; in quarantine since {}", date(since)),
        (None, Some(since)) => format!("; marked absent since {}", date(since)),
        (None, None) => String::new(),
    };
    match rung.next {
        Some((ActionKind::MarkAbsent, _)) => format!("{stands}; next is the mark"),
        Some((ActionKind::DeleteUser, due)) => format!("{stands}; next is deletion, due {}", date(due)),
        Some((_, due)) => format!("{stands}; next is quarantine, due {}", date(due)),
        None => stands,
    }
}

/// The person, by the best name that there is.
fn who(finding: &Finding, veil: Veil<'_>) -> String {
    let principal = finding.principal.as_ref().map(|principal| principal.as_str().to_owned());
    let login = finding.login.as_ref().map(|login| veil(login.as_str()));
    let email = finding.email.as_deref().map(veil);
    format!("`{}`", login.or(email).or(principal).unwrap_or_default())
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind; the match is the table")]
pub(super) fn message(finding: &Finding, veil: Veil<'_>) -> String {
    let who = who(finding, veil);
    let login = |login: &Login| veil(login.as_str());
    match &finding.kind {
        Kind::EmailMissing { from, known_as } => {
            let who = known_as.as_deref().map_or(who, |name| format!("`{}`", veil(name)));
            format!("{who} has no {} in Identity Center, so no login", attribute(*from))
        }
        Kind::LoginInvalid { unfit } => format!("{who} cannot be a Connect login: {unfit}"),
        Kind::LoginCase { wanted } => {
            format!(
                "the Connect user {who} differs from `{}` in case only, and logins are case-sensitive",
                login(wanted)
            )
        }
        Kind::EmailMismatch { wanted, existing, created } => {
            let then = if *created { "; the right one is created beside it" } else { ", so nothing is created" };
            let stands = list(existing, login);
            format!("Identity Center sends `{}`, but in Connect stands {stands}{then}", login(wanted))
        }
        Kind::LoginDuplicate { others } => {
            let others = list(others, ToString::to_string);
            format!("{who} is the login of several members, of {others} as well: none of them is touched")
        }
        Kind::LoginTaken => {
            format!("Connect says that the login {who} is taken, and its holder is not ours or cannot be found")
        }
        Kind::LoginChanged { wanted, .. } => {
            format!("the person of the Connect user {who} signs in as `{}` now", login(wanted))
        }
        Kind::EmailReused { carried } => {
            format!(
                "the Connect user {who} was made for another person, `{carried}`, who is no longer the one with this login"
            )
        }
        Kind::PrincipalDuplicate { logins } => {
            format!("several Connect users carry the id of {who}, none with the right login: {}", list(logins, login))
        }
        Kind::GroupMissing { group, owned: 0 } => format!("there is no group `{group}` in Identity Center"),
        Kind::GroupMissing { group, owned } => {
            format!("there is no group `{group}` in Identity Center; {} may belong to it", users(*owned))
        }
        Kind::ProfileMissing { sort, name, nearest, mappings } => {
            let near = nearest.as_ref().map(|near| format!(" (the nearest is `{near}`)")).unwrap_or_default();
            let sort = sort.as_str();
            format!("there is no {sort} `{name}` in the instance{near}; needed by {}", list(mappings, Clone::clone))
        }
        Kind::QuarantineShared { sort, name, mapping } => {
            let sort = sort.as_str();
            format!(
                "quarantine would give the {sort} `{name}`, which the mapping of `{mapping}` gives to those who work"
            )
        }
        Kind::ApplicationMissing { candidates } if candidates.is_empty() => {
            "the application does not exist in Identity Center".to_owned()
        }
        Kind::ApplicationMissing { candidates } => {
            format!("several applications have that name: {}", list(candidates, Clone::clone))
        }
        Kind::ApplicationDisabled { application } => {
            format!("the application `{application}` is disabled: nobody can sign in through it")
        }
        Kind::AssignmentMissing { group } => {
            format!("the group `{group}` is not assigned to the application, and `assign = false` forbids doing it")
        }
        Kind::InstanceNotSaml { sign_in } => {
            format!("the instance does not sign people in by SAML but by {sign_in}, so nothing can be done for it")
        }
        Kind::QuotaShort { left_out } => {
            format!("the instance's quota of users is used up: {} could not be created", people(*left_out))
        }
        Kind::NearMiss { member, likeness, .. } => {
            format!("the Connect user {who} is like the member `{}`: {likeness}", login(member))
        }
        Kind::Orphan { owner, unsure, .. } => {
            let owned = owner.as_ref().map(|owner| format!("; `{owner}` owns it")).unwrap_or_default();
            let unsure = if *unsure { ", as far as can be told while a mapped group cannot be found" } else { "" };
            format!("the Connect user {who} has a login that is no member's{unsure}{owned}")
        }
        Kind::Leaver { departure: Departure::Outside, rung: at } => {
            format!("the person of the Connect user {who} is in no mapped group any more{}", rung(at))
        }
        Kind::Leaver { departure: Departure::Disabled, rung: at } => {
            format!("the person of the Connect user {who} is disabled in Identity Center{}", rung(at))
        }
        Kind::Superseded { by, rung: at } => {
            let (by, at) = (login(by), rung(at));
            format!("the Connect user {who} is an earlier one of the person who signs in as `{by}`{at}")
        }
        Kind::AttributeDiffers { differences } => {
            let all: Vec<String> = differences.iter().map(|one| difference(one, veil)).collect();
            format!("{who} is not as its mapping has it: {}", all.join("; "))
        }
        Kind::GroupEmpty { group, owned: 0 } => format!("nobody is in the group `{group}`"),
        Kind::GroupEmpty { group, owned } => {
            format!("nobody is in the group `{group}`, though {} came from it", users(*owned))
        }
        Kind::Unmapped { mapping: Some(mapping) } => {
            format!("the Connect user {who} came from the group `{mapping}`, which no mapping names now")
        }
        Kind::Unmapped { mapping: None } => {
            format!("the Connect user {who} is owned, but was never anybody's: no member has its login")
        }
        Kind::AssignmentDirect { people: count } => {
            format!(
                "{} assigned to the application one by one, not by a group",
                match count {
                    1 => "1 person is".to_owned(),
                    count => format!("{count} people are"),
                }
            )
        }
        Kind::OwnedElsewhere { owner } => format!("the Connect user {who} is owned by `{owner}`, so it is left alone"),
        Kind::TagInvalid { key, value } => {
            format!("the tag `{key}` of {who} is no time in the past: `{}`", value.escape_default())
        }
        Kind::TagsFull { tags, needed } => {
            format!("{who} has {tags} tags of at most {}, which leaves no room for {needed} more", tag::LIMIT)
        }
        Kind::QuickConnectLeft { names } => {
            format!("quick connects still lead to the deleted user {who}: {}", list(names, |name| veil(name)))
        }
        Kind::IndexBehind { missing, users } => {
            format!("the search index lacks {missing} of {users} users; nothing is planned for these")
        }
        Kind::ClockSkew { seconds } => {
            let side = if *seconds > 0 { "ahead of" } else { "behind" };
            format!("the service's clock is {} s {side} this host's", seconds.abs())
        }
        Kind::InstanceReplicated => {
            "the instance is replicated: its people also need a traffic distribution group to sign in".to_owned()
        }
        Kind::MemberDisabled { groups } => {
            format!("{who} is disabled in Identity Center, though in {}", list(groups, Clone::clone))
        }
        Kind::SeveralGroups { groups } => {
            format!("{who} is in several mapped groups; the first listed wins: {}", list(groups, Clone::clone))
        }
        Kind::NameDerived { first, last } => {
            format!("{who} has no full name in Identity Center and is created as `{} {}`", veil(first), veil(last))
        }
        Kind::AssignmentNotRequired => "everybody may use the application, assigned or not".to_owned(),
        Kind::AssignmentLeft { group } => {
            format!("the group `{group}` is assigned to the application, but no mapping names it")
        }
        Kind::AssignmentUnchecked => "no application is configured, so assignments are not looked at".to_owned(),
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind; the match is the table")]
pub(super) fn fix(finding: &Finding, veil: Veil<'_>) -> String {
    let who = who(finding, veil);
    let login = |login: &Login| veil(login.as_str());
    match &finding.kind {
        Kind::EmailMissing { from, .. } => format!("give the person a primary {} in Identity Center", attribute(*from)),
        Kind::LoginInvalid { .. } => {
            "give the person a login of 2 to 64 letters, digits and `_.@-`, at the source of the directory".to_owned()
        }
        Kind::LoginCase { wanted } => {
            format!("delete the Connect user {who} by hand; the next pass creates `{}`", login(wanted))
        }
        Kind::EmailMismatch { existing, .. } => {
            let stands = list(existing, login);
            format!(
                "if {stands} is this person, delete it in Connect; if not, protect it or set `mismatches = \"create\"`"
            )
        }
        Kind::LoginDuplicate { .. } => {
            "let only one of these people keep the login, or take the others out of the mapped groups".to_owned()
        }
        Kind::LoginTaken => format!("look for {who} in the Connect console, and delete or hand it over"),
        Kind::LoginChanged { recreated: true, .. } => {
            "nothing: the earlier user goes down the ladder of those who left, as `policy.removals` says".to_owned()
        }
        Kind::LoginChanged { wanted, .. } => {
            format!(
                "set `renames = \"recreate\"`, create `{}` in Connect, or give the person the earlier login back in the directory",
                login(wanted)
            )
        }
        Kind::EmailReused { .. } => {
            format!("delete the Connect user {who} if its first person is gone; the next pass creates a new one")
        }
        Kind::PrincipalDuplicate { logins } => {
            format!("take the tag `rollcall:owner` from all but one of {}", list(logins, login))
        }
        Kind::GroupMissing { .. } => "correct the name in the configuration, or give the group's id".to_owned(),
        Kind::ProfileMissing { nearest: Some(near), .. } => format!("write `{near}`, or create the missing one"),
        Kind::ProfileMissing { sort, .. } => format!("create the {} in Connect, or name another", sort.as_str()),
        Kind::QuarantineShared { sort, .. } => {
            format!("name a {} for quarantine that no mapping gives; until then nobody is quarantined", sort.as_str())
        }
        Kind::ApplicationMissing { candidates } if candidates.is_empty() => {
            "correct `application`, and `application_region` if it was made in another Region".to_owned()
        }
        Kind::ApplicationMissing { .. } => "give the ARN of the right one as `application`".to_owned(),
        Kind::ApplicationDisabled { .. } => "enable the application in Identity Center".to_owned(),
        Kind::AssignmentMissing { group } => format!("assign `{group}` to the application, or set `assign = true`"),
        Kind::InstanceNotSaml { .. } => {
            "take the target out: an instance's way of signing in is fixed when it is made".to_owned()
        }
        Kind::QuotaShort { .. } => {
            "ask AWS to raise `Users per instance` in Service Quotas; the next pass goes on".to_owned()
        }
        Kind::NearMiss { owned: true, .. } => {
            "nothing, if they are two people; if both are one, let the member's own login be used from now on"
                .to_owned()
        }
        Kind::NearMiss { .. } => {
            format!("if both are one person, delete {who} in Connect; if not, add it to `protect`")
        }
        Kind::Orphan { admin: true, .. } => format!("add {who} to `protect`: it administers the instance"),
        Kind::Orphan { unsure: true, .. } => {
            "see to `group-missing` first: the person may well be in the group that cannot be found".to_owned()
        }
        Kind::Orphan { .. } => {
            format!("put the person into a mapped group, delete {who}, or add it to `protect`")
        }
        Kind::Leaver { .. } => {
            "nothing, if the person has left for good: `policy.removals` says what happens".to_owned()
        }
        Kind::Superseded { rung: Rung { next: Some(_), .. }, .. } => {
            "nothing: it goes down the ladder of those who left, as `policy.removals` says".to_owned()
        }
        Kind::Superseded { .. } => format!("delete the Connect user {who} once nothing hangs on it any more"),
        Kind::AttributeDiffers { .. } => {
            "change it in Connect, or in the mapping; `policy.attributes` says what is compared".to_owned()
        }
        Kind::GroupEmpty { .. } => "put people into the group, or take the mapping out".to_owned(),
        Kind::Unmapped { mapping: Some(_) } => {
            format!("map the group again, or take the tag `rollcall:owner` from {who}")
        }
        Kind::Unmapped { mapping: None } => format!("take the tag `rollcall:owner` from {who}, or delete the user"),
        Kind::AssignmentDirect { .. } => "assign by groups only, so that leaving a group ends access".to_owned(),
        Kind::OwnedElsewhere { owner } => format!("let one installation have the person: this one, or `{owner}`"),
        Kind::TagInvalid { key, .. } => {
            format!("nothing, where `policy.removals` marks people: it is written anew; else remove the tag `{key}`")
        }
        Kind::TagsFull { needed, .. } => {
            format!("take tags from {who} until {} are left", tag::LIMIT.saturating_sub(*needed))
        }
        Kind::QuickConnectLeft { .. } => {
            "delete them in Connect: they count against the quota, and calls sent to them go nowhere".to_owned()
        }
        Kind::IndexBehind { .. } => {
            "wait for the next pass; if it stays, ask AWS about the instance's index".to_owned()
        }
        Kind::ClockSkew { .. } => "set the host's clock, by NTP for example".to_owned(),
        Kind::InstanceReplicated => {
            "associate new users with the traffic distribution group, and create them in the other Region".to_owned()
        }
        Kind::MemberDisabled { .. } => "take the person out of the group, or enable them".to_owned(),
        Kind::SeveralGroups { .. } => "nothing, if the winning mapping is the one that is meant".to_owned(),
        Kind::NameDerived { .. } => "enter the first and last name in Identity Center".to_owned(),
        Kind::AssignmentNotRequired => {
            "require assignments in the application's settings, if not everybody is to have the tile".to_owned()
        }
        Kind::AssignmentLeft { .. } => "take the assignment away, if nobody needs it".to_owned(),
        Kind::AssignmentUnchecked => {
            "name the application in the target, to have assignments made and checked".to_owned()
        }
    }
}
