//! The way of a call: what it is, who makes it, what is to go wrong, whether it comes too often, whether it is
//! well-formed, whether it is allowed, and at last the service that answers it. Everything is noted in the journal.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::HeaderMap;
use hyper::http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, RefusalKind};
use super::bucket::Buckets;
use super::call::Call;
use super::clock::Clock;
use super::constraints;
use super::fault::{FaultKind, Faults};
use super::journal::{Entry, Journal};
use super::options::Options;
use super::pages::{self, Pages};
use super::request::{self, Routed, header};
use super::service::Service;
use super::signature::{self, Signed};
use super::snapshot;
use super::state::State;
use super::state::directory::Person;
use super::state::sessions::HOME;
use super::strike::{self, Blow};
use super::{connect, identity_store, sso_admin, sts};

/// All that the simulator is, shared by its connections. Each lock is held for moments, and never two of them
/// at once.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    options: Mutex<Options>,
    faults: Mutex<Faults>,
    journal: Mutex<Journal>,
    buckets: Mutex<Buckets>,
    pub(super) clock: Clock,
    /// Seals page tokens, so that those of another run are strangers.
    secret: String,
}

/// What is to be done with the connection.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Send the answer.
    Send(Answer),
    /// Send the head and half of the body, then close.
    SendHalf(Answer),
    /// Send the head and half of the body, and leave it open.
    Stall(Answer),
    /// Reset it without an answer.
    Reset,
    /// Leave it open without an answer.
    Hang,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(state: State, options: Options) -> Shared {
        Shared {
            state: Mutex::new(state),
            options: Mutex::new(options),
            faults: Mutex::default(),
            journal: Mutex::default(),
            buckets: Mutex::default(),
            clock: Clock::default(),
            secret: uuid::Uuid::new_v4().to_string(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn options(&self) -> MutexGuard<'_, Options> {
        lock(&self.options)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    /// Everything that exists, as JSON.
    pub(super) fn snapshot(&self) -> Value {
        let now = self.clock.now();
        snapshot::of(&self.state(), now)
    }

    /// Puts another world in place. Whoever has assumed a role stays who they are.
    pub(super) fn replace(&self, state: State) {
        let mut current = self.state();
        let sessions = std::mem::take(&mut current.sessions);
        *current = state;
        current.sessions = sessions;
        drop(current);
        lock(&self.buckets).clear();
    }

    /// Enables or disables a person, and gives their id; `None` where nobody has that user name.
    pub(super) fn set_enabled(&self, user_name: &str, enabled: bool) -> Option<String> {
        let updated = self.clock.now();
        let mut state = self.state();
        let person = state.directory.person_named(user_name)?.clone();
        let id = person.id.clone();
        let person = Person { enabled, revision: person.revision + 1, updated, ..person };
        state.directory.put_person(person).ok().map(|()| id)
    }

    /// Answers a call.
    pub(super) async fn answer(&self, parts: &Parts, body: &[u8], request_id: &str) -> Verdict {
        let routed = request::route(parts, body);
        let signed = signature::read(&parts.headers);
        let number = self.journal().begin(self.entry(parts, &routed, signed.as_ref()));
        let latency = self.options().latency_ms;
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        let Reply { verdict, delay, fault } = self.decide(parts, routed, signed, request_id);
        let (status, code) = outcome(&verdict);
        self.journal().finish(number, status, code, fault);
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        verdict
    }

    fn entry(&self, parts: &Parts, routed: &Routed, signed: Option<&Signed>) -> Entry {
        let attempt = header(&parts.headers, "amz-sdk-request").and_then(|text| {
            let attempt = text.split(';').find_map(|part| part.trim().strip_prefix("attempt="));
            attempt.and_then(|attempt| attempt.parse().ok())
        });
        Entry {
            at: self.clock.now(),
            service: routed.service,
            operation: routed.operation.clone(),
            status: None,
            code: None,
            fault: None,
            attempt: attempt.unwrap_or(1),
            access_key: signed.map(|signed| signed.access_key.clone()).unwrap_or_default(),
            region: signed.map(|signed| signed.region.clone()).unwrap_or_default(),
            write: is_write(&routed.operation),
        }
    }

    /// What becomes of a call.
    fn decide(&self, parts: &Parts, routed: Routed, signed: Option<Signed>, request_id: &str) -> Reply {
        let Routed { service, operation, input } = routed;
        let refused = |refusal: &Refusal| Verdict::Send(Answer::refusal(service, refusal, request_id));
        let now = self.clock.now();
        let sender = match self.sender(service, &parts.headers, signed, now) {
            Ok(sender) => sender,
            Err(refusal) => return Reply { verdict: refused(&refusal), delay: None, fault: None },
        };
        let struck = self.faults().strike(service, &operation, input.as_ref().ok());
        let fault = struck.as_ref().map(|fault| fault.kind);
        match struck.as_ref().and_then(|fault| strike::before(fault, service, &operation, &sender.arn)) {
            Some(Blow::Refusal(refusal)) => return Reply { verdict: refused(&refusal), delay: None, fault },
            Some(Blow::Verdict(verdict)) => return Reply { verdict, delay: None, fault },
            None => {}
        }
        let request = Request { service, operation: &operation, input, sender, now, fault };
        let answer = match self.carry_out(request) {
            Ok(output) => Answer::success(service, &operation, &output, request_id),
            Err(refusal) => Answer::refusal(service, &refusal, request_id),
        };
        let (verdict, delay) = strike::after(struck.as_ref(), answer);
        Reply { verdict, delay, fault }
    }

    /// Who signed a request: a session of a role, or a user of the home account.
    fn sender(
        &self,
        service: Service,
        headers: &HeaderMap,
        signed: Option<Signed>,
        now: Timestamp,
    ) -> Result<Sender, Refusal> {
        signature::check(service, headers, signed.as_ref(), now)?;
        let Signed { access_key, region, session_token, .. } = signed.unwrap_or_default();
        let state = self.state();
        let Some(session) = state.sessions.get(&access_key) else {
            let arn = format!("arn:aws:iam::{HOME}:user/operator");
            return Ok(Sender { account: HOME.to_owned(), arn, role: None, region });
        };
        if session_token.as_ref() != Some(&session.token) {
            let message = "The security token included in the request is invalid.";
            return Err(RefusalKind::UnknownCredentials.refusal(service, message));
        }
        if now >= session.expires {
            return Err(strike::expired(service));
        }
        let role = Some(session.role.clone());
        Ok(Sender { account: session.account.clone(), arn: session.arn.clone(), role, region })
    }

    /// Counts a call, and refuses it where that is one too many. Identity Store counts by store, everything else by the
    /// sender's account and Region.
    fn admit(&self, service: Service, operation: &str, sender: &Sender) -> Result<(), Refusal> {
        let options = self.options();
        if !options.throttle {
            return Ok(());
        }
        let (rate, own) = options.rates.of(service).of(operation);
        drop(options);
        let shared = service == Service::Sso && !own;
        let place = if service == Service::IdentityStore { "store" } else { sender.account.as_str() };
        let key = format!("{service} {} {place} {}", if shared { "*" } else { operation }, sender.region);
        let granted = lock(&self.buckets).take(key, rate, Instant::now());
        if granted { Ok(()) } else { Err(strike::throttled(service)) }
    }

    fn carry_out(&self, request: Request<'_>) -> Result<Value, Refusal> {
        let Request { service, operation, input, sender, now, fault } = request;
        let input = input?;
        self.admit(service, operation, &sender)?;
        constraints::check(service, operation, &input)?;
        let Sender { account, arn, role, region } = sender;
        let options = self.options().clone();
        let listing = pages::listing(operation, &account, &region, &input);
        let pages = Pages { service, listing, secret: &self.secret, now, options: &options, fault };
        let call = Call { service, operation, input, account, region, caller: arn, now, pages };
        let mut state = self.state();
        if let Some(policies) = &options.policies {
            policies.admit(role.as_deref(), &call, &state)?;
        }
        perform(&call, &mut state)
    }
}

/// Lets the service that a call addresses answer it.
pub(super) fn perform(call: &Call<'_>, state: &mut State) -> Result<Value, Refusal> {
    match call.service {
        Service::IdentityStore => identity_store::answer(call, state),
        Service::Sso => sso_admin::answer(call, state),
        Service::Connect => connect::answer(call, state),
        Service::Sts => sts::answer(call, state),
    }
}

/// Who sends a request, and from which Region's endpoint an answer is wanted.
#[derive(Debug)]
struct Sender {
    account: String,
    arn: String,
    /// The role that they have assumed.
    role: Option<String>,
    region: String,
}

/// A request whose sender is known.
#[derive(Debug)]
struct Request<'a> {
    service: Service,
    operation: &'a str,
    input: Result<Map<String, Value>, Refusal>,
    sender: Sender,
    now: Timestamp,
    /// What strikes it.
    fault: Option<FaultKind>,
}

/// What comes back.
#[derive(Debug)]
struct Reply {
    verdict: Verdict,
    /// How long it is held back.
    delay: Option<Duration>,
    /// What struck the call.
    fault: Option<FaultKind>,
}

/// Whether an operation changes something.
fn is_write(operation: &str) -> bool {
    ["Create", "Update", "Delete", "Put", "Tag", "Untag"].iter().any(|verb| operation.starts_with(verb))
}

fn outcome(verdict: &Verdict) -> (Option<u16>, Option<String>) {
    match verdict {
        Verdict::Send(answer) => (Some(answer.status.as_u16()), answer.code.clone()),
        Verdict::SendHalf(answer) => (Some(answer.status.as_u16()), Some("half_body".to_owned())),
        Verdict::Stall(answer) => (Some(answer.status.as_u16()), Some("stall".to_owned())),
        Verdict::Reset => (None, Some("reset".to_owned())),
        Verdict::Hang => (None, Some("hang".to_owned())),
    }
}
