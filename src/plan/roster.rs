//! The Connect users of an instance, arranged for finding: by exact login, by the person whose tag they carry, and,
//! of those that nobody's login fits, by what they have in common with a member's.

use rustc_hash::{FxHashMap, FxHashSet};

use super::ownership::Ownership;
use crate::model::connect::ConnectUser;
use crate::model::id::{ConnectUserId, Login, PrincipalId, fold};

pub(super) struct Roster<'a> {
    pub(super) users: &'a [ConnectUser],
    /// Whose each of them is.
    ownership: Vec<Ownership<'a>>,
    /// Positions in `users`.
    by_login: FxHashMap<&'a str, usize>,
    by_principal: FxHashMap<&'a str, Vec<&'a ConnectUser>>,
    /// How many users are ours.
    pub(super) owned: usize,
    /// How many belong to another installation.
    pub(super) elsewhere: usize,
}

/// How a member and the Connect users belong together.
#[derive(Debug, Default)]
pub(super) struct Link<'a> {
    /// The user with exactly the wanted login, whoever owns it: with it the person can sign in.
    pub(super) exact: Option<Exact<'a>>,
    /// The owned user that is this person's: by the tag, else by the exact login.
    pub(super) linked: Option<&'a ConnectUser>,
    /// Owned users that carry the person's id beside the linked one.
    pub(super) superseded: Vec<&'a ConnectUser>,
    /// Owned users that carry the person's id where none has the right login, and none can be preferred.
    pub(super) ambiguous: Vec<&'a ConnectUser>,
}

/// A user whose login is exactly a member's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact<'a> {
    /// The position among all users.
    pub(super) at: usize,
    pub(super) user: &'a ConnectUser,
    pub(super) ownership: Ownership<'a>,
}

impl<'a> Roster<'a> {
    pub(super) fn new(users: &'a [ConnectUser], owner: &'a str) -> Self {
        let mut by_login = FxHashMap::with_capacity_and_hasher(users.len(), rustc_hash::FxBuildHasher);
        let mut by_principal: FxHashMap<&str, Vec<&ConnectUser>> =
            FxHashMap::with_capacity_and_hasher(users.len(), rustc_hash::FxBuildHasher);
        let mut counts = (0, 0);
        let ownership: Vec<Ownership<'_>> = users.iter().map(|user| Ownership::of(user, owner)).collect();
        for (at, (user, ownership)) in users.iter().zip(&ownership).enumerate() {
            by_login.insert(user.login.as_str(), at);
            match ownership {
                Ownership::Owned { principal, .. } => {
                    counts.0 += 1;
                    if let Some(principal) = *principal {
                        by_principal.entry(principal).or_default().push(user);
                    }
                }
                Ownership::Elsewhere(_) => counts.1 += 1,
                Ownership::Foreign | Ownership::Unknown => {}
            }
        }
        Self { users, ownership, by_login, by_principal, owned: counts.0, elsewhere: counts.1 }
    }

    /// The users with whose they are.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a ConnectUser, Ownership<'a>)> {
        self.users.iter().zip(self.ownership.iter().copied())
    }

    /// Whose a user is; one who is not of this roster is nobody's.
    pub(super) fn ownership_of(&self, user: &ConnectUser) -> Ownership<'a> {
        self.position(&user.login).map_or(Ownership::Unknown, |at| self.ownership[at])
    }

    /// Where the user with exactly this login stands.
    pub(super) fn position(&self, login: &Login) -> Option<usize> {
        self.by_login.get(login.as_str()).copied()
    }

    /// Links one member, by the tag first and by the login second.
    pub(super) fn link(&self, person: &PrincipalId, login: Option<&Login>) -> Link<'a> {
        let at = login.and_then(|login| self.position(login));
        let exact = at.map(|at| Exact { at, user: &self.users[at], ownership: self.ownership[at] });
        let mut carrying = self.by_principal.get(person.as_str()).cloned().unwrap_or_default();
        carrying.sort_by_key(|user| &user.login);
        let mut link = Link { exact, ..Link::default() };
        if let Some(Exact { user, ownership: Ownership::Owned { principal, .. }, .. }) = exact
            && principal.is_none_or(|id| id == person.as_str())
        {
            carrying.retain(|other| other.id != user.id);
            link.linked = Some(user);
            link.superseded = carrying;
            return link;
        }
        match carrying.as_slice() {
            [] => {}
            [only] => link.linked = Some(only),
            _ => link.ambiguous = carrying,
        }
        link
    }
}

/// Connect users whose login is exactly no member's, so that they may be somebody's by mistake.
pub(super) struct Strays<'a> {
    /// Those that no member speaks for, by tag or by login.
    pub(super) unclaimed: Vec<&'a ConnectUser>,
    /// The same by the part before the `@`, without its case.
    by_local: FxHashMap<String, Vec<&'a ConnectUser>>,
    /// All of them by login without its case.
    by_folded: FxHashMap<String, Vec<&'a ConnectUser>>,
}

impl<'a> Strays<'a> {
    /// `taken` tells of each user whether their login is exactly a member's; `claimed` are those that a member speaks for
    /// otherwise.
    pub(super) fn new(roster: &Roster<'a>, taken: &[bool], claimed: &FxHashSet<&ConnectUserId>) -> Self {
        let mut strays =
            Self { unclaimed: Vec::new(), by_local: FxHashMap::default(), by_folded: FxHashMap::default() };
        for (user, _) in roster.users.iter().zip(taken).filter(|(_, taken)| !**taken) {
            strays.by_folded.entry(user.login.folded().into_owned()).or_default().push(user);
            if !claimed.contains(&user.id) {
                strays.unclaimed.push(user);
                strays.by_local.entry(local_part(user.login.as_str())).or_default().push(user);
            }
        }
        strays
    }

    /// Users whose login is this one but for its case, sorted.
    pub(super) fn differing_in_case(&self, login: &Login) -> Vec<&'a ConnectUser> {
        let mut found = self.by_folded.get(login.folded().as_ref()).cloned().unwrap_or_default();
        found.retain(|user| user.login != *login);
        found.sort_by_key(|user| &user.login);
        found
    }

    /// Users whose login is the person's user name, or the e-mail but for the domain; sorted.
    pub(super) fn mismatched(&self, user_name: Option<&str>, email: Option<&str>) -> Vec<&'a ConnectUser> {
        let user_name = user_name.map(fold);
        let with_local = |local: &str| self.by_local.get(local).into_iter().flatten().copied();
        let by_name = user_name
            .iter()
            .flat_map(|name| with_local(&local_part(name)).filter(move |user| user.login.folded() == *name));
        let by_email = email.map(local_part).into_iter().flat_map(|local| with_local(&local).collect::<Vec<_>>());
        let mut found: Vec<_> = by_name.chain(by_email).collect();
        found.sort_by_key(|user| &user.login);
        found.dedup_by_key(|user| &user.id);
        found
    }
}

/// Everything before the `@`, without its case.
fn local_part(login: &str) -> String {
    fold(login.split('@').next().unwrap_or_default()).into_owned()
}
