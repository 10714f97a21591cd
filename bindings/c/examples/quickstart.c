/* quickstart NAVI APP_KEY TOKEN DATA_DIR TO: says hello and prints what comes back, until one message came. */
#include <anser.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    AnserOptions options;
    AnserClient client;
    AnserEvent event;
    int32_t kind = 0, error = argc == 6 ? anser_options_new(argv[2], argv[1], &options) : 33003;
    if (error == 0) error = anser_options_set_data_dir(options, argv[4]);
    if (error == 0) error = anser_client_new(options, &client);
    if (error == 0) error = anser_client_next_event(client, 0, &event); /* from here on events are queued */
    if (error == 0) error = anser_client_connect(client, argv[3], NULL, NULL, NULL);
    for (int hello = 0; error == 0 && kind != ANSER_EVENT_MESSAGES; anser_event_free(event)) {
        if ((error = anser_client_next_event(client, -1, &event)) != 0) break;
        kind = anser_event_kind(event);
        if (kind == ANSER_EVENT_COMPLETED) error = anser_event_error(event);
        if (kind == ANSER_EVENT_COMPLETED && error == 0 && hello++ == 0)
            error = anser_messages_send_text(client, 1, argv[5], "Hello from C 🪿", NULL, NULL, NULL);
        if (kind == ANSER_EVENT_MESSAGES) printf("%s\n", anser_message_text(anser_event_message(event, 0)));
    }
    if (error != 0) return fprintf(stderr, "%s (%d)\n", anser_error_words(error), (int)error), 1;
    return anser_client_free(client);
}
