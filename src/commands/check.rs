//! `check`: the configuration, its expectations, credentials, read permissions and names, a line each.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use comfy_table::{Table, presets};

use super::{ExitStatus, Stop, pass, screen};
use crate::aws::iam::{self, Place};
use crate::aws::operation::OPERATIONS;
use crate::aws::{Access, Effect, Service, Trial};
use crate::cli::CheckArgs;
use crate::config::{Config, Target};
use crate::pass::{Checked, Runner, Setup};
use crate::report::{Trouble, things};

pub(super) async fn run(file: &Path, args: &CheckArgs) -> Result<ExitStatus, Stop> {
    let config = Arc::new(Config::load(file)?);
    pass::start_log(&config);
    let mut lines = Lines::new();
    configuration(&mut lines, &config, file);
    if !args.offline {
        let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
        let checked = Runner::new(Setup::new(Arc::clone(&config), access)).check().await;
        aws(&mut lines, &config, &checked);
    }
    screen::out(&lines.text())?;
    Ok(if lines.failures == 0 { ExitStatus::Success } else { ExitStatus::Failure })
}

/// What can be said without AWS.
fn configuration(lines: &mut Lines, config: &Config, path: &Path) {
    let mappings: usize = config.targets.iter().map(|target| target.settings.mappings.len()).sum();
    let (targets, mappings) = (things(config.targets.len(), "target"), things(mappings, "mapping"));
    lines.good("configuration", &format!("{}: {targets}, {mappings}", path.display()));
    let failures = config.failures();
    let met = config.expects.len() - failures.iter().map(|failure| failure.index).collect::<BTreeSet<_>>().len();
    if met > 0 {
        lines.good("expectations", &format!("{met} met"));
    }
    for failure in failures {
        lines.bad("expectations", &failure.to_string());
    }
}

/// What AWS says.
fn aws(lines: &mut Lines, config: &Config, checked: &Checked) {
    let center = "identity center";
    trials(lines, center, &checked.center);
    for (target, checked) in config.targets.iter().zip(&checked.targets) {
        let name = target.settings.name.as_str();
        trials(lines, name, &checked.trials);
        for finding in &checked.findings {
            let text = format!("{}: {}\nfix: {}", finding.code(), finding.message(), finding.fix());
            match finding.code().severity() {
                _ if finding.accepted => lines.note(name, &text),
                crate::plan::finding::Severity::Error => lines.bad(name, &text),
                _ => lines.note(name, &text),
            }
        }
    }
    for target in &config.targets {
        untested(lines, target);
    }
}

fn trials(lines: &mut Lines, about: &str, trials: &[Trial]) {
    for Trial { operation, result } in trials {
        match result {
            Ok(()) => lines.good(about, &operation.action()),
            Err(error) => {
                let Trouble { message, causes, hint } = Trouble::of(error, error.hint());
                let mut text = format!("{}: {message}", operation.action());
                text.extend(causes.iter().flat_map(|cause| ["\ncaused by: ", cause]));
                text.extend(hint.iter().flat_map(|hint| ["\nhint: ", hint]));
                lines.bad(about, &text);
            }
        }
    }
}

/// AWS has no dry run: what would write can only be listed, with the policy line that grants it.
fn untested(lines: &mut Lines, target: &Target) {
    let connect = Place {
        region: target.region.clone(),
        account: target.account.clone(),
        instance: Some(target.instance.to_string()),
        owner: Some(target.settings.owner.clone()),
        ..Place::default()
    };
    for operation in OPERATIONS.iter().filter(|operation| operation.effect == Effect::Write) {
        let place = match operation.service {
            Service::Connect => connect.clone(),
            Service::SsoAdmin | Service::IdentityStore => match &target.application {
                Some(application) => Place {
                    region: target.application_region.clone(),
                    application: application.arn().map(ToString::to_string),
                    ..Place::default()
                },
                None => continue,
            },
        };
        let statement = iam::statement(operation, &place);
        lines.untested(target.settings.name.as_str(), &format!("{}\n{statement}", operation.action()));
    }
}

/// The lines of the check, aligned.
struct Lines {
    table: Table,
    failures: usize,
}

impl Lines {
    fn new() -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        Self { table, failures: 0 }
    }

    fn good(&mut self, about: &str, what: &str) {
        self.table.add_row([about, "ok", what]);
    }

    fn note(&mut self, about: &str, what: &str) {
        self.table.add_row([about, "note", what]);
    }

    fn untested(&mut self, about: &str, what: &str) {
        self.table.add_row([about, "untested", what]);
    }

    fn bad(&mut self, about: &str, what: &str) {
        self.failures += 1;
        self.table.add_row([about, "FAILED", what]);
    }

    fn text(&self) -> String {
        let lines: Vec<String> = self.table.lines().map(|line| line.trim_end().to_owned()).collect();
        let end = match self.failures {
            0 => "all that can be tested is well".to_owned(),
            count => things(count, "failure"),
        };
        format!("{}\n\n{end}\n", lines.join("\n"))
    }
}
