//! Memory of an idle connected client: a process that holds nothing but clients grows by so much for each. The
//! server is another process. The first clients pay for what all share and are not counted.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anser::client::{Client, ClientOptions};
use anser::model::ConnectionChannel;
use anser_testkit::Recorder;

use crate::host::{Data, Host};
use crate::process::{Process, answer};
use crate::{Figure, folder, runtime};

pub(crate) const ROLE: &str = "clients";
const FIRST: usize = 20;
const COUNTED: usize = 100;
/// Until threads that have worked have gone to sleep.
const REST: Duration = Duration::from_secs(2);

pub(crate) fn figures() -> Vec<Figure> {
    let ways = [
        ("connected over WebSocket, data on disk", "connect", "websocket", Data::Disk),
        ("connected over polling, data on disk", "connect", "polling", Data::Disk),
        ("connected over WebSocket, data in memory", "connect", "websocket", Data::Memory),
        ("open, never connected, data on disk", "open", "websocket", Data::Disk),
    ];
    ways.map(|(name, command, channel, data)| {
        let (client, server) = measure(command, channel, data);
        let note = format!("RSS, {COUNTED} clients after {FIRST} others; {server:.0} kB in the server");
        Figure::new(format!("an idle client, {name}"), client, "kB").note(note)
    })
    .into()
}

/// Of one client: its own process, and the server's.
fn measure(command: &str, channel: &str, data: Data) -> (f64, f64) {
    let mut host = Host::start(Data::Memory);
    let tokens = host.tokens("idler", FIRST + COUNTED);
    let (first, counted) = tokens.split_at(FIRST);
    let folder = folder("idlers");
    let path = folder.display().to_string();
    let navigation = format!("http://{}", host.address);
    let mut arguments = vec![navigation.as_str(), &host.app_key, channel];
    if data == Data::Disk {
        arguments.push(&path);
    }
    let mut clients = Process::start(ROLE, &arguments);
    let mut resident = |tokens: &[String]| {
        clients.ask(&format!("{command} {}", tokens.join(" ")));
        std::thread::sleep(REST);
        (clients.resident(), host.process.resident())
    };
    let (before, after) = (resident(first), resident(counted));
    drop(clients);
    std::fs::remove_dir_all(folder).unwrap();
    let each = |before: f64, after: f64| (after - before) / COUNTED as f64;
    (each(before.0, after.0), each(before.1, after.1))
}

/// The process's body.
pub(crate) fn run(arguments: &[String]) {
    let runtime = runtime();
    let [navigation, app_key, channel, folder @ ..] = arguments else { panic!("too few arguments") };
    let channel = match channel.as_str() {
        "polling" => ConnectionChannel::XhrPolling,
        _ => ConnectionChannel::Websocket,
    };
    let mut clients: Vec<Arc<Client>> = Vec::new();
    answer(|command, tokens| {
        for token in &tokens {
            let mut options = ClientOptions::new(app_key, navigation).channel(channel);
            if let Some(folder) = folder.first() {
                let folder = Path::new(folder).join(clients.len().to_string());
                options = options.data_dir(folder.display().to_string());
            }
            let client = if command == "connect" {
                runtime.block_on(connected(options, token))
            } else {
                runtime.block_on(open(options.user_id("idler")))
            };
            clients.push(client);
        }
        clients.len().to_string()
    });
}

async fn connected(options: ClientOptions, token: &str) -> Arc<Client> {
    let client = Client::new(options).unwrap();
    let heard = Recorder::new();
    let subscription = client.add_connection_listener(heard.clone());
    client.connect(token.to_owned()).await.unwrap();
    heard.wait("the inbox", |heard| heard.synced > 0);
    subscription.cancel_and_wait();
    client
}

async fn open(options: ClientOptions) -> Arc<Client> {
    let client = Client::new(options).unwrap();
    client.conversations().list(Vec::new(), None, 100).await.unwrap();
    client
}
