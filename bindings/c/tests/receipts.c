/*
 * Receipts and typing, by queue and by callback, and what the user prefers.
 */
#include "desk.h"
#include "counted.h"

/* What a callback saw last. */
struct seen {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    int typing, receipts;
};

static void on_seen(void *user_data, int32_t error, AnserEvent event) {
    struct seen *seen = user_data;
    CHECK(error == 0);
    pthread_mutex_lock(&seen->lock);
    if (anser_event_kind(event) == ANSER_EVENT_TYPING) {
        SAME(anser_conversation_target_id(anser_event_conversation(event, 0)), "erin");
        seen->typing += (int)anser_event_typing_count(event);
    } else {
        seen->receipts += (int)anser_event_receipt_count(event);
    }
    pthread_cond_broadcast(&seen->arrived);
    pthread_mutex_unlock(&seen->lock);
}

/* Waits for a receipt of this kind; `at` is its place in the event. */
static AnserEvent receipt(struct desk *desk, int kind, size_t *at) {
    for (;;) {
        AnserEvent event = desk_next(desk, ANSER_EVENT_RECEIPTS);
        CHECK(anser_event_receipt_count(event) > 0);
        for (*at = 0; *at < anser_event_receipt_count(event); ++*at) {
            if (anser_event_receipt_kind(event, *at) == kind) return event;
        }
    }
}

static void private_chat(struct desk *dave, struct desk *erin) {
    desk_say(dave, 1, "erin", "read me", NULL);
    desk_hear(erin, "read me", NULL);
    AnserEvent end = DONE(erin, anser_receipts_send_read(erin->client, 1, "dave", 0, AT(erin)));
    int64_t until = anser_event_number(end);
    CHECK(until > 0);
    FAILS(erin, 34209, anser_receipts_send_read(erin->client, 3, "geese", 0, AT(erin)));
    size_t at;
    AnserEvent event = receipt(dave, ANSER_RECEIPT_READ, &at);
    CHECK(anser_event_receipt_time(event, at) == until && anser_event_receipt_uid_count(event, at) == 0);
    CHECK(anser_event_receipt_kind(event, 9) == 0 && anser_event_receipt_uid(event, at, 0) == NULL);
    SAME(anser_event_receipt_user_id(event, at), "erin");
    SAME(anser_conversation_target_id(anser_event_receipt_conversation(event, at)), "erin");
    end = DONE(dave, anser_conversations_get(dave->client, 1, "erin", AT(dave)));
    CHECK(anser_conversation_peer_read_time(anser_event_conversation(end, 0)) == until);
    CHECK(anser_conversation_peer_delivered_time(anser_event_conversation(end, 0)) == until);
}

static void group(struct desk *dave, struct desk *erin) {
    char uid[64];
    int64_t id = desk_say(dave, 3, "geese", "who reads?", uid);
    int64_t there = desk_hear(erin, "who reads?", NULL);
    AnserEvent end = DONE(dave, anser_receipts_request(dave->client, id, AT(dave)));
    CHECK(anser_message_is_receipt_requested(anser_event_message(end, 0)));
    FAILS(erin, 33003, anser_receipts_request(erin->client, there, AT(erin)));
    size_t at;
    AnserEvent event = receipt(erin, ANSER_RECEIPT_GROUP_REQUEST, &at);
    CHECK(anser_event_receipt_uid_count(event, at) == 1);
    SAME(anser_event_receipt_uid(event, at, 0), uid);
    end = DONE(erin, anser_receipts_respond(erin->client, 3, "geese", &there, 1, AT(erin)));
    CHECK(anser_event_count(end) == 1);
    end = DONE(erin, anser_receipts_respond(erin->client, 3, "geese", NULL, 0, AT(erin)));
    CHECK(anser_event_count(end) == 0);
    receipt(dave, ANSER_RECEIPT_GROUP_READ, &at);
    end = DONE(dave, anser_receipts_readers(dave->client, id, AT(dave)));
    CHECK(anser_event_reader_count(end) == 1 && anser_event_reader_time(end, 0) > 0);
    SAME(anser_event_reader_id(end, 0), "erin");
    CHECK(anser_event_reader_id(end, 1) == NULL);
    end = DONE(dave, anser_messages_get(dave->client, id, AT(dave)));
    CHECK(anser_message_read_count(anser_event_message(end, 0)) == 1);

    /* The other kind, counted by the server. */
    const char *uids[] = {uid};
    DONE(erin, anser_receipts_report_read(erin->client, "geese", uids, 1, AT(erin)));
    FAILS(erin, 33003, anser_receipts_report_read(erin->client, "geese", NULL, 0, AT(erin)));
    end = DONE(dave, anser_receipts_remote_readers(dave->client, "geese", uid, AT(dave)));
    CHECK(anser_event_count(end) == 3 && anser_event_reader_count(end) == 1);
    SAME(anser_event_reader_id(end, 0), "erin");

    /* Only one of the members gets it. */
    const char *to[] = {"erin"};
    AnserSendOptions options = {.size = sizeof options, .to_user_ids = to, .to_user_count = 1};
    DONE(dave, anser_messages_send(dave->client, 3, "geese", "RC:TxtMsg", "{\"content\":\"psst\"}", &options, AT(dave)));
    desk_hear(erin, "psst", NULL);
}

static void typing(struct desk *dave, struct desk *erin) {
    CHECK_CODE(33003, anser_receipts_set_typing_interval(erin->client, 60001));
    CHECK_CODE(0, anser_receipts_set_typing_interval(erin->client, 0));
    DONE(erin, anser_receipts_send_typing(erin->client, 1, "dave", "RC:TxtMsg", AT(erin)));
    FAILS(erin, 34209, anser_receipts_send_typing(erin->client, 6, "dave", "RC:TxtMsg", AT(erin)));
    AnserEvent event = desk_next(dave, ANSER_EVENT_TYPING);
    CHECK(anser_event_typing_count(event) == 1 && anser_event_typing_user_id(event, 1) == NULL);
    SAME(anser_event_typing_user_id(event, 0), "erin");
    SAME(anser_event_typing_object_name(event, 0), "RC:TxtMsg");
    SAME(anser_conversation_target_id(anser_event_conversation(event, 0)), "erin");
}

void test_receipts(const struct world *world) {
    struct desk dave, erin;
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
    AnserSubscription subscriptions[2];
    desk_open(&dave, world, NULL, 2, world->dave);
    desk_open(&erin, world, NULL, 2, world->erin);
    CHECK_CODE(0, anser_client_add_listener(dave.client, ANSER_EVENT_TYPING, on_seen, &seen, NULL, &subscriptions[0]));
    CHECK_CODE(0, anser_client_add_listener(dave.client, ANSER_EVENT_RECEIPTS, on_seen, &seen, NULL, &subscriptions[1]));
    private_chat(&dave, &erin);
    group(&dave, &erin);
    typing(&dave, &erin);
    WAIT_UNTIL(seen.typing > 0 && seen.receipts > 0, &seen.lock, &seen.arrived);
    for (int i = 0; i < 2; i++) CHECK_CODE(0, anser_subscription_free(subscriptions[i]));
    desk_close(&dave);
    desk_close(&erin);
}

void test_settings(const struct world *world) {
    struct desk frank;
    desk_open(&frank, world, NULL, 2, NULL);
    AnserClient client = frank.client;
    FAILS(&frank, 33001, anser_settings_has_remote_unread(client, AT(&frank)));
    FAILS(&frank, 33001, anser_settings_quiet_hours(client, AT(&frank)));
    desk_connect(&frank, world->frank);
    AnserEvent end = DONE(&frank, anser_settings_quiet_hours(client, AT(&frank)));
    CHECK(!anser_event_answer(end) && anser_event_quiet_duration(end) == 0);
    DONE(&frank, anser_settings_set_quiet_hours(client, 1380, 480, true, AT(&frank)));
    FAILS(&frank, 33003, anser_settings_set_quiet_hours(client, 1440, 1, true, AT(&frank)));
    end = DONE(&frank, anser_settings_quiet_hours(client, AT(&frank)));
    CHECK(anser_event_answer(end) && anser_event_quiet_start(end) == 1380);
    CHECK(anser_event_quiet_duration(end) == 480 && anser_event_quiet_except_mentions(end));
    DONE(&frank, anser_settings_remove_quiet_hours(client, AT(&frank)));
    CHECK(!anser_event_answer(DONE(&frank, anser_settings_quiet_hours(client, AT(&frank)))));

    DONE(&frank, anser_settings_set_offline_days(client, 3, AT(&frank)));
    FAILS(&frank, 33003, anser_settings_set_offline_days(client, 8, AT(&frank)));
    CHECK(anser_event_count(DONE(&frank, anser_settings_offline_days(client, AT(&frank)))) == 3);

    DONE(&frank, anser_client_disconnect(client, AT(&frank)));
    struct desk erin;
    desk_open(&erin, world, NULL, 2, world->erin);
    desk_say(&erin, 1, "frank", "waits at the server", NULL);
    CHECK(anser_event_answer(DONE(&frank, anser_settings_has_remote_unread(client, AT(&frank)))));
    desk_close(&erin);
    desk_close(&frank);
}
