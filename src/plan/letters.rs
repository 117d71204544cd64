//! The shape of a login, and a table that finds logins in which one or two letters differ.

use rustc_hash::FxHashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::model::id::fold;

/// What stands between the words of a local part.
const SEPARATORS: [char; 3] = ['.', '-', '_'];

/// A login taken apart, for comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape<'a> {
    /// The local part without case, accents and plus tag.
    spelt: String,
    /// The same without dots, hyphens and underscores.
    pub(super) plain: String,
    /// What follows the `@`.
    domain: Option<&'a str>,
    pub(super) has_plus_tag: bool,
    pub(super) has_accents: bool,
    /// The letters of `plain` that are no digits.
    letters: Vec<char>,
    /// The numbers in `plain`, without leading zeros, one space after each.
    numbers: String,
    /// How many digits `plain` has.
    digits: usize,
}

impl<'a> Shape<'a> {
    pub(super) fn of(login: &'a str) -> Self {
        let (local, domain) = login.split_once('@').map_or((login, None), |(local, domain)| (local, Some(domain)));
        let (untagged, tag) = local.split_once('+').map_or((local, None), |(name, tag)| (name, Some(tag)));
        let spelt = Self::plain_of(untagged);
        let plain: String = spelt.chars().filter(|letter| !SEPARATORS.contains(letter)).collect();
        let letters: Vec<char> = plain.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let digits = plain.bytes().filter(u8::is_ascii_digit).count();
        let numbers = numbers_of(&plain);
        let has_accents = !untagged.is_ascii();
        Self { spelt, plain, domain, has_plus_tag: tag.is_some(), has_accents, letters, numbers, digits }
    }

    /// The words of the local part in the order of the alphabet, where there are several.
    pub(super) fn sorted_words(&self) -> Option<Vec<&str>> {
        if self.spelt.len() == self.plain.len() {
            return None;
        }
        let mut words: Vec<&str> = self.spelt.split(SEPARATORS).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        (words.len() > 1).then_some(words)
    }

    /// Whether both have the same domain, or both none.
    pub(super) fn same_domain(&self, other: &Self) -> bool {
        self.domain.map(fold) == other.domain.map(fold)
    }

    /// Whether one of the two has no domain at all.
    pub(super) fn lacks_domain(&self, other: &Self) -> bool {
        self.domain.is_none() || other.domain.is_none()
    }

    /// Text without case and accents.
    pub(super) fn plain_of(text: &str) -> String {
        if text.is_ascii() {
            return text.to_ascii_lowercase();
        }
        text.to_lowercase().nfkd().filter(|letter| !is_combining_mark(*letter)).collect()
    }

    /// Whether both have numbers, and not the same: `agent1` and `agent2` are two people.
    pub(super) fn numbers_differ(&self, other: &Self) -> bool {
        self.digits > 0 && other.digits > 0 && self.numbers != other.numbers
    }

    /// Whether the same words stand in another order.
    pub(super) fn is_swapped(&self, other: &Self) -> bool {
        self.sorted_words().is_some_and(|words| Some(words) == other.sorted_words())
    }

    /// How many letters differ, where they are few enough for a likeness.
    pub(super) fn distance(&self, other: &Self) -> Option<u8> {
        let allowed = self.allowed().min(other.allowed());
        let distance = strsim::levenshtein(&self.plain, &other.plain);
        (distance > 0 && distance <= allowed).then(|| u8::try_from(distance).unwrap_or(u8::MAX))
    }

    /// At most two letters, and at most a fifth of the local part.
    fn allowed(&self) -> usize {
        ((self.letters.len() + self.digits) / 5).min(2)
    }
}

fn numbers_of(plain: &str) -> String {
    let mut numbers = String::new();
    for run in plain.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty()) {
        numbers.push_str(run.trim_start_matches('0'));
        numbers.push(' ');
    }
    numbers
}

/// Finds shapes that differ in one or two letters: two such words become the same when at most two letters are left
/// out of each, so each is put down under every word that it becomes that way, by a hash.
///
/// Numbers have to agree, so they are part of the key, and letters are left out between them only. Where one of two
/// words has a number of one or two digits and the other has none, the digits are the letters that differ.
pub(super) struct Letters {
    with_numbers: FxHashMap<u64, Vec<usize>>,
    /// Words without a number, for members who have none.
    without_numbers: FxHashMap<u64, Vec<usize>>,
    /// The letters of words with a short number, for members who have none.
    numbers_left_out: FxHashMap<u64, Vec<usize>>,
    /// A bit for each hash in the tables: nearly every look-up ends here.
    bits: Vec<u64>,
}

impl Letters {
    pub(super) fn new(shapes: &[Shape<'_>], crowd: usize) -> Self {
        let mut tables = Self {
            with_numbers: FxHashMap::default(),
            without_numbers: FxHashMap::default(),
            numbers_left_out: FxHashMap::default(),
            bits: Vec::new(),
        };
        let mut hashes = Vec::new();
        for (position, shape) in shapes.iter().enumerate() {
            let mut put = |table: &mut FxHashMap<u64, Vec<usize>>, seed: u64, left_out: usize| {
                each_variant(&shape.letters, left_out, seed, |hash| {
                    let under = table.entry(hash).or_default();
                    if under.len() < crowd && under.last() != Some(&position) {
                        under.push(position);
                    }
                    hashes.push(hash);
                });
            };
            let allowed = shape.allowed();
            if shape.digits == 0 {
                put(&mut tables.without_numbers, PLAIN, allowed);
            } else {
                put(&mut tables.with_numbers, seed_of(&shape.numbers), allowed);
                if let Some(rest) = allowed.checked_sub(shape.digits) {
                    put(&mut tables.numbers_left_out, LEFT_OUT, rest);
                }
            }
        }
        let bits = (hashes.len() * 16).next_power_of_two().max(64);
        tables.bits = vec![0; bits / 64];
        for hash in hashes {
            let (word, bit) = tables.place(hash);
            tables.bits[word] |= bit;
        }
        tables
    }

    pub(super) fn look_up(&self, shape: &Shape<'_>, found: &mut Vec<usize>) {
        let mut get = |table: &FxHashMap<u64, Vec<usize>>, seed: u64, left_out: usize| {
            each_variant(&shape.letters, left_out, seed, |hash| {
                let (word, bit) = self.place(hash);
                if self.bits[word] & bit != 0 {
                    found.extend(table.get(&hash).into_iter().flatten());
                }
            });
        };
        let allowed = shape.allowed();
        if shape.digits == 0 {
            get(&self.without_numbers, PLAIN, allowed);
            get(&self.numbers_left_out, LEFT_OUT, allowed);
        } else {
            get(&self.with_numbers, seed_of(&shape.numbers), allowed);
            if let Some(rest) = allowed.checked_sub(shape.digits) {
                get(&self.without_numbers, PLAIN, rest);
            }
        }
    }

    /// The word and the bit of a hash; the number of bits is a power of two.
    fn place(&self, hash: u64) -> (usize, u64) {
        let index = usize::try_from(hash >> 20).unwrap_or(usize::MAX) & (self.bits.len() * 64 - 1);
        (index / 64, 1 << (index % 64))
    }
}

/// Seeds that keep the tables apart.
const PLAIN: u64 = 0x9e37_79b9_7f4a_7c15;
const LEFT_OUT: u64 = 0xc2b2_ae3d_27d4_eb4f;
/// The base of the rolling hash: odd, and without a pattern.
const BASE: u64 = 0x0100_0000_01b3_0001;

fn seed_of(numbers: &str) -> u64 {
    numbers.bytes().fold(PLAIN, |hash, byte| hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1))
}

/// The longest word whose variants are looked at: Connect's logins have at most 100 letters.
const LONGEST: usize = 100;
/// The powers of [`BASE`].
const POWERS: [u64; LONGEST + 1] = {
    let mut powers = [1_u64; LONGEST + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1].wrapping_mul(BASE);
        at += 1;
    }
    powers
};

/// The hash of the word, and of each word that it becomes when up to `left_out` letters are left out. The hash of a
/// part is got from the hashes of two beginnings, so that no word is ever built.
fn each_variant(word: &[char], left_out: usize, seed: u64, mut then: impl FnMut(u64)) {
    let length = word.len();
    if length > LONGEST {
        return;
    }
    let mut beginnings = [0_u64; LONGEST + 1];
    for (position, letter) in word.iter().enumerate() {
        beginnings[position + 1] = beginnings[position].wrapping_mul(BASE).wrapping_add(u64::from(*letter) + 1);
    }
    let part = |from: usize, to: usize| beginnings[to].wrapping_sub(beginnings[from].wrapping_mul(POWERS[to - from]));
    let join = |left: u64, right: u64, right_length: usize| left.wrapping_mul(POWERS[right_length]).wrapping_add(right);
    let mut finish = |hash: u64| {
        let mixed = (hash ^ seed).wrapping_mul(0xff51_afd7_ed55_8ccd);
        then(mixed ^ (mixed >> 32));
    };
    finish(beginnings[length]);
    if left_out == 0 {
        return;
    }
    for (one, &before) in beginnings.iter().enumerate().take(length) {
        finish(join(before, part(one + 1, length), length - one - 1));
        if left_out == 1 {
            continue;
        }
        for other in one + 1..length {
            let left = join(before, part(one + 1, other), other - one - 1);
            finish(join(left, part(other + 1, length), length - other - 1));
        }
    }
}
