//! The command line: verbs and flags, nothing of what they do. Verbs, flags and exit codes are an interface.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Declares, packages, deploys and operates the vendor and invoice system.
#[derive(Debug, Parser)]
#[command(name = "provision", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done or no difference · 1 failed and rolled back · 2 differences or violations \
found · 3 refused before any write · 4 stuck, a person must decide · 5 lost contact, run again to follow · 6 busy · \
130 interrupted"
)]
pub struct Cli {
    /// Flags of every verb.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every verb takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The environment: a file in `environments/`, without `.yaml`
    #[arg(long, short, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// Name of an ephemeral environment, e.g. pr-42 (with --env ephemeral)
    #[arg(long, global = true, value_name = "NAME")]
    pub name: Option<String>,
    /// How long an ephemeral environment lives, e.g. 4h or 2d
    #[arg(long, global = true, value_name = "DURATION")]
    pub ttl: Option<String>,
    /// Put the environment onto the local cloud instead of AWS
    #[arg(long, global = true, value_name = "TARGET")]
    pub target: Option<TargetArg>,
    /// How the result is printed on stdout
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub output: Output,
    /// Ask nothing
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Say more on stderr
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The project's folder; without it, found upward from the working folder
    #[arg(long, global = true, value_name = "FOLDER")]
    pub project: Option<PathBuf>,
    /// AWS profile, instead of the environment file's
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Where to deploy, against the environment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetArg {
    /// The local cloud on this machine.
    Local,
}

/// Format of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Human,
    /// One document; progress as JSON lines on stderr.
    Json,
    /// For a pull request; `diff` and `drift` only.
    Markdown,
}

/// The verbs.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Build, package, check, plan, confirm and deploy; a second run changes nothing
    Up(UpArgs),
    /// Show what `up` would change: exit 0 nothing, 2 something
    Diff(DiffArgs),
    /// Show what was changed behind the stack's back: exit 0 nothing, 2 something
    Drift(DriftArgs),
    /// Delete the environment: empty its buckets, delete its stack, list what is left
    Down(DownArgs),
    /// List the environments found in the account
    List,
    /// Delete every expired ephemeral environment; what it doesn't know, it leaves alone
    Reap,
    /// Get out of a stuck state: a failed creation, rollback or deletion
    Recover(RecoverArgs),
    /// Print the template
    Synth,
    /// Run every static check on one or all environments, offline
    Check,
    /// Build the handlers and make their archives
    Package,
    /// Check an invoice document against the business rules, offline: exit 0 none broken, 2 some, 3 unreadable
    Validate(FileArgs),
    /// Submit an invoice document, a vendor registration or an event; print its id
    Send(SendArgs),
    /// Decide on an invoice that waits for people, or on a vendor's changed account
    Decide(DecideArgs),
    /// Show an invoice's timeline
    Trace(TraceArgs),
    /// Send archived events again, to the rules that admit replays
    Replay(ReplayArgs),
    /// Look into a dead-letter queue and put its messages back
    Redrive(RedriveArgs),
    /// Start, stop, show or reset the local cloud
    #[command(subcommand)]
    Local(LocalVerb),
    /// Print a shell's completions
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// Flags of `diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// Compare with the last known template on this machine; calls nobody
    #[arg(long)]
    pub offline: bool,
    /// Compare with another environment's template instead, as both files make them; calls nobody
    #[arg(long, value_name = "ENV")]
    pub against: Option<String>,
    /// Look at reality too: what is wanted, what was deployed last and what is there, and what `up` makes of it
    #[arg(long, conflicts_with_all = ["offline", "against"])]
    pub live: bool,
}

/// Flags of `up`.
#[derive(Debug, Clone, Args)]
pub struct UpArgs {
    /// Run this plan and no other: the fingerprint that `diff --output json` gave as `plan`
    #[arg(long, value_name = "FINGERPRINT")]
    pub plan: Option<String>,
}

/// Flags of `drift`.
#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    /// Put back what differs, and remove what was added
    #[arg(long, conflicts_with_all = ["adopt", "ignore"])]
    pub revert: bool,
    /// Accept every difference as it is, in the environment's file of accepted drift
    #[arg(long, conflicts_with = "ignore")]
    pub adopt: bool,
    /// Do not count a resource's differences, or those of one property, until a day; may be repeated
    #[arg(long, value_name = "LOGICAL_ID[:PATH]", requires = "until")]
    pub ignore: Vec<String>,
    /// The last day on which they do not count, e.g. 2026-12-31
    #[arg(long, value_name = "DATE", requires = "ignore")]
    pub until: Option<String>,
}

/// Flags of `down`.
#[derive(Debug, Clone, Args)]
pub struct DownArgs {
    /// If something can't be deleted, delete the stack without it, and list it
    #[arg(long)]
    pub force: bool,
}

/// Flags of `recover`.
#[derive(Debug, Clone, Args)]
pub struct RecoverArgs {
    /// Leave a resource that can't be rolled back as it is; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    pub skip: Vec<String>,
    /// If something can't be deleted, delete the stack without it, and list it
    #[arg(long)]
    pub force: bool,
}

/// One file.
#[derive(Debug, Clone, Args)]
pub struct FileArgs {
    /// The document
    pub file: PathBuf,
}

/// Flags of `send`.
#[derive(Debug, Clone, Args)]
pub struct SendArgs {
    /// The document: UBL XML, JSON, a vendor registration or an event
    pub file: PathBuf,
    /// Judge the invoice first, and refuse it with its violations
    #[arg(long)]
    pub check: bool,
    /// First register the invoice's seller, and wait until it is onboarded
    #[arg(long)]
    pub register_vendor: bool,
    /// Wait for the end; exit 1 on REJECTED or PAYMENT_FAILED
    #[arg(long)]
    pub follow: bool,
    /// How long to wait, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// Flags of `decide`.
#[derive(Debug, Clone, Args)]
pub struct DecideArgs {
    /// The invoice's id, or the id of the vendor whose account changed
    pub id: String,
    /// What you decide
    #[arg(value_enum)]
    pub decision: DecisionArg,
    /// How a dispute ends; with `resolve` only
    #[arg(long, value_enum, required_if_eq("decision", "resolve"))]
    pub outcome: Option<OutcomeArg>,
    /// Why, in your own words: it is kept
    #[arg(long)]
    pub reason: String,
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecisionArg {
    /// Pay it, try its payment again, or take the vendor's changed account
    Approve,
    /// Don't
    Reject,
    /// Clear something up first
    Dispute,
    /// End a dispute
    Resolve,
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutcomeArg {
    /// The invoice is paid
    Pay,
    /// The invoice is rejected
    Reject,
}

/// Flags of `trace`.
#[derive(Debug, Clone, Args)]
pub struct TraceArgs {
    /// The invoice's id
    pub id: String,
    /// Until a terminal state, or one that waits for a person
    #[arg(long)]
    pub follow: bool,
    /// How long to wait, in seconds; then exit 5
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// Flags of `replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// The first event's moment: RFC 3339, or how long ago (90s, 15m, 2h, 7d)
    #[arg(long, value_name = "MOMENT")]
    pub from: String,
    /// The last event's moment: RFC 3339, how long ago, or `now`
    #[arg(long, value_name = "MOMENT")]
    pub to: String,
    /// Only this rule, by logical id or name
    #[arg(long)]
    pub rule: Option<String>,
    /// Show who would get what, and stop
    #[arg(long)]
    pub plan: bool,
    /// The replay's name: events carry it; the same one again follows it
    #[arg(long, value_name = "NAME")]
    pub replay_name: Option<String>,
}

/// Flags of `redrive`.
#[derive(Debug, Clone, Args)]
pub struct RedriveArgs {
    /// The dead-letter queue, by logical id or name; without it, `--list` shows all of them
    #[arg(required_unless_present = "list")]
    pub queue: Option<String>,
    /// Look, and take nothing
    #[arg(long, conflicts_with_all = ["max", "id"])]
    pub list: bool,
    /// Put back the oldest so many
    #[arg(long, value_name = "MESSAGES", conflicts_with = "id")]
    pub max: Option<usize>,
    /// Put back the one with this message id or event id
    #[arg(long)]
    pub id: Option<String>,
}

/// What to do with the local cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum LocalVerb {
    /// Install it where it is missing, and start it
    Start,
    /// Stop it; its state is kept
    Stop,
    /// Show whether it runs, and how to reach it
    Status,
    /// Forget everything that was deployed on it
    Reset,
}

/// The command, for completions and the manual.
pub fn command() -> clap::Command {
    Cli::command()
}
