//! How the simulator behaves. The default is what AWS documents.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bucket::Rate;
use super::iam::policy::Policies;
use super::service::Service;

/// Behaviour that a test may change while the simulator runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// The most items on a page, whatever a request asks for; none: the documented limits alone.
    pub page_size: Option<usize>,
    /// The same for the first page of a listing, the second, and so on, and then from the beginning; none: all alike.
    pub page_sizes: Vec<usize>,
    /// Every other page, the first included, is empty and yet has a successor.
    pub empty_pages: bool,
    /// Pages hold half of what was asked for, though there is more.
    pub short_pages: bool,
    /// Seconds until SearchUsers sees a write; ListUsers and DescribeUser see it at once.
    pub search_lag_seconds: u32,
    /// Whether calls beyond the rates are refused.
    pub throttle: bool,
    /// How often operations may be called.
    pub rates: Rates,
    /// Users that an instance may have, in place of the world's own figures.
    pub user_quota: Option<usize>,
    /// Milliseconds that every call takes at least.
    pub latency_ms: u64,
    /// Whether Connect takes logins that differ in case only for the same; what it does in life is not known.
    pub logins_ignore_case: bool,
    /// Whether making an assignment that exists succeeds rather than conflicts; what happens in life is not known.
    pub repeated_assignments_succeed: bool,
    /// What callers may do; none: everything.
    pub policies: Option<Policies>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            page_size: None,
            page_sizes: Vec::new(),
            empty_pages: false,
            short_pages: false,
            search_lag_seconds: 0,
            throttle: true,
            rates: Rates::default(),
            user_quota: None,
            latency_ms: 0,
            logins_ignore_case: false,
            repeated_assignments_succeed: false,
            policies: None,
        }
    }
}

/// The rates of all services.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// For each operation, and per identity store: 20 a second.
    pub identitystore: ServiceRates,
    /// For all operations together, and per account and Region: 20 a second.
    pub sso: ServiceRates,
    /// For each operation, and per account and Region: 2 a second, 5 at once.
    pub connect: ServiceRates,
    /// For each operation, and per account and Region: 100 a second.
    pub sts: ServiceRates,
}

impl Default for Rates {
    fn default() -> Self {
        let rates = |requests_per_second, burst| ServiceRates { requests_per_second, burst, ..ServiceRates::default() };
        Rates {
            identitystore: rates(20.0, 20.0),
            sso: rates(20.0, 20.0),
            connect: rates(2.0, 5.0),
            sts: rates(100.0, 100.0),
        }
    }
}

impl Rates {
    /// The rates of one service.
    #[must_use]
    pub fn of(&self, service: Service) -> &ServiceRates {
        match service {
            Service::IdentityStore => &self.identitystore,
            Service::Sso => &self.sso,
            Service::Connect => &self.connect,
            Service::Sts => &self.sts,
        }
    }
}

/// The rates of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceRates {
    /// Calls a second, in the long run.
    pub requests_per_second: f64,
    /// Calls at once after a quiet time.
    pub burst: f64,
    /// Operations with a rate, and a bucket, of their own.
    pub operations: BTreeMap<String, Rate>,
}

impl Default for ServiceRates {
    fn default() -> Self {
        ServiceRates { requests_per_second: 20.0, burst: 20.0, operations: BTreeMap::new() }
    }
}

impl ServiceRates {
    /// The rate of an operation, and whether it is the operation's own.
    pub(super) fn of(&self, operation: &str) -> (Rate, bool) {
        match self.operations.get(operation) {
            Some(rate) => (*rate, true),
            None => (Rate { requests_per_second: self.requests_per_second, burst: self.burst }, false),
        }
    }
}
