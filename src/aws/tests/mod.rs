//! Tests over the wire: the real clients against a server whose answers each test writes down.

mod answers;
mod calls;
mod connect;
mod double;
mod identity_center;
mod simulator;

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::Duration;

use self::double::Double;
use super::*;
use crate::model::id::InstanceId;
use crate::model::limits::{Rate, Rates, Timeouts};
use crate::model::reference::ApplicationRef;
use crate::model::settings::GroupRef;

const INSTANCE: &str = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb";
const APPLICATION: &str = "arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef";

/// Rates that stand in nobody's way.
fn fast() -> Rates {
    let rate = || Rate { requests_per_second: 1000.0, burst: 1000, share: 1.0, operations: [].into() };
    Rates { connect: rate(), identity_store: rate(), sso_admin: rate() }
}

fn timeouts(attempt_ms: u64, call_ms: u64) -> Timeouts {
    let [attempt, call] = [attempt_ms, call_ms].map(Duration::from_millis);
    Timeouts { attempt, call, ..Timeouts::default() }
}

fn center_at() -> IdentityCenterAt {
    IdentityCenterAt {
        region: "eu-west-1".to_owned(),
        instance_arn: Some("arn:aws:sso:::instance/ssoins-1234567890abcdef".to_owned()),
        identity_store_id: Some("d-1234567890".to_owned()),
        role: None,
    }
}

fn target_at(application: Option<&str>) -> TargetAt {
    TargetAt {
        owner: "rollcall".to_owned(),
        region: "eu-west-2".to_owned(),
        instance: InstanceId::new(INSTANCE),
        account: None,
        role: None,
        application: application.map(ApplicationRef::parse),
        application_region: None,
    }
}

async fn center(double: &Double) -> (IdentityCenter, Ledger) {
    let access = Access::simulated(&double.endpoint(), Timeouts::default());
    let ledger = Ledger::new();
    (IdentityCenter::open(&access, center_at(), &Pace::new(), &fast()).await.counted(&ledger), ledger)
}

async fn target_of(access: &Access, at: TargetAt, rates: &Rates) -> (Target, Ledger) {
    let pace = Pace::new();
    let center = IdentityCenter::open(access, center_at(), &pace, rates).await;
    let ledger = Ledger::new();
    (Target::open(access, at, &center, &pace, rates).await.counted(&ledger), ledger)
}

async fn target(double: &Double, application: Option<&str>) -> (Target, Ledger) {
    let access = Access::simulated(&double.endpoint(), Timeouts::default());
    target_of(&access, target_at(application), &fast()).await
}

fn groups(names: &[&str]) -> BTreeSet<GroupRef> {
    names.iter().map(|name| GroupRef::parse(name)).collect()
}

/// The cause, as an operator reads it.
fn cause(error: &Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}
