/*
 * Pages of a conversation: stored here, asked of the server, with their holes.
 */
#include "desk.h"
#include "counted.h"

struct pages {
    int calls;
    uint32_t fetched;
    int64_t since;
    bool ended;
};

/* Runs on the events thread; the end of the call comes after it. */
static void on_page(void *user_data, uint32_t fetched, int64_t since) {
    struct pages *pages = user_data;
    CHECK(!pages->ended && fetched >= pages->fetched);
    pages->calls++, pages->fetched = fetched, pages->since = since;
}

static void on_pages_destroyed(void *user_data) { ((struct pages *)user_data)->ended = true; }

static size_t page(struct desk *desk, const char *target, AnserHistoryQuery query) {
    query.size = sizeof query;
    return anser_event_message_count(DONE(desk, anser_history_page(desk->client, 1, target, &query, AT(desk))));
}

static void local_pages(struct desk *frank, int64_t third) {
    const char *texts[] = {"RC:TxtMsg"}, *images[] = {"RC:ImgMsg"}, *own[] = {"frank"};
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100}) == 5);
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100, .message_id = third}) == 2);
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100, .message_id = third, .newer = true}) == 2);
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100, .object_names = texts, .object_name_count = 1}) == 5);
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100, .object_names = images, .object_name_count = 1}) == 0);
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100, .sender_ids = own, .sender_count = 1}) == 5);
    CHECK_CODE(34405, anser_history_page(frank->client, 1, "erin", NULL, AT(frank)));
    AnserHistoryQuery none = {.size = sizeof none};
    FAILS(frank, 33003, anser_history_page(frank->client, 1, "erin", &none, AT(frank)));
}

/* A device that has seen nothing of the conversation. */
static void new_device(const struct world *world, int64_t time) {
    struct desk phone;
    struct pages pages = {0};
    desk_open(&phone, world, NULL, 1, world->frank);
    AnserEvent end = DONE(&phone, anser_history_remote(phone.client, 1, "erin", 0, 2, false, AT(&phone)));
    CHECK(anser_event_message_count(end) == 2 && anser_event_has_more(end));
    SAME(anser_message_text(anser_event_message(end, 1)), "five");
    end = DONE(&phone, anser_history_gaps(phone.client, 1, "erin", AT(&phone)));
    size_t gaps = anser_event_gap_count(end);
    CHECK(gaps > 0 && anser_event_gap_to(end, gaps - 1) > anser_event_gap_from(end, gaps - 1));
    CHECK(anser_event_gap_to(end, gaps) == 0 && anser_event_gap_from(end, gaps) == 0);

    CHECK_CODE(0, anser_history_backfill(phone.client, 1, "erin", 0, on_page, NULL, &pages, on_pages_destroyed));
    end = desk_end(&phone, &pages);
    CHECK(anser_event_error(end) == 0 && pages.calls > 0 && pages.since == 0 && !pages.ended);
    CHECK(anser_event_count(end) == pages.fetched);
    end = DONE(&phone, anser_history_gaps(phone.client, 1, "erin", AT(&phone)));
    CHECK(anser_event_gap_count(end) == 0 && pages.ended);
    end = DONE(&phone, anser_history_backfill(phone.client, 1, "erin", 0, NULL, AT(&phone)));
    CHECK(anser_event_count(end) == 0);

    end = DONE(&phone, anser_history_load(phone.client, 1, "erin", 0, 3, AT(&phone)));
    CHECK(anser_event_message_count(end) == 3 && anser_event_has_more(end) && anser_event_gap_count(end) == 0);
    end = DONE(&phone, anser_history_around(phone.client, 1, "erin", time, 1, AT(&phone)));
    CHECK(anser_event_message_count(end) == 2);
    SAME(anser_message_text(anser_event_message(end, 0)), "two");
    SAME(anser_message_text(anser_event_message(end, 1)), "three");
    FAILS(&phone, 33003, anser_history_around(phone.client, 1, "erin", 0, 1, AT(&phone)));
    FAILS(&phone, 33003, anser_history_remote(phone.client, 1, "erin", 0, 21, false, AT(&phone)));
    desk_close(&phone);
}

static void unread(const struct world *world, struct desk *frank) {
    struct desk erin;
    const char *mentioned[] = {"frank"};
    AnserSendOptions options = {.size = sizeof options, .mention_user_ids = mentioned, .mention_user_count = 1, .mention = 2};
    desk_open(&erin, world, NULL, 2, world->erin);
    AnserEvent end = DONE(frank, anser_history_first_unread(frank->client, 1, "erin", AT(frank)));
    CHECK(anser_event_message_count(end) == 0);
    desk_say(&erin, 1, "frank", "first", NULL);
    DONE(&erin, anser_messages_send(erin.client, 1, "frank", "RC:TxtMsg", "{\"content\":\"you\"}", &options, AT(&erin)));
    desk_hear(frank, "you", NULL);
    end = DONE(frank, anser_history_first_unread(frank->client, 1, "erin", AT(frank)));
    SAME(anser_message_text(anser_event_message(end, 0)), "first");
    end = DONE(frank, anser_history_unread_mentions(frank->client, 1, "erin", 10, AT(frank)));
    CHECK(anser_event_message_count(end) == 1);
    SAME(anser_message_text(anser_event_message(end, 0)), "you");
    FAILS(frank, 33003, anser_history_unread_mentions(frank->client, 1, "erin", 0, AT(frank)));
    end = DONE(frank, anser_conversations_get(frank->client, 1, "erin", AT(frank)));
    CHECK(anser_conversation_mention_count(anser_event_conversation(end, 0)) == 1);
    desk_close(&erin);
}

static void cleared(struct desk *frank, int64_t time) {
    desk_forget(frank);
    DONE(frank, anser_history_clear(frank->client, 1, "erin", time, AT(frank)));
    AnserEvent event = desk_next(frank, ANSER_EVENT_CHANGED);
    CHECK(anser_event_change_kind(event, 0) == ANSER_CHANGE_CLEARED && anser_event_change_time(event, 0) == time);
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100}) == 4);
    FAILS(frank, 34011, anser_history_clear_remote(frank->client, 1, "erin", 0, true, AT(frank)));
    DONE(frank, anser_history_clear_remote(frank->client, 1, "erin", time, true, AT(frank)));
    DONE(frank, anser_history_clear(frank->client, 1, "erin", 0, AT(frank)));
    CHECK(page(frank, "erin", (AnserHistoryQuery){.count = 100}) == 0);
}

void test_history(const struct world *world) {
    struct desk frank;
    const char *texts[] = {"one", "two", "three", "four", "five"};
    int64_t third = 0;
    desk_open(&frank, world, NULL, 2, world->frank);
    for (int i = 0; i < 5; i++) {
        int64_t id = desk_say(&frank, 1, "erin", texts[i], NULL);
        if (i == 2) third = id;
    }
    AnserEvent end = DONE(&frank, anser_messages_get(frank.client, third, AT(&frank)));
    int64_t time = anser_message_sent_time(anser_event_message(end, 0));
    local_pages(&frank, third);
    new_device(world, time);
    unread(world, &frank);
    cleared(&frank, time);
    desk_close(&frank);
}
