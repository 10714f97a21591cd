/*
 * Two people talk by callback, and everything that can be read of it is read.
 */
#include "suite.h"
#include "counted.h"

/* Sent, or stored by the peer's device already. */
static bool has_arrived(AnserMessage message) {
    int32_t status = anser_message_sent_status(message);
    return status == 30 || status == 40;
}

static void read_everything(AnserMessage message) {
    CHECK(anser_message_id(message) > 0);
    CHECK(strlen(anser_message_uid(message)) > 0);
    CHECK(anser_message_conversation_type(message) == 1);
    CHECK(strcmp(anser_message_target_id(message), "bob") == 0);
    CHECK(anser_message_direction(message) == 1);
    CHECK(strcmp(anser_message_sender_id(message), "alice") == 0);
    CHECK(strcmp(anser_message_object_name(message), "RC:TxtMsg") == 0);
    CHECK(strcmp(anser_message_content(message), "{\"content\":\"你好 😀\",\"extra\":\"\"}") == 0);
    CHECK(strcmp(anser_message_text(message), "你好 😀") == 0);
    CHECK(anser_message_sent_time(message) > 0);
    CHECK(anser_message_received_time(message) > 0);
    CHECK(has_arrived(message));
    CHECK(anser_message_error(message) == 0);
    CHECK(anser_message_received_status(message) == 0);
    CHECK(anser_message_is_counted(message));
    CHECK(!anser_message_is_mentioned(message));
    CHECK(!anser_message_is_offline(message));
    CHECK(strcmp(anser_message_extra(message), "") == 0);
}

static uint32_t count_of(int32_t started, struct end *end) {
    CHECK_CODE(0, started);
    CHECK_CODE(0, end_wait(end));
    uint32_t count = end->count;
    end_free(end);
    return count;
}

static void on_log(void *user_data, int32_t level, const char *target, const char *text) {
    const struct world *world = user_data;
    CHECK(level >= 1 && level <= 4);
    CHECK(strncmp(target, "anser", 5) == 0);
    CHECK(strstr(text, world->alice) == NULL);
}

static void say(struct person *person, const char *target, const char *text) {
    struct end end;
    CHECK_CODE(0, AWAIT(end, anser_messages_send_text(person->client, 1, target, text, TO(end))));
    int64_t id = anser_message_id(end.message);
    CHECK(anser_message_sent_status(end.message) == 10);
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_messages_wait_sent(person->client, id, TO(end))));
    CHECK(has_arrived(end.message));
    end_free(&end);
}

static void infos(AnserClient client, const struct world *world) {
    char buffer[1024];
    size_t needed;
    CHECK_CODE(0, anser_client_set_device_info(client, "d1", "model", "system"));
    for (int kind = ANSER_INFO_DEVICE; kind <= ANSER_INFO_STORAGE; kind++) {
        CHECK_CODE(34407, anser_client_info(client, kind, NULL, 0, &needed));
        CHECK(needed > 2 && needed < sizeof buffer);
        CHECK_CODE(34407, anser_client_info(client, kind, buffer, needed - 1, NULL));
        CHECK_CODE(0, anser_client_info(client, kind, buffer, needed, NULL));
        CHECK(strlen(buffer) == needed - 1 && buffer[0] == '{');
        if (kind == ANSER_INFO_APP) CHECK(strstr(buffer, world->app_key) != NULL);
        if (kind == ANSER_INFO_DEVICE) CHECK(strstr(buffer, "\"d1\"") != NULL);
    }
    CHECK_CODE(33003, anser_client_info(client, 99, buffer, sizeof buffer, NULL));
    CHECK_CODE(0, anser_client_current_user_id(client, buffer, sizeof buffer, &needed));
    CHECK(strcmp(buffer, "alice") == 0 && needed == 6);
    int32_t status, channel;
    int64_t delta;
    CHECK_CODE(0, anser_client_status(client, &status));
    CHECK_CODE(0, anser_client_channel(client, &channel));
    CHECK_CODE(0, anser_client_server_time_delta(client, &delta));
    CHECK(status == 0 && channel == 1 && delta > -60000 && delta < 60000);
}

void test_conversation(const struct world *world) {
    struct person alice, bob;
    struct end end;
    AnserSubscription log;
    person_open(&alice, world, "conversation-alice");
    person_open(&bob, world, NULL);
    CHECK_CODE(0, anser_client_add_log_listener(alice.client, 4, on_log, (void *)world, NULL, &log));
    person_connect(&alice, world->alice, "alice");
    person_connect(&bob, world->bob, "bob");
    infos(alice.client, world);

    say(&alice, "bob", "你好 😀");
    wait_messages(&bob, 1);
    CHECK(strcmp(bob.heard.texts[0], "你好 😀") == 0);
    say(&bob, "alice", "hello");
    wait_messages(&alice, 1);

    AnserSendOptions options = {.size = sizeof options, .push_text = "p", .push_data = "d", .not_counted = true};
    CHECK_CODE(0, AWAIT(end, anser_messages_send(alice.client, 1, "bob", "App:Note", "{\"a\":1}", &options, TO(end))));
    CHECK(anser_message_text(end.message) == NULL);
    int64_t note = anser_message_id(end.message);
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_messages_get(alice.client, note, TO(end))));
    CHECK(strcmp(anser_message_content(end.message), "{\"a\":1}") == 0);
    end_free(&end);
    wait_messages(&bob, 2);
    wait_sent(&alice, 2);
    CHECK_CODE(33003, AWAIT(end, anser_messages_resend(alice.client, note, TO(end))));
    end_free(&end);
    CHECK_CODE(33003, AWAIT(end, anser_messages_cancel(alice.client, note, TO(end))));
    end_free(&end);

    CHECK_CODE(0, AWAIT(end, anser_messages_history(alice.client, 1, "bob", 0, 10, TO(end))));
    CHECK(end.messages == 3);
    read_everything(end.message);
    end_free(&end);

    int types[] = {1, 3};
    CHECK_CODE(0, AWAIT(end, anser_conversations_list(bob.client, types, 2, 0, NULL, 10, TO(end))));
    CHECK(end.conversations == 1);
    AnserConversation row = end.conversation;
    CHECK(anser_conversation_type(row) == 1);
    CHECK(strcmp(anser_conversation_target_id(row), "alice") == 0);
    CHECK(anser_conversation_unread_count(row) == 1);
    CHECK(anser_conversation_sort_time(row) == anser_message_sent_time(anser_conversation_latest_message(row)));
    CHECK(anser_conversation_read_time(row) == 0);
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_conversations_list(bob.client, NULL, 0, 1, "alice", 10, TO(end))));
    CHECK(end.conversations == 0);
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_conversations_get(bob.client, 1, "alice", TO(end))));
    CHECK(end.conversations == 1);
    end_free(&end);

    AnserClient client = bob.client;
    end_init(&end);
    CHECK(count_of(anser_conversations_unread_count(client, 1, "alice", TO(end)), &end) == 1);
    end_init(&end);
    CHECK(count_of(anser_conversations_unread_count_by_types(client, types, 2, true, TO(end)), &end) == 1);
    end_init(&end);
    CHECK(count_of(anser_conversations_total_unread_count(client, TO(end)), &end) == 1);
    CHECK_CODE(0, AWAIT(end, anser_conversations_clear_unread(client, 1, "alice", TO(end))));
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_conversations_clear_all_unread(client, TO(end))));
    end_free(&end);
    end_init(&end);
    CHECK(count_of(anser_conversations_total_unread_count(client, TO(end)), &end) == 0);
    CHECK_CODE(0, AWAIT(end, anser_client_sync_now(client, TO(end))));
    end_free(&end);

    CHECK_CODE(0, anser_subscription_cancel(log));
    CHECK_CODE(0, anser_subscription_free(log));
    person_close(&alice);
    person_close(&bob);
    CHECK(strchr(anser_version(), '.') != NULL);
}
