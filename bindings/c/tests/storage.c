/*
 * Search, and the care of the user's data: checks, exports, sizes, suspending, a damaged database.
 */
#include "desk.h"
#include "counted.h"

struct steps {
    int calls;
    bool stop;
};

static char TASK[] = "a task";

static bool on_step(void *user_data, uint64_t done, uint64_t total) {
    struct steps *steps = user_data;
    CHECK(done <= total || total == 0);
    steps->calls++;
    return !steps->stop;
}

/* Waits for a task with steps; checks how it ended. */
static AnserEvent task(struct desk *desk, struct steps *steps, int32_t started, int32_t expected) {
    CHECK_CODE(0, started);
    AnserEvent end = desk_end(desk, steps);
    CHECK_CODE(expected, anser_event_error(end));
    CHECK(steps->calls > 0);
    return end;
}

void test_search(const struct world *world) {
    struct desk dave;
    const char *own[] = {"dave"}, *texts[] = {"RC:TxtMsg"};
    int types[] = {1};
    desk_open(&dave, world, NULL, 2, world->dave);
    desk_say(&dave, 1, "erin", "wild 大雁 fly", NULL);
    int64_t id = desk_say(&dave, 1, "frank", "the 大雁 again", NULL);
    AnserSearchQuery query = {.size = sizeof query, .text = "大雁", .sender_ids = own, .sender_count = 1, .types = types,
                              .types_count = 1, .object_names = texts, .object_name_count = 1, .count = 1};
    AnserEvent end = DONE(&dave, anser_search_messages(dave.client, &query, AT(&dave)));
    CHECK(anser_event_message_count(end) == 1 && anser_message_id(anser_event_message(end, 0)) == id);
    const char *text = anser_event_hit_text(end, 0);
    SAME(text, "the 大雁 again");
    CHECK(anser_event_hit_range_count(end, 0) == 1 && anser_event_hit_range_length(end, 0, 0) == strlen("大雁"));
    CHECK(strncmp(text + anser_event_hit_range_start(end, 0, 0), "大雁", strlen("大雁")) == 0);
    CHECK(anser_event_hit_text(end, 1) == NULL && anser_event_hit_range_start(end, 0, 1) == 0);
    CHECK(anser_event_has_more(end));
    query.has_before = true, query.before = anser_event_number(end), query.target_id = "erin", query.conversation_type = 1;
    end = DONE(&dave, anser_search_messages(dave.client, &query, AT(&dave)));
    SAME(anser_event_hit_text(end, 0), "wild 大雁 fly");

    query = (AnserSearchQuery){.size = sizeof query, .text = "大雁"};
    end = DONE(&dave, anser_search_count(dave.client, &query, AT(&dave)));
    CHECK(anser_event_count(end) == 2 && anser_event_answer(end));
    FAILS(&dave, 33003, anser_search_messages(dave.client, &query, AT(&dave)));
    end = DONE(&dave, anser_search_conversations(dave.client, "大雁", types, 1, 10, AT(&dave)));
    CHECK(anser_event_conversation_count(end) == 2 && anser_event_message_count(end) == 2);
    SAME(anser_conversation_target_id(anser_event_conversation(end, 0)), "frank");
    SAME(anser_event_hit_text(end, 0), "the 大雁 again");
    CHECK(anser_event_found_count(end, 1) == 1 && anser_event_found_is_exact(end, 1));
    CHECK(anser_event_found_count(end, 2) == 0 && !anser_event_found_is_exact(end, 2));
    desk_close(&dave);
}

static void moved(struct desk *frank, const char *path) {
    struct steps steps = {0};
    AnserClient client = frank->client;
    AnserEvent end = task(frank, &steps, anser_storage_export(client, path, 0, NULL, on_step, NULL, &steps, NULL), 0);
    CHECK(anser_event_report(end, ANSER_REPORT_MESSAGES) > 0 && anser_event_report(end, ANSER_REPORT_BYTES) > 0);
    steps = (struct steps){.stop = true};
    task(frank, &steps, anser_storage_export(client, path, 0, NULL, on_step, NULL, &steps, NULL), 33200);
    end = DONE(frank, anser_storage_export(client, path, 1, "erin", NULL, AT(frank)));
    CHECK(anser_event_report(end, ANSER_REPORT_CONVERSATIONS) == 1);
    FAILS(frank, 34009, anser_storage_export(client, path, 1, "nobody", NULL, AT(frank)));
    steps = (struct steps){0};
    end = task(frank, &steps, anser_storage_import(client, path, on_step, NULL, &steps, NULL), 0);
    CHECK(anser_event_report(end, ANSER_REPORT_MESSAGES) == 0 && !anser_event_answer(end));
    CHECK(anser_event_report(end, ANSER_REPORT_KNOWN) > 0 && anser_event_report(end, 99) == 0);
    FAILS(frank, 34315, anser_storage_import(client, "/nowhere", NULL, AT(frank)));
}

static void looked_after(struct desk *frank, const struct world *world) {
    struct steps steps = {0};
    AnserClient client = frank->client;
    AnserEvent end = task(frank, &steps, anser_storage_verify(client, on_step, NULL, &steps, NULL), 0);
    CHECK(anser_event_report(end, ANSER_REPORT_MESSAGES) > 0);
    CHECK(anser_event_problem_count(end) == 0 && anser_event_problem(end, 0) == NULL);
    end = DONE(frank, anser_storage_size_report(client, AT(frank)));
    CHECK(anser_event_report(end, ANSER_REPORT_DATABASE) > 0 && anser_event_table_count(end) > 5);
    bool found = false;
    for (size_t i = 0; i < anser_event_table_count(end); i++) {
        if (strcmp(anser_event_table_name(end, i), "message") == 0) found = anser_event_table_rows(end, i) > 0;
    }
    CHECK(found && anser_event_table_name(end, 1000) == NULL);

    DONE(frank, anser_storage_suspend(client, AT(frank)));
    FAILS(frank, 34312, anser_storage_size_report(client, AT(frank)));
    end = DONE(frank, anser_storage_sync_once(client, 60000, world->frank, AT(frank)));
    CHECK(anser_event_answer(end));
    FAILS(frank, 33003, anser_storage_sync_once(client, 0, NULL, AT(frank)));
    DONE(frank, anser_storage_resume(client, AT(frank)));
    unsigned char key[32] = {1};
    CHECK_CODE(0, anser_storage_rekey(client, key, sizeof key, NULL, TASK, NULL));
    end = desk_end(frank, TASK);
    /* What this build says: it cannot encrypt, or there is nothing to encrypt anew. */
    CHECK(anser_event_error(end) == 34311 || anser_event_error(end) == 33003);
}

/* Breaks the schema behind the header of frank's database. */
static void damage(const struct world *world) {
    char path[512], garbage[2048];
    snprintf(path, sizeof path, "%s/storage-frank/%s/frank/anser.db", world->data, world->app_key);
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL);
    memset(garbage, 0xa5, sizeof garbage);
    CHECK(fseek(file, 100, SEEK_SET) == 0 && fwrite(garbage, sizeof garbage, 1, file) == 1 && fclose(file) == 0);
}

static void is_report(AnserEvent event) {
    CHECK(anser_event_kind(event) == ANSER_EVENT_DATABASE && anser_event_error(event) == 0);
    CHECK(strstr(anser_event_set_aside(event), "frank") != NULL && strlen(anser_event_text(event)) > 0);
    CHECK(anser_event_report(event, ANSER_REPORT_MESSAGES) > 0);
}

void test_storage(const struct world *world) {
    struct desk frank;
    char path[512];
    snprintf(path, sizeof path, "%s/frank.jsonl", world->data);
    desk_open(&frank, world, "storage-frank", 2, world->frank);
    desk_say(&frank, 1, "erin", "kept", NULL);
    moved(&frank, path);
    looked_after(&frank, world);
    AnserEvent report;
    CHECK_CODE(0, anser_storage_last_report(frank.client, &report));
    CHECK(report == 0);
    desk_close(&frank);

    damage(world);
    desk_open(&frank, world, "storage-frank", 2, NULL);
    is_report(desk_next(&frank, ANSER_EVENT_DATABASE));
    CHECK_CODE(0, anser_storage_last_report(frank.client, &report));
    is_report(report);
    CHECK_CODE(0, anser_event_free(report));
    DONE(&frank, anser_storage_clear_data(frank.client, AT(&frank)));
    desk_close(&frank);

    AnserOptions options;
    AnserClient client;
    unsigned char key[32] = {1};
    snprintf(path, sizeof path, "%s/encrypted", world->data);
    CHECK_CODE(0, anser_options_new(world->app_key, world->navi, &options));
    CHECK_CODE(0, anser_options_set_data_dir(options, path));
    CHECK_CODE(0, anser_options_set_encryption_key(options, key, 7));
    int32_t code = anser_client_new(options, &client);
    CHECK(code == 34311 || code == 33003);
    CHECK_CODE(0, anser_options_set_encryption_key(options, NULL, 0));
    CHECK_CODE(0, anser_client_new(options, &client));
    CHECK_CODE(0, anser_client_free(client));
    CHECK_CODE(0, anser_options_free(options));
}
