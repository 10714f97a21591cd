/*
 * chat: a small chat client on anser.h.
 *
 *   chat --navi URL --app-key KEY --token TOKEN --data DIR (--to USER | --group ID)
 *        [--expect N] [--timeout SECONDS]
 *
 * Sends each line of standard input, prints each received message as SENDER<TAB>TEXT, and exits 0 once its
 * input is acknowledged and N messages have arrived. Without --expect it runs until interrupted, and then
 * exits 0. On an error it prints the error's code and words and exits 1; a wrong call exits 2.
 *
 * It has a loop of its own: poll() on standard input and on the client's event descriptor.
 */
#include <anser.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PRIVATE = 1, GROUP = 3 };

/* What a completed call was, told by its user_data. */
static char CONNECT[] = "connecting", SEND[] = "storing", WAIT[] = "sending";

struct chat {
    AnserClient client;
    int type;
    const char *target;
    long expected; /* -1: until interrupted */
    long received, accepted, sent;
    bool connected, input_ended;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

static void fail(int32_t code, const char *what) {
    fprintf(stderr, "chat: %s: %s (%d)\n", what, anser_error_words(code), (int)code);
    exit(1);
}

static void check(int32_t code, const char *what) {
    if (code != 0) fail(code, what);
}

static void usage(const char *problem) {
    fprintf(stderr,
            "chat: %s\nusage: chat --navi URL --app-key KEY --token TOKEN --data DIR (--to USER | --group ID)\n"
            "            [--expect N] [--timeout SECONDS]\n",
            problem);
    exit(2);
}

static long number(const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *text == '\0' || *end != '\0' || value < 0) usage("not a number");
    return value;
}

static void send_line(struct chat *chat, const char *line, size_t length) {
    if (memchr(line, '\0', length) != NULL) {
        fprintf(stderr, "chat: a line holds a NUL\n");
        exit(1);
    }
    check(anser_messages_send_text(chat->client, chat->type, chat->target, line, NULL, SEND, NULL), SEND);
}

/* Reads what is there and sends its whole lines. What stands between two newlines is a line, the empty one
 * too; a last line may lack its newline. */
static void read_input(struct chat *chat) {
    static char *buffer;
    static size_t size, capacity;
    if (capacity - size < 4096) {
        capacity = capacity * 2 + 8192;
        buffer = realloc(buffer, capacity + 1);
        if (buffer == NULL) exit(1);
    }
    ssize_t count = read(STDIN_FILENO, buffer + size, capacity - size);
    if (count < 0) {
        if (errno == EINTR || errno == EAGAIN) return;
        perror("chat: standard input");
        exit(1);
    }
    size += (size_t)count;
    size_t start = 0;
    for (char *end; (end = memchr(buffer + start, '\n', size - start)) != NULL;) {
        *end = '\0';
        send_line(chat, buffer + start, (size_t)(end - buffer) - start);
        chat->accepted++;
        start = (size_t)(end - buffer) + 1;
    }
    size -= start;
    memmove(buffer, buffer + start, size);
    if (count == 0) {
        chat->input_ended = true;
        if (size > 0) {
            buffer[size] = '\0';
            send_line(chat, buffer, size);
            chat->accepted++;
        }
        free(buffer);
        buffer = NULL;
        size = capacity = 0;
    }
}

static void print_message(struct chat *chat, AnserMessage message) {
    /* What is not kept (typing and the like) is no message to a reader. */
    if (anser_message_direction(message) != 2 || anser_message_id(message) == 0) return;
    const char *text = anser_message_text(message);
    printf("%s\t%s\n", anser_message_sender_id(message), text != NULL ? text : anser_message_content(message));
    chat->received++;
}

static void on_completed(struct chat *chat, AnserEvent event) {
    int32_t error = anser_event_error(event);
    const char *call = anser_event_user_data(event);
    if (error != 0) fail(error, call);
    if (call == CONNECT) {
        chat->connected = true;
    } else if (call == SEND) {
        int64_t id = anser_message_id(anser_event_message(event, 0));
        check(anser_messages_wait_sent(chat->client, id, NULL, WAIT, NULL), WAIT);
    } else if (call == WAIT) {
        chat->sent++;
    }
}

static void on_event(struct chat *chat, AnserEvent event) {
    switch (anser_event_kind(event)) {
    case ANSER_EVENT_COMPLETED:
        on_completed(chat, event);
        break;
    case ANSER_EVENT_MESSAGES:
        for (size_t i = 0; i < anser_event_message_count(event); i++) {
            print_message(chat, anser_event_message(event, i));
        }
        fflush(stdout);
        break;
    case ANSER_EVENT_STATUS:
        /* The network may come back; a refusal or a kick does not go away. */
        if (anser_event_status(event) == 6) fail(anser_event_error(event), "connection");
        break;
    default:
        break;
    }
}

static bool is_done(const struct chat *chat) {
    if (interrupted) return true;
    return chat->expected >= 0 && chat->connected && chat->input_ended && chat->sent >= chat->accepted &&
           chat->received >= chat->expected;
}

static void open_client(struct chat *chat, const char *navi, const char *key, const char *data) {
    AnserOptions options;
    check(anser_options_new(key, navi, &options), "options");
    check(anser_options_set_data_dir(options, data), "data directory");
    check(anser_client_new(options, &chat->client), "client");
    anser_options_free(options);
}

static void run(struct chat *chat, long timeout) {
    int descriptor;
    check(anser_client_event_fd(chat->client, &descriptor), "events");
    time_t end = timeout > 0 ? time(NULL) + timeout : 0;
    while (!is_done(chat)) {
        if (end != 0 && time(NULL) >= end) {
            fprintf(stderr, "chat: timed out: %ld of %ld sent, %ld received\n", chat->sent, chat->accepted,
                    chat->received);
            exit(1);
        }
        struct pollfd waits[2] = {{.fd = descriptor, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
        bool reads = chat->connected && !chat->input_ended;
        if (poll(waits, reads ? 2 : 1, 1000) < 0 && errno != EINTR) {
            perror("chat: poll");
            exit(1);
        }
        if (reads && waits[1].revents != 0) read_input(chat);
        for (AnserEvent event;;) {
            check(anser_client_next_event(chat->client, 0, &event), "events");
            if (event == 0) break;
            on_event(chat, event);
            anser_event_free(event);
        }
    }
}

int main(int argc, char **argv) {
    struct chat chat = {.expected = -1};
    const char *navi = NULL, *key = NULL, *token = NULL, *data = NULL;
    long timeout = 0;
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (value == NULL) usage("a value is missing");
        if (strcmp(name, "--navi") == 0) navi = value;
        else if (strcmp(name, "--app-key") == 0) key = value;
        else if (strcmp(name, "--token") == 0) token = value;
        else if (strcmp(name, "--data") == 0) data = value;
        else if (strcmp(name, "--to") == 0) chat.type = PRIVATE, chat.target = value;
        else if (strcmp(name, "--group") == 0) chat.type = GROUP, chat.target = value;
        else if (strcmp(name, "--expect") == 0) chat.expected = number(value);
        else if (strcmp(name, "--timeout") == 0) timeout = number(value);
        else usage("an unknown option");
    }
    if (navi == NULL || key == NULL || token == NULL || data == NULL || chat.target == NULL) {
        usage("--navi, --app-key, --token, --data and --to or --group are needed");
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    open_client(&chat, navi, key, data);
    /* Events are queued from here on, so that nothing is missed. */
    int descriptor;
    check(anser_client_event_fd(chat.client, &descriptor), "events");
    check(anser_client_connect(chat.client, token, NULL, CONNECT, NULL), "connecting");
    run(&chat, timeout);
    anser_client_free(chat.client);
    return 0;
}
