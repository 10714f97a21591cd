//! How likely each step is in the property test.

use proptest::prelude::*;

use super::super::*;
use super::step::{PEERS, Step};

fn generation_back() -> impl Strategy<Value = u64> {
    prop_oneof![6 => Just(0_u64), 1 => 1..4_u64, 1 => Just(u64::MAX)]
}

fn any_body() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        (0..500_i64, any::<bool>(), 0..3_usize).prop_map(|(time, finished, count)| {
            let list = (0..count as i64).map(|step| downstream(time + step, "y")).collect();
            let (sync_time, finished) = (Some(time), Some(finished));
            body::DownstreamMessages { list, sync_time, finished }.to_bytes()
        }),
        (0..500_i64, 0..500_i64).prop_map(|(time, extra)| {
            body::DownstreamMessage { extra: Some(extra), ..downstream(time, "z") }.to_bytes()
        }),
        (0..3_i32, 0..500_i64).prop_map(|(kind, time)| {
            let room = (kind == 2).then(|| "room".to_owned());
            body::Notify { r#type: Some(kind), time: Some(time), chatroom_id: room }.to_bytes()
        }),
    ]
}

fn any_frame() -> impl Strategy<Value = DownFrame> {
    let qos = prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce)];
    let topics = prop_oneof![
        3 => Just("s_ntf".to_owned()), 3 => Just("s_msg".to_owned()), 1 => Just("s_stat".to_owned()),
        1 => Just("ppMsgP".to_owned()), 1 => "[a-zA-Z_]{0,8}"
    ];
    let status = prop_oneof![4 => Just(0_u16), 1 => Just(20604_u16), 1 => Just(30003_u16), 1 => any::<u16>()];
    let id = prop_oneof![3 => 0..40_u16, 1 => any::<u16>()];
    prop_oneof![
        (0..16_u8).prop_map(connack),
        Just(DownFrame::PingResp),
        (0..9_u8).prop_map(|status| DownFrame::Disconnect { status }),
        any::<u32>().prop_map(|retry_after| DownFrame::Leaving { retry_after }),
        (id.clone(), status.clone()).prop_map(|(id, status)| acks(id, status)),
        (qos.clone(), any::<bool>(), topics, id.clone(), any_body()).prop_map(
            |(qos, dup, topic, message_id, body)| DownFrame::Publish(DownPublish {
                qos,
                dup,
                retain: false,
                date: 0,
                topic: topic.into(),
                target: "room".into(),
                message_id,
                body,
            })
        ),
        (qos, id, status, any_body()).prop_map(|(qos, message_id, status, body)| {
            let (dup, retain, date) = (false, false, 0);
            DownFrame::QueryAck(QueryAck { qos, dup, retain, message_id, date, status, body })
        }),
    ]
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Connect),
        1 => proptest::collection::vec(0..5_000_u64, 0..4).prop_map(|pauses| Step::Reconnect { pauses }),
        1 => prop_oneof![Just(Step::Forget), Just(Step::Woke), any::<bool>().prop_map(Step::Foreground)],
        1 => (0..5_i32).prop_map(|kind| Step::Network(NetworkKind::from_number(kind).unwrap())),
        1 => any::<bool>().prop_map(|renewed| Step::Token { renewed }),
        1 => (generation_back(), any::<u64>()).prop_map(|(back, pause)| Step::RetryAfter { back, pause }),
        1 => generation_back().prop_map(|back| Step::ServiceDown { back }),
        1 => any::<u64>().prop_map(|by| Step::Back { by }),
        1 => Just(Step::Disconnect),
        1 => Just(Step::Navigation),
        2 => (generation_back(), any::<bool>()).prop_map(|(back, heartbeat)| Step::Opened { back, heartbeat }),
        1 => (generation_back(), prop_oneof![Just(30011), Just(31004), Just(31002), Just(-1)])
            .prop_map(|(back, code)| Step::Lost { back, code }),
        8 => (generation_back(), any_frame()).prop_map(|(back, frame)| Step::Frame { back, frame }),
        1 => (generation_back(), proptest::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(back, bytes)| Step::Bytes { back, bytes }),
        1 => (0..500_i64, 0..4_usize).prop_map(|(inbox, outbox)| Step::StoreReady { inbox, outbox }),
        1 => Just(Step::StoreUnavailable),
        6 => any::<usize>().prop_map(|which| Step::Stored { which }),
        3 => any::<usize>().prop_map(|which| Step::StoreFailed { which }),
        1 => any::<u64>().prop_map(|ticket| Step::WrongTicket { ticket }),
        10 => prop_oneof![0..4_usize, 0..PEERS].prop_map(|peer| Step::Send { peer }),
        3 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        3 => (0..Topic::ALL.len(), any::<bool>()).prop_map(|(topic, qos)| Step::Request { topic, qos }),
        2 => Just(Step::SyncNow),
        4 => prop_oneof![0..2_000_u64, 0..40_000_u64, 0..2_000_000_u64].prop_map(|after| Step::Tick { after }),
        5 => any::<bool>().prop_map(|heartbeat| Step::Login { heartbeat }),
        8 => (0..500_i64, any::<bool>()).prop_map(|(time, finished)| Step::Page { time, finished }),
        6 => (any::<usize>(), prop_oneof![4 => Just(0_u16), 1 => Just(20604), 1 => Just(405), 1 => Just(30001)])
            .prop_map(|(which, status)| Step::Ack { which, status }),
    ]
}
