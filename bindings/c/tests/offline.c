/*
 * Work without a network: writing, cancelling, sending again, and starting from what the disk holds.
 */
#include "suite.h"
#include "counted.h"

static int64_t write_text(struct person *person, const char *text) {
    struct end end;
    CHECK_CODE(0, AWAIT(end, anser_messages_send_text(person->client, 1, "carol", text, TO(end))));
    int64_t id = anser_message_id(end.message);
    end_free(&end);
    return id;
}

void test_offline(const struct world *world) {
    struct person alice, again;
    struct end end;
    person_open(&alice, world, "offline-alice");
    person_connect(&alice, world->alice, "alice");
    CHECK_CODE(0, AWAIT(end, anser_client_disconnect(alice.client, TO(end))));
    end_free(&end);
    wait_status(&alice, 2);
    write_text(&alice, "written offline");
    int64_t second = write_text(&alice, "cancelled, then sent");
    CHECK_CODE(0, AWAIT(end, anser_messages_cancel(alice.client, second, TO(end))));
    end_free(&end);
    wait_sent(&alice, 1);
    CHECK_CODE(33200, AWAIT(end, anser_messages_wait_sent(alice.client, second, TO(end))));
    end_free(&end);
    person_close(&alice);

    /* The next start knows the user and what waits, before any network. */
    person_open(&again, world, "offline-alice");
    char user[16];
    CHECK_CODE(0, anser_client_current_user_id(again.client, user, sizeof user, NULL));
    CHECK(strcmp(user, "alice") == 0);
    CHECK_CODE(0, AWAIT(end, anser_messages_history(again.client, 1, "carol", 0, 10, TO(end))));
    CHECK(end.messages == 2);
    end_free(&end);
    CHECK_CODE(33001, AWAIT(end, anser_client_reconnect(again.client, TO(end))));
    end_free(&end);
    person_connect(&again, world->alice, "alice");
    wait_sent(&again, 1);
    CHECK_CODE(0, AWAIT(end, anser_messages_resend(again.client, second, TO(end))));
    end_free(&end);
    wait_sent(&again, 2);
    CHECK_CODE(0, AWAIT(end, anser_client_disconnect(again.client, TO(end))));
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_client_reconnect(again.client, TO(end))));
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_client_logout(again.client, TO(end))));
    end_free(&end);
    CHECK_CODE(33001, anser_client_current_user_id(again.client, user, sizeof user, NULL));
    person_close(&again);
}
