//! Pages and their tokens. A token names where the next page begins, which listing it belongs to and when it was given
//! out; it is sealed, so that one that was invented, altered, taken from another listing or kept too long is refused.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::answer::Refusal;
use super::fault::FaultKind;
use super::options::Options;
use super::service::Service;

/// How long a token can be used.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// Bytes of a token that seal the rest.
const SEAL: usize = 16;

/// A page of something.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// The listing that a call asks a page of.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    pub(super) service: Service,
    /// Operation, account, Region and arguments: what a token may not be carried across.
    pub(super) listing: String,
    pub(super) secret: &'a str,
    pub(super) now: Timestamp,
    pub(super) options: &'a Options,
    /// What goes wrong.
    pub(super) fault: Option<FaultKind>,
}

/// Where a page begins.
#[derive(Debug, Default)]
struct Cursor {
    /// The key after which it begins; none: at the start.
    after: Option<String>,
    /// Pages before it.
    number: usize,
}

impl Pages<'_> {
    /// A page of `entries`, which are in the order of their keys and begin after the key that they are given. A
    /// request gets as many as it asks for with `MaxResults`, `default` where it does not ask, and never more than
    /// `most`.
    pub(super) fn page<'t, T, I>(
        &self,
        input: &Map<String, Value>,
        default: usize,
        most: usize,
        entries: impl FnOnce(Option<&str>) -> I,
    ) -> Result<Page<T>, Refusal>
    where
        I: Iterator<Item = (&'t str, T)>,
    {
        let token = input.get("NextToken").and_then(Value::as_str);
        let cursor = token.map_or(Ok(Cursor::default()), |token| self.open(token))?;
        let asked = input.get("MaxResults").and_then(Value::as_u64).and_then(|asked| usize::try_from(asked).ok());
        let limit = self.limit(asked.unwrap_or(default).min(most), cursor.number);
        let mut rest = entries(cursor.after.as_deref()).peekable();
        let mut last = cursor.after.clone();
        let mut items = Vec::new();
        while items.len() < limit {
            let Some((key, item)) = rest.next() else { break };
            last = Some(key.to_owned());
            items.push(item);
        }
        let more = rest.peek().is_some() || limit == 0;
        let next = more.then(|| self.seal(&Cursor { after: last, number: cursor.number + 1 }));
        Ok(match self.fault {
            Some(FaultKind::RepeatToken) => {
                let same = token.map_or_else(|| self.seal(&cursor), str::to_owned);
                Page { items, next: Some(same) }
            }
            Some(FaultKind::LostToken) => Page { items, next: None },
            Some(FaultKind::EmptyList) => Page { items: Vec::new(), next: None },
            _ => Page { items, next },
        })
    }

    fn limit(&self, limit: usize, number: usize) -> usize {
        let turns = &self.options.page_sizes;
        let turn = number.checked_rem(turns.len()).and_then(|turn| turns.get(turn).copied());
        let caps = [self.options.page_size, turn];
        let limit = caps.into_iter().flatten().fold(limit, |limit, cap| limit.min(cap.max(1)));
        let limit = if self.options.short_pages { limit.div_ceil(2) } else { limit };
        if self.options.empty_pages && number.is_multiple_of(2) { 0 } else { limit }
    }

    fn seal(&self, cursor: &Cursor) -> String {
        let Cursor { after, number } = cursor;
        let issued = self.now.as_second();
        let payload = format!("{issued} {number} {}", after.as_ref().map_or(String::new(), |key| format!("={key}")));
        hex(&self.mac(&payload)) + &hex(payload.as_bytes())
    }

    fn open(&self, token: &str) -> Result<Cursor, Refusal> {
        let payload = self.payload(token).ok_or_else(|| self.stranger())?;
        let mut fields = payload.splitn(3, ' ');
        let issued = fields.next().and_then(|text| text.parse().ok()).and_then(|at| Timestamp::from_second(at).ok());
        let number = fields.next().and_then(|text| text.parse().ok());
        let after = fields.next().and_then(|text| text.strip_prefix('=')).map(str::to_owned);
        let (Some(issued), Some(number)) = (issued, number) else { return Err(self.stranger()) };
        if self.now.duration_since(issued) > LIFETIME {
            return Err(match self.service {
                Service::Connect => Refusal::new("InvalidToken", "The pagination token has expired."),
                _ => Refusal::new("ValidationException", "The pagination token has expired."),
            });
        }
        Ok(Cursor { after, number })
    }

    fn payload(&self, token: &str) -> Option<String> {
        let bytes = unhex(token)?;
        let (seal, payload) = bytes.split_at_checked(SEAL)?;
        let payload = std::str::from_utf8(payload).ok()?;
        (seal == self.mac(payload)).then(|| payload.to_owned())
    }

    fn mac(&self, payload: &str) -> [u8; SEAL] {
        let mut digest = Sha256::new();
        for part in [self.secret, self.listing.as_str(), payload] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let mut seal = [0; SEAL];
        seal.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        seal
    }

    fn stranger(&self) -> Refusal {
        match self.service {
            Service::Connect => Refusal::new("InvalidParameterException", "NextToken is not valid for this request"),
            _ => Refusal::new("ValidationException", "NextToken is not valid for this request"),
        }
    }
}

/// What a listing is, for its tokens: everything of the input but the paging itself.
pub(super) fn listing(operation: &str, account: &str, region: &str, input: &Map<String, Value>) -> String {
    let mut arguments = input.clone();
    arguments.remove("NextToken");
    arguments.remove("MaxResults");
    format!("{operation} {account} {region} {}", Value::Object(arguments))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
