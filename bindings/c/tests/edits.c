/*
 * What can be asked of a message beyond its text, and what can be done to it afterwards, seen from both sides.
 */
#include "desk.h"
#include "counted.h"

/* The next change of this kind; `event` holds it at index 0. */
static AnserEvent change(struct desk *desk, int kind, const char *target) {
    for (;;) {
        AnserEvent event = desk_next(desk, ANSER_EVENT_CHANGED);
        CHECK(anser_event_change_count(event) == 1);
        if (anser_event_change_kind(event, 0) != kind) continue;
        SAME(anser_conversation_target_id(anser_event_change_conversation(event, 0)), target);
        CHECK(anser_event_change_kind(event, 1) == 0 && anser_event_change_conversation(event, 1) == 0);
        return event;
    }
}

static void kinds(struct desk *dave) {
    const char *fields[] = {"title"};
    AnserMessageKind card = {.size = sizeof card, .object_name = "App:Card", .fields = fields, .field_count = 1,
                             .search_fields = fields, .search_field_count = 1};
    const AnserMessageKind *known[] = {&card}, *none[] = {NULL};
    CHECK_CODE(0, anser_messages_register_kinds(dave->client, known, 1));
    CHECK_CODE(34405, anser_messages_register_kinds(dave->client, none, 1));
    CHECK_CODE(34403, anser_messages_register_kinds(0, known, 1));
    card.object_name = "RC:TxtMsg";
    CHECK_CODE(34271, anser_messages_register_kinds(dave->client, known, 1));
    FAILS(dave, 34205, anser_messages_send(dave->client, 1, "erin", "App:Card", "{\"a\":1}", NULL, AT(dave)));
    DONE(dave, anser_messages_send(dave->client, 1, "erin", "App:Card", "{\"title\":\"t\"}", NULL, AT(dave)));
}

/* A message that asks for everything; gives its id at its sender. */
static int64_t everything(struct desk *dave) {
    const char *mentioned[] = {"erin"}, *keys[] = {"b", "a"}, *values[] = {"2", "1"};
    AnserSendOptions options = {
        .size = sizeof options, .push_text = "push", .push_data = "data", .mention_user_ids = mentioned,
        .mention_user_count = 1, .mention_text = "look", .mention = 2, .destruct_seconds = 3600,
        .expansion_keys = keys, .expansion_values = values, .expansion_count = 2, .push_title = "title",
        .push_id = "p", .push_template_id = "t", .push_configs = "[]", .sender_id = "dave", .sender_name = "Dave",
        .sender_portrait_uri = "http://p/1", .search_words = "kiwi", .voip_push = true, .silent = true,
        .expandable = true, .push_hide_title = true, .push_force_detail = true};
    AnserEvent end = DONE(dave, anser_messages_send(dave->client, 1, "erin", "RC:TxtMsg", "{\"content\":\"all\"}",
                                                    &options, AT(dave)));
    AnserMessage message = anser_event_message(end, 0);
    const char *content = anser_message_content(message);
    CHECK(strstr(content, "\"mentionedContent\":\"look\"") && strstr(content, "\"portraitUri\":\"http://p/1\""));
    CHECK(strstr(content, "\"burnDuration\":3600"));
    CHECK(anser_message_is_silent(message) && anser_message_is_expandable(message));
    CHECK(anser_message_expansion_count(message) == 2);
    SAME(anser_message_expansion_key(message, 0), "a");
    SAME(anser_message_expansion_value(message, 1), "2");
    SAME(anser_message_expansion_of(message, "b"), "2");
    CHECK(anser_message_expansion_of(message, "c") == NULL && anser_message_expansion_of(message, NULL) == NULL);
    CHECK(anser_message_expansion_key(message, 2) == NULL && anser_message_local_path(message) == NULL);
    CHECK(!anser_message_is_receipt_requested(message) && anser_message_read_count(message) == 0);
    int64_t id = anser_message_id(message);
    end = DONE(dave, anser_messages_wait_sent(dave->client, id, AT(dave)));
    options.mention = 3;
    CHECK_CODE(33003, anser_messages_send(dave->client, 1, "erin", "RC:TxtMsg", "{}", &options, AT(dave)));
    options = (AnserSendOptions){.size = sizeof options, .status_only = true};
    DONE(dave, anser_messages_send(dave->client, 1, "erin", "App:Now", "{}", &options, AT(dave)));
    /* A program that was built against the first version of the struct. */
    options = (AnserSendOptions){.size = offsetof(AnserSendOptions, to_user_ids), .not_persisted = true, .mention = 2};
    DONE(dave, anser_messages_send(dave->client, 1, "erin", "App:Old", "{}", &options, AT(dave)));
    options.size--;
    CHECK_CODE(33003, anser_messages_send(dave->client, 1, "erin", "App:Old", "{}", &options, AT(dave)));
    return id;
}

static void pairs(struct desk *dave, struct desk *erin, int64_t id) {
    const char *keys[] = {"a", "c"}, *values[] = {"9", "3"};
    AnserEvent end = DONE(dave, anser_messages_set_expansion(dave->client, id, keys, values, 2, AT(dave)));
    CHECK(anser_message_expansion_count(anser_event_message(end, 0)) == 3);
    AnserEvent event = change(erin, ANSER_CHANGE_EXPANSION_SET, "dave");
    CHECK(anser_event_change_key_count(event, 0) == 2 && anser_event_change_key(event, 0, 2) == NULL);
    CHECK(strlen(anser_event_change_key(event, 0, 1)) == 1);
    SAME(anser_message_expansion_of(anser_event_change_message(event, 0), "a"), "9");
    end = DONE(dave, anser_messages_remove_expansion(dave->client, id, keys, 1, AT(dave)));
    CHECK(anser_message_expansion_of(anser_event_message(end, 0), "a") == NULL);
    event = change(erin, ANSER_CHANGE_EXPANSION_REMOVED, "dave");
    SAME(anser_event_change_key(event, 0, 0), "a");
    FAILS(dave, 33003, anser_messages_set_expansion(dave->client, id, NULL, NULL, 0, AT(dave)));
    CHECK_CODE(34405, anser_messages_remove_expansion(dave->client, id, NULL, 1, AT(dave)));
}

static void marks(struct desk *erin, int64_t id) {
    AnserEvent end = DONE(erin, anser_messages_begin_destruct(erin->client, id, AT(erin)));
    CHECK(anser_message_destruct_at(anser_event_message(end, 0)) > 0);
    end = DONE(erin, anser_messages_stop_destruct(erin->client, id, AT(erin)));
    CHECK(anser_message_destruct_at(anser_event_message(end, 0)) == 0);
    end = DONE(erin, anser_messages_set_extra(erin->client, id, "note", AT(erin)));
    SAME(anser_message_extra(anser_event_message(end, 0)), "note");
    end = DONE(erin, anser_messages_set_received_status(erin->client, id, 3, AT(erin)));
    CHECK(anser_message_received_status(anser_event_message(end, 0)) == 3);
    FAILS(erin, 33003, anser_messages_set_received_status(erin->client, id, 99, AT(erin)));
    end = DONE(erin, anser_messages_set_content(erin->client, id, "{\"content\":\"new\"}", AT(erin)));
    SAME(anser_message_text(anser_event_message(end, 0)), "new");
    DONE(erin, anser_messages_set_search_words(erin->client, id, "lemon", AT(erin)));
    DONE(erin, anser_messages_set_search_words(erin->client, id, NULL, AT(erin)));
    FAILS(erin, 61001, anser_messages_set_extra(erin->client, 1 << 30, "x", AT(erin)));
}

static void inserted(struct desk *erin) {
    AnserInsertedMessage one = {.size = sizeof one, .target_id = "gus", .sender_id = "gus", .object_name = "RC:TxtMsg",
                                .content = "{\"content\":\"put in\"}", .uid = "UID-1", .extra = "e", .sent_time = 1000,
                                .conversation_type = 1, .received_status = 1, .counted = true};
    AnserInsertedMessage two = one, three = one;
    AnserEvent end = DONE(erin, anser_messages_insert(erin->client, &one, AT(erin)));
    AnserMessage message = anser_event_message(end, 0);
    CHECK(anser_message_sent_time(message) == 1000 && anser_message_direction(message) == 2);
    FAILS(erin, 33003, anser_messages_insert(erin->client, &one, AT(erin)));
    CHECK_CODE(34405, anser_messages_insert(erin->client, NULL, AT(erin)));
    two.uid = NULL, two.sender_id = "erin", two.sent_status = 20, three.uid = "UID-3", three.sent_time = 0;
    const AnserInsertedMessage *both[] = {&two, &three};
    end = DONE(erin, anser_messages_insert_many(erin->client, both, 2, AT(erin)));
    CHECK(anser_event_message_count(end) == 2);
    message = anser_event_message(end, 0);
    CHECK(anser_message_sent_status(message) == 20 && anser_message_direction(message) == 1);
    int64_t ids[] = {anser_message_id(message), anser_message_id(anser_event_message(end, 1)), 1 << 30};
    end = DONE(erin, anser_messages_set_sent_status(erin->client, ids[0], 50, AT(erin)));
    CHECK(anser_message_sent_status(anser_event_message(end, 0)) == 50);
    CHECK_CODE(33003, anser_messages_set_sent_status(erin->client, ids[0], 7, AT(erin)));
    end = DONE(erin, anser_messages_get_by_uid(erin->client, "UID-3", AT(erin)));
    CHECK(anser_message_id(anser_event_message(end, 0)) == ids[1]);
    FAILS(erin, 61001, anser_messages_get_by_uid(erin->client, "UID-4", AT(erin)));

    desk_forget(erin);
    end = DONE(erin, anser_messages_delete(erin->client, ids, 3, AT(erin)));
    CHECK(anser_event_count(end) == 2);
    AnserEvent event = change(erin, ANSER_CHANGE_DELETED, "gus");
    CHECK(anser_event_change_id_count(event, 0) == 2 && anser_event_change_message(event, 0) == 0);
    CHECK(anser_event_change_id(event, 0, 0) == ids[0] && anser_event_change_id(event, 0, 1) == ids[1]);
    CHECK(anser_event_change_id(event, 0, 2) == 0 && anser_event_change_time(event, 0) == 0);
    FAILS(erin, 61001, anser_messages_delete(erin->client, NULL, 0, AT(erin)));
}

static void taken_back(struct desk *dave, struct desk *erin) {
    int64_t id = desk_say(dave, 1, "erin", "a mistake", NULL);
    int64_t there = desk_hear(erin, "a mistake", NULL);
    AnserEvent end = DONE(dave, anser_messages_recall(dave->client, id, "oops", "gone", AT(dave)));
    SAME(anser_message_object_name(anser_event_message(end, 0)), "RC:RcCmd");
    AnserEvent event = change(erin, ANSER_CHANGE_RECALLED, "dave");
    AnserMessage left = anser_event_change_message(event, 0);
    CHECK(anser_message_id(left) == there && strstr(anser_message_content(left), "oops") != NULL);
    desk_say(dave, 1, "erin", "not yours", NULL);
    there = desk_hear(erin, "not yours", NULL);
    FAILS(erin, 25101, anser_messages_recall(erin->client, there, NULL, NULL, AT(erin)));
}

void test_edits(const struct world *world) {
    struct desk dave, erin;
    desk_open(&dave, world, "edits-dave", 2, world->dave);
    desk_open(&erin, world, NULL, 2, world->erin);
    kinds(&dave);
    int64_t id = everything(&dave);
    int64_t there = desk_hear(&erin, "all", NULL);
    AnserEvent end = DONE(&erin, anser_messages_get(erin.client, there, AT(&erin)));
    CHECK(anser_message_is_mentioned(anser_event_message(end, 0)));
    SAME(anser_message_expansion_of(anser_event_message(end, 0), "a"), "1");
    pairs(&dave, &erin, id);
    marks(&erin, there);
    inserted(&erin);
    taken_back(&dave, &erin);
    end = DONE(&dave, anser_messages_delete_everywhere(dave.client, &id, 1, AT(&dave)));
    CHECK(anser_event_count(end) == 1);
    FAILS(&dave, 61001, anser_messages_get(dave.client, id, AT(&dave)));
    desk_close(&dave);
    desk_close(&erin);
}
