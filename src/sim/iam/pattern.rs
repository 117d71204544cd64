//! Text with wildcards, as policies have it.

/// A pattern: `*` stands for any characters, `?` for any single one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// This character.
    Exactly(char),
    /// Any single character; colons too or not.
    One { colons: bool },
    /// Any characters, or none; colons too or not.
    Any { colons: bool },
}

impl Part {
    fn takes(&self, character: char) -> bool {
        match self {
            Part::Exactly(expected) => *expected == character,
            Part::One { colons } | Part::Any { colons } => *colons || character != ':',
        }
    }
}

impl Pattern {
    /// Text in which nothing is a wildcard.
    pub(super) fn exact(text: &str) -> Pattern {
        Pattern(text.chars().map(Part::Exactly).collect())
    }

    /// Text in which wildcards stand for whatever there is.
    pub(super) fn text(text: &str) -> Pattern {
        let part = |character| match character {
            '*' => Part::Any { colons: true },
            '?' => Part::One { colons: true },
            other => Part::Exactly(other),
        };
        Pattern(text.chars().map(part).collect())
    }

    /// An ARN. A wildcard in it stays within its segment, the text between two colons; but a `*` that ends one may go on
    /// beyond the colon.
    pub(super) fn arn(text: &str) -> Pattern {
        let mut characters = text.chars().peekable();
        let mut parts = Vec::new();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '*' => Part::Any { colons: matches!(characters.peek(), None | Some(':')) },
                '?' => Part::One { colons: false },
                other => Part::Exactly(other),
            });
        }
        Pattern(parts)
    }

    /// Whether all of a text is what the pattern stands for.
    pub(super) fn matches(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        // Where in the text what was read of the pattern can have ended.
        let mut ends = vec![false; characters.len() + 1];
        ends[0] = true;
        for part in &self.0 {
            let mut next = vec![false; ends.len()];
            let spans = matches!(part, Part::Any { .. });
            if spans {
                next.clone_from(&ends);
            }
            for (at, &character) in characters.iter().enumerate() {
                if (ends[at] || spans && next[at]) && part.takes(character) {
                    next[at + 1] = true;
                }
            }
            ends = next;
        }
        ends[characters.len()]
    }
}
