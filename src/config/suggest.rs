//! The word that was probably meant.

/// The candidate nearest to `word`, if it is near enough to be a slip of the pen.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let allowed = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many words a hint lists.
const LISTED: usize = 20;

/// A hint that names the nearest candidate, or else all of them, or else the three that are most alike.
pub(super) fn hint(word: &str, candidates: &[&str]) -> String {
    if let Some(nearest) = nearest(word, candidates.iter().copied()) {
        return did_you_mean(nearest);
    }
    if candidates.len() <= LISTED {
        return format!("one of {}", list(candidates));
    }
    let mut alike = candidates.to_vec();
    alike.sort_by(|a, b| strsim::jaro_winkler(word, b).total_cmp(&strsim::jaro_winkler(word, a)));
    alike.truncate(3);
    format!("the most alike are {}", list(&alike).replace(" or ", " and "))
}

/// The question that names one word.
pub(super) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// Words as a list: `` `a`, `b` or `c` ``.
pub(super) fn list<T: AsRef<str>>(words: &[T]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_word() {
        let words = ["region", "role_arn", "name"];
        assert_eq!(nearest("regoin", words), Some("region"));
        assert_eq!(nearest("Name", words), Some("name"));
        assert_eq!(nearest("application", words), None);
    }

    #[test]
    fn of_two_words_equally_near_the_first_by_alphabet_is_named() {
        assert_eq!(nearest("cat", ["hat", "bat"]), Some("bat"));
    }

    #[test]
    fn of_many_words_only_the_most_alike_are_listed() {
        let many: Vec<String> = (0..LISTED).map(|index| format!("zzzz{index}")).collect();
        let mut words: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(hint("ListUserGroups", &words).starts_with("one of `zzzz0`, `zzzz1`"));
        words.push("ListUsers");
        assert!(hint("ListUserGroups", &words).starts_with("the most alike are `ListUsers`, "));
    }

    #[test]
    fn words_are_joined_as_a_sentence_joins_them() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
