//! One world in which a pass has everything to do that it can do, and calls every operation that it may.

use rollcall::model::settings::Mode;
use rollcall::report::RunReport;
use rollcall::sim::{Fault, FaultKind, Options, Service};
use serde_json::Value;

use crate::stage::{CONFIG, Stage, WORLD, agent, hours_ago, owned, owned_with, person, unpaced, user};

/// Ids of the group `Supervisors` and of what the parked user had.
const SUPERVISORS: &str = "22222222-2222-4222-8222-222222222222";
const VIP: &str = "77777777-7777-4777-8777-777777777777";
const AGENT: &str = "cccccccc-2222-4333-8444-dddddddddddd";
/// Somebody who is nobody's person any more.
const GONE: &str = "90679d1234-11111111-2222-4333-8444-555555555555";

/// Users whom nobody may change: made by hand, another installation's, an administrator, one under protection.
pub(super) const UNTOUCHABLE: [&str; 4] = ["hand@x.com", "elsewhere@x.com", "boss@x.com", "safe@x.com"];

const ABSENT: &str = "rollcall:absent-since";
const QUARANTINED: &str = "rollcall:quarantined-at";

/// An owned user who carries marks of so many hours ago.
fn marked(login: &str, marks: &[(&str, i64)]) -> String {
    let marks: Vec<(&str, String)> = marks.iter().map(|(key, hours)| (*key, hours_ago(*hours))).collect();
    let marks: Vec<(&str, &str)> = marks.iter().map(|(key, at)| (*key, at.as_str())).collect();
    owned_with(login, login, &marks)
}

/// An owned user in quarantine, long enough to be deleted.
fn parked(login: &str) -> String {
    let was = format!("\"rollcall:was-routing-profile\" = \"{VIP}\", \"rollcall:was-security-profiles\" = \"{AGENT}\"");
    marked(login, &[(ABSENT, 2000), (QUARANTINED, 1000)])
        .replace("security_profiles = [\"Agent\"]", "security_profiles = [\"NoAccess\"]\nrouting_profile = \"Parking\"")
        .replace("tags = { ", &format!("tags = {{ {was}, "))
}

fn world() -> String {
    let moved = owned("moved@x.com", "moved@x.com")
        .replace("group_id:Agents", "group_id:Supervisors")
        .replace("first_name = \"Given moved\"", "first_name = \"Former\"");
    let elsewhere = owned("elsewhere@x.com", "elsewhere@x.com").replace("= \"rollcall\"", "= \"other\"");
    let users = [
        user("hand@x.com"),
        elsewhere,
        marked("boss@x.com", &[(ABSENT, 100)]).replace("[\"Agent\"]", "[\"Agent\", \"Admin\"]"),
        marked("safe@x.com", &[(ABSENT, 100)]),
        user("adopted@x.com").replace("\"Given\"", "\"Given adopted\"").replace("\"Family\"", "\"Family adopted\""),
        moved,
        owned("handed@x.com", "handed@x.com").replace("{user_id:handed@x.com}", GONE),
        marked("soon@x.com", &[(ABSENT, 100)]),
        parked("back@x.com"),
        owned("leaver@x.com", "leaver@x.com"),
        marked("due@x.com", &[(ABSENT, 100)]),
        marked("disabled@x.com", &[(ABSENT, 100)]),
        parked("last@x.com"),
        "[[instances.quick_connects]]\nname = \"Last\"\ntype = \"USER\"\ntarget = \"last@x.com\"\n\
         [[instances.quick_connects]]\nname = \"Soon\"\ntype = \"USER\"\ntarget = \"soon@x.com\"\n"
            .to_owned(),
    ];
    let members = ["new1", "new2", "adopted", "moved", "handed", "soon", "back"];
    let outside = ["leaver", "due", "last", "boss", "safe", "elsewhere"];
    let people = members.map(|name| agent(&format!("{name}@x.com")));
    let others = outside.map(|name| person(&format!("{name}@x.com"), &[]));
    let disabled = format!("{}status = \"disabled\"\n", agent("disabled@x.com"));
    let supervisor = person("new3@x.com", &["Supervisors"]);
    let parts = [users.join(""), people.join(""), others.join(""), disabled, supervisor].join("\n");
    format!("{WORLD}\n{parts}")
        .replace("name = \"Supervisors\"", &format!("id = \"{SUPERVISORS}\"\nname = \"Supervisors\""))
        .replace("\"VIP\", \"Parking\"]", &format!("{{ name = \"VIP\", id = \"{VIP}\" }}, \"Parking\"]"))
        .replace("\"Admin\", \"Agent\", ", &format!("\"Admin\", {{ name = \"Agent\", id = \"{AGENT}\" }}, "))
        .replace("[[instances]]", "[[applications]]\nname = \"Another\"\n\n[[instances]]")
        .replace("hierarchy = [\"EMEA/London\"]", "hierarchy = [\"EMEA/London\", \"APAC/London\"]")
}

fn config() -> String {
    let mapping = "hierarchy = \"EMEA/London\"\nrouting_profile = \"VIP\"\nsecurity_profiles = [\"Agent\"]\n\
                   tags = { team = \"support\" }\n\
                   phone = { type = \"desk\", number = \"+442079460000\", auto_accept = false, after_contact_work = \"30s\" }\n";
    let more = format!(
        "[[target.mapping]]\ngroup = \"{SUPERVISORS}\"\n\n\
         [policy]\nadopt = true\nremovals = \"delete\"\nmax_removals = 10\nprotect = [\"safe@*\"]\n\
         attributes = {{ name = \"enforce\" }}\n\n\
         [quarantine]\nrouting_profile = \"Parking\"\nsecurity_profiles = [\"NoAccess\"]\n"
    );
    format!("{}{mapping}{more}", CONFIG.replace(crate::stage::APPLICATION, "Amazon Connect"))
}

/// A stage of this world, with pages of three.
pub(super) async fn stage() -> Stage {
    Stage::with(&world(), &config(), Options { page_size: Some(3), ..unpaced() }).await
}

/// What is done with the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A pass of everybody, with approval of what it would withhold.
    Everybody,
    /// The same; the answers to writes that cannot be repeated are lost.
    AnswersLost,
    /// A pass of one person who is new.
    OnePerson,
}

impl Act {
    pub(super) const ALL: [Self; 3] = [Self::Everybody, Self::AnswersLost, Self::OnePerson];

    pub(super) async fn play(self, stage: &Stage, code: &str) -> RunReport {
        match self {
            Self::Everybody => stage.sync_with(&[code]).await,
            Self::AnswersLost => {
                for (service, operation) in
                    [(Service::Sso, "CreateApplicationAssignment"), (Service::Connect, "CreateUser")]
                {
                    stage.sim.inject(Fault::new(service, operation, FaultKind::ResetAfter).times(1));
                }
                stage.sync_with(&[code]).await
            }
            Self::OnePerson => stage.run_for(Mode::Apply, "new1@x.com").await,
        }
    }
}

/// The code by which what a plan withholds is approved.
pub(super) async fn approval(stage: &Stage) -> String {
    let planned = stage.run(Mode::Plan).await;
    planned.targets[0].approval().unwrap().to_owned()
}

/// Those of whom every bit has to stay as it is.
pub(super) fn untouchable(stage: &Stage) -> Vec<Value> {
    UNTOUCHABLE.iter().map(|login| stage.user(login)).collect()
}
