//! The people behind the memberships, with as few calls as can be.
//!
//! Identity Store has no call for many people at once: there is DescribeUser for one, and ListUsers for everybody, a
//! hundred a page. Which is cheaper depends on how large the directory is, and no call tells. So: list, and watch what
//! the pages bring.
//!
//! With `m` members, pages are listed until every member has been seen. After a probe of m/8 pages (but of no fewer than
//! the smaller of m and 4), listing goes on only while the pages so far have brought a member each; otherwise the rest
//! is described one by one. What comes of it:
//!
//! * A page that brings one member costs what describing them costs; as long as pages do better, listing is right. So
//!   10,000 members among 20,000 people are listed (200 calls) and never described.
//! * 50 among 20,000 are described after the probe: 7 pages, and at most 50 calls.
//! * A directory of up to four pages is never described, wherever in it the members stand.
//!
//! A member whom a whole listing does not show is only *perhaps* gone (somebody may have been moved between the pages
//! while they were read): they are described, and gone if the service says so.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use aws_sdk_identitystore::operation::describe_user::DescribeUserOutput;
use aws_sdk_identitystore::types::{Email, Name, User, UserStatus};
use futures::{StreamExt, stream};

use super::error::Error;
use super::lane::SIDE_BY_SIDE;
use super::operation;
use super::paging::{self, Page};
use super::store::Store;
use crate::model::directory::{Principal, Status};
use crate::model::id::PrincipalId;

/// The most that a page of ListUsers holds.
const PAGE: i32 = 100;

type People = BTreeMap<PrincipalId, Result<Option<Principal>, Arc<Error>>>;

/// Reads these people. The first error ends the reading: whoever was not read by then carries it.
pub(super) async fn read_people(store: &Store, members: BTreeSet<PrincipalId>) -> People {
    let mut people = People::new();
    let mut unread = members;
    if unread.len() > 1
        && let Err(error) = list(store, &mut unread, &mut people).await
    {
        return blame(people, unread, error);
    }
    let described = stream::iter(unread.clone())
        .map(|id| async move {
            let read = store.describe(&id).await;
            (id, read)
        })
        .buffer_unordered(SIDE_BY_SIDE);
    let mut described = std::pin::pin!(described);
    while let Some((id, read)) = described.next().await {
        match read {
            Ok(person) => {
                unread.remove(&id);
                people.insert(id, Ok(person));
            }
            Err(error) => return blame(people, unread, error),
        }
    }
    people
}

fn blame(mut people: People, unread: BTreeSet<PrincipalId>, error: Error) -> People {
    let error = Arc::new(error);
    people.extend(unread.into_iter().map(|id| (id, Err(Arc::clone(&error)))));
    people
}

/// Lists people for as long as that is worth it, and moves those who were wanted from `unread` to `people`.
async fn list(store: &Store, unread: &mut BTreeSet<PrincipalId>, people: &mut People) -> Result<(), Error> {
    let operation = &operation::LIST_PRINCIPALS;
    let doing = || "list the people of Identity Center".to_owned();
    let fetch = |token| store.people_page(token);
    let wanted = unread.len();
    let mut pages = 0;
    let see = |users: Vec<User>| {
        pages += 1;
        for user in users {
            let person = principal_of_user(user);
            store.given(operation, doing, person.id.as_str().to_owned())?;
            if unread.remove(&person.id) {
                people.insert(person.id.clone(), Ok(Some(person)));
            }
        }
        let enough = unread.is_empty() || !worth_listing(wanted, wanted - unread.len(), pages);
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    paging::turn(&store.lane, operation, doing, fetch, see).await.map(|_| ())
}

/// Whether another page is likely to bring a member.
fn worth_listing(wanted: usize, seen: usize, pages: usize) -> bool {
    pages < wanted.div_ceil(8).max(wanted.min(4)) || seen >= pages
}

impl Store {
    pub(super) async fn people_page(&self, token: Option<String>) -> Result<Page<User>, Error> {
        let call = self.client.list_users().identity_store_id(&self.id).max_results(PAGE).set_next_token(token);
        let doing = || "list the people of Identity Center".to_owned();
        let answer = self.lane.call(&operation::LIST_PRINCIPALS, doing, call.send()).await?;
        Ok(Page::new(Some(answer.users), answer.next_token))
    }

    /// One person; `None` where the service says that there is no such user.
    pub(super) async fn describe(&self, id: &PrincipalId) -> Result<Option<Principal>, Error> {
        let operation = &operation::DESCRIBE_PRINCIPAL;
        let doing = || format!("read the person `{id}`");
        let call = self.client.describe_user().identity_store_id(&self.id).user_id(id.as_str());
        let answer = match self.lane.call(operation, doing, call.send()).await {
            Err(error) if error.says_gone("USER") => return Ok(None),
            answer => answer?,
        };
        let person = principal_of_answer(answer);
        if person.id != *id {
            return Err(self.lane.unreadable(operation, doing(), "the answer is about somebody else"));
        }
        Ok(Some(person))
    }
}

fn principal_of_user(user: User) -> Principal {
    let User { user_id, user_name, name, display_name, emails, user_status, .. } = user;
    principal(user_id, user_name, name, display_name, emails, user_status.as_ref())
}

fn principal_of_answer(user: DescribeUserOutput) -> Principal {
    let DescribeUserOutput { user_id, user_name, name, display_name, emails, user_status, .. } = user;
    principal(user_id, user_name, name, display_name, emails, user_status.as_ref())
}

fn principal(
    id: String,
    user_name: Option<String>,
    name: Option<Name>,
    display_name: Option<String>,
    emails: Option<Vec<Email>>,
    status: Option<&UserStatus>,
) -> Principal {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (given_name, family_name) = name.map_or((None, None), |name| (name.given_name, name.family_name));
    Principal {
        id: PrincipalId::new(id),
        user_name: given(user_name),
        email: given(primary_email(emails.unwrap_or_default())),
        given_name: given(given_name),
        family_name: given(family_name),
        display_name: given(display_name),
        status: match status {
            Some(UserStatus::Enabled) => Status::Enabled,
            Some(UserStatus::Disabled) => Status::Disabled,
            _ => Status::Unknown,
        },
    }
}

/// The address that is marked as primary, else the only one.
fn primary_email(mut emails: Vec<Email>) -> Option<String> {
    let primary = emails.iter().position(|email| email.primary);
    let index = primary.or_else(|| (emails.len() == 1).then_some(0))?;
    emails.swap_remove(index).value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_among_many_are_listed_to_the_end() {
        assert!((1..200).all(|pages| worth_listing(10_000, pages * 50, pages)));
    }

    #[test]
    fn few_among_many_are_described_after_the_probe() {
        assert!(worth_listing(50, 0, 6));
        assert!(!worth_listing(50, 0, 7));
        assert!(!worth_listing(50, 6, 7));
        assert!(worth_listing(50, 7, 7));
    }

    #[test]
    fn a_small_directory_is_listed_whoever_stands_last_in_it() {
        assert!((1..4).all(|pages| worth_listing(20, 0, pages)));
        assert!(!worth_listing(2, 0, 2));
    }

    #[test]
    fn the_primary_address_counts_or_the_only_one() {
        let email = |value: &str, primary| Email::builder().value(value).primary(primary).build();
        assert_eq!(primary_email(vec![email("a@x", false), email("b@x", true)]).as_deref(), Some("b@x"));
        assert_eq!(primary_email(vec![email("a@x", false)]).as_deref(), Some("a@x"));
        assert_eq!(primary_email(vec![email("a@x", false), email("b@x", false)]), None);
        assert_eq!(primary_email(Vec::new()), None);
    }
}
