/*
 * Ending: from outside, from inside a callback, with calls pending. Every end is told once, nothing follows.
 */
#include "suite.h"
#include "counted.h"

struct closer {
    AnserClient client;
    struct end *end;
};

static void close_inside(void *user_data, int32_t error, AnserEvent event) {
    struct closer *closer = user_data;
    CHECK_CODE(0, anser_client_close(closer->client));
    on_end(closer->end, error, event);
}

static void closer_destroyed(void *user_data) {
    struct closer *closer = user_data;
    on_destroy(closer->end);
}

void test_closing(const struct world *world) {
    struct person alice;
    struct end end, pending;
    int threads = thread_count();

    /* Pending calls are ended with 34400; calls afterwards are refused. */
    person_open(&alice, world, NULL);
    person_connect(&alice, world->alice, "alice");
    CHECK_CODE(0, AWAIT(end, anser_client_disconnect(alice.client, TO(end))));
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_messages_send_text(alice.client, 1, "bob", "stays here", TO(end))));
    end_init(&pending);
    CHECK_CODE(0, anser_messages_wait_sent(alice.client, anser_message_id(end.message), TO(pending)));
    end_free(&end);
    CHECK_CODE(0, anser_subscription_cancel_and_wait(alice.subscriptions[0]));
    CHECK_CODE(0, anser_client_close(alice.client));
    CHECK(pending.done);
    CHECK_CODE(34400, end_wait(&pending));
    end_free(&pending);
    CHECK_CODE(0, anser_client_close(alice.client));
    CHECK_CODE(34400, anser_client_sync_now(alice.client, on_end, &end, NULL));
    wait_threads(threads);
    person_close(&alice);
    CHECK_CODE(34403, anser_client_sync_now(alice.client, on_end, &end, NULL));

    /* From inside a callback. */
    person_open(&alice, world, NULL);
    end_init(&end);
    struct closer closer = {.client = alice.client, .end = &end};
    CHECK_CODE(0, anser_client_connect(alice.client, world->alice, close_inside, &closer, closer_destroyed));
    CHECK_CODE(0, end_wait(&end));
    end_free(&end);
    person_close(&alice);
    wait_threads(threads);
}
