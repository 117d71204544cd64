//! What is different between the people who should be able to work and the Connect users that exist: first member by
//! member, then what is left of the Connect users.

use std::collections::BTreeSet;

use super::action::{Account, Reason};
use super::application;
use super::fence::Fence;
use super::finding::{Code, Finding, Kind};
use super::guard::Draft;
use super::ladder::{Ladder, Leaving};
use super::leavers;
use super::ownership::Ownership;
use super::pass::Pass;
use super::resolve::{Desired, Member, Unusable, of_person};
use super::roster::{Exact, Link, Roster, Strays};
use super::shut_out::{ShutOut, Unmade};
use crate::model::connect::ConnectUser;
use crate::model::id::{ConnectUserId, Login, PrincipalId};
use crate::model::settings::{Mismatches, Renames, Settings};
use crate::model::snapshot::{Scope, Snapshot};

/// Compares both worlds of one target.
pub(super) fn drift(
    snapshot: &Snapshot,
    settings: &Settings,
    desired: &Desired<'_>,
    fence: &Fence<'_>,
    draft: &mut Draft,
) {
    let roster = Roster::new(&snapshot.users, &settings.owner);
    let links: Vec<(&Member<'_>, Link<'_>)> =
        desired.members.iter().map(|member| (member, roster.link(&member.person.id, member.usable()))).collect();
    let mut taken = vec![false; snapshot.users.len()];
    for exact in links.iter().filter_map(|(_, link)| link.exact) {
        taken[exact.at] = true;
    }
    let claimed = links.iter().flat_map(|(_, link)| claimed_by(link)).map(|user| &user.id).collect();
    let strays = Strays::new(&roster, &taken, &claimed);
    let ladder = Ladder::new(snapshot, settings, desired, fence);
    let pass =
        Pass { snapshot, settings, desired, fence, roster: &roster, taken: &taken, strays: &strays, ladder: &ladder };
    let mut explained = BTreeSet::new();
    let unmade: Vec<Option<Unmade>> =
        links.iter().map(|(member, link)| pass.member(member, link, &mut explained, draft)).collect();
    if snapshot.scope == Scope::Everybody {
        application::assignments(&snapshot.application, desired, &mut draft.actions, &mut draft.findings);
        // What stands in the way of a member has been said; the rest belongs to nobody.
        let rest: Vec<_> = strays.unclaimed.iter().copied().filter(|user| !explained.contains(&user.id)).collect();
        leavers::rest(&pass, &rest, draft);
    }
    count(snapshot, desired, &roster, links.iter().zip(unmade), draft);
}

/// The Connect users that a member speaks for though they would not let the person in.
fn claimed_by<'a>(link: &Link<'a>) -> impl Iterator<Item = &'a ConnectUser> {
    let Link { exact, linked, superseded, ambiguous } = link;
    let linked = linked.filter(|linked| exact.is_none_or(|exact| exact.user.id != linked.id));
    linked.into_iter().chain(superseded.iter().chain(ambiguous).copied())
}

fn count<'a>(
    snapshot: &Snapshot,
    desired: &Desired<'_>,
    roster: &Roster<'_>,
    links: impl ExactSizeIterator<Item = (&'a (&'a Member<'a>, Link<'a>), Option<Unmade>)>,
    draft: &mut Draft,
) {
    let counts = &mut draft.counts;
    counts.members = links.len();
    counts.connect_users = snapshot.users.len();
    let mut by_mapping = vec![0; desired.mappings.len()];
    for ((member, link), unmade) in links {
        counts.served += usize::from(link.exact.is_some());
        let is_let_in = application::lets_in(&snapshot.application, desired, member);
        if link.exact.is_none() || !is_let_in {
            counts.blocked += 1;
            // Of two people with one login, neither of whom is given a user, there may be one.
            let unmade = unmade.filter(|_| link.exact.is_none());
            counts.shut_out.push(ShutOut { unmade, ..shut_out(member, link, is_let_in, desired) });
        }
        if let Some(winning) = member.mappings.first() {
            by_mapping[*winning] += 1;
        }
    }
    for (resolved, members) in desired.mappings.iter().zip(by_mapping) {
        *counts.by_mapping.entry(resolved.name().to_owned()).or_default() += members;
    }
    (counts.owned, counts.elsewhere) = (roster.owned, roster.elsewhere);
}

fn shut_out(member: &Member<'_>, link: &Link<'_>, is_let_in: bool, desired: &Desired<'_>) -> ShutOut {
    let person = member.person;
    let login = member.usable().map(Login::as_str);
    let names = [login, person.email.as_deref(), person.user_name.as_deref(), person.display_name.as_deref()];
    let groups = member.mappings.iter().filter_map(|position| desired.mappings[*position].group);
    ShutOut {
        principal: person.id.clone(),
        name: names.into_iter().flatten().next().unwrap_or(person.id.as_str()).to_owned(),
        has_user: link.exact.is_some(),
        unmade: None,
        is_let_in,
        groups: groups.map(|group| group.id.clone()).collect(),
    }
}

impl<'a> Pass<'a> {
    /// Decides about one member. Connect users that a finding of theirs explains are noted in `explained`. Says why no
    /// user is made, where there is none and none is made.
    fn member(
        &self,
        member: &Member<'a>,
        link: &Link<'a>,
        explained: &mut BTreeSet<&'a ConnectUserId>,
        draft: &mut Draft,
    ) -> Option<Unmade> {
        let login = match &member.login {
            Ok(login) => login,
            Err(unusable) => {
                let finding = self.unusable(member, unusable);
                let unmade = Unmade::Finding(finding.code());
                draft.findings.push(finding);
                // They cannot sign in, but what they had is theirs.
                if let Some(linked) = link.linked.filter(|linked| !self.is_a_members(linked)) {
                    self.keep(member, linked, draft);
                }
                return Some(unmade);
            }
        };
        if !member.rivals.is_empty() {
            let kind = Kind::LoginDuplicate { others: member.rivals.clone() };
            draft.findings.push(of_person(kind, member.person, Some(login)));
            explained.extend(self.strays.differing_in_case(login).iter().map(|user| &user.id));
            return Some(Unmade::Finding(Code::LoginDuplicate));
        }
        let in_the_way = self.note_link(member, login, link, draft);
        let unmade = match (link.exact, in_the_way) {
            (Some(exact), _) => {
                self.served(member, login, link, exact, draft);
                None
            }
            (None, Some(code)) => Some(Unmade::Finding(code)),
            (None, None) => self.unserved(member, login, explained, draft).err(),
        };
        let is_theirs = |linked: &&ConnectUser| {
            linked.login == *login || !self.is_a_members(linked) && !self.is_replaced(linked, login)
        };
        if let Some(linked) = link.linked.filter(is_theirs) {
            self.keep(member, linked, draft);
        }
        unmade
    }

    /// Whether an earlier user of a member gives way to a new one. It goes down the ladder once that is there, and nothing
    /// is put right on it.
    fn is_replaced(&self, earlier: &ConnectUser, login: &Login) -> bool {
        self.settings.policy.renames == Renames::Recreate
            && earlier.login != *login
            && !is_case_only(&earlier.login, login)
    }

    fn unusable(&self, member: &Member<'_>, unusable: &Unusable) -> Finding {
        match unusable {
            Unusable::Missing => {
                let person = member.person;
                let known_as = person.user_name.as_ref().or(person.display_name.as_ref()).cloned();
                of_person(Kind::EmailMissing { from: self.settings.login_from, known_as }, person, None)
            }
            Unusable::Unfit(login, unfit) => {
                of_person(Kind::LoginInvalid { unfit: *unfit }, member.person, Some(login))
            }
        }
    }

    /// What the owned users of a person have to say: names that changed, users beside the right one. Where one of them
    /// keeps the right one from being made, the finding that says so.
    fn note_link(&self, member: &Member<'a>, login: &Login, link: &Link<'a>, draft: &mut Draft) -> Option<Code> {
        let mut in_the_way = None;
        let mut note = |kind, login: &Login| {
            let finding = of_person(kind, member.person, Some(login));
            let code = finding.code();
            draft.findings.push(finding);
            code
        };
        if !link.ambiguous.is_empty() {
            let logins = link.ambiguous.iter().map(|user| user.login.clone()).collect();
            in_the_way = Some(note(Kind::PrincipalDuplicate { logins }, login));
        }
        if let Some(linked) = link.linked.filter(|linked| linked.login != *login) {
            let wanted = login.clone();
            let kind = if is_case_only(&linked.login, login) {
                Kind::LoginCase { wanted }
            } else {
                let recreated = self.settings.policy.renames == Renames::Recreate && link.exact.is_none();
                Kind::LoginChanged { wanted, recreated }
            };
            let code = note(kind, &linked.login);
            if !self.is_replaced(linked, login) {
                in_the_way = in_the_way.or(Some(code));
            }
        }
        // What another member signs in as is nobody's earlier user, whatever the tag says: `email-reused`.
        for earlier in link.superseded.iter().filter(|user| !self.is_a_members(user)) {
            let present = link.linked.map(Account::from);
            let ownership = Ownership::of(earlier, &self.settings.owner);
            if let (Some(present), Ownership::Owned { mapping, .. }) = (present, ownership) {
                let reason = Reason::Superseded(present);
                let leaving = Leaving {
                    user: earlier,
                    principal: member.person.id.clone(),
                    person: Some(member.person),
                    mapping,
                    reason,
                };
                self.ladder.descend(&leaving, draft);
            }
        }
        in_the_way
    }

    /// The member's login is there. A foreign user may be adopted, one whose first person is gone may be given over.
    fn served(&self, member: &Member<'_>, login: &Login, link: &Link<'_>, exact: Exact<'_>, draft: &mut Draft) {
        match exact.ownership {
            Ownership::Elsewhere(owner) => {
                let kind = Kind::OwnedElsewhere { owner: owner.to_owned() };
                draft.findings.push(of_person(kind, member.person, Some(login)));
            }
            Ownership::Foreign => self.adopt(member, exact.user, draft),
            Ownership::Owned { principal: Some(carried), .. } if carried != member.person.id.as_str() => {
                self.reused(member, link, exact.user, PrincipalId::new(carried), draft);
            }
            Ownership::Owned { .. } | Ownership::Unknown => {}
        }
    }

    /// Nobody has the member's login. Something like it may be in the way; else the user is created.
    ///
    /// # Errors
    /// Why not.
    fn unserved(
        &self,
        member: &Member<'a>,
        login: &Login,
        explained: &mut BTreeSet<&'a ConnectUserId>,
        draft: &mut Draft,
    ) -> Result<(), Unmade> {
        let in_case = self.strays.differing_in_case(login);
        if let Some(first) = in_case.first() {
            let kind = Kind::LoginCase { wanted: login.clone() };
            draft.findings.push(of_person(kind, member.person, Some(&first.login)));
            explained.extend(in_case.iter().map(|user| &user.id));
            return Err(Unmade::Finding(Code::LoginCase));
        }
        let mut mismatched = self.strays.mismatched(member.person.user_name.as_deref(), member.person.email.as_deref());
        mismatched.retain(|user| !self.fence.protects(&user.login));
        if let Some(first) = mismatched.first() {
            let created = self.settings.policy.mismatches == Mismatches::Create;
            let existing = mismatched.iter().map(|user| user.login.clone()).collect();
            let kind = Kind::EmailMismatch { wanted: login.clone(), existing, created };
            draft.findings.push(of_person(kind, member.person, Some(&first.login)));
            explained.extend(mismatched.iter().map(|user| &user.id));
            if !created {
                return Err(Unmade::Finding(Code::EmailMismatch));
            }
        }
        self.create(member, login, draft)
    }
}

/// Whether two logins differ in nothing but case.
fn is_case_only(one: &Login, other: &Login) -> bool {
    one.folded() == other.folded()
}
