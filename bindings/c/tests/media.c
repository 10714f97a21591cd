/*
 * Messages with files: an uploader in C, downloads that are paused and cancelled, the cache.
 */
#include "desk.h"
#include "files.h"
#include "counted.h"

static char CONTENT[] = "{\"name\":\"goose.txt\",\"size\":5,\"type\":\"txt\"}";
static char PENDING[] = "a download";

/* An uploader whose work the test does. */
struct hands {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    AnserUpload upload; /* started and not taken yet */
    int64_t stopped;
    int destroyed;
};

static void on_start(void *user_data, AnserUpload upload) {
    struct hands *hands = user_data;
    pthread_mutex_lock(&hands->lock);
    CHECK(hands->upload == 0);
    hands->upload = upload;
    pthread_cond_broadcast(&hands->changed);
    pthread_mutex_unlock(&hands->lock);
}

static void on_stop(void *user_data, int64_t upload_id) {
    struct hands *hands = user_data;
    pthread_mutex_lock(&hands->lock);
    hands->stopped = upload_id;
    pthread_cond_broadcast(&hands->changed);
    pthread_mutex_unlock(&hands->lock);
}

static void on_unused(void *user_data) { ((struct hands *)user_data)->destroyed++; }

static AnserUpload started(struct hands *hands) {
    WAIT_UNTIL(hands->upload != 0, &hands->lock, &hands->changed);
    pthread_mutex_lock(&hands->lock);
    AnserUpload upload = hands->upload;
    hands->upload = 0;
    pthread_mutex_unlock(&hands->lock);
    return upload;
}

static void wait_stopped(struct hands *hands, AnserUpload upload) {
    WAIT_UNTIL(hands->stopped == anser_upload_id(upload), &hands->lock, &hands->changed);
    CHECK(anser_upload_is_stopped(upload));
    CHECK_CODE(0, anser_upload_report(upload, 5));
    CHECK_CODE(0, anser_upload_free(upload));
    CHECK_CODE(34403, anser_upload_free(upload));
    CHECK(anser_upload_is_stopped(upload) && anser_upload_path(upload) == NULL);
}

/* Waits for a transfer to stand so. */
static AnserEvent progress(struct desk *desk, int direction, int state) {
    for (;;) {
        AnserEvent event = desk_next(desk, ANSER_EVENT_PROGRESS);
        if (anser_event_progress_direction(event) == direction && anser_event_progress_state(event) == state) return event;
    }
}

static int64_t send_file(struct desk *dave, const char *path) {
    AnserEvent end =
        DONE(dave, anser_media_send(dave->client, 1, "erin", "RC:FileMsg", CONTENT, path, NULL, AT(dave)));
    AnserMessage message = anser_event_message(end, 0);
    SAME(anser_message_local_path(message), path);
    CHECK(anser_message_sent_status(message) == 10);
    return anser_message_id(message);
}

static void failed(struct desk *dave, int32_t code) {
    AnserEvent event = desk_next(dave, ANSER_EVENT_SENT);
    CHECK_CODE(code, anser_event_error(event));
    CHECK(anser_message_sent_status(anser_event_message(event, 0)) == 20);
}

/* An upload that is paused, goes on and arrives. */
static void upload(struct desk *dave, struct hands *hands, const char *path, const char *url) {
    AnserClient client = dave->client;
    FAILS(dave, 34410, anser_media_send(client, 1, "erin", "RC:FileMsg", CONTENT, "/nowhere", NULL, AT(dave)));
    int64_t id = send_file(dave, path);
    AnserUpload first = started(hands);
    CHECK(anser_upload_id(first) > 0 && anser_upload_message_id(first) == id && anser_upload_size(first) == 5);
    CHECK(anser_upload_offset(first) == 0 && !anser_upload_is_stopped(first));
    SAME(anser_upload_path(first), path);
    SAME(anser_upload_object_name(first), "RC:FileMsg");
    CHECK_CODE(0, anser_upload_report(first, 3));
    for (AnserEvent event = 0; anser_event_progress_transferred(event) != 3;) {
        event = progress(dave, ANSER_TRANSFER_UPLOAD, ANSER_TRANSFER_RUNNING);
        CHECK(anser_event_progress_message_id(event) == id && anser_event_progress_total(event) == 5);
        SAME(anser_event_progress_path(event), path);
    }
    DONE(dave, anser_media_pause(client, id, AT(dave)));
    progress(dave, ANSER_TRANSFER_UPLOAD, ANSER_TRANSFER_PAUSED);
    wait_stopped(hands, first);
    DONE(dave, anser_media_resume(client, id, AT(dave)));
    AnserUpload second = started(hands);
    CHECK(anser_upload_offset(second) == 3 && anser_upload_id(second) != 0);
    CHECK_CODE(34405, anser_upload_finish(second, NULL));
    CHECK_CODE(0, anser_upload_finish(second, url));
    CHECK_CODE(0, anser_upload_free(second));
    AnserEvent event = desk_next(dave, ANSER_EVENT_SENT);
    CHECK(anser_event_error(event) == 0 && strstr(anser_message_content(anser_event_message(event, 0)), url) != NULL);
    progress(dave, ANSER_TRANSFER_UPLOAD, ANSER_TRANSFER_DONE);
    FAILS(dave, 33003, anser_media_pause(client, id, AT(dave)));
}

/* The ways in which uploads end without success. */
static void upload_fails(struct desk *dave, struct hands *hands, const char *path) {
    int64_t id = send_file(dave, path);
    AnserUpload attempt = started(hands);
    CHECK_CODE(0, anser_upload_fail(attempt, 41003, false));
    CHECK_CODE(0, anser_upload_free(attempt));
    failed(dave, 41003);
    CHECK_CODE(41003, anser_event_error(progress(dave, ANSER_TRANSFER_UPLOAD, ANSER_TRANSFER_FAILED)));
    DONE(dave, anser_media_resume(dave->client, id, AT(dave)));
    CHECK_CODE(0, anser_upload_free(started(hands)));
    failed(dave, 34406);
    DONE(dave, anser_media_resume(dave->client, id, AT(dave)));
    attempt = started(hands);
    DONE(dave, anser_media_cancel(dave->client, id, AT(dave)));
    failed(dave, 33200);
    progress(dave, ANSER_TRANSFER_UPLOAD, ANSER_TRANSFER_CANCELLED);
    wait_stopped(hands, attempt);
}

static void is_the_file(const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t count = 0;
    for (int byte; (byte = fgetc(file)) != EOF; count++) CHECK((char)byte == files_byte(count));
    CHECK(count == FILE_BYTES);
    fclose(file);
}

static void download(struct desk *erin, int64_t id, const char *url, const char *path) {
    AnserClient client = erin->client;
    AnserDownloadOptions options = {.size = sizeof options, .sha256 = "no hash"};
    FAILS(erin, 33003, anser_media_download(client, id, &options, AT(erin)));
    FAILS(erin, 61001, anser_media_download(client, 1 << 30, NULL, AT(erin)));
    AnserEvent end = DONE(erin, anser_media_download(client, id, NULL, AT(erin)));
    is_the_file(anser_message_local_path(anser_event_message(end, 0)));
    AnserEvent event = progress(erin, ANSER_TRANSFER_DOWNLOAD, ANSER_TRANSFER_DONE);
    CHECK(anser_event_progress_transferred(event) == FILE_BYTES && anser_event_progress_total(event) == FILE_BYTES);
    CHECK(anser_event_number(DONE(erin, anser_media_cache_size(client, AT(erin)))) == FILE_BYTES);
    DONE(erin, anser_media_set_cache_limit(client, 10 * FILE_BYTES, AT(erin)));
    CHECK(anser_event_number(DONE(erin, anser_media_clear_cache(client, AT(erin)))) == FILE_BYTES);
    CHECK(anser_event_number(DONE(erin, anser_media_cache_size(client, AT(erin)))) == 0);

    /* One that stops in the middle, is paused, goes on, is cancelled, and is asked for again. */
    files_stall(true);
    CHECK_CODE(0, anser_media_download_url(client, url, path, NULL, NULL, PENDING, NULL));
    progress(erin, ANSER_TRANSFER_DOWNLOAD, ANSER_TRANSFER_RUNNING);
    DONE(erin, anser_media_pause_download(client, path, AT(erin)));
    CHECK(anser_event_progress_message_id(progress(erin, ANSER_TRANSFER_DOWNLOAD, ANSER_TRANSFER_PAUSED)) == 0);
    DONE(erin, anser_media_resume_download(client, path, AT(erin)));
    DONE(erin, anser_media_cancel_download(client, path, AT(erin)));
    CHECK_CODE(33200, anser_event_error(desk_end(erin, PENDING)));
    FAILS(erin, 33003, anser_media_pause_download(client, path, AT(erin)));
    FAILS(erin, 33003, anser_media_resume_download(client, path, AT(erin)));
    FAILS(erin, 33003, anser_media_cancel_download(client, path, AT(erin)));
    files_stall(false);
    DONE(erin, anser_media_download_url(client, url, path, NULL, AT(erin)));
    is_the_file(path);
    FAILS(erin, 34413, anser_media_download_url(client, "ftp://x", path, NULL, AT(erin)));
}

void test_media(const struct world *world) {
    struct desk dave, erin;
    struct hands hands = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    char path[512], target[512], url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/goose", files_start());
    snprintf(path, sizeof path, "%s/goose.txt", world->data);
    snprintf(target, sizeof target, "%s/downloaded", world->data);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs("goose", file) >= 0 && fclose(file) == 0);
    desk_open(&dave, world, NULL, 2, world->dave);
    desk_open(&erin, world, "media-erin", 2, world->erin);
    FAILS(&dave, 41002, anser_media_send(dave.client, 1, "erin", "RC:FileMsg", CONTENT, path, NULL, AT(&dave)));
    AnserUploader uploader = {.size = sizeof uploader, .stop = on_stop};
    CHECK_CODE(34405, anser_media_set_uploader(dave.client, &uploader, &hands, on_unused));
    uploader.start = on_start;
    CHECK_CODE(0, anser_media_set_uploader(dave.client, &uploader, &hands, on_unused));
    CHECK(hands.destroyed == 0);
    CHECK_CODE(0, anser_media_set_uploader(dave.client, &uploader, &hands, on_unused));
    CHECK(hands.destroyed == 1);
    upload(&dave, &hands, path, url);
    AnserEvent event;
    int64_t id = 0;
    while (id == 0) {
        event = desk_next(&erin, ANSER_EVENT_MESSAGES);
        AnserMessage message = anser_event_message(event, anser_event_message_count(event) - 1);
        if (strcmp(anser_message_object_name(message), "RC:FileMsg") == 0) id = anser_message_id(message);
    }
    upload_fails(&dave, &hands, path);
    download(&erin, id, url, target);
    desk_close(&dave);
    CHECK(hands.destroyed == 2);
    desk_close(&erin);
    files_stop();
}
