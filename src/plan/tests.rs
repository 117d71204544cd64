//! Rules of the plan, each told by two worlds: start equal, change one, look at the plan.

mod people;
mod properties;
mod targets;
mod users;
mod world;
