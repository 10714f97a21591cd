/*
 * A person's desk: a client whose events are taken from its queue, so that tests read them line by line.
 */
#ifndef ANSER_DESK_H
#define ANSER_DESK_H

#include "suite.h"

struct desk {
    AnserClient client;
    AnserEvent waiting[256]; /* taken from the queue, not asked for yet */
    size_t count;
    AnserEvent last; /* given out last */
};

/* Opens a client with its data below world->data/folder (NULL: in memory) and connects it, if there is a token.
 * `platform` as of anser_options_set_platform. */
void desk_open(struct desk *desk, const struct world *world, const char *folder, int platform, const char *token);
void desk_connect(struct desk *desk, const char *token);
void desk_close(struct desk *desk);

/* The next event of this kind; those of other kinds wait. An event lives until the next is asked for. */
AnserEvent desk_next(struct desk *desk, int kind);
/* The end of the call whose user_data is this. */
AnserEvent desk_end(struct desk *desk, const void *user_data);
/* Forgets what waits. */
void desk_forget(struct desk *desk);

/* What a call gets: no callback, and user data that names it. */
#define AT(desk) NULL, (desk), NULL

/* Makes a call, waits for its end and checks how it ended. */
#define DONE(desk, call) desk_done(desk, call, 0, #call, __FILE__, __LINE__)
#define FAILS(desk, expected, call) desk_done(desk, call, expected, #call, __FILE__, __LINE__)
AnserEvent desk_done(struct desk *desk, int32_t started, int32_t expected, const char *call, const char *file, int line);

/* Sends text, waits for the server and gives the message's local id; its uid goes to `uid`, if not NULL. */
int64_t desk_say(struct desk *desk, int type, const char *target, const char *text, char uid[64]);
/* Waits for messages until one has this text; gives its local id, and its uid. */
int64_t desk_hear(struct desk *desk, const char *text, char uid[64]);

#define SAME(text, other) CHECK(strcmp(text, other) == 0)

#endif
