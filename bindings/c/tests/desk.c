/*
 * A person's desk: see desk.h.
 */
#include "desk.h"
#include "counted.h"

void desk_open(struct desk *desk, const struct world *world, const char *folder, int platform, const char *token) {
    memset(desk, 0, sizeof *desk);
    AnserOptions options;
    CHECK_CODE(0, anser_options_new(world->app_key, world->navi, &options));
    CHECK_CODE(0, anser_options_set_platform(options, platform));
    if (folder != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", world->data, folder);
        CHECK_CODE(0, anser_options_set_data_dir(options, path));
    }
    CHECK_CODE(0, anser_client_new(options, &desk->client));
    CHECK_CODE(0, anser_options_free(options));
    int descriptor;
    CHECK_CODE(0, anser_client_event_fd(desk->client, &descriptor));
    if (token != NULL) desk_connect(desk, token);
}

void desk_connect(struct desk *desk, const char *token) {
    DONE(desk, anser_client_connect(desk->client, token, AT(desk)));
    desk_next(desk, ANSER_EVENT_SYNCED);
}

static void give_back(AnserEvent *event) {
    if (*event != 0) CHECK_CODE(0, anser_event_free(*event));
    *event = 0;
}

void desk_forget(struct desk *desk) {
    for (size_t i = 0; i < desk->count; i++) give_back(&desk->waiting[i]);
    desk->count = 0;
}

void desk_close(struct desk *desk) {
    desk_forget(desk);
    give_back(&desk->last);
    CHECK_CODE(0, anser_client_close(desk->client));
    AnserEvent event;
    while (anser_client_next_event(desk->client, -1, &event) == 0) CHECK_CODE(0, anser_event_free(event));
    CHECK_CODE(0, anser_client_free(desk->client));
}

static bool is_wanted(AnserEvent event, int kind, const void *user_data) {
    return anser_event_kind(event) == kind && (user_data == NULL || anser_event_user_data(event) == user_data);
}

static AnserEvent take(struct desk *desk, int kind, const void *user_data) {
    give_back(&desk->last);
    for (size_t i = 0; i < desk->count; i++) {
        if (!is_wanted(desk->waiting[i], kind, user_data)) continue;
        desk->last = desk->waiting[i];
        memmove(&desk->waiting[i], &desk->waiting[i + 1], (--desk->count - i) * sizeof desk->last);
        return desk->last;
    }
    for (;;) {
        AnserEvent event;
        CHECK_CODE(0, anser_client_next_event(desk->client, 120000, &event));
        if (event == 0) fprintf(stderr, "no event of kind %d came\n", kind), abort();
        if (is_wanted(event, kind, user_data)) return desk->last = event;
        CHECK(desk->count < sizeof desk->waiting / sizeof *desk->waiting);
        desk->waiting[desk->count++] = event;
    }
}

AnserEvent desk_next(struct desk *desk, int kind) { return take(desk, kind, NULL); }

AnserEvent desk_end(struct desk *desk, const void *user_data) { return take(desk, ANSER_EVENT_COMPLETED, user_data); }

AnserEvent desk_done(struct desk *desk, int32_t started, int32_t expected, const char *call, const char *file, int line) {
    if (started != 0) fprintf(stderr, "%s:%d: %s was refused with %d\n", file, line, call, (int)started), abort();
    AnserEvent end = desk_end(desk, desk);
    int32_t error = anser_event_error(end);
    if (error != expected) {
        fprintf(stderr, "%s:%d: %s ended with %d, not %d\n", file, line, call, (int)error, (int)expected);
        abort();
    }
    return end;
}

static int64_t name(AnserMessage message, char uid[64]) {
    if (uid != NULL) snprintf(uid, 64, "%s", anser_message_uid(message));
    return anser_message_id(message);
}

int64_t desk_say(struct desk *desk, int type, const char *target, const char *text, char uid[64]) {
    AnserEvent end = DONE(desk, anser_messages_send_text(desk->client, type, target, text, AT(desk)));
    int64_t id = anser_message_id(anser_event_message(end, 0));
    end = DONE(desk, anser_messages_wait_sent(desk->client, id, AT(desk)));
    return name(anser_event_message(end, 0), uid);
}

int64_t desk_hear(struct desk *desk, const char *text, char uid[64]) {
    for (;;) {
        AnserEvent event = desk_next(desk, ANSER_EVENT_MESSAGES);
        for (size_t i = 0; i < anser_event_message_count(event); i++) {
            AnserMessage message = anser_event_message(event, i);
            const char *said = anser_message_text(message);
            if (said != NULL && strcmp(said, text) == 0) return name(message, uid);
        }
    }
}
