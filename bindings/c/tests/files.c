/*
 * A file server of a few lines: see files.h.
 */
#include "suite.h"
#include "files.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;
static pthread_t thread;
static atomic_bool stalls;

char files_byte(size_t place) { return (char)('a' + place * 7 % 26); }

static void send_all(int line, const char *bytes, size_t count) {
    for (size_t sent = 0; sent < count;) {
        ssize_t now = send(line, bytes + sent, count - sent, MSG_NOSIGNAL);
        if (now <= 0) return; /* the other side has hung up, as it may */
        sent += (size_t)now;
    }
}

static void serve(int line) {
    char head[4096];
    size_t size = 0;
    while (size < sizeof head - 1) {
        ssize_t now = recv(line, head + size, sizeof head - 1 - size, 0);
        if (now <= 0) return;
        head[size += (size_t)now] = 0;
        if (strstr(head, "\r\n\r\n") != NULL) break;
    }
    static char file[FILE_BYTES];
    for (size_t i = 0; i < sizeof file; i++) file[i] = files_byte(i);
    bool stall = stalls;
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", sizeof file);
    send_all(line, head, (size_t)length);
    send_all(line, file, stall ? sizeof file / 2 : sizeof file);
    while (stall && recv(line, head, sizeof head, 0) > 0) continue;
}

static void *run(void *unused) {
    (void)unused;
    for (int line; (line = accept(listener, NULL, NULL)) >= 0; close(line)) serve(line);
    return NULL;
}

int files_start(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    CHECK((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
    CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    CHECK(pthread_create(&thread, NULL, run, NULL) == 0);
    return ntohs(address.sin_port);
}

void files_stall(bool stall) { stalls = stall; }

void files_stop(void) {
    shutdown(listener, SHUT_RDWR);
    CHECK(pthread_join(thread, NULL) == 0);
    close(listener);
}
