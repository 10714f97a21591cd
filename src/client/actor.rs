//! The thread `anser-io`: runs the core, its timers, and the sockets of its transport.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::core::{Core, Event, TransportFactory};
use super::shared::{Shared, random};
use crate::runtime;

/// Starts the actor. It ends with [`Event::Close`].
pub(super) fn start(
    shared: &Arc<Shared>,
    events: UnboundedReceiver<Event>,
    make_transport: TransportFactory,
) -> std::io::Result<JoinHandle<()>> {
    let reactor = runtime::local_runtime()?;
    let shared = shared.clone();
    runtime::spawn_thread("anser-io", move || {
        let core = Core::new(shared.clone(), make_transport, random());
        reactor.block_on(run(core, &shared, events));
    })
}

async fn run(mut core: Core, shared: &Shared, mut events: UnboundedReceiver<Event>) {
    loop {
        let pause = core.next_deadline().map(|due| due.saturating_sub(shared.clock.monotonic()));
        let event = match pause {
            None => events.recv().await,
            Some(0) => {
                core.tick();
                continue;
            }
            Some(pause) => tokio::select! {
                event = events.recv() => event,
                () = tokio::time::sleep(Duration::from_millis(pause)) => {
                    core.tick();
                    continue;
                }
            },
        };
        match event {
            Some(event) => {
                if !core.handle(event) {
                    return;
                }
            }
            None => return,
        }
    }
}
