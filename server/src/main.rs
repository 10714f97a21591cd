//! The command line: `dev` for trying things out without any configuration, `serve` for an installation.
//! Standard output carries what was asked for and nothing else; logs go to standard error.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anser_server::config::DEFAULT_PORT;
use anser_server::{Config, Parts, Running, Server};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ring::rand::{SecureRandom, SystemRandom};
use tracing_subscriber::EnvFilter;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A self-hostable instant-messaging server for the public RongCloud 2.x protocol.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs on loopback without configuration and prints ready tokens for a few users.
    Dev(Dev),
    /// Runs with a configuration file; see anser-server.example.toml.
    Serve {
        /// The TOML file.
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Dev {
    /// Prints everything as one JSON line.
    #[arg(long)]
    json: bool,
    /// Users to make tokens for.
    #[arg(long, value_delimiter = ',', default_value = "alice,bob,carol")]
    users: Vec<String>,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Keeps the data (app key, secret and tokens included) in this folder.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Whether several connections of one platform class may coexist.
    #[arg(long, value_enum, default_value = "off")]
    multi_device: Switch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("ANSER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &Failure) -> ExitCode {
    // Nothing can be done when standard error is closed.
    let _ = writeln!(std::io::stderr(), "anser-server: {error}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> Result<(), Failure> {
    // Before anything is printed: whoever reads the output may send a signal at once.
    let signals = Signals::new()?;
    let running = match cli.command {
        Command::Dev(dev) => start_dev(dev).await?,
        Command::Serve { config } => Server::start(Config::load(&config)?).await?,
    };
    signals.wait().await;
    tracing::info!("shutting down");
    running.shutdown().await;
    Ok(())
}

async fn start_dev(dev: Dev) -> Result<Running, Failure> {
    let mut config = Config {
        bind: SocketAddr::from(([127, 0, 0, 1], dev.port)),
        data: dev.data,
        multi_device: dev.multi_device == Switch::On,
        ..Config::default()
    };
    let parts = Parts::open(&config)?;
    config.app_key = remembered(&parts, "app_key", 8).await?;
    config.app_secret = remembered(&parts, "app_secret", 16).await?;
    let running = Server::start_with(config, parts).await?;
    let mut tokens = BTreeMap::new();
    for user in &dev.users {
        tokens.insert(user.clone(), running.token(user).await?);
    }
    print(&running, &tokens, dev.json)?;
    Ok(running)
}

/// A random value that an installation keeps for its whole life.
async fn remembered(parts: &Parts, key: &str, bytes: usize) -> Result<String, Failure> {
    if let Some(value) = parts.store.meta(key).await? {
        return Ok(value);
    }
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).map_err(|_| "the system has no randomness")?;
    let value: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.store.set_meta(key, &value).await?;
    Ok(value)
}

fn print(running: &Running, tokens: &BTreeMap<String, String>, json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if json {
        let line = serde_json::json!({
            "navi": running.navi_url(),
            "server": running.address(),
            "api": running.navi_url(),
            "app_key": running.app_key(),
            "app_secret": running.app_secret(),
            "tokens": tokens,
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "navigation  {}", running.navi_url())?;
        writeln!(out, "app key     {}", running.app_key())?;
        writeln!(out, "app secret  {}", running.app_secret())?;
        for (user, token) in tokens {
            writeln!(out, "token       {user}  {token}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// SIGINT and SIGTERM.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self, Failure> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        // Without a signal handler the process is simply ended from outside.
        let _ = tokio::signal::ctrl_c().await;
    }
}
