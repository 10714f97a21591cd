/*
 * The line: heartbeat, foreground, network, planned attempts, and tokens that are asked for.
 */
#include "suite.h"
#include "counted.h"

struct asked {
    AnserClient client;
    const char *token; /* what it answers */
    int32_t code;
    int times;
};

static void on_token(void *user_data, int32_t error, AnserEvent event) {
    struct asked *asked = user_data;
    CHECK(anser_event_kind(event) == ANSER_EVENT_TOKEN_NEEDED);
    asked->code = error;
    asked->times++;
    CHECK_CODE(0, anser_client_renew_token(asked->client, asked->token));
}

void test_line(const struct world *world) {
    struct person alice;
    struct end end;
    uint64_t pauses[] = {1, 50};
    AnserSubscription subscription;

    AnserOptions options;
    AnserClient refused;
    CHECK_CODE(0, anser_options_new(world->app_key, world->navi, &options));
    CHECK_CODE(0, anser_options_set_heartbeat(options, 4));
    CHECK_CODE(33003, anser_client_new(options, &refused));
    CHECK_CODE(0, anser_options_set_heartbeat(options, 0));
    CHECK_CODE(0, anser_client_new(options, &refused));
    CHECK_CODE(0, anser_client_free(refused));
    CHECK_CODE(0, anser_options_free(options));

    person_open(&alice, world, NULL);
    CHECK_CODE(33001, AWAIT(end, anser_client_reconnect_after(alice.client, pauses, 2, TO(end))));
    end_free(&end);
    /* Nobody can be asked, then somebody has no token, then a good one. */
    CHECK_CODE(31004, AWAIT(end, anser_client_connect(alice.client, "no such token", TO(end))));
    end_free(&end);
    struct asked asked = {.client = alice.client};
    CHECK_CODE(0, anser_client_add_listener(alice.client, ANSER_EVENT_TOKEN_NEEDED, on_token, &asked, NULL,
                                            &subscription));
    CHECK_CODE(31004, AWAIT(end, anser_client_connect(alice.client, "no such token", TO(end))));
    end_free(&end);
    asked.token = world->alice;
    CHECK_CODE(0, AWAIT(end, anser_client_connect(alice.client, "no such token", TO(end))));
    CHECK(strcmp(end.text, "alice") == 0);
    end_free(&end);
    CHECK(asked.times == 2 && asked.code == 31004);
    CHECK_CODE(0, anser_subscription_free(subscription));

    CHECK_CODE(0, anser_client_set_foreground(alice.client, false));
    CHECK_CODE(0, anser_client_set_foreground(alice.client, true));
    CHECK_CODE(0, anser_client_network_changed(alice.client, ANSER_NETWORK_CELLULAR));
    CHECK_CODE(33003, anser_client_network_changed(alice.client, 5));
    CHECK_CODE(34404, anser_client_renew_token(alice.client, "\xff"));

    CHECK_CODE(0, AWAIT(end, anser_client_disconnect(alice.client, TO(end))));
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_client_reconnect_after(alice.client, pauses, 2, TO(end))));
    CHECK(strcmp(end.text, "alice") == 0);
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_client_reconnect_after(alice.client, NULL, 0, TO(end))));
    end_free(&end);
    char probe[512];
    snprintf(probe, sizeof probe, "%s/ping", world->navi);
    CHECK_CODE(0, AWAIT(end, anser_client_reconnect_probing(alice.client, probe, pauses, 2, TO(end))));
    end_free(&end);
    CHECK_CODE(33003, AWAIT(end, anser_client_reconnect_probing(alice.client, "ftp://x", pauses, 2, TO(end))));
    end_free(&end);
    CHECK_CODE(0, AWAIT(end, anser_client_disconnect(alice.client, TO(end))));
    end_free(&end);
    CHECK_CODE(30002,
               AWAIT(end, anser_client_reconnect_probing(alice.client, "http://127.0.0.1:1/", NULL, 0, TO(end))));
    end_free(&end);
    char said[4096];
    CHECK_CODE(0, anser_client_info(alice.client, ANSER_INFO_NAVIGATION, said, sizeof said, NULL));
    CHECK(strstr(said, "\"gif_kilobytes\":2048") && strstr(said, "\"gifSize\":2048"));
    pauses[1] = 86400001;
    CHECK_CODE(33003, AWAIT(end, anser_client_reconnect_after(alice.client, pauses, 2, TO(end))));
    end_free(&end);

    AnserClient client = alice.client;
    CHECK_CODE(0, anser_client_close(client));
    CHECK_CODE(34400, anser_client_set_foreground(client, true));
    CHECK_CODE(34400, anser_client_network_changed(client, ANSER_NETWORK_WIFI));
    CHECK_CODE(34400, anser_client_renew_token(client, NULL));
    person_close(&alice);
    CHECK_CODE(34403, anser_client_set_foreground(client, true));
}
