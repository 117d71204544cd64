//! The nouns: what was read, and what was asked for. Values only, with no I/O, no clock and no SDK type, so that
//! everything that decides can be tested without a service.
//!
//! * [`id`] – a type of its own for each kind of id, so that they cannot be confused.
//! * [`directory`] – people and groups, as Identity Center has them.
//! * [`connect`] – users, profiles and the instance, as Amazon Connect has them; the application and its assignments.
//! * [`settings`] – what one target is to be like, as the configuration asks.
//! * [`reference`](mod@reference) – roles and applications, as the configuration refers to them.
//! * [`limits`] – how long calls may take and how often they may be made.
//! * [`tag`] – the tags that carry what Rollcall has to remember.
//! * [`snapshot`] – all that was read for one target, at one time.

pub mod connect;
pub mod directory;
pub mod id;
pub mod limits;
pub mod reference;
pub mod settings;
pub mod snapshot;
pub mod tag;
