//! The whole chain for one person, from Identity Center to the next pass: each link is held or broken, with what was seen.
//! Pure like the plan: it looks at a snapshot of one person and at the plan made of it.

use jiff::Timestamp;

use super::attributes::security_names;
use super::fence::Fence;
use super::finding::{Finding, Severity};
use super::ladder::Ladder;
use super::login;
use super::marks::Marks;
use super::ownership::Ownership;
use super::resolve::{Desired, Member, ResolvedMapping, resolve};
use super::{Action, ActionKind, Plan, Reason, Remedy};
use crate::model::connect::{ApplicationState, ConnectUser, SignIn};
use crate::model::directory::{Principal, Status};
use crate::model::id::Login;
use crate::model::settings::{LoginFrom, Settings};
use crate::model::snapshot::Snapshot;

/// What can be said of one person in one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The links, in order.
    pub links: Vec<Link>,
    /// Whether the person can work, as far as can be seen.
    pub verdict: Verdict,
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// A stable word for it.
    pub name: &'static str,
    /// Whether it holds; `None` where it cannot be told, or a link before it is broken.
    pub holds: Option<bool>,
    /// What was seen.
    pub evidence: String,
}

/// The end of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that can be seen is well. What no API shows is named.
    Ready {
        /// What cannot be seen.
        unseen: String,
    },
    /// Something is not.
    NotReady {
        /// What.
        reason: String,
        /// The one thing to do about it.
        fix: String,
    },
}

/// Explains one person. `name` is what they were asked for by.
#[must_use]
pub fn explain(snapshot: &Snapshot, settings: &Settings, plan: &Plan, name: &str) -> Explanation {
    let mut findings = Vec::new();
    let desired = resolve(snapshot, settings, &mut findings);
    let person = snapshot.directory.principals.values().next();
    let member = desired.members.first();
    let chain = Chain { snapshot, settings, plan, name, person, member, desired: &desired };
    let links = chain.links();
    let broken = links.iter().find(|link| link.holds == Some(false));
    let verdict = match broken {
        None => Verdict::Ready {
            unseen: "no API shows the application's attribute mapping (RoleSessionName) and its federation role"
                .to_owned(),
        },
        Some(link) => chain.not_ready(link),
    };
    Explanation { links, verdict }
}

struct Chain<'a> {
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    plan: &'a Plan,
    name: &'a str,
    person: Option<&'a Principal>,
    member: Option<&'a Member<'a>>,
    desired: &'a Desired<'a>,
}

impl Chain<'_> {
    fn links(&self) -> Vec<Link> {
        let mut links = vec![
            self.identity_center(),
            self.enabled(),
            self.attribute(),
            self.group(),
            self.assigned(),
            self.application(),
            self.login_sent(),
            self.login_allowed(),
            self.connect_user(),
            self.owner(),
            self.profiles(),
        ];
        links.push(self.next_pass());
        links
    }

    /// What Identity Center will send, whatever it is.
    fn sent(&self) -> Option<Login> {
        let person = self.person?;
        let value = match self.settings.login_from {
            LoginFrom::Email => &person.email,
            LoginFrom::Username => &person.user_name,
        };
        value.as_deref().map(Login::new)
    }

    /// The Connect user with exactly that login.
    fn exact(&self) -> Option<&ConnectUser> {
        let sent = self.sent()?;
        self.snapshot.users.iter().find(|user| user.login == sent)
    }

    fn identity_center(&self) -> Link {
        link(
            "in-identity-center",
            self.person.is_some(),
            match self.person {
                Some(person) => format!("`{}` is {}", self.name, person.id),
                None => format!("nobody is called `{}`", self.name),
            },
        )
    }

    fn enabled(&self) -> Link {
        let Some(person) = self.person else { return unknown("enabled") };
        match person.status {
            Status::Enabled => link("enabled", true, "the service says so"),
            Status::Disabled => link("enabled", false, "the person is disabled"),
            Status::Unknown => Link { holds: None, ..link("enabled", true, "the service does not say") },
        }
    }

    fn attribute(&self) -> Link {
        if self.person.is_none() {
            return unknown("has-login-attribute");
        }
        let attribute = match self.settings.login_from {
            LoginFrom::Email => "e-mail address",
            LoginFrom::Username => "user name",
        };
        match self.sent() {
            Some(sent) => link("has-login-attribute", true, format!("the {attribute} is `{sent}`")),
            None => link("has-login-attribute", false, format!("there is no primary {attribute}")),
        }
    }

    fn group(&self) -> Link {
        let Some(person) = self.person else { return unknown("in-mapped-group") };
        let of_person =
            |resolved: &&ResolvedMapping<'_>| resolved.group.is_some_and(|group| group.members.contains(&person.id));
        let names: Vec<String> =
            self.desired.mappings.iter().filter(of_person).map(|resolved| format!("`{}`", resolved.name())).collect();
        match names.as_slice() {
            [] => {
                let all: Vec<&str> = self.desired.mappings.iter().map(ResolvedMapping::name).collect();
                link("in-mapped-group", false, format!("in none of: {}", all.join(", ")))
            }
            [only] => link("in-mapped-group", true, format!("in {only}")),
            [first, ..] => {
                link("in-mapped-group", true, format!("in {}; the mapping of {first} wins", names.join(", ")))
            }
        }
    }

    fn assigned(&self) -> Link {
        const NAME: &str = "group-assigned";
        let (Some(member), ApplicationState::Found(application)) = (self.member, &self.snapshot.application) else {
            return match &self.snapshot.application {
                ApplicationState::NotConfigured => {
                    Link { holds: None, ..link(NAME, true, "no application is configured") }
                }
                _ => unknown(NAME),
            };
        };
        let holds = !application.assignment_required
            || application.people.contains(&member.person.id)
            || member.mappings.iter().any(|position| {
                let group = self.desired.mappings[*position].group;
                group.is_some_and(|group| application.groups.contains(&group.id))
            });
        link(
            NAME,
            holds,
            match (holds, application.assignment_required, application.people.is_empty()) {
                (true, false, _) => "everybody may use the application, assigned or not",
                (true, true, false) => "the person is assigned alone, not by a group",
                (true, true, true) => "the group is assigned to the application",
                (false, ..) => "neither the group nor the person is assigned to the application",
            },
        )
    }

    fn application(&self) -> Link {
        const NAME: &str = "application-enabled";
        match &self.snapshot.application {
            ApplicationState::NotConfigured => Link { holds: None, ..link(NAME, true, "no application is configured") },
            ApplicationState::Missing => link(NAME, false, "there is no such application"),
            ApplicationState::Ambiguous(_) => link(NAME, false, "several applications have that name"),
            ApplicationState::Found(application) if application.enabled => link(NAME, true, "it is enabled"),
            ApplicationState::Found(_) => link(NAME, false, "it is disabled"),
        }
    }

    fn login_sent(&self) -> Link {
        match (self.sent(), &self.snapshot.instance.sign_in) {
            (_, SignIn::Other(other)) => link("login-sent", false, format!("the instance signs people in by {other}")),
            (Some(sent), SignIn::Saml) => link("login-sent", true, format!("`{sent}`, letter for letter")),
            (None, SignIn::Saml) => unknown("login-sent"),
        }
    }

    fn login_allowed(&self) -> Link {
        let Some(sent) = self.sent() else { return unknown("login-allowed") };
        match login::check(&sent) {
            Ok(()) => link("login-allowed", true, "a Connect login may look like this"),
            Err(unfit) => link("login-allowed", false, unfit.to_string()),
        }
    }

    fn connect_user(&self) -> Link {
        const NAME: &str = "connect-user";
        let Some(sent) = self.sent() else { return unknown(NAME) };
        if let Some(user) = self.exact() {
            return link(NAME, true, format!("`{}` has exactly that login", user.login));
        }
        match nearest(&sent, &self.snapshot.users) {
            Some(near) => {
                link(NAME, false, format!("nobody has that login; the nearest is `{near}`: {}", pointed(&sent, &near)))
            }
            None => link(NAME, false, "nobody has that login, or one like it"),
        }
    }

    fn owner(&self) -> Link {
        const NAME: &str = "owner";
        let Some(user) = self.exact() else { return unknown(NAME) };
        let id = self.person.map(|person| person.id.as_str());
        match Ownership::of(user, &self.settings.owner) {
            Ownership::Owned { principal: Some(other), .. } if Some(other) != id => {
                link(NAME, false, format!("owned, but made for another person, `{other}`"))
            }
            Ownership::Owned { .. } => link(NAME, true, "owned"),
            Ownership::Foreign => link(NAME, true, "foreign: made by hand, and not changed by Rollcall"),
            Ownership::Elsewhere(owner) => link(NAME, true, format!("owned by another installation, `{owner}`")),
            Ownership::Unknown => {
                Link { holds: None, ..link(NAME, true, "the search index does not know the user yet") }
            }
        }
    }

    /// Other profiles than the mapping's keep nobody from signing in, except those of quarantine.
    fn profiles(&self) -> Link {
        const NAME: &str = "profiles";
        let (Some(user), Some(member)) = (self.exact(), self.member) else { return unknown(NAME) };
        let Some(attributes) = &user.attributes else { return unknown(NAME) };
        let marks = Marks::read(&attributes.tags, self.snapshot.time);
        if Ownership::of(user, &self.settings.owner).is_owned() && marks.in_quarantine() {
            return link(NAME, false, "the user is in quarantine");
        }
        let wanted = member.mappings.first().and_then(|position| self.desired.mappings[*position].profiles.as_ref());
        let catalog = &self.snapshot.catalog;
        let has = format!(
            "{}; {}",
            attributes.routing_profile.as_ref().map_or("none", |id| catalog.routing_profile(id)),
            security_names(&attributes.security_profiles, catalog)
        );
        match wanted {
            None => Link {
                holds: None,
                ..link(NAME, true, format!("{has}; the mapping names a profile that does not exist"))
            },
            Some(wanted) => {
                let same = attributes.routing_profile.as_ref() == Some(&wanted.routing)
                    && attributes.security_profiles == wanted.security;
                link(
                    NAME,
                    true,
                    if same { format!("{has}, as mapped") } else { format!("{has}, which is not as mapped") },
                )
            }
        }
    }

    fn next_pass(&self) -> Link {
        let will: Vec<&str> = self.plan.actions().iter().map(|action: &Action| action.kind().as_str()).collect();
        let evidence = match (will.is_empty(), self.next_rung()) {
            (true, Some((kind, due))) if due <= self.snapshot.time => format!("{}, if no guard objects", kind.as_str()),
            (true, Some((kind, due))) => {
                format!("nothing; {} is due {}", kind.as_str(), due.strftime("%Y-%m-%d %H:%M UTC"))
            }
            (true, None) => "nothing".to_owned(),
            (false, _) => will.join(", "),
        };
        Link { holds: None, ..link("next-pass", true, evidence) }
    }

    /// Of somebody who has left: how their account goes on, and when.
    fn next_rung(&self) -> Option<(ActionKind, Timestamp)> {
        let person = self.person.filter(|_| self.member.is_none())?;
        let is_theirs = |user: &&ConnectUser| {
            matches!(Ownership::of(user, &self.settings.owner), Ownership::Owned { principal: Some(id), .. }
                if id == person.id.as_str())
        };
        let fence = Fence::new(self.settings, &self.snapshot.catalog);
        let user = self.snapshot.users.iter().find(is_theirs).filter(|user| fence.may_change(user))?;
        let ladder = Ladder::new(self.snapshot, self.settings, self.desired, &fence);
        let reason =
            if person.status == Status::Disabled { Reason::Disabled } else { Reason::Outside(ladder.groups()) };
        ladder.next(&Marks::read(&user.attributes.as_ref()?.tags, self.snapshot.time), &reason)
    }

    /// The finding about the person says best what to do; where there is none, the link itself does.
    fn not_ready(&self, broken: &Link) -> Verdict {
        let is_error = |finding: &&Finding| finding.code().severity() == Severity::Error && finding.principal.is_some();
        let creates = self.plan.actions().iter().any(|action| action.kind() == ActionKind::CreateUser);
        let restores = self.plan.actions().iter().any(|action| action.kind() == ActionKind::RestoreUser);
        if broken.name == "profiles" && restores || broken.name == "connect-user" && creates {
            let fix = "nothing: the next pass puts it right, and `rollcall sync --person` does it now".to_owned();
            return Verdict::NotReady { reason: broken.evidence.clone(), fix };
        }
        let late = ["has-login-attribute", "login-allowed", "connect-user", "owner"];
        if let Some(finding) = self.plan.findings().iter().find(is_error).filter(|_| late.contains(&broken.name)) {
            return Verdict::NotReady { reason: finding.message(), fix: finding.fix() };
        }
        let unmade = self.plan.counts().shut_out.iter().find_map(|member| member.remedy(self.plan.findings()));
        if let Some(Remedy { why, fix }) = unmade.filter(|_| broken.name == "connect-user") {
            return Verdict::NotReady { reason: why, fix };
        }
        let fix = match broken.name {
            "in-identity-center" => "create the person in Identity Center, or correct the name",
            "enabled" => "enable the person in Identity Center",
            "in-mapped-group" => "put the person into a mapped group",
            "group-assigned" => "assign the group to the application; with `assign = true` the next pass does",
            "application-enabled" => "correct `application`, or enable it in Identity Center",
            "login-sent" => "give the target an instance that signs people in by SAML",
            "profiles" => "look at what is withheld, or at the findings of the target",
            _ => "see the findings of the target",
        };
        Verdict::NotReady { reason: broken.evidence.clone(), fix: fix.to_owned() }
    }
}

fn link(name: &'static str, holds: bool, evidence: impl Into<String>) -> Link {
    Link { name, holds: Some(holds), evidence: evidence.into() }
}

/// A link that a link before it keeps from being looked at.
fn unknown(name: &'static str) -> Link {
    Link { name, holds: None, evidence: "not known".to_owned() }
}

/// The likest login, if any is like it.
fn nearest(wanted: &Login, users: &[ConnectUser]) -> Option<Login> {
    let alike = |user: &ConnectUser| strsim::jaro_winkler(&wanted.folded(), &user.login.folded());
    let best = users.iter().map(|user| (alike(user), &user.login)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(score, _)| *score > 0.85).map(|(_, login)| login.clone())
}

/// Where two logins part ways.
fn pointed(wanted: &Login, found: &Login) -> String {
    let (wanted, found): (Vec<char>, Vec<char>) = (wanted.as_str().chars().collect(), found.as_str().chars().collect());
    let at = wanted.iter().zip(&found).take_while(|(one, other)| one == other).count();
    let show = |letter: Option<&char>| letter.map_or("the end".to_owned(), |letter| format!("`{letter}`"));
    format!("letter {} is {}, and {} is sent", at + 1, show(found.get(at)), show(wanted.get(at)))
}
