//! A small world to change: members with Connect users that fit, until a test says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::connect::{Application, ApplicationState, Attributes, Catalog, ConnectUser, Instance, SignIn};
use crate::model::directory::{Directory, Group, Principal, Status};
use crate::model::id::{
    ApplicationArn, ConnectUserId, GroupId, HierarchyGroupId, InstanceId, Login, PrincipalId, RoutingProfileId,
    SecurityProfileId, TargetName,
};
use crate::model::settings::{
    AttributeMode, AttributeModes, GroupRef, Limit, LoginFrom, Mapping, Mismatches, Mode, Policy, Profiles, Removals,
    Renames, Settings,
};
use crate::model::snapshot::{Scope, Snapshot};
use crate::model::tag;
use crate::plan::marks::Was;
use crate::plan::{Action, Plan, ProfileIds, Update, Write, plan};

pub(crate) const AGENTS: &str = "g-agents";
pub(crate) const NOW: &str = "2026-11-21T09:00:00Z";

/// Both sides of a target, and its settings.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    pub(crate) settings: Settings,
}

impl World {
    /// A group `Agents`, assigned to the application, with nobody in it, and an instance with nobody in it.
    pub(crate) fn empty() -> Self {
        let group = Group { id: GroupId::new(AGENTS), name: Some("Agents".to_owned()), members: BTreeSet::new() };
        let snapshot = Snapshot {
            scope: Scope::Everybody,
            directory: Directory {
                groups: BTreeMap::from([(GroupRef::parse("Agents"), Some(group))]),
                principals: BTreeMap::new(),
                outsiders: BTreeMap::new(),
            },
            instance: Instance {
                id: InstanceId::new("i"),
                arn: "arn:i".to_owned(),
                alias: None,
                sign_in: SignIn::Saml,
                replicated: false,
            },
            catalog: catalog(),
            users: Vec::new(),
            application: ApplicationState::Found(Application {
                arn: ApplicationArn::new("arn:app"),
                name: Some("Amazon Connect".to_owned()),
                enabled: true,
                assignment_required: true,
                groups: BTreeSet::from([GroupId::new(AGENTS)]),
                people: BTreeSet::new(),
            }),
            time: NOW.parse::<Timestamp>().unwrap(),
            skew: SignedDuration::ZERO,
        };
        Self { snapshot, settings: settings() }
    }

    /// The same, with these members, who are owned Connect users and as they should be.
    pub(crate) fn converged(emails: &[&str]) -> Self {
        let mut world = Self::empty();
        for email in emails {
            world.member(email);
            world.owned(email, email);
        }
        world
    }

    /// Puts a person into the group `Agents`.
    pub(crate) fn member(&mut self, email: &str) -> &mut Principal {
        self.group("Agents").members.insert(person_id(email));
        self.person(email)
    }

    /// A person who is in no group yet.
    pub(crate) fn person(&mut self, email: &str) -> &mut Principal {
        let local = email.split('@').next().unwrap();
        let person = Principal {
            id: person_id(email),
            user_name: Some(local.to_owned()),
            email: Some(email.to_owned()),
            given_name: Some(format!("First {local}")),
            family_name: Some(format!("Last {local}")),
            display_name: None,
            status: Status::Enabled,
        };
        self.snapshot.directory.principals.entry(person_id(email)).or_insert(person)
    }

    /// A group that exists, made if need be.
    pub(crate) fn group(&mut self, name: &str) -> &mut Group {
        let id = GroupId::new(format!("g-{}", name.to_lowercase()));
        let group = Group { id, name: Some(name.to_owned()), members: BTreeSet::new() };
        let groups = &mut self.snapshot.directory.groups;
        groups.entry(GroupRef::parse(name)).or_default().get_or_insert(group)
    }

    /// Adds a mapping of a group, listed last.
    pub(crate) fn mapping(&mut self, group: &str) -> &mut Mapping {
        self.settings.mappings.push(mapping(group));
        self.settings.mappings.last_mut().unwrap()
    }

    /// A Connect user that nobody owns.
    pub(crate) fn foreign(&mut self, login: &str) -> &mut Attributes {
        let local = login.split('@').next().unwrap();
        self.snapshot.users.push(ConnectUser {
            id: ConnectUserId::new(format!("u-{login}")),
            arn: format!("arn:u-{login}"),
            login: Login::new(login),
            attributes: Some(Attributes {
                first_name: Some(format!("First {local}")),
                last_name: Some(format!("Last {local}")),
                routing_profile: Some(RoutingProfileId::new("rp-basic")),
                security_profiles: BTreeSet::from([SecurityProfileId::new("sp-agent")]),
                ..Attributes::default()
            }),
        });
        self.snapshot.users.last_mut().unwrap().attributes.as_mut().unwrap()
    }

    /// A Connect user that we own, made for the person with this e-mail, by the mapping of `Agents`.
    pub(crate) fn owned(&mut self, login: &str, email: &str) -> &mut Attributes {
        let attributes = self.foreign(login);
        attributes.tags = [
            (tag::OWNER, "rollcall".to_owned()),
            (tag::PRINCIPAL, person_id(email).to_string()),
            (tag::MAPPING, AGENTS.to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        attributes
    }

    /// The application, which exists.
    pub(crate) fn application(&mut self) -> &mut Application {
        let ApplicationState::Found(application) = &mut self.snapshot.application else { panic!("no application") };
        application
    }

    /// The plan, of which every test here sees that no two actions and no two findings are the same one: their order
    /// would else follow the order in which things were read.
    pub(crate) fn plan(&self) -> Plan {
        let plan = plan(&self.snapshot, &self.settings);
        let actions: Vec<_> = plan.actions().iter().map(Action::order).collect();
        let findings: Vec<_> = plan.findings().iter().map(|finding| (finding.code(), finding.subject())).collect();
        assert!(actions.is_sorted_by(|one, next| one < next), "{actions:?}");
        assert!(findings.is_sorted_by(|one, next| one < next), "{findings:?}");
        plan
    }

    /// The Connect user with this login.
    pub(crate) fn user(&mut self, login: &str) -> &mut Attributes {
        let found = self.snapshot.users.iter_mut().find(|user| user.login.as_str() == login);
        found.unwrap().attributes.as_mut().unwrap()
    }

    /// Moves on in time.
    pub(crate) fn wait(&mut self, time: SignedDuration) {
        self.snapshot.time = self.snapshot.time.checked_add(time).unwrap();
    }

    /// Carries out what is planned, as the services would. Says what was done.
    pub(crate) fn carry_out(&mut self) -> Vec<String> {
        let plan = self.plan();
        let done = plan.actions().iter().map(|action| {
            let about = action.login().map_or_else(String::new, |login| format!(" {login}"));
            format!("{}{about}", action.kind().as_str())
        });
        let done = done.collect();
        for action in plan.actions() {
            self.carry_out_one(&action.write);
        }
        done
    }

    pub(crate) fn carry_out_one(&mut self, write: &Write) {
        match write {
            Write::AssignGroup { group, .. } => drop(self.application().groups.insert(group.clone())),
            Write::CreateUser { user, .. } => {
                assert!(self.snapshot.users.iter().all(|other| other.login != user.login), "{} is taken", user.login);
                let attributes = Attributes {
                    first_name: Some(user.first_name.clone()),
                    last_name: Some(user.last_name.clone()),
                    routing_profile: Some(user.routing_profile.clone()),
                    security_profiles: user.security_profiles.clone(),
                    hierarchy: user.hierarchy.clone(),
                    phone: user.phone.clone(),
                    tags: user.tags.clone(),
                };
                *self.foreign(user.login.as_str()) = attributes;
            }
            Write::DeleteUser { departed } => {
                self.snapshot.users.retain(|user| user.id != departed.account.id);
            }
            write => {
                let account = write.account().unwrap();
                let user = self.snapshot.users.iter_mut().find(|user| user.id == account.id).unwrap();
                change(user.attributes.as_mut().unwrap(), write);
            }
        }
    }

    /// The plan as lines: what an operator would read.
    pub(crate) fn lines(&self) -> Vec<String> {
        let plan = self.plan();
        let action = |action: &crate::plan::Action| {
            let about = action.login().map_or_else(String::new, |login| format!(" {login}"));
            format!("{}{about} by {}", action.kind().as_str(), action.mapping.as_deref().unwrap_or("nothing"))
        };
        let withheld = |held: &crate::plan::Withheld| {
            let about = held.action.login().map_or_else(String::new, |login| format!(" {login}"));
            format!("{}{about} withheld by {}", held.action.kind().as_str(), held.guard.as_str())
        };
        let finding = |finding: &crate::plan::finding::Finding| {
            let about = finding.login.as_ref().map_or_else(String::new, |login| format!(" {login}"));
            let accepted = if finding.accepted { " (accepted)" } else { "" };
            format!("{}{about}{accepted}", finding.code())
        };
        let acts = plan.actions().iter().map(action).chain(plan.withheld().iter().map(withheld));
        acts.chain(plan.findings().iter().map(finding)).collect()
    }
}

/// What a write makes of a Connect user.
fn change(user: &mut Attributes, write: &Write) {
    let give = |user: &mut Attributes, profiles: &ProfileIds| {
        user.routing_profile = Some(profiles.routing.clone());
        user.security_profiles = profiles.security.clone();
    };
    match write {
        Write::AdoptUser { tags, .. } | Write::MarkAbsent { marks: tags, .. } => user.tags.extend(tags.clone()),
        Write::RelinkUser { principal, .. } => {
            drop(user.tags.insert(tag::PRINCIPAL.to_owned(), principal.to_string()));
        }
        Write::UpdateUser { update, .. } => {
            let Update { first_name, last_name, routing_profile, security_profiles, hierarchy, phone, tags } =
                update.left_for(user);
            user.first_name = first_name.or(user.first_name.take());
            user.last_name = last_name.or(user.last_name.take());
            user.routing_profile = routing_profile.or(user.routing_profile.take());
            user.security_profiles = security_profiles.unwrap_or(std::mem::take(&mut user.security_profiles));
            user.hierarchy = hierarchy.or(user.hierarchy.take());
            user.phone = phone.or(user.phone.take());
            user.tags.extend(tags);
        }
        Write::UnmarkAbsent { .. } => drop(user.tags.remove(tag::ABSENT_SINCE)),
        Write::QuarantineUser { departed, profiles, had, at } => {
            if departed.marks.was == Was::default() {
                user.tags.extend(Was::tags(had.routing_profile.as_ref(), &had.security_profiles));
            }
            give(user, profiles);
            user.tags.insert(tag::QUARANTINED_AT.to_owned(), at.to_string());
        }
        Write::RestoreUser { profiles, .. } => {
            give(user, profiles);
            user.tags.retain(|key, _| !tag::MARKS.contains(&key.as_str()));
        }
        Write::AssignGroup { .. } | Write::CreateUser { .. } | Write::DeleteUser { .. } => {}
    }
}

pub(crate) fn person_id(email: &str) -> PrincipalId {
    PrincipalId::new(format!("p-{email}"))
}

fn catalog() -> Catalog {
    let names = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
    };
    Catalog {
        routing_profiles: names(&[("rp-basic", "Basic Routing Profile"), ("rp-vip", "VIP"), ("rp-parking", "Parking")])
            .into_iter()
            .map(|(id, name)| (RoutingProfileId::new(id), name))
            .collect(),
        security_profiles: names(&[
            ("sp-admin", "Admin"),
            ("sp-agent", "Agent"),
            ("sp-manager", "CallCenterManager"),
            ("sp-none", "NoAccess"),
        ])
        .into_iter()
        .map(|(id, name)| (SecurityProfileId::new(id), name))
        .collect(),
        hierarchy_groups: names(&[("h-london", "EMEA/London")])
            .into_iter()
            .map(|(id, name)| (HierarchyGroupId::new(id), name))
            .collect(),
    }
}

fn mapping(group: &str) -> Mapping {
    Mapping {
        group: GroupRef::parse(group),
        routing_profile: "Basic Routing Profile".to_owned(),
        security_profiles: vec!["Agent".to_owned()],
        hierarchy: None,
        phone: None,
        tags: BTreeMap::new(),
        assign: true,
        adopt: false,
    }
}

fn settings() -> Settings {
    let seed = AttributeMode::Seed;
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
                routing_profile: seed,
                security_profiles: AttributeMode::Report,
                name: AttributeMode::Report,
                hierarchy: seed,
                phone: seed,
                tags: seed,
            },
        },
        mappings: vec![mapping("Agents")],
        quarantine: Some(Profiles {
            routing_profile: "Parking".to_owned(),
            security_profiles: vec!["NoAccess".to_owned()],
        }),
        accepts: Vec::new(),
    }
}
