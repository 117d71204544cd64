//! A simulator of the parts of AWS that Rollcall talks to: Identity Store, the administration of IAM Identity Center,
//! Amazon Connect and `sts:AssumeRole`, over HTTP on one port.
//!
//! It is for tests and for `rollcall demo`, and as strict as the services are known to be: it holds requests against
//! the published models, keeps the documented rates, quotas and page sizes, and answers with the errors that AWS sends.
//! Where AWS does not say how it behaves, the simulator does what is harder for its caller.
//!
//! It must not know Rollcall: nothing in here imports anything from the rest of the crate, or an AWS SDK. What the two
//! share is the wire.
//!
//! * [`World`] is what exists at the start; its module tells how to write one. [`World::workshop`] is the default.
//! * [`Options`] is how the simulator behaves, [`Fault`] what goes wrong, [`Entry`] what was asked.
//! * [`Simulator`] runs it. The same things can be had over HTTP, under `/_sim/`; see the module `control`.
//!
//! A request passes `server` → `gate` (what it is, who sends it, faults, rates, constraints, permissions) → `identity_store`,
//! `sso_admin`, `connect` or `sts` → `state`.

mod answer;
mod bucket;
mod call;
mod clock;
mod connect;
mod constraints;
mod control;
mod crowd;
mod fault;
mod gate;
mod iam;
mod identity_store;
mod ids;
mod journal;
mod options;
mod pages;
mod placeholder;
mod request;
mod seed;
mod server;
mod service;
mod signature;
mod snapshot;
mod sso_admin;
mod state;
mod strike;
mod sts;
mod world;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use bucket::Rate;
pub use fault::{Fault, FaultKind};
use gate::Shared;
pub use iam::{Policies, Policy, PolicyError};
pub use journal::Entry;
pub use options::{Options, Rates, ServiceRates};
pub use service::Service;
pub use world::{World, WorldError};

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: DropGuard,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Starts a simulator of `world` that listens on `listen`, where port 0 is any free one. Fails where the address
    /// cannot be listened on.
    pub async fn start(world: World, listen: SocketAddr, options: Options) -> io::Result<Simulator> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(world.state, options));
        let stop = CancellationToken::new();
        let server = tokio::spawn(server::serve(listener, Arc::clone(&shared), stop.clone()));
        Ok(Simulator { address, shared, stop: stop.drop_guard(), server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that clients of every service are to use.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets something go wrong from now on. Whether the operation exists, and can fail in that way, is asked under `/_sim/`
    /// only.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults().add(fault);
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// How it behaves now.
    #[must_use]
    pub fn options(&self) -> Options {
        self.shared.options().clone()
    }

    /// Changes how it behaves from now on.
    pub fn set_options(&self, options: Options) {
        *self.shared.options() = options;
    }

    /// What its clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Sets its clock, which runs on from there.
    pub fn set_clock(&self, now: Timestamp) {
        self.shared.clock.set(now);
    }

    /// Puts another world in the place of everything that exists.
    pub fn set_world(&self, world: World) {
        self.shared.replace(world.state);
    }

    /// Enables or disables the person with a user name; false where there is nobody of that name.
    #[must_use]
    pub fn set_enabled(&self, user_name: &str, enabled: bool) -> bool {
        self.shared.set_enabled(user_name, enabled).is_some()
    }

    /// What was asked so far, in order of arrival.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.journal().entries()
    }

    /// Forgets what was asked so far.
    pub fn clear_journal(&self) {
        self.shared.journal().clear();
    }

    /// Everything that exists, in the form that `GET /_sim/world` has.
    #[must_use]
    pub fn snapshot(&self) -> serde_json::Value {
        self.shared.snapshot()
    }

    /// Stops it, and waits until every connection is closed.
    pub async fn stop(self) {
        let Simulator { stop, server, .. } = self;
        drop(stop);
        // The task ends by itself and cannot be cancelled by anybody else.
        let _ = server.await;
    }
}
