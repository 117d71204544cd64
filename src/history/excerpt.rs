//! A run with a part of what it did: of many thousand actions nobody reads more than a page at a time.

use rusqlite::params;

use super::store::{count, integer};
use super::{Error, Event, Store};
use crate::report::json::Run;

/// A run with a part of what it did.
#[derive(Debug)]
pub struct Excerpt {
    /// The run. Of its targets only the heads count, not what they did and found.
    pub run: Run,
    /// How much each target noticed and held back.
    pub sums: Vec<Sums>,
    /// A part of what was done, tried, planned and withheld, in its order.
    pub events: Vec<Event>,
    /// How many events there are in all.
    pub all: usize,
}

/// How much a target's pass noticed and held back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// What was noticed.
    pub findings: usize,
    /// That for the first time.
    pub new: usize,
    /// What guards held back.
    pub withheld: usize,
}

/// What an excerpt is to have: so many events, after so many others.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Events before the first.
    pub skip: usize,
    /// Events at most.
    pub limit: usize,
}

impl Excerpt {
    /// A part of a run that is there whole.
    #[must_use]
    pub fn of(run: Run, span: Span) -> Self {
        let events = Event::all_of(&run);
        let sums = run.targets.iter().map(|target| Sums {
            findings: target.findings.len(),
            new: target.findings.iter().filter(|finding| finding.state == "new").count(),
            withheld: target.withheld.len(),
        });
        let sums = sums.collect();
        let all = events.len();
        Self { sums, all, events: events.into_iter().skip(span.skip).take(span.limit).collect(), run }
    }
}

impl Store {
    /// A run with a part of what it did.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn excerpt(&self, id: &str, span: Span) -> Result<Option<Excerpt>, Error> {
        let Some((run, lists)) = self.head(id)? else {
            return Ok(self.unfinished(id)?.map(|run| Excerpt::of(run, span)));
        };
        let mut excerpt = Excerpt { run, sums: Vec::new(), events: Vec::new(), all: 0 };
        let mut before = span.skip;
        for (position, list) in lists.into_iter().enumerate() {
            let (sums, events) = self.sums(list.id)?;
            excerpt.sums.push(sums);
            excerpt.all += events;
            let skip = before.min(events);
            before -= skip;
            let missing = span.limit - excerpt.events.len();
            let target = &excerpt.run.targets[position];
            let event = Event::of_target(&excerpt.run, target);
            let mut statement = self.connection.prepare_cached(
                "SELECT entry.sort, entry.body, list_entry.position FROM list_entry JOIN entry ON entry.id = list_entry.entry \
                 WHERE list_entry.list = ?1 AND entry.sort <> 'finding' ORDER BY list_entry.position LIMIT ?2 OFFSET ?3",
            )?;
            let mut rows = statement.query(params![list.id, integer(missing), integer(skip)])?;
            while let Some(row) = rows.next()? {
                let (sort, body): (String, String) = (row.get(0)?, row.get(1)?);
                excerpt.events.push(if sort == "action" {
                    let action = list.varying.with(count(row.get(2)?), serde_json::from_str(&body)?);
                    event.clone().with_action(action)
                } else {
                    let held = list.varying.with_of_withheld(serde_json::from_str(&body)?);
                    event.clone().with_withheld(held, target.approval.clone())
                });
            }
        }
        Ok(Some(excerpt))
    }

    /// How much a list has, and how many events.
    fn sums(&self, list: i64) -> Result<(Sums, usize), Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT entry.sort, count(*), sum(list_entry.is_new) \
             FROM list_entry JOIN entry ON entry.id = list_entry.entry WHERE list_entry.list = ?1 GROUP BY entry.sort",
        )?;
        let (mut sums, mut events) = (Sums::default(), 0);
        let mut rows = statement.query([list])?;
        while let Some(row) = rows.next()? {
            let (sort, all, new): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            match sort.as_str() {
                "finding" => (sums.findings, sums.new) = (count(all), count(new)),
                "withheld" => {
                    sums.withheld = count(all);
                    events += count(all);
                }
                _ => events += count(all),
            }
        }
        Ok((sums, events))
    }
}
