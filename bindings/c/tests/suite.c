/*
 * Runs the C suite against a running server: suite SERVER_JSON DATA_DIR.
 */
#include "suite.h"
#include "counted.h"
#include <dirent.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

static atomic_int calls[sizeof exported / sizeof *exported];

void count_call(int function) { atomic_fetch_add(&calls[function], 1); }

void check_all_called(void) {
    int missing = 0;
    for (size_t i = 0; i < sizeof exported / sizeof *exported; i++) {
        if (calls[i] == 0) fprintf(stderr, "never called: %s\n", exported[i]), missing++;
    }
    CHECK(missing == 0);
    printf("every one of %zu exported functions was called\n", sizeof exported / sizeof *exported);
}

/* Generous: machines are shared, and valgrind is slow. */
struct timespec deadline(void) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 120;
    return until;
}

void end_init(struct end *end) {
    memset(end, 0, sizeof *end);
    pthread_mutex_init(&end->lock, NULL);
    pthread_cond_init(&end->arrived, NULL);
}

void on_end(void *user_data, int32_t error, AnserEvent event) {
    struct end *end = user_data;
    pthread_mutex_lock(&end->lock);
    end->calls++;
    end->error = error;
    CHECK(anser_event_kind(event) == ANSER_EVENT_COMPLETED);
    CHECK(anser_event_error(event) == error);
    const char *text = anser_event_text(event);
    if (text != NULL) snprintf(end->text, sizeof end->text, "%s", text);
    end->count = anser_event_count(event);
    end->messages = anser_event_message_count(event);
    end->conversations = anser_event_conversation_count(event);
    if (end->messages > 0) CHECK_CODE(0, anser_message_retain(anser_event_message(event, 0), &end->message));
    if (end->conversations > 0) {
        CHECK_CODE(0, anser_conversation_retain(anser_event_conversation(event, 0), &end->conversation));
    }
    CHECK(anser_event_message(event, end->messages) == 0);
    CHECK(anser_event_conversation(event, end->conversations) == 0);
    pthread_mutex_unlock(&end->lock);
}

void on_destroy(void *user_data) {
    struct end *end = user_data;
    pthread_mutex_lock(&end->lock);
    end->destroyed++;
    end->done = true;
    pthread_cond_broadcast(&end->arrived);
    pthread_mutex_unlock(&end->lock);
}

int32_t end_wait(struct end *end) {
    WAIT_UNTIL(end->done, &end->lock, &end->arrived);
    CHECK(end->calls == 1);
    CHECK(end->destroyed == 1);
    return end->error;
}

void end_free(struct end *end) {
    if (end->message != 0) CHECK_CODE(0, anser_message_free(end->message));
    if (end->conversation != 0) CHECK_CODE(0, anser_conversation_free(end->conversation));
    pthread_mutex_destroy(&end->lock);
    pthread_cond_destroy(&end->arrived);
}

static void on_heard(void *user_data, int32_t error, AnserEvent event) {
    struct heard *heard = user_data;
    (void)error;
    pthread_mutex_lock(&heard->lock);
    switch (anser_event_kind(event)) {
    case ANSER_EVENT_STATUS:
        heard->statuses++;
        heard->last_status = anser_event_status(event);
        break;
    case ANSER_EVENT_MESSAGES:
        for (size_t i = 0; i < anser_event_message_count(event); i++) {
            const char *text = anser_message_text(anser_event_message(event, i));
            snprintf(heard->texts[heard->messages++ % 64], sizeof heard->texts[0], "%s", text ? text : "");
        }
        break;
    case ANSER_EVENT_SENT:
        heard->sent++;
        break;
    case ANSER_EVENT_CONVERSATIONS:
        heard->changed += (int)anser_event_conversation_count(event);
        break;
    default:
        heard->overflows++;
    }
    pthread_cond_broadcast(&heard->arrived);
    pthread_mutex_unlock(&heard->lock);
}

void person_open(struct person *person, const struct world *world, const char *folder) {
    memset(person, 0, sizeof *person);
    pthread_mutex_init(&person->heard.lock, NULL);
    pthread_cond_init(&person->heard.arrived, NULL);
    AnserOptions options;
    CHECK_CODE(0, anser_options_new(world->app_key, world->navi, &options));
    CHECK_CODE(0, anser_options_set_platform(options, 2));
    if (folder != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", world->data, folder);
        CHECK_CODE(0, anser_options_set_data_dir(options, path));
    }
    CHECK_CODE(0, anser_client_new(options, &person->client));
    CHECK_CODE(0, anser_options_free(options));
    int kinds[5] = {ANSER_EVENT_STATUS, ANSER_EVENT_MESSAGES, ANSER_EVENT_SENT, ANSER_EVENT_CONVERSATIONS,
                    ANSER_EVENT_OVERFLOW};
    for (int i = 0; i < 5; i++) {
        CHECK_CODE(0, anser_client_add_listener(person->client, kinds[i], on_heard, &person->heard, NULL,
                                                &person->subscriptions[i]));
    }
}

void person_connect(struct person *person, const char *token, const char *user_id) {
    struct end end;
    CHECK_CODE(0, AWAIT(end, anser_client_connect(person->client, token, TO(end))));
    CHECK(strcmp(end.text, user_id) == 0);
    end_free(&end);
    wait_status(person, 0);
}

void person_close(struct person *person) {
    for (int i = 0; i < 5; i++) CHECK_CODE(0, anser_subscription_free(person->subscriptions[i]));
    CHECK_CODE(0, anser_client_free(person->client));
    pthread_mutex_destroy(&person->heard.lock);
    pthread_cond_destroy(&person->heard.arrived);
}

#define WAIT(person, condition)                                             \
    do {                                                                    \
        struct heard *heard = &(person)->heard;                             \
        WAIT_UNTIL(condition, &heard->lock, &heard->arrived);               \
    } while (0)

void wait_messages(struct person *person, int count) { WAIT(person, heard->messages >= count); }
void wait_sent(struct person *person, int count) { WAIT(person, heard->sent >= count); }
void wait_status(struct person *person, int status) {
    WAIT(person, heard->statuses > 0 && heard->last_status == status);
}

int thread_count(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    CHECK(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* A joined thread leaves the list a moment after it was joined. */
void wait_threads(int count) {
    for (int tries = 0; thread_count() != count; tries++) {
        CHECK(tries < 100000);
        sched_yield();
    }
}

/* The value of a string key in the server's one JSON line; its values need no unescaping. */
static char *field(const char *json, const char *key) {
    char name[64];
    snprintf(name, sizeof name, "\"%s\":\"", key);
    const char *start = strstr(json, name);
    CHECK(start != NULL);
    start += strlen(name);
    return strndup(start, (size_t)(strchr(start, '"') - start));
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    static char json[4096];
    FILE *file = fopen(argv[1], "r");
    CHECK(file != NULL);
    CHECK(fread(json, 1, sizeof json - 1, file) > 0);
    fclose(file);
    mkdir(argv[2], 0700);
    char *strings[] = {field(json, "navi"), field(json, "app_key"), field(json, "alice"), field(json, "bob"),
                       field(json, "carol"), field(json, "dave"), field(json, "erin"), field(json, "frank")};
    struct world world = {.navi = strings[0], .app_key = strings[1], .alice = strings[2], .bob = strings[3],
                          .carol = strings[4], .dave = strings[5], .erin = strings[6], .frank = strings[7],
                          .data = argv[2]};
    struct {
        const char *name;
        void (*run)(const struct world *);
    } tests[] = {{"conversation", test_conversation}, {"queue", test_queue},     {"offline", test_offline},
                 {"bad_input", test_bad_input},       {"closing", test_closing},
                 {"edits", test_edits},               {"history", test_history}, {"lists", test_lists},
                 {"receipts", test_receipts},         {"settings", test_settings}, {"media", test_media},
                 {"search", test_search},             {"storage", test_storage},
                 {"line", test_line}};
    size_t count = sizeof tests / sizeof *tests;
    for (size_t i = 0; i < count; i++) {
        int threads = thread_count();
        tests[i].run(&world);
        wait_threads(threads);
        printf("test %s ... ok\n", tests[i].name);
        fflush(stdout);
    }
    check_all_called();
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) free(strings[i]);
    printf("C suite: %zu passed, 0 failed\n", count);
    return 0;
}
