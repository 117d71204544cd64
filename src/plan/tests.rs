//! Rules of the plan, each told by two worlds: start equal, change one, look at the plan.

mod guards;
mod leaving;
mod people;
mod properties;
mod returning;
mod sequences;
mod targets;
mod updates;
mod users;
mod world;
