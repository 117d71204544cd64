//! Near misses: Connect users who belong to nobody, and the member each of them is most like.
//!
//! The search never compares all pairs. The few users that belong to nobody are put into tables by what a likeness
//! would leave the same (the plain local part, the parts of the name in order, the full name, the local part with up
//! to two letters left out), and each member looks itself up there. So the cost grows with the number of members and
//! of unmatched users, not with their product.

use rustc_hash::FxHashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::letters::{Letters, Shape};
use crate::model::id::Login;

/// The most users that one member is compared with under one key. Real likenesses are few; a key that more share says
/// nothing about any of them.
const CROWD: usize = 32;

/// In what two logins are alike, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// They differ in case only.
    Case,
    /// The same but for dots, hyphens and underscores.
    Dots,
    /// The same but for accents.
    Accents,
    /// The same but for a plus tag.
    PlusTag,
    /// The same before the `@`.
    Domain,
    /// First and last name change places.
    Swapped,
    /// So many letters differ.
    Letters(u8),
    /// The people have the same first and last name.
    Names,
}

impl Likeness {
    /// A word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Dots => "dots",
            Self::Accents => "accents",
            Self::PlusTag => "plus-tag",
            Self::Domain => "domain",
            Self::Swapped => "swapped-names",
            Self::Letters(_) => "letters",
            Self::Names => "names",
        }
    }
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Case => "they differ in case only",
            Self::Dots => "they differ in dots, hyphens or underscores only",
            Self::Accents => "they differ in accents only",
            Self::PlusTag => "they differ in a plus tag only",
            Self::Domain => "they are the same but for the domain",
            Self::Swapped => "the names change places",
            Self::Letters(1) => "one letter differs",
            Self::Letters(count) => return write!(f, "{count} letters differ"),
            Self::Names => "first and last name are the same",
        })
    }
}

/// Somebody who can be like somebody else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face<'a> {
    pub(super) login: &'a Login,
    pub(super) first_name: Option<&'a str>,
    pub(super) last_name: Option<&'a str>,
}

/// For each of the unmatched, the position of the member that it is most like, and in what.
pub(super) fn best_candidates<'a>(
    unmatched: &[Face<'a>],
    members: impl Iterator<Item = Face<'a>>,
) -> Vec<Option<(usize, Likeness)>> {
    let mut best = vec![None; unmatched.len()];
    if unmatched.is_empty() {
        return best;
    }
    let tables = Tables::new(unmatched);
    let mut found = Vec::new();
    for (position, member) in members.enumerate() {
        let shape = Shape::of(member.login.as_str());
        found.clear();
        tables.look_up(&member, &shape, &mut found);
        found.sort_unstable();
        found.dedup();
        for &candidate in &found {
            let Some(likeness) = compare(&tables.faces[candidate], &tables.shapes[candidate], &member, &shape) else {
                continue;
            };
            // The surest likeness wins; among equals the member that comes first.
            if best[candidate].is_none_or(|(_, so_far)| likeness < so_far) {
                best[candidate] = Some((position, likeness));
            }
        }
    }
    best
}

/// The unmatched users under every key by which a member may find them.
struct Tables<'f, 'a> {
    faces: &'f [Face<'a>],
    shapes: Vec<Shape<'a>>,
    by_key: FxHashMap<u64, Vec<usize>>,
    letters: Letters,
}

impl<'f, 'a> Tables<'f, 'a> {
    fn new(faces: &'f [Face<'a>]) -> Self {
        let shapes: Vec<Shape<'_>> = faces.iter().map(|face| Shape::of(face.login.as_str())).collect();
        let mut by_key: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (position, (face, shape)) in faces.iter().zip(&shapes).enumerate() {
            for key in keys(face, shape) {
                let under = by_key.entry(key).or_default();
                if under.len() < CROWD {
                    under.push(position);
                }
            }
        }
        let letters = Letters::new(&shapes, CROWD);
        Self { faces, shapes, by_key, letters }
    }

    fn look_up(&self, member: &Face<'_>, shape: &Shape<'_>, found: &mut Vec<usize>) {
        for key in keys(member, shape) {
            found.extend(self.by_key.get(&key).into_iter().flatten());
        }
        self.letters.look_up(shape, found);
    }
}

/// What a likeness leaves the same.
fn keys(face: &Face<'_>, shape: &Shape<'_>) -> impl Iterator<Item = u64> {
    let plain = Some(key(0, &[&shape.plain]));
    let swapped = shape.sorted_words().map(|words| key(1, &words));
    let names = full_name(face).map(|(first, last)| key(2, &[&first, &last]));
    [plain, swapped, names].into_iter().flatten()
}

fn key(sort: u8, parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (sort, parts).hash(&mut hasher);
    hasher.finish()
}

fn full_name(face: &Face<'_>) -> Option<(String, String)> {
    let plain = |name: Option<&str>| Some(Shape::plain_of(name?)).filter(|name| !name.is_empty());
    let (first, last) = (plain(face.first_name)?, plain(face.last_name)?);
    // The same word twice is what is written where no name was known.
    (first != last).then_some((first, last))
}

/// In what the two are alike, if they are: the surest likeness first.
fn compare(user: &Face<'_>, of_user: &Shape<'_>, member: &Face<'_>, of_member: &Shape<'_>) -> Option<Likeness> {
    if of_user.numbers_differ(of_member) {
        return None;
    }
    let same_domain = of_user.same_domain(of_member);
    if of_user.plain == of_member.plain {
        return Some(if !same_domain {
            Likeness::Domain
        } else if user.login.folded() == member.login.folded() {
            Likeness::Case
        } else if of_user.has_plus_tag != of_member.has_plus_tag {
            Likeness::PlusTag
        } else if of_user.has_accents != of_member.has_accents {
            Likeness::Accents
        } else {
            Likeness::Dots
        });
    }
    if same_domain || of_user.lacks_domain(of_member) {
        if of_user.is_swapped(of_member) {
            return Some(Likeness::Swapped);
        }
        if let Some(distance) = of_user.distance(of_member) {
            return Some(Likeness::Letters(distance));
        }
    }
    match (full_name(user), full_name(member)) {
        (Some(one), Some(other)) if one == other => Some(Likeness::Names),
        _ => None,
    }
}

/// The likeness of one pair, without the tables.
#[cfg(test)]
pub(super) fn compare_for_test(user: &Face<'_>, member: &Face<'_>) -> Option<Likeness> {
    compare(user, &Shape::of(user.login.as_str()), member, &Shape::of(member.login.as_str()))
}
