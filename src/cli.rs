//! The command line. The comments here are what `--help` says.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Keeps Amazon Connect users in step with groups of AWS IAM Identity Center.
///
/// Put a person into a mapped group, and they can work; take them out, and their account is dealt with by policy. Every
/// login that does not match is found, named and explained. Begin with `rollcall demo`, which needs nothing.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ROLLCALL_CONFIG",
        default_value = "/etc/rollcall/rollcall.toml"
    )]
    pub config: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole job on a simulated AWS: plan, apply, findings
    ///
    /// Starts the embedded simulator with a small contact centre, shows what a pass would do, does it, and shows that a
    /// second pass has nothing to do; then goes on as `run` does, and prints where and with which token it can be asked.
    /// Needs no account, no configuration file and no credentials, and reads none.
    Demo(DemoArgs),
    /// Read everything, and print what a pass would do; write nothing
    ///
    /// Exit codes: 0, or 1 when a target could not be read; with `--exit-code` 3 when there is work to do; 2 for
    /// mistakes in the call or the configuration.
    Plan(PlanArgs),
    /// Make one pass: read, plan, apply, report
    ///
    /// What a guard holds back is listed with a code; `--approve CODE` lets exactly that through. Exit codes: 0
    /// converged; 1 a target could not be read; 4 an action failed or was skipped; 5 something is withheld and wants
    /// approval; 2 for mistakes in the call or the configuration.
    Sync(SyncArgs),
    /// Run for ever: passes by the schedule and on request, metrics, and an HTTP interface
    ///
    /// Ends with 0 on SIGTERM or Ctrl-C: calls in hand have two seconds. SIGHUP reads the configuration and the tokens
    /// anew; what is wrong with them is told, and the old ones stay. Exit codes: 0; 1 when it cannot listen; 2 for mistakes
    /// in the call or the configuration.
    Run,
    /// Ask the running daemon how it is, and how its targets stand
    ///
    /// Asks at `http.listen` of the configuration, with a token where this user can read one; without one it tells only
    /// whether the daemon is ready. Exit codes: 0 it is ready; 1 it is not, or does not answer; 2 for mistakes in the call or
    /// the configuration.
    Status(StatusArgs),
    /// Follow the whole chain for one person, and say what keeps them from working
    ///
    /// From Identity Center to the Connect user, each link with what was seen, ending in a verdict and one fix. Reads this
    /// person alone, by a few calls, and writes nothing. Exit codes: 0 whenever it could answer; 1 when something could not
    /// be read; 2 for mistakes in the call or the configuration.
    Explain(ExplainArgs),
    /// Show past runs; with `--person` everything that was done to one person, and why
    ///
    /// Reads the file `history.path`, whether the daemon runs or not, and asks AWS nothing. A person is found by login,
    /// e-mail address or id, by the names of before a change too. An event is told with the
    /// time at which its run began, by the host's clock. Exit codes: 0, also when nothing is recorded of a person or a time;
    /// 1 when the file cannot be read; 2 for mistakes in the call or the configuration, and for a run or a target that is
    /// not known.
    History(HistoryArgs),
    /// Check the configuration, its expectations, credentials, names and read permissions
    ///
    /// Writes nothing. Write permissions cannot be tried, since AWS has no dry run: they are listed with the policy
    /// lines that grant them. Exit codes: 0 all is well; 1 something is not; 2 the configuration is wrong.
    Check(CheckArgs),
    /// Print the CSV of Connect's bulk upload, of the people who are missing
    ///
    /// For those who may upload users and have nobody who lets a program create them: reads everything, writes nothing to
    /// AWS, and prints a row for each person whom `rollcall sync` would create, with the tags that make the user
    /// Rollcall's own. Connect takes 1,000 rows a file; `--out DIR` makes as many files as are needed. Where several
    /// targets are configured, name one, or give `--out`. stderr tells who is not in it, and why. The columns are those
    /// of AWS's description of 2026: compare them with the template that your console offers. Exit codes: 0; 1 a target
    /// could not be read, or a file not be written; 2 for mistakes in the call or the configuration.
    Export(ExportArgs),
    /// Run the AWS simulator alone, for tests of your own
    ///
    /// Serves Identity Store, SSO Admin, Connect and STS on one port. Point any AWS SDK or the AWS CLI at it with
    /// `AWS_ENDPOINT_URL`; any credentials will do. The first line of stdout is its address.
    Sim(SimArgs),
    /// The configuration itself
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the completions of a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Commands about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the JSON Schema of the configuration file
    Schema,
}

/// How `demo` goes.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after the story
    #[arg(long)]
    pub once: bool,
}

/// How `plan` goes.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What every pass takes.
    #[command(flatten)]
    pub pass: PassArgs,
    /// Exit with 3 when anything is planned
    #[arg(long)]
    pub exit_code: bool,
}

/// How `sync` goes.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// What every pass takes.
    #[command(flatten)]
    pub pass: PassArgs,
    /// Let through what is withheld under this code, if it is still the same; may be given more than once
    #[arg(long, value_name = "CODE")]
    pub approve: Vec<String>,
}

/// What every pass takes.
#[derive(Debug, Args)]
pub struct PassArgs {
    /// This target only
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// This person only: a login, an e-mail address, a user name or the id of Identity Store
    #[arg(long)]
    pub person: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// What `explain` takes.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A login, an e-mail address, a user name or the id of Identity Store
    pub person: String,
    /// This target only
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// What `export` takes.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// This target only
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Everybody who should have a Connect user, as if the instance were empty
    #[arg(long)]
    pub all: bool,
    /// Write files into this folder, `TARGET-1.csv` and so on, instead of stdout; none is written over
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What `status` takes.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Where the daemon listens, if not where the configuration says
    #[arg(long, value_name = "IP:PORT")]
    pub address: Option<SocketAddr>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// What `history` takes.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Everything about this person: a login, an e-mail address or the id of Identity Store
    #[arg(long)]
    pub person: Option<String>,
    /// This run, whole, by its id
    #[arg(long, value_name = "ID", conflicts_with_all = ["person", "since", "target", "limit"])]
    pub run: Option<String>,
    /// From then on: a duration such as `7d`, a date, or a time such as `2027-03-31T07:00:00Z`
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// This target only
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The latest so many; by default 50 runs, as CSV all of them, and all about a person
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = HistoryOutput::Table)]
    pub output: HistoryOutput,
}

/// How a history is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistoryOutput {
    /// For people
    Table,
    /// For programs
    Json,
    /// For spreadsheets; what they would take for a formula begins with an apostrophe
    Csv,
}

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Look at the file only, and ask AWS nothing
    #[arg(long)]
    pub offline: bool,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Table,
    /// For programs: the report of the contract
    Json,
}

/// What the simulator takes.
#[derive(Debug, Args)]
pub struct SimArgs {
    /// The address to listen on; port 0 is any free one
    #[arg(long, default_value = "127.0.0.1:4510")]
    pub listen: SocketAddr,
    /// A world in TOML; without one, the workshop's
    #[arg(long, value_name = "FILE")]
    pub world: Option<PathBuf>,
    /// An IAM policy of the callers, as JSON; may be given more than once. With any policy, what none allows is denied
    #[arg(long, value_name = "FILE")]
    pub policy: Vec<PathBuf>,
    /// An IAM policy of one of the world's roles, for those who have assumed it; may be given more than once
    #[arg(long, value_name = "ROLE_ARN=FILE", value_parser = role_policy)]
    pub role_policy: Vec<(String, PathBuf)>,
}

/// A role and the file of its policy.
fn role_policy(text: &str) -> Result<(String, PathBuf), &'static str> {
    let (role, file) = text.split_once('=').ok_or("there is no `=` between the role's ARN and the file")?;
    if !role.starts_with("arn:") || file.is_empty() {
        return Err("a role's ARN has to stand before the `=`, and a file after it");
    }
    Ok((role.to_owned(), file.into()))
}
