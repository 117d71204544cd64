//! Pages: to the last one or not at all.
//!
//! The SDK's paginators end without an error when a page token comes again, and a list that was cut short looks whole.
//! So pages are turned by hand. An empty page with a token is normal.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::error::Error;
use super::lane::Lane;
use super::operation::Operation;

/// A page: what is on it, and the token of the next.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn new(items: Option<Vec<T>>, next: Option<String>) -> Self {
        Self { items: items.unwrap_or_default(), next: next.filter(|token| !token.is_empty()) }
    }
}

/// Turns pages until there is none left or `see` has seen enough.
///
/// # Errors
/// The fetch's own; `Unreadable` where a token comes a second time.
pub(super) async fn turn<T, B, F>(
    lane: &Lane,
    operation: &'static Operation,
    doing: impl Fn() -> String,
    mut fetch: impl FnMut(Option<String>) -> F,
    mut see: impl FnMut(Vec<T>) -> Result<ControlFlow<B>, Error>,
) -> Result<ControlFlow<B>, Error>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        let page = fetch(token).await?;
        if let ControlFlow::Break(enough) = see(page.items)? {
            return Ok(ControlFlow::Break(enough));
        }
        let Some(next) = page.next else { return Ok(ControlFlow::Continue(())) };
        if !seen.insert(next.clone()) {
            return Err(lane.unreadable(operation, doing(), "the service gave the same page token a second time"));
        }
        token = Some(next);
    }
}

/// Fetches every page and gives all that is on them.
///
/// # Errors
/// As [`turn`].
pub(super) async fn collect<T, F>(
    lane: &Lane,
    operation: &'static Operation,
    doing: impl Fn() -> String,
    fetch: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    gather(lane, operation, doing, fetch, Ok).await
}

/// Fetches every page and gives what is kept of each item. Of a long list only that is ever held, since the SDK's own
/// values are several times as large.
///
/// # Errors
/// As [`turn`], and those of `keep`.
pub(super) async fn gather<T, U, C, F>(
    lane: &Lane,
    operation: &'static Operation,
    doing: impl Fn() -> String,
    fetch: impl FnMut(Option<String>) -> F,
    keep: impl Fn(T) -> Result<U, Error>,
) -> Result<C, Error>
where
    C: Default + Extend<U>,
    F: Future<Output = Result<Page<T>, Error>>,
{
    let mut all = C::default();
    let see = |items: Vec<T>| {
        for item in items {
            all.extend([keep(item)?]);
        }
        Ok(ControlFlow::<std::convert::Infallible>::Continue(()))
    };
    turn(lane, operation, doing, fetch, see).await?;
    Ok(all)
}
