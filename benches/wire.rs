//! Encoding and decoding a PUBLISH of 200 bytes, beside prost alone on the same body in the same run. The
//! ratio is what counts: machines differ, and so do their moments.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench speaks, and a broken one ends")]

use std::hint::black_box;
use std::time::Instant;

use anser::wire::{Body, Bytes, Qos, Topic, UpFrame, UpPublish, body::UpstreamMessage};
use prost::Message as _;

const FRAME: usize = 200;
const ROUNDS: u32 = 2_000;
const SAMPLES: usize = 400;

/// A text message whose PUBLISH is [`FRAME`] bytes long.
fn message() -> UpstreamMessage {
    let with = |filler: usize| UpstreamMessage {
        flags: Some(3),
        object_name: Some("RC:TxtMsg".into()),
        content: Some(format!("{{\"content\":\"{}\",\"extra\":\"\"}}", "x".repeat(filler)).into()),
        config_flag: Some(0),
        client_unique_id: Some(3_763_118_211_000_123_456),
        ..UpstreamMessage::default()
    };
    let length = |filler: usize| frame(&with(filler)).len();
    with((0..FRAME).find(|filler| length(*filler) == FRAME).unwrap())
}

fn frame(body: &UpstreamMessage) -> Bytes {
    UpPublish::encode_body(Qos::AtLeastOnce, Topic::PrivateMessage, "user-4711", 258, body).unwrap()
}

fn prost_alone(message: &UpstreamMessage) -> UpstreamMessage {
    let bytes = Bytes::from(message.encode_to_vec());
    UpstreamMessage::decode(bytes).unwrap()
}

fn anser(message: &UpstreamMessage) -> UpstreamMessage {
    match UpFrame::decode(frame(message)).unwrap() {
        UpFrame::Publish(publish) => UpstreamMessage::from_bytes(publish.body).unwrap(),
        other => unreachable!("a PUBLISH came back as {other:?}"),
    }
}

/// Nanoseconds for one round trip.
fn sample(message: &UpstreamMessage, run: fn(&UpstreamMessage) -> UpstreamMessage) -> f64 {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(run(black_box(message)));
    }
    start.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap()
}

fn main() {
    let message = message();
    assert_eq!(frame(&message).len(), FRAME);
    assert_eq!(anser(&message), prost_alone(&message));
    let (mut baseline, mut ours) = (Vec::new(), Vec::new());
    // Taken in turn, so that both see the same moments of the machine.
    for _ in 0..SAMPLES {
        baseline.push(sample(&message, prost_alone));
        ours.push(sample(&message, anser));
    }
    let (baseline, ours) = (median(baseline), median(ours));
    println!("wire: encode and decode of a PUBLISH of {FRAME} bytes, median of {SAMPLES} samples");
    println!("  prost alone, the same body  {baseline:8.1} ns");
    println!("  anser, the whole frame      {ours:8.1} ns");
    println!("  ratio                       {:8.2}   (target: at most 1.50)", ours / baseline);
}
