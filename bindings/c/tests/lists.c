/*
 * The conversation list: its rows' states, unread counts, drafts and tags.
 */
#include "desk.h"
#include "counted.h"

static const int PRIVATE[] = {1, 1, 1};

static AnserConversation row(struct desk *desk, const char *target) {
    AnserEvent end = DONE(desk, anser_conversations_get(desk->client, 1, target, AT(desk)));
    CHECK(anser_event_conversation_count(end) == 1);
    return anser_event_conversation(end, 0);
}

/* Waits until the listeners are told that something of this row changed. */
static void told_of(struct desk *desk, const char *target) {
    for (;;) {
        AnserEvent event = desk_next(desk, ANSER_EVENT_CONVERSATIONS);
        for (size_t at = 0; at < anser_event_conversation_count(event); at++) {
            if (strcmp(anser_conversation_target_id(anser_event_conversation(event, at)), target) == 0) return;
        }
    }
}

static size_t filtered(struct desk *desk, AnserConversationFilter filter) {
    filter.size = sizeof filter;
    AnserEvent end = DONE(desk, anser_conversations_filter(desk->client, &filter, 0, NULL, 100, AT(desk)));
    return anser_event_conversation_count(end);
}

static void states(struct desk *dave) {
    AnserClient client = dave->client;
    const char *targets[] = {"x", "y", "z"};
    for (int i = 0; i < 3; i++) {
        AnserEvent end = DONE(dave, anser_conversations_create(client, 1, targets[i], AT(dave)));
        SAME(anser_conversation_target_id(anser_event_conversation(end, 0)), targets[i]);
    }
    told_of(dave, "z");
    FAILS(dave, 34210, anser_conversations_create(client, 1, " ", AT(dave)));
    AnserEvent end = DONE(dave, anser_conversations_rows(client, PRIVATE, targets, 3, AT(dave)));
    CHECK(anser_event_conversation_count(end) == 3);
    SAME(anser_conversation_target_id(anser_event_conversation(end, 2)), "z");
    CHECK_CODE(34405, anser_conversations_rows(client, PRIVATE, NULL, 3, AT(dave)));

    DONE(dave, anser_conversations_set_top(client, PRIVATE, targets, 2, true, AT(dave)));
    told_of(dave, "y");
    CHECK(anser_conversation_is_top(row(dave, "y")) && !anser_conversation_is_top(row(dave, "z")));
    DONE(dave, anser_conversations_set_mute(client, PRIVATE, targets, 1, 2, AT(dave)));
    CHECK_CODE(33003, anser_conversations_set_mute(client, PRIVATE, targets, 1, 3, AT(dave)));
    CHECK(anser_conversation_mute(row(dave, "x")) == 2);
    CHECK(anser_event_count(DONE(dave, anser_conversations_mute(client, 1, "x", AT(dave)))) == 2);
    DONE(dave, anser_conversations_set_hidden(client, 1, "z", true, AT(dave)));
    CHECK(anser_conversation_is_hidden(row(dave, "z")));
    CHECK(filtered(dave, (AnserConversationFilter){.types = PRIVATE, .types_count = 1, .top = 1}) == 2);
    CHECK(filtered(dave, (AnserConversationFilter){.top = 2}) + 2 == filtered(dave, (AnserConversationFilter){0}));
    CHECK(filtered(dave, (AnserConversationFilter){.muted = 1}) == 1);
    CHECK(filtered(dave, (AnserConversationFilter){.hidden = true}) == 1);
    CHECK(filtered(dave, (AnserConversationFilter){.unread = true, .types = PRIVATE + 0, .types_count = 1}) == 0);
    AnserConversationFilter wrong = {.size = sizeof wrong, .top = 3};
    CHECK_CODE(33003, anser_conversations_filter(client, &wrong, 0, NULL, 100, AT(dave)));
    DONE(dave, anser_conversations_set_hidden(client, 1, "z", false, AT(dave)));
    DONE(dave, anser_conversations_remove(client, PRIVATE, targets, 1, AT(dave)));
    end = DONE(dave, anser_conversations_rows(client, PRIVATE, targets, 3, AT(dave)));
    CHECK(anser_event_conversation_count(end) == 2);
    end = DONE(dave, anser_conversations_sync_list(client, 100, AT(dave)));
    CHECK(anser_event_conversation_count(end) >= 2);
}

static void drafts_and_tags(struct desk *dave) {
    AnserClient client = dave->client;
    const char *targets[] = {"y", "z"};
    DONE(dave, anser_conversations_save_draft(client, 1, "y", "begun", AT(dave)));
    SAME(anser_event_text(DONE(dave, anser_conversations_draft(client, 1, "y", AT(dave)))), "begun");
    SAME(anser_conversation_draft(row(dave, "y")), "begun");
    SAME(anser_event_text(DONE(dave, anser_conversations_draft(client, 1, "z", AT(dave)))), "");

    DONE(dave, anser_conversations_add_tag(client, "work", "Work", AT(dave)));
    FAILS(dave, 33003, anser_conversations_add_tag(client, "", "Work", AT(dave)));
    DONE(dave, anser_conversations_set_tag(client, "work", PRIVATE, targets, 2, true, AT(dave)));
    DONE(dave, anser_conversations_set_tag(client, "work", PRIVATE, targets, 1, false, AT(dave)));
    FAILS(dave, 33003, anser_conversations_set_tag(client, "none", PRIVATE, targets, 1, true, AT(dave)));
    AnserEvent end = DONE(dave, anser_conversations_tags(client, AT(dave)));
    CHECK(anser_event_tag_count(end) == 1 && anser_event_tag_conversation_count(end, 0) == 1);
    CHECK(anser_event_tag_created_time(end, 0) > 0 && anser_event_tag_id(end, 1) == NULL);
    SAME(anser_event_tag_id(end, 0), "work");
    SAME(anser_event_tag_name(end, 0), "Work");
    AnserConversation tagged = row(dave, "z");
    CHECK(anser_conversation_tag_count(tagged) == 1 && anser_conversation_tag_id(tagged, 1) == NULL);
    SAME(anser_conversation_tag_id(tagged, 0), "work");
    CHECK(filtered(dave, (AnserConversationFilter){.tag_id = "work"}) == 1);
    CHECK(anser_event_answer(DONE(dave, anser_conversations_remove_tag(client, "work", AT(dave)))));
    CHECK(!anser_event_answer(DONE(dave, anser_conversations_remove_tag(client, "work", AT(dave)))));
}

static uint32_t unread(struct desk *dave, const char *target) {
    return anser_event_count(DONE(dave, anser_conversations_unread_count(dave->client, 1, target, AT(dave))));
}

static void counts(struct desk *dave, const struct world *world) {
    AnserClient client = dave->client;
    struct desk frank;
    const char *targets[] = {"frank", "y"};
    desk_open(&frank, world, NULL, 2, world->frank);
    DONE(dave, anser_conversations_clear_all_unread(client, AT(dave)));
    desk_say(&frank, 1, "dave", "u1", NULL);
    desk_say(&frank, 1, "dave", "u2", NULL);
    int64_t second = desk_hear(dave, "u2", NULL);
    int64_t time = anser_message_sent_time(
        anser_event_message(DONE(dave, anser_messages_get(client, second, AT(dave))), 0));
    desk_say(&frank, 1, "dave", "u3", NULL);
    desk_hear(dave, "u3", NULL);
    CHECK(unread(dave, "frank") == 3);
    CHECK(anser_event_count(DONE(dave, anser_conversations_unread_count_of(client, PRIVATE, targets, 2, AT(dave)))) == 3);
    DONE(dave, anser_conversations_set_mute(client, PRIVATE, targets, 1, 1, AT(dave)));
    int types[] = {1};
    CHECK(anser_event_count(DONE(dave, anser_conversations_unread_count_by_types(client, types, 1, true, AT(dave)))) == 3);
    CHECK(anser_event_count(DONE(dave, anser_conversations_unread_count_by_types(client, types, 1, false, AT(dave)))) == 0);
    DONE(dave, anser_conversations_clear_unread_until(client, 1, "frank", time, AT(dave)));
    CHECK(unread(dave, "frank") == 1);
    FAILS(dave, 33003, anser_conversations_clear_unread_until(client, 1, "frank", 0, AT(dave)));
    DONE(dave, anser_conversations_set_unread_count(client, 1, "frank", 2, AT(dave)));
    CHECK(unread(dave, "frank") == 2);
    DONE(dave, anser_conversations_clear(client, types, 1, AT(dave)));
    CHECK(filtered(dave, (AnserConversationFilter){.types = types, .types_count = 1}) == 0);
    FAILS(dave, 33003, anser_conversations_clear(client, NULL, 0, AT(dave)));
    desk_close(&frank);
}

void test_lists(const struct world *world) {
    struct desk dave;
    desk_open(&dave, world, NULL, 2, world->dave);
    DONE(&dave, anser_conversations_clear_all_unread(dave.client, AT(&dave)));
    states(&dave);
    drafts_and_tags(&dave);
    counts(&dave, world);
    desk_close(&dave);
}
