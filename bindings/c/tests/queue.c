/*
 * A program with a loop of its own: events by descriptor and queue, calls without callbacks.
 */
#include "suite.h"
#include "counted.h"
#include <poll.h>

static char CALL[] = "a call";

/* Waits for the next event of this kind. */
static AnserEvent next(AnserClient client, int kind) {
    for (;;) {
        AnserEvent event;
        CHECK_CODE(0, anser_client_next_event(client, 120000, &event));
        CHECK(event != 0);
        if (anser_event_kind(event) == kind) return event;
        CHECK_CODE(0, anser_event_free(event));
    }
}

void test_queue(const struct world *world) {
    AnserOptions options;
    AnserClient client;
    AnserEvent event;
    int descriptor;
    CHECK_CODE(0, anser_options_new(world->app_key, world->navi, &options));
    CHECK_CODE(0, anser_client_new(options, &client));
    CHECK_CODE(0, anser_options_free(options));
    /* Before the queue is asked for there is nowhere to tell the end. */
    CHECK_CODE(34405, anser_client_disconnect(client, NULL, NULL, NULL));
    CHECK_CODE(0, anser_client_event_fd(client, &descriptor));

    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    CHECK(poll(&wait, 1, 120000) == 1); /* the current status */
    event = next(client, ANSER_EVENT_STATUS);
    CHECK(anser_event_status(event) == 4);
    CHECK_CODE(0, anser_event_free(event));
    CHECK_CODE(34403, anser_event_free(event));
    CHECK(anser_event_kind(event) == 0);
    CHECK_CODE(0, anser_client_next_event(client, 0, &event));
    CHECK(event == 0);
    CHECK(poll(&wait, 1, 0) == 0);

    CHECK_CODE(0, anser_client_connect(client, world->carol, NULL, CALL, NULL));
    CHECK(poll(&wait, 1, 120000) == 1);
    event = next(client, ANSER_EVENT_COMPLETED);
    CHECK(anser_event_user_data(event) == CALL);
    CHECK(anser_event_error(event) == 0);
    CHECK(strcmp(anser_event_text(event), "carol") == 0);
    CHECK_CODE(0, anser_event_free(event));

    CHECK_CODE(0, anser_messages_send_text(client, 1, "carol", "a note", NULL, CALL, NULL));
    event = next(client, ANSER_EVENT_SENT);
    CHECK(anser_event_error(event) == 0);
    AnserMessage message = anser_event_message(event, 0), kept;
    CHECK_CODE(0, anser_message_retain(message, &kept));
    CHECK_CODE(0, anser_event_free(event));
    CHECK(anser_message_id(message) == 0);
    CHECK(strcmp(anser_message_text(kept), "a note") == 0);
    CHECK_CODE(0, anser_message_free(kept));
    CHECK_CODE(34403, anser_message_free(kept));

    CHECK_CODE(0, anser_client_close(client));
    while (anser_client_next_event(client, -1, &event) == 0) CHECK_CODE(0, anser_event_free(event));
    CHECK_CODE(34400, anser_client_next_event(client, -1, &event));
    CHECK_CODE(0, anser_client_free(client));
}
