/*
 * Wrong input: NULL, text that is not UTF-8, stale and foreign handles. Each gives its error, nothing breaks.
 */
#include "suite.h"
#include "counted.h"

static void options_and_clients(const struct world *world) {
    AnserOptions options;
    AnserClient client;
    CHECK_CODE(34405, anser_options_new(NULL, world->navi, &options));
    CHECK_CODE(34405, anser_options_new("k", "n", NULL));
    CHECK_CODE(34404, anser_options_new("\xff\xfe", "n", &options));
    CHECK_CODE(0, anser_options_new("", world->navi, &options));
    CHECK_CODE(34105, anser_client_new(options, &client));
    CHECK(client == 0);
    CHECK_CODE(0, anser_options_free(options));
    CHECK_CODE(34403, anser_options_free(options));
    CHECK_CODE(34403, anser_client_new(options, &client));

    CHECK_CODE(0, anser_options_new("k", "ftp://nowhere", &options));
    CHECK_CODE(34286, anser_client_new(options, &client));
    CHECK_CODE(0, anser_options_free(options));

    CHECK_CODE(0, anser_options_new("k", world->navi, &options));
    CHECK_CODE(34405, anser_client_new(options, NULL));
    CHECK_CODE(33003, anser_options_set_platform(options, 9));
    CHECK_CODE(33003, anser_options_set_channel(options, 2));
    CHECK_CODE(0, anser_options_set_channel(options, 0));
    CHECK_CODE(0, anser_options_set_channel(options, -1));
    CHECK_CODE(34404, anser_options_set_data_dir(options, "\xc3("));
    CHECK_CODE(0, anser_options_set_user_id(options, NULL));
    CHECK_CODE(0, anser_options_set_ca_pem(options, "no certificate"));
    CHECK_CODE(33003, anser_client_new(options, &client));
    CHECK_CODE(0, anser_options_set_ca_pem(options, NULL));
    CHECK_CODE(0, anser_options_set_proxy(options, "ftp://nowhere"));
    CHECK_CODE(33003, anser_client_new(options, &client));
    CHECK_CODE(0, anser_options_set_proxy(options, NULL));
    CHECK_CODE(34405, anser_options_add_pin(options, NULL));
    CHECK_CODE(0, anser_options_add_pin(options, "sha256/no digest"));
    CHECK_CODE(33003, anser_client_new(options, &client));
    CHECK_CODE(0, anser_options_free(options));
    CHECK_CODE(0, anser_options_new("k", world->navi, &options));
    CHECK_CODE(0, anser_options_set_data_dir(options, "/dev/null/nowhere"));
    CHECK_CODE(34302, anser_client_new(options, &client));
    CHECK_CODE(0, anser_options_free(options));
    CHECK_CODE(34403, anser_client_free(0));
    CHECK_CODE(34403, anser_client_close(options));
}

void test_bad_input(const struct world *world) {
    options_and_clients(world);
    struct person bob;
    struct end end;
    int32_t number;
    person_open(&bob, world, NULL);
    AnserClient client = bob.client;
    char user[8];
    CHECK_CODE(33001, anser_client_current_user_id(client, user, sizeof user, NULL));
    CHECK_CODE(34405, anser_client_status(client, NULL));
    CHECK_CODE(34405, anser_client_set_device_info(client, "a", NULL, "b"));
    CHECK_CODE(34405, anser_client_connect(client, NULL, on_end, &end, NULL));
    CHECK_CODE(34404, anser_client_connect(client, "\xff", on_end, &end, NULL));
    CHECK_CODE(31004, AWAIT(end, anser_client_connect(client, "", TO(end))));
    end_free(&end);
    CHECK_CODE(31004, AWAIT(end, anser_client_connect(client, "not a token", TO(end))));
    end_free(&end);
    CHECK_CODE(33001, AWAIT(end, anser_messages_send_text(client, 1, "alice", "x", TO(end))));
    end_free(&end);
    person_connect(&bob, world->bob, "bob");

    CHECK_CODE(34209, anser_messages_send_text(client, 99, "alice", "x", on_end, &end, NULL));
    CHECK_CODE(34405, anser_messages_send_text(client, 1, "alice", NULL, on_end, &end, NULL));
    CHECK_CODE(34404, anser_messages_send_text(client, 1, "alice", "\xed\xa0\x80", on_end, &end, NULL));
    struct {
        int32_t code;
        int type;
        const char *target, *name, *content;
    } refused[] = {{34209, 4, "room", "App:X", "{}"},      {34210, 1, "", "App:X", "{}"},
                   {34271, 1, "alice", " ", "{}"},         {34205, 1, "alice", "App:X", "no JSON"},
                   {34205, 1, "alice", "RC:TxtMsg", "{}"}, {34205, 1, "alice", "App:X", "1"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CHECK_CODE(refused[i].code, AWAIT(end, anser_messages_send(client, refused[i].type, refused[i].target,
                                                                   refused[i].name, refused[i].content, NULL,
                                                                   TO(end))));
        end_free(&end);
    }
    AnserSendOptions options = {.size = 1};
    CHECK_CODE(33003, anser_messages_send(client, 1, "alice", "App:X", "{}", &options, on_end, &end, NULL));
    CHECK_CODE(61001, AWAIT(end, anser_messages_wait_sent(client, 12345, TO(end))));
    end_free(&end);
    CHECK_CODE(61001, AWAIT(end, anser_messages_get(client, -1, TO(end))));
    end_free(&end);
    CHECK_CODE(33003, AWAIT(end, anser_messages_history(client, 1, "alice", 0, 0, TO(end))));
    end_free(&end);
    CHECK_CODE(33003, AWAIT(end, anser_conversations_list(client, NULL, 0, 0, NULL, 1000000, TO(end))));
    end_free(&end);
    CHECK_CODE(34405, anser_conversations_list(client, NULL, 3, 0, NULL, 10, on_end, &end, NULL));
    CHECK_CODE(0, AWAIT(end, anser_messages_send_text(client, 3, "no-group", "x", TO(end))));
    int64_t id = anser_message_id(end.message);
    end_free(&end);
    CHECK_CODE(22406, AWAIT(end, anser_messages_wait_sent(client, id, TO(end))));
    end_free(&end);

    AnserSubscription subscription;
    CHECK_CODE(34405, anser_client_add_listener(client, ANSER_EVENT_STATUS, NULL, NULL, NULL, &subscription));
    CHECK_CODE(33003, anser_client_add_listener(client, 1000, on_end, NULL, NULL, &subscription));
    CHECK_CODE(34403, anser_subscription_cancel(client));
    CHECK_CODE(34403, anser_client_status(bob.subscriptions[0], &number));
    CHECK(anser_message_text(client) == NULL && anser_message_id(client) == 0);
    CHECK(anser_conversation_target_id(42) == NULL && anser_event_status(42) == -1);
    CHECK(anser_event_change_kind(42, 0) == 0 && anser_event_receipt_user_id(client, 0) == NULL);
    CHECK(anser_event_progress_state(42) == 0 && anser_event_tag_id(42, 0) == NULL && anser_event_hit_text(42, 0) == NULL);
    CHECK(anser_message_expansion_of(client, "a") == NULL && anser_conversation_draft(42) == NULL);
    CHECK(anser_upload_id(client) == 0 && anser_upload_is_stopped(42));
    CHECK_CODE(34403, anser_upload_finish(client, "http://x"));
    CHECK_CODE(34403, anser_media_set_uploader(42, NULL, NULL, NULL));
    CHECK_CODE(34405, anser_client_add_listener(client, ANSER_EVENT_CHANGED, NULL, NULL, NULL, &subscription));
    CHECK(strcmp(anser_error_words(22406), "not a member of the group") == 0);
    CHECK(strcmp(anser_error_words(123456), "unknown error") == 0);
    person_close(&bob);
}
