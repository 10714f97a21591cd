/*
 * What the C tests share: people with clients, waiting for what is told, and checking.
 */
#ifndef ANSER_SUITE_H
#define ANSER_SUITE_H

#include <anser.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void count_call(int function);
/* Fails unless every exported function was called. */
void check_all_called(void);

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

#define CHECK_CODE(expected, call)                                                                \
    do {                                                                                          \
        int32_t code_ = (call);                                                                   \
        if (code_ != (expected)) {                                                                \
            fprintf(stderr, "%s:%d: %s is %d, not %d\n", __FILE__, __LINE__, #call, (int)code_,   \
                    (int)(expected));                                                             \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

/* The end of one asynchronous call, to be waited for. */
struct end {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    bool done;
    int calls, destroyed;
    int32_t error;
    char text[64];
    uint32_t count;
    size_t messages, conversations;
    AnserMessage message;           /* retained: the first of its messages */
    AnserConversation conversation; /* retained: the first of its conversations */
};

void end_init(struct end *end);
/* Waits until the call has ended; returns its error. */
int32_t end_wait(struct end *end);
/* Frees what it retained. */
void end_free(struct end *end);
/* Callback and destroy function of an end. */
void on_end(void *user_data, int32_t error, AnserEvent event);
void on_destroy(void *user_data);

/* When a test gives up waiting. */
struct timespec deadline(void);
#define WAIT_UNTIL(condition, lock, arrived)                                              \
    do {                                                                                  \
        struct timespec until = deadline();                                               \
        pthread_mutex_lock(lock);                                                         \
        while (!(condition)) CHECK(pthread_cond_timedwait(arrived, lock, &until) == 0);   \
        pthread_mutex_unlock(lock);                                                       \
    } while (0)


/* Starts CALL with callback, user data and destroy function of a fresh end, and waits for it. */
#define AWAIT(end, call)                                                                          \
    (end_init(&(end)), (call) == 0 ? end_wait(&(end)) : (fprintf(stderr, "%s was refused\n", #call), abort(), 0))
#define TO(end) on_end, &(end), on_destroy

/* What a person's listeners heard. */
struct heard {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    int statuses, last_status, messages, sent, changed, overflows;
    char texts[64][64];
};

struct person {
    AnserClient client;
    AnserSubscription subscriptions[5];
    struct heard heard;
};

struct world {
    const char *navi, *app_key, *data;
    const char *alice, *bob, *carol; /* tokens; dave, erin and frank are in the group geese */
    const char *dave, *erin, *frank;
};

/* Makes a client with its data below world->data/folder; NULL keeps it in memory. */
void person_open(struct person *person, const struct world *world, const char *folder);
void person_connect(struct person *person, const char *token, const char *user_id);
void person_close(struct person *person);
/* Waits until what is heard holds. */
void wait_messages(struct person *person, int count);
void wait_sent(struct person *person, int count);
void wait_status(struct person *person, int status);

/* Threads of this process. */
int thread_count(void);
/* Waits until there are this many: those of a client that was closed have ended. */
void wait_threads(int count);

void test_conversation(const struct world *world);
void test_queue(const struct world *world);
void test_offline(const struct world *world);
void test_bad_input(const struct world *world);
void test_closing(const struct world *world);
void test_edits(const struct world *world);
void test_history(const struct world *world);
void test_lists(const struct world *world);
void test_receipts(const struct world *world);
void test_settings(const struct world *world);
void test_media(const struct world *world);
void test_search(const struct world *world);
void test_storage(const struct world *world);
void test_line(const struct world *world);

#endif
