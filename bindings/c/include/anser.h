/*
 * Anser: a native instant-messaging client core.
 *
 * Read this first; it holds for every function below.
 *
 * Handles are numbers, 0 is none. A freed or made-up handle is never undefined behaviour: functions return
 * 34403, getters 0 or NULL. Each kind has a function that frees it; events of callbacks and what events hold
 * are freed by the library.
 *
 * Text is UTF-8 with a NUL at the end. Text you pass is copied before the function returns. Text you get
 * belongs to the handle you got it from and lives as long as that.
 *
 * Errors are numbers, 0 is success; anser_error_words says what they mean, docs/errors.md lists them.
 *
 * Asynchronous calls return at once. If they return 0, their end is told exactly once, also when the client
 * is closed meanwhile: by the callback if you passed one, else as an ANSER_EVENT_COMPLETED of
 * anser_client_next_event. destroy, if not NULL, is called once with user_data when nothing will use it any
 * more. If they return anything else, nothing is told and user_data stays yours: 34400 if the client is closed,
 * 34403 for a stale handle, 34404 for text that is not UTF-8, 34405 for a NULL that may not be or for no callback
 * without a queue, 34209 for a conversation type that is none. What a call can end with stands with it; besides, each
 * can end with 34400 if the client is closed meanwhile, and those that need a user's data with 33001 before any user is
 * open and with 3430x if data cannot be read or written.
 *
 * Lists are a pointer and a count; the pointer of an empty one may be NULL. Conversations come as two lists of the
 * same length, their types (1 private, 3 group, ...) and their targets. Structs begin with their size: set it to
 * sizeof and all else to 0, then what is wanted; so a program works with a newer library whose struct has grown.
 *
 * Threads: every function may be called from any thread, from callbacks too. Callbacks run on one thread of
 * the client, one at a time.
 *
 * A program that talks: options -> client -> listeners -> connect -> send. bindings/c/examples/chat.c is one.
 */

#ifndef ANSER_H
#define ANSER_H

/* Generated from src/ffi/c by `cargo xtask bindings`: change it there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ====================================================================================================
 * Handles and callbacks
 * ==================================================================================================== */

/*
 Options for a client. 0 is none.
 */
typedef uint64_t AnserOptions;

/*
 A client. 0 is none.
 */
typedef uint64_t AnserClient;

/*
 A listener's place. 0 is none.
 */
typedef uint64_t AnserSubscription;

/*
 Something that happened. 0 is none. What it holds lives as long as its handle.
 */
typedef uint64_t AnserEvent;

/*
 A message. 0 is none. Text of a message lives as long as its handle.
 */
typedef uint64_t AnserMessage;

/*
 A conversation. 0 is none. Its text and its newest message live as long as its handle. One that an event
 only names has its type and target; the rest is 0.
 */
typedef uint64_t AnserConversation;

/*
 An attempt to upload a file. 0 is none. Its text lives as long as its handle.
 */
typedef uint64_t AnserUpload;

/*
 Called when something has happened. Runs on the client's events thread, one call at a time, holding no
 lock: it may call the library, `anser_client_close` included. `error` is that of the call that has
 ended, 0 if it succeeded and for events. `event` and all that it holds belong to the library and are
 valid during this call; `anser_message_retain` keeps a message longer.
 */
typedef void (*AnserCallback)(void *user_data, int32_t error, AnserEvent event);

/*
 Frees what `user_data` points to; called once, when nothing will use it any more. May be NULL.
 */
typedef void (*AnserDestroy)(void *user_data);

/* ====================================================================================================
 * Options: how to make a client
 * ==================================================================================================== */

/*
 Makes options for `app_key` and `navigation` (`https://host[:port]`, or `http://host[:port]` for a
 server without TLS; several are separated by commas, and the first that answers is taken). Neither may be
 NULL. The caller owns `*out` and frees it with `anser_options_free`. Returns 0, 34405 for NULL, 34404 for
 text that is not UTF-8.
 */
int32_t anser_options_new(const char *app_key, const char *navigation, AnserOptions *out);

/*
 Keeps data below `path`, which is made if it does not exist; NULL keeps it in memory, gone with the
 client. Returns 0, 34403 for a stale handle, 34404 for text that is not UTF-8.
 */
int32_t anser_options_set_data_dir(AnserOptions options, const char *path);

/*
 Sets the seconds between two heartbeats in the foreground, 5 to 80; 0 means the usual 30. Another number
 is refused by `anser_client_new` with 33003. Returns 0, 34403 for a stale handle.
 */
int32_t anser_options_set_heartbeat(AnserOptions options, uint32_t seconds);

/*
 Opens this user's data at once, before any network; NULL opens that of the user who was last.
 Returns as `anser_options_set_data_dir`.
 */
int32_t anser_options_set_user_id(AnserOptions options, const char *user_id);

/*
 Sets the platform class: 1 mobile, 2 desktop, 3 web. A user has one connection per class, unless the
 server allows more. Returns 0, 34403 for a stale handle, 33003 for another number.
 */
int32_t anser_options_set_platform(AnserOptions options, int32_t platform);

/*
 Lets bytes travel in one way only: 1 WebSocket, 0 long polling; -1 takes WebSocket, and long polling while that
 cannot be opened, which is what clients do if this is not called. Returns 0, 34403 for a stale handle, 33003 for
 another number.
 */
int32_t anser_options_set_channel(AnserOptions options,
                                  int32_t channel);

/*
 Trusts these certificates (PEM) besides the web's; NULL trusts the web's alone. Returns as
 `anser_options_set_data_dir`; whether they are usable shows in `anser_client_new`.
 */
int32_t anser_options_set_ca_pem(AnserOptions options, const char *pem);

/*
 Adds a key of which every server's certificate must hold one, file servers excepted: `sha256/` and the base64 of the
 SHA-256 of the key's SubjectPublicKeyInfo. Add the next key before the server changes to it. Returns 0, 34403 for a
 stale handle, 34404 for text that is not UTF-8, 34405 for NULL; whether it is a pin shows in `anser_client_new`
 (33003).
 */
int32_t anser_options_add_pin(AnserOptions options,
                              const char *pin);

/*
 Goes through a proxy: `http://[user:password@]host[:port]` or `socks5://...`, user and password percent-encoded. It
 resolves the names. NULL goes directly. Returns as `anser_options_set_data_dir`; whether it can be read shows in
 `anser_client_new` (33003).
 */
int32_t anser_options_set_proxy(AnserOptions options,
                                const char *url);

/*
 Encrypts the database with the 32 bytes at `key`, which are copied; NULL does not. Returns 0, 34403 for a stale
 handle, 33003 for a `size` above 100000; whether the key is usable shows in `anser_client_new`: 34311 if this build
 cannot encrypt, 33003 if it has not 32 bytes, 34310 if it does not fit the database.
 */
int32_t anser_options_set_encryption_key(AnserOptions options,
                                         const uint8_t *key,
                                         size_t size);

/*
 Frees options; clients made from them go on. Returns 0, 34403 for a stale handle.
 */
int32_t anser_options_free(AnserOptions options);

/*
 What an error code means, for people. Never NULL; lives as long as the process.
 */
const char *anser_error_words(int32_t code);

/*
 The library's version, "MAJOR.MINOR.PATCH". Lives as long as the process.
 */
const char *anser_version(void);

/* ====================================================================================================
 * The client: making one, being connected, what it says about itself
 * ==================================================================================================== */

/*
 The device as described: `{"id","model","system"}`.
 */
#define ANSER_INFO_DEVICE 1

/*
 The app as the client was made for it: `{"app_key","navigation","installation_id","platform"}`.
 */
#define ANSER_INFO_APP 2

/*
 This library: `{"version","protocol_version","target","sqlite_version"}`.
 */
#define ANSER_INFO_SDK 3

/*
 Where data lies and how much there is: `{"path","bytes"}`; `path` is null in memory.
 */
#define ANSER_INFO_STORAGE 4

/*
 What navigation said last: `{"user_id","history","chatroom_history","chatroom_entries","many_chatrooms",
 "public_services","user_settings","calls","group_receipts","gif_kilobytes","video_seconds","offline_days",
 "upload_server","answer"}`. Limits are null where there are none; `answer` is the whole answer. The defaults
 before the first one.
 */
#define ANSER_INFO_NAVIGATION 5

/*
 Makes a client; `options` may be freed afterwards. If a user is named or remembered, that user's
 conversations, history and outbox work at once. The caller owns `*out` and frees it with
 `anser_client_free`. Returns 0, 34403 for stale options, 34405 for NULL, 34105, 34286 or 33003 for an
 invalid app key, navigation URL or certificate, 34302 for a data directory that cannot be used, 34306
 for one of a newer version, 34307 for one in use.
 */
int32_t anser_client_new(AnserOptions options, AnserClient *out);

/*
 Ends a client: disconnects, fails what is pending (34400), writes what is stored, ends its threads. When
 it returns no callback runs or follows; called from a callback, that holds from the end of that call.
 Other calls fail with 34400 from then on. Returns 0, also when it is closed already, or 34403 for a stale
 handle.
 */
int32_t anser_client_close(AnserClient client);

/*
 Closes a client, if it is not closed yet, and frees its handle. Returns 0, 34403 for a stale handle.
 */
int32_t anser_client_free(AnserClient client);

/*
 Connects and logs in with the user's token; `anser_event_text` of the end is the user's id. A refusal
 ends it with 310xx. When only the network fails, it ends with the first attempt's code (300xx) and the
 client keeps trying in the background until `anser_client_disconnect`. Returns 0 if the end will be told,
 34400, 34403, 34404 or 34405 if not; then `user_data` stays the caller's.
 */
int32_t anser_client_connect(AnserClient client,
                             const char *token,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Connects again with the token of the last `anser_client_connect`, at once. Ends with 33001 if there was
 none, else as `anser_client_connect`. Returns as `anser_client_connect`.
 */
int32_t anser_client_reconnect(AnserClient client,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/*
 Disconnects and stays so. Messages that wait are kept. Returns as `anser_client_connect`.
 */
int32_t anser_client_disconnect(AnserClient client,
                                AnserCallback callback,
                                void *user_data,
                                AnserDestroy destroy);

/*
 Disconnects and forgets who the user is; the user's data stays on disk. Returns as
 `anser_client_connect`.
 */
int32_t anser_client_logout(AnserClient client,
                            AnserCallback callback,
                            void *user_data,
                            AnserDestroy destroy);

/*
 Pulls everything that waits on the server and ends when it is stored: with 30001 if not connected, −1 if
 the server does not answer. Returns as `anser_client_connect`.
 */
int32_t anser_client_sync_now(AnserClient client,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 How the client stands to the server, as `anser_event_status`. Returns 0, 34403, 34405.
 */
int32_t anser_client_status(AnserClient client, int32_t *out);

/*
 How the bytes travel, or would: 0 long polling, 1 WebSocket. Returns 0, 34403, 34405.
 */
int32_t anser_client_channel(AnserClient client, int32_t *out);

/*
 Writes the id of the user whose data is open, with its NUL, into `buffer` of `size` bytes, and the size it
 needs to `*needed` (which may be NULL). Returns 0, 33001 if nobody is open, 34407 if the buffer is NULL or
 too small, 34403.
 */
int32_t anser_client_current_user_id(AnserClient client, char *buffer, size_t size, size_t *needed);

/*
 Local clock minus server clock, ms, as of the last connect; 0 before it. Returns 0, 34403, 34405.
 */
int32_t anser_client_server_time_delta(AnserClient client, int64_t *out);

/*
 Describes the device. No text may be NULL. Returns 0, 34403, 34404, 34405.
 */
int32_t anser_client_set_device_info(AnserClient client,
                                     const char *id,
                                     const char *model,
                                     const char *system);

/*
 Writes what the client says about `ANSER_INFO_…` as JSON, with its NUL, into `buffer` of `size` bytes, and
 the size it needs to `*needed` (which may be NULL). Returns 0, 33003 for another kind, 34407 if the buffer
 is NULL or too small, 34403.
 */
int32_t anser_client_info(AnserClient client, int32_t kind, char *buffer, size_t size, size_t *needed);

/* ====================================================================================================
 * The client: foreground, network, tokens, when to try again
 * ==================================================================================================== */

/*
 The device is connected by nothing.
 */
#define ANSER_NETWORK_UNAVAILABLE 0

/*
 By WLAN.
 */
#define ANSER_NETWORK_WIFI 1

/*
 By a mobile network.
 */
#define ANSER_NETWORK_CELLULAR 2

/*
 By a cable.
 */
#define ANSER_NETWORK_ETHERNET 3

/*
 By something else.
 */
#define ANSER_NETWORK_OTHER 4

/*
 Connects again with the token of the last `anser_client_connect`: an attempt after each of `count` pauses in
 milliseconds, until one succeeds or is refused. Without pauses (`count` 0, `pauses_ms` may be NULL) as
 `anser_client_reconnect`. Ends with 30002 if every attempt fails; then the client keeps trying in the background.
 Ends with 33003 for more than 100 pauses or one above a day, else as `anser_client_reconnect`. Returns as
 `anser_client_connect`.
 */
int32_t anser_client_reconnect_after(AnserClient client,
                                     const uint64_t *pauses_ms,
                                     size_t count,
                                     AnserCallback callback,
                                     void *user_data,
                                     AnserDestroy destroy);

/*
 As `anser_client_reconnect_after`, but asks `probe_url` (GET, `http://…` or `https://…`, with nothing of the user's
 in it) after each pause, and makes an attempt only if something answers there with a status below 500. A probe
 without an answer counts as an attempt that failed. Without pauses there is one, at once. Ends with 33003 for
 another kind of URL, too. Returns as `anser_client_connect`.
 */
int32_t anser_client_reconnect_probing(AnserClient client,
                                       const char *probe_url,
                                       const uint64_t *pauses_ms,
                                       size_t count,
                                       AnserCallback callback,
                                       void *user_data,
                                       AnserDestroy destroy);

/*
 Gives the client another token of the same user; NULL says that there is none. Answers
 `ANSER_EVENT_TOKEN_NEEDED`, for which connecting waits up to a minute, from the callback or later from any
 thread; unasked, it is used from the next attempt to connect on. Returns 0, 34400, 34403, 34404.
 */
int32_t anser_client_renew_token(AnserClient client, const char *token);

/*
 Whether anybody looks at the program; at first it is taken for granted. In the background heartbeats are as rare
 as servers allow. Coming to the foreground proves the line, or connects at once. Returns 0, 34400, 34403.
 */
int32_t anser_client_set_foreground(AnserClient client,
                                    bool foreground);

/*
 Tells what the device is connected by (`ANSER_NETWORK_…`), on each change, also from one network to another of
 the same kind. A lost connection is tried again at once, a living one is proven; without a network the client
 waits for one instead of trying. Returns 0, 33003 for another kind, 34400, 34403.
 */
int32_t anser_client_network_changed(AnserClient client,
                                     int32_t kind);

/* ====================================================================================================
 * Listening by callback
 * ==================================================================================================== */

/*
 Called with a line of the library's log, on the client's events thread. `level`: 1 error, 2 warning,
 3 information, 4 debugging. The texts are valid during this call.
 */
typedef void (*AnserLogCallback)(void *user_data, int32_t level, const char *target, const char *text);

/*
 Hears events of one kind: `kind` is any of `ANSER_EVENT_…` but `ANSER_EVENT_COMPLETED`; add a listener for each
 kind wanted. A status listener gets the current status first, a typing listener who types at present, a
 database listener the last report, if there is one. The
 caller owns `*out`; freeing it ends the listening. `destroy` is called once when `user_data` is no longer
 used. Returns 0, 33003 for another kind, 34405 if `callback` or `out` is NULL, 34400, 34403; then
 `user_data` stays the caller's.
 */
int32_t anser_client_add_listener(AnserClient client,
                                  int32_t kind,
                                  AnserCallback callback,
                                  void *user_data,
                                  AnserDestroy destroy,
                                  AnserSubscription *out);

/*
 Hears the library's log up to `level` (1 error … 4 debugging). Lines never hold tokens or message
 contents. Otherwise as `anser_client_add_listener`.
 */
int32_t anser_client_add_log_listener(AnserClient client,
                                      int32_t level,
                                      AnserLogCallback callback,
                                      void *user_data,
                                      AnserDestroy destroy,
                                      AnserSubscription *out);

/*
 Ends the listening; a call that is running may still be running when this returns. Returns 0, 34403.
 */
int32_t anser_subscription_cancel(AnserSubscription subscription);

/*
 Ends the listening and waits for a call that is running: afterwards none arrives. Called from that very
 callback it only marks, and that holds from the end of the call. Returns 0, 34403.
 */
int32_t anser_subscription_cancel_and_wait(AnserSubscription subscription);

/*
 Ends the listening and frees its handle. Returns 0, 34403 for a stale handle.
 */
int32_t anser_subscription_free(AnserSubscription subscription);

/* ====================================================================================================
 * Listening with a loop of one's own
 * ==================================================================================================== */

/*
 A file descriptor that is readable while events wait, for `poll`, `epoll` and the like. It belongs to the
 client: do not read from it or close it. From the first call of this or of `anser_client_next_event` on,
 all events go to the queue, and calls without a callback end there. Returns 0, 34403, 34405, 33003 on
 systems without it.
 */
int32_t anser_client_event_fd(AnserClient client, int32_t *out);

/*
 Takes the next event, waiting up to `timeout_ms` for it: 0 does not wait, −1 waits for ever. `*out` is 0 if
 none came. The caller owns `*out` and frees it with `anser_event_free`; `anser_event_user_data` names the
 call that has ended. May be called from any thread, not from callbacks with a timeout. Returns 0, 34400
 once the client is closed and nothing is left, 34403, 34405.
 */
int32_t anser_client_next_event(AnserClient client, int32_t timeout_ms, AnserEvent *out);

/* ====================================================================================================
 * Events: what callbacks and the queue tell
 * ==================================================================================================== */

/*
 A call has ended: see its error, and its text, count, messages or conversations.
 */
#define ANSER_EVENT_COMPLETED 1

/*
 The connection's status changed.
 */
#define ANSER_EVENT_STATUS 2

/*
 Messages arrived.
 */
#define ANSER_EVENT_MESSAGES 4

/*
 An own message is sent or has failed.
 */
#define ANSER_EVENT_SENT 8

/*
 Conversations changed; they are only named. None named: events were dropped, read the list again.
 */
#define ANSER_EVENT_CONVERSATIONS 16

/*
 The host was too slow and events were dropped: read the lists again.
 */
#define ANSER_EVENT_OVERFLOW 32

/*
 For the first time since the login everything that waited at the server is stored here.
 */
#define ANSER_EVENT_SYNCED 64

/*
 Stored messages are not what they were: `anser_event_change_kind` and its neighbours.
 */
#define ANSER_EVENT_CHANGED 128

/*
 Receipts arrived: `anser_event_receipt_kind` and its neighbours. None named: some were dropped.
 */
#define ANSER_EVENT_RECEIPTS 256

/*
 Who is typing changed: its one conversation says where, `anser_event_typing_user_id` who types there now.
 */
#define ANSER_EVENT_TYPING 512

/*
 An upload or download has moved on, or stands differently: `anser_event_progress_state` and its neighbours.
 */
#define ANSER_EVENT_PROGRESS 1024

/*
 The database was found damaged, and this became of it: `anser_event_set_aside` and its neighbours.
 */
#define ANSER_EVENT_DATABASE 2048

/*
 The server refuses the token, `anser_event_error` says why: see `anser_client_renew_token`. Comes to listeners
 of this kind alone, never to the event queue.
 */
#define ANSER_EVENT_TOKEN_NEEDED 4096

/*
 One of `ANSER_EVENT_…`; 0 for a stale handle.
 */
int32_t anser_event_kind(AnserEvent event);

/*
 Why a call or a transfer failed, or why the status changed; 0 if there is nothing to say.
 */
int32_t anser_event_error(AnserEvent event);

/*
 The new status: 0 connected, 1 connecting, 2 disconnected, 3 network unavailable, 4 closed, 6 kicked,
 …; −1 for a stale handle.
 */
int32_t anser_event_status(AnserEvent event);

/*
 How many a call counted or changed.
 */
uint32_t anser_event_count(AnserEvent event);

/*
 The time (ms since 1970) or number of bytes that a call resulted in.
 */
int64_t anser_event_number(AnserEvent event);

/*
 The yes or no that a call resulted in.
 */
bool anser_event_answer(AnserEvent event);

/*
 The text that a call resulted in: the user id of connecting, a draft; NULL if it has none.
 */
const char *anser_event_text(AnserEvent event);

/*
 The `user_data` of the call that has ended, for events from `anser_client_next_event`.
 */
void *anser_event_user_data(AnserEvent event);

/*
 How many messages it holds.
 */
size_t anser_event_message_count(AnserEvent event);

/*
 Its message at `index`, owned by the event; 0 if there is none.
 */
AnserMessage anser_event_message(AnserEvent event, size_t index);

/*
 How many conversations it holds.
 */
size_t anser_event_conversation_count(AnserEvent event);

/*
 Its conversation at `index`, owned by the event; 0 if there is none.
 */
AnserConversation anser_event_conversation(AnserEvent event, size_t index);

/*
 Frees an event of `anser_client_next_event` and all that it holds. Events of callbacks are freed by the
 library. Returns 0, 34403 for a stale handle.
 */
int32_t anser_event_free(AnserEvent event);

/* ====================================================================================================
 * Events: pages, tags, readers, quiet hours
 * ==================================================================================================== */

/*
 Whether there are, or may be, more messages in the direction that a page was asked for.
 */
bool anser_event_has_more(AnserEvent event);

/*
 How many holes it names: stretches of server time whose messages this device has never seen.
 */
size_t anser_event_gap_count(AnserEvent event);

/*
 Where the hole at `index` begins, server time, ms; 0 if there is none.
 */
int64_t anser_event_gap_from(AnserEvent event, size_t index);

/*
 Where the hole at `index` ends, server time, ms; 0 if there is none.
 */
int64_t anser_event_gap_to(AnserEvent event, size_t index);

/*
 How many tags it holds.
 */
size_t anser_event_tag_count(AnserEvent event);

/*
 The id of the tag at `index`; NULL if there is none.
 */
const char *anser_event_tag_id(AnserEvent event, size_t index);

/*
 What people read of the tag at `index`; NULL if there is none.
 */
const char *anser_event_tag_name(AnserEvent event, size_t index);

/*
 When the tag at `index` was made, ms since 1970; 0 if there is none.
 */
int64_t anser_event_tag_created_time(AnserEvent event, size_t index);

/*
 How many conversations have the tag at `index`.
 */
uint32_t anser_event_tag_conversation_count(AnserEvent event, size_t index);

/*
 How many readers it names.
 */
size_t anser_event_reader_count(AnserEvent event);

/*
 The user id of the reader at `index`; NULL if there is none.
 */
const char *anser_event_reader_id(AnserEvent event, size_t index);

/*
 When the reader at `index` read it, ms since 1970; 0 if there is none.
 */
int64_t anser_event_reader_time(AnserEvent event, size_t index);

/*
 When the quiet hours begin, minutes after midnight, local time; 0 if there are none.
 */
uint32_t anser_event_quiet_start(AnserEvent event);

/*
 How many minutes the quiet hours last; 0 if there are none.
 */
uint32_t anser_event_quiet_duration(AnserEvent event);

/*
 Whether messages that mention the user may disturb in the quiet hours.
 */
bool anser_event_quiet_except_mentions(AnserEvent event);

/* ====================================================================================================
 * Events: changed messages, receipts, typing
 * ==================================================================================================== */

/*
 Its sender took a message back: the change's message is what is left, of kind "RC:RcCmd".
 */
#define ANSER_CHANGE_RECALLED 1

/*
 Content, note, status, receipts or local path of a message changed; the change's message is the new form.
 */
#define ANSER_CHANGE_UPDATED 2

/*
 The change's keys of the message's expansion have new values.
 */
#define ANSER_CHANGE_EXPANSION_SET 3

/*
 The change's keys of the message's expansion are gone.
 */
#define ANSER_CHANGE_EXPANSION_REMOVED 4

/*
 The messages of the change's ids are gone from this device.
 */
#define ANSER_CHANGE_DELETED 5

/*
 Everything up to the change's time is gone from this device.
 */
#define ANSER_CHANGE_CLEARED 6

/*
 A device of the peer has stored everything up to the receipt's time.
 */
#define ANSER_RECEIPT_DELIVERED 1

/*
 The peer has read everything up to the receipt's time.
 */
#define ANSER_RECEIPT_READ 2

/*
 A member of the group asks who reads the receipt's messages.
 */
#define ANSER_RECEIPT_GROUP_REQUEST 3

/*
 A member of the group has read the receipt's messages.
 */
#define ANSER_RECEIPT_GROUP_READ 4

/*
 How many changes it holds.
 */
size_t anser_event_change_count(AnserEvent event);

/*
 What the change at `index` is: one of `ANSER_CHANGE_…`; 0 if there is none.
 */
int32_t anser_event_change_kind(AnserEvent event, size_t index);

/*
 Where the change at `index` is: a conversation that is only named, owned by the event; 0 if there is none.
 */
AnserConversation anser_event_change_conversation(AnserEvent event, size_t index);

/*
 The message in its new form, where one message changed, owned by the event; 0 if there is none.
 */
AnserMessage anser_event_change_message(AnserEvent event, size_t index);

/*
 How many messages are gone with the change at `index`.
 */
size_t anser_event_change_id_count(AnserEvent event, size_t index);

/*
 The local id, at `at`, of a message that is gone with the change at `index`; 0 if there is none.
 */
int64_t anser_event_change_id(AnserEvent event, size_t index, size_t at);

/*
 How many keys of the expansion the change at `index` is about.
 */
size_t anser_event_change_key_count(AnserEvent event, size_t index);

/*
 The key, at `at`, of the expansion that the change at `index` is about; NULL if there is none.
 */
const char *anser_event_change_key(AnserEvent event, size_t index, size_t at);

/*
 Up to when everything is gone with the change at `index`, server time, ms; 0 for other changes.
 */
int64_t anser_event_change_time(AnserEvent event, size_t index);

/*
 How many receipts it holds.
 */
size_t anser_event_receipt_count(AnserEvent event);

/*
 What the receipt at `index` says: one of `ANSER_RECEIPT_…`; 0 if there is none.
 */
int32_t anser_event_receipt_kind(AnserEvent event, size_t index);

/*
 The conversation of the receipt at `index`, only named, owned by the event; 0 if there is none.
 */
AnserConversation anser_event_receipt_conversation(AnserEvent event, size_t index);

/*
 Whose receipt it is at `index`; NULL if there is none.
 */
const char *anser_event_receipt_user_id(AnserEvent event, size_t index);

/*
 How many messages the receipt at `index` names; 0 where a time says which.
 */
size_t anser_event_receipt_uid_count(AnserEvent event, size_t index);

/*
 The uid, at `at`, of a message that the receipt at `index` names; NULL if there is none.
 */
const char *anser_event_receipt_uid(AnserEvent event, size_t index, size_t at);

/*
 The server time of the receipt at `index`, ms; 0 if there is none.
 */
int64_t anser_event_receipt_time(AnserEvent event, size_t index);

/*
 How many people are typing in the event's conversation now.
 */
size_t anser_event_typing_count(AnserEvent event);

/*
 Who is typing, at `index`; NULL if there is nobody.
 */
const char *anser_event_typing_user_id(AnserEvent event, size_t index);

/*
 What kind of content the one at `index` is typing, "RC:TxtMsg" for text; NULL if there is nobody.
 */
const char *anser_event_typing_object_name(AnserEvent event, size_t index);

/* ====================================================================================================
 * Events: how uploads and downloads get on
 * ==================================================================================================== */

/*
 From this device to a file server.
 */
#define ANSER_TRANSFER_UPLOAD 1

/*
 From a file server to this device.
 */
#define ANSER_TRANSFER_DOWNLOAD 2

/*
 It waits for its turn, or for a pause between two attempts to pass.
 */
#define ANSER_TRANSFER_WAITING 1

/*
 Bytes move.
 */
#define ANSER_TRANSFER_RUNNING 2

/*
 The program paused it.
 */
#define ANSER_TRANSFER_PAUSED 3

/*
 The file has arrived.
 */
#define ANSER_TRANSFER_DONE 4

/*
 It ended without success; `anser_event_error` says why.
 */
#define ANSER_TRANSFER_FAILED 5

/*
 The program cancelled it.
 */
#define ANSER_TRANSFER_CANCELLED 6

/*
 How the transfer stands: one of `ANSER_TRANSFER_WAITING` to `_CANCELLED`; 0 for other events.
 */
int32_t anser_event_progress_state(AnserEvent event);

/*
 Which way the file goes: `ANSER_TRANSFER_UPLOAD` or `_DOWNLOAD`; 0 for other events.
 */
int32_t anser_event_progress_direction(AnserEvent event);

/*
 The local id of the message whose file it is; 0 for a bare file.
 */
int64_t anser_event_progress_message_id(AnserEvent event);

/*
 The file on this device; NULL for other events.
 */
const char *anser_event_progress_path(AnserEvent event);

/*
 Bytes that have arrived.
 */
uint64_t anser_event_progress_transferred(AnserEvent event);

/*
 Bytes of the whole file; 0 while that is not known.
 */
uint64_t anser_event_progress_total(AnserEvent event);

/* ====================================================================================================
 * Events: what searches found
 * ==================================================================================================== */

/*
 The words of the message at `index` that were searched: its text, headline, file name, place; lines if they are
 several. NULL if there is none.
 */
const char *anser_event_hit_text(AnserEvent event,
                                 size_t index);

/*
 How often the words looked for stand in the text of the hit at `index`; at most 100.
 */
size_t anser_event_hit_range_count(AnserEvent event, size_t index);

/*
 Where, at `at`, a word looked for stands in the text of the hit at `index`: bytes before it.
 */
size_t anser_event_hit_range_start(AnserEvent event, size_t index, size_t at);

/*
 How many bytes the word has whose place `anser_event_hit_range_start` says.
 */
size_t anser_event_hit_range_length(AnserEvent event, size_t index, size_t at);

/*
 How many messages were found in the conversation at `index`.
 */
uint32_t anser_event_found_count(AnserEvent event, size_t index);

/*
 Whether `anser_event_found_count` is exact; otherwise there may be more.
 */
bool anser_event_found_is_exact(AnserEvent event, size_t index);

/* ====================================================================================================
 * Events: reports of the care of the data
 * ==================================================================================================== */

/*
 Conversations: looked at, written, new here, in the new file.
 */
#define ANSER_REPORT_CONVERSATIONS 1

/*
 Messages: looked at, written, new here, in the new file.
 */
#define ANSER_REPORT_MESSAGES 2

/*
 Bytes of an export.
 */
#define ANSER_REPORT_BYTES 3

/*
 Messages of an import that were here already.
 */
#define ANSER_REPORT_KNOWN 4

/*
 Rows that a check removed or settled because what they refer to is gone.
 */
#define ANSER_REPORT_ORPHANS 5

/*
 Conversations whose place in the list was wrong.
 */
#define ANSER_REPORT_SORT_TIMES 6

/*
 Messages that a check removed because another has the same uid.
 */
#define ANSER_REPORT_DOUBLES 7

/*
 Messages whose search words were made anew.
 */
#define ANSER_REPORT_REINDEXED 8

/*
 Stretches of the histories that this device has never seen.
 */
#define ANSER_REPORT_GAPS 9

/*
 Bytes of the database file.
 */
#define ANSER_REPORT_DATABASE 10

/*
 Bytes of its write-ahead log.
 */
#define ANSER_REPORT_LOG 11

/*
 Bytes of media files.
 */
#define ANSER_REPORT_MEDIA 12

/*
 Bytes of exports in the user's folder, finished or not.
 */
#define ANSER_REPORT_EXPORTS 13

/*
 Bytes of damaged databases that were set aside.
 */
#define ANSER_REPORT_SET_ASIDE 14

/*
 Messages in a salvaged database that wait to be sent or have failed to be.
 */
#define ANSER_REPORT_UNSENT 15

/*
 What a report says of `which`, one of `ANSER_REPORT_…`; 0 if it does not speak of it.
 */
uint64_t anser_event_report(AnserEvent event, int32_t which);

/*
 How many things a check found wrong with the database file.
 */
size_t anser_event_problem_count(AnserEvent event);

/*
 What, at `index`, is wrong with the database file, for people; NULL if there is none.
 */
const char *anser_event_problem(AnserEvent event, size_t index);

/*
 How many tables it counts.
 */
size_t anser_event_table_count(AnserEvent event);

/*
 The name of the table at `index`; NULL if there is none.
 */
const char *anser_event_table_name(AnserEvent event, size_t index);

/*
 How many rows the table at `index` has.
 */
uint64_t anser_event_table_rows(AnserEvent event, size_t index);

/*
 Where a damaged database is now, byte for byte as it was found; NULL if it was not set aside. `anser_event_error`
 is 34309 if it could not be salvaged, 0 if it was; then `anser_event_answer` tells whether every table could be
 read without an error, and if not, the inbox is pulled again. `anser_event_text` says for people what was wrong.
 */
const char *anser_event_set_aside(AnserEvent event);

/* ====================================================================================================
 * Reading a message
 * ==================================================================================================== */

/*
 Its local number, unique in this user's data; 0 for a message that is told but not kept, and for
 a stale handle.
 */
int64_t anser_message_id(AnserMessage message);

/*
 The server's name for it, the same on every device; NULL until the server has it.
 */
const char *anser_message_uid(AnserMessage message);

/*
 The type of its conversation: 1 private, 3 group, …; 0 for a stale handle.
 */
int32_t anser_message_conversation_type(AnserMessage message);

/*
 The target of its conversation: the peer's or the group's id. NULL for a stale handle.
 */
const char *anser_message_target_id(AnserMessage message);

/*
 1 sent by this user, 2 received; 0 for a stale handle.
 */
int32_t anser_message_direction(AnserMessage message);

/*
 Who wrote it. NULL for a stale handle.
 */
const char *anser_message_sender_id(AnserMessage message);

/*
 What kind of content, "RC:TxtMsg" for text. NULL for a stale handle.
 */
const char *anser_message_object_name(AnserMessage message);

/*
 The content's JSON, byte for byte as it was sent. NULL for a stale handle.
 */
const char *anser_message_content(AnserMessage message);

/*
 The text of a text message; NULL for any other kind.
 */
const char *anser_message_text(AnserMessage message);

/*
 Server time, ms since 1970; an estimate until the server has it.
 */
int64_t anser_message_sent_time(AnserMessage message);

/*
 When this device stored it, ms since 1970.
 */
int64_t anser_message_received_time(AnserMessage message);

/*
 10 sending, 20 failed, 30 sent, 40 received, 50 read, 60 destroyed; 0 for a stale handle. In private chats 40
 and 50 follow from the peer's receipts.
 */
int32_t anser_message_sent_status(AnserMessage message);

/*
 Why sending failed; 0 if it did not.
 */
int32_t anser_message_error(AnserMessage message);

/*
 What the user did with it: bits 1 read, 2 listened, 4 downloaded, 8 retrieved.
 */
int32_t anser_message_received_status(AnserMessage message);

/*
 Whether it counts as unread.
 */
bool anser_message_is_counted(AnserMessage message);

/*
 Whether it mentions this user.
 */
bool anser_message_is_mentioned(AnserMessage message);

/*
 Whether it was already waiting when the client connected.
 */
bool anser_message_is_offline(AnserMessage message);

/*
 The host's own note on it; empty if there is none. NULL for a stale handle.
 */
const char *anser_message_extra(AnserMessage message);

/*
 Whether it asks not to disturb anybody.
 */
bool anser_message_is_silent(AnserMessage message);

/*
 Whether key-value pairs can be attached to it.
 */
bool anser_message_is_expandable(AnserMessage message);

/*
 How many key-value pairs are attached to it.
 */
size_t anser_message_expansion_count(AnserMessage message);

/*
 The key of the pair at `index`, in the order of the keys; NULL if there is none.
 */
const char *anser_message_expansion_key(AnserMessage message, size_t index);

/*
 The value of the pair at `index`; NULL if there is none.
 */
const char *anser_message_expansion_value(AnserMessage message, size_t index);

/*
 The value of this key's pair; NULL if there is none.
 */
const char *anser_message_expansion_of(AnserMessage message, const char *key);

/*
 Where its file lies on this device; NULL if it is not here.
 */
const char *anser_message_local_path(AnserMessage message);

/*
 Groups: whether its sender asked who reads it.
 */
bool anser_message_is_receipt_requested(AnserMessage message);

/*
 Own messages of a group: how many are known to have read it.
 */
uint32_t anser_message_read_count(AnserMessage message);

/*
 When it destroys itself, ms since 1970; 0 never, or while its countdown has not begun.
 */
int64_t anser_message_destruct_at(AnserMessage message);

/*
 Gives a message another handle, which outlives the event it came with. The caller owns `*out` and frees
 it with `anser_message_free`. Returns 0, 34403 for a stale handle, 34405 for NULL.
 */
int32_t anser_message_retain(AnserMessage message, AnserMessage *out);

/*
 Frees a handle made with `anser_message_retain`. Returns 0, 34403 for a stale handle.
 */
int32_t anser_message_free(AnserMessage message);

/* ====================================================================================================
 * Reading a conversation
 * ==================================================================================================== */

/*
 Its type: 1 private, 3 group, …; 0 for a stale handle.
 */
int32_t anser_conversation_type(AnserConversation conversation);

/*
 Its target: the peer's or the group's id. NULL for a stale handle.
 */
const char *anser_conversation_target_id(AnserConversation conversation);

/*
 Its unread messages.
 */
uint32_t anser_conversation_unread_count(AnserConversation conversation);

/*
 What the list is sorted by within those on top and the others: time of the newest message or of the draft,
 whichever is later, ms since 1970.
 */
int64_t anser_conversation_sort_time(AnserConversation conversation);

/*
 Up to which server time everything is read, ms since 1970.
 */
int64_t anser_conversation_read_time(AnserConversation conversation);

/*
 Its newest message, owned by the conversation; 0 if there is none.
 */
AnserMessage anser_conversation_latest_message(AnserConversation conversation);

/*
 Whether it stands above the others.
 */
bool anser_conversation_is_top(AnserConversation conversation);

/*
 What of it may disturb the user: 0 everything, 1 nothing, 2 only messages that mention the user.
 */
int32_t anser_conversation_mute(AnserConversation conversation);

/*
 Whether it is out of the lists until a newer message comes.
 */
bool anser_conversation_is_hidden(AnserConversation conversation);

/*
 Text that was begun and not sent; "" for none. NULL for a stale handle.
 */
const char *anser_conversation_draft(AnserConversation conversation);

/*
 Its unread messages that mention the user.
 */
uint32_t anser_conversation_mention_count(AnserConversation conversation);

/*
 How many tags it has.
 */
size_t anser_conversation_tag_count(AnserConversation conversation);

/*
 The id of its tag at `index`; NULL if there is none.
 */
const char *anser_conversation_tag_id(AnserConversation conversation, size_t index);

/*
 Private chats: up to when the peer's devices have stored what was sent, server time, ms.
 */
int64_t anser_conversation_peer_delivered_time(AnserConversation conversation);

/*
 Private chats: up to when the peer has read, server time, ms.
 */
int64_t anser_conversation_peer_read_time(AnserConversation conversation);

/*
 Gives a conversation another handle, which outlives the event it came with. The caller owns `*out` and
 frees it with `anser_conversation_free`. Returns 0, 34403 for a stale handle, 34405 for NULL.
 */
int32_t anser_conversation_retain(AnserConversation conversation, AnserConversation *out);

/*
 Frees a handle made with `anser_conversation_retain`. Returns 0, 34403 for a stale handle.
 */
int32_t anser_conversation_free(AnserConversation conversation);

/* ====================================================================================================
 * Messages: what they can ask for
 * ==================================================================================================== */

/*
 What a message asks for beyond its content. Set `size` to `sizeof(AnserSendOptions)` and everything else
 to 0, then what is wanted: fields of newer versions come at the end. Texts may be NULL, lists too if their
 count is 0.
 */
typedef struct AnserSendOptions {
  /*
   `sizeof(AnserSendOptions)`.
   */
  size_t size;
  /*
   Text of the push notification for receivers that are offline.
   */
  const char *push_text;
  /*
   Opaque data of the push notification.
   */
  const char *push_data;
  /*
   For custom kinds: do not keep in the history.
   */
  bool not_persisted;
  /*
   For custom kinds: do not count as unread.
   */
  bool not_counted;
  /*
   Groups: only these members get it, up to 300, and it is in nobody's history at the server.
   */
  const char *const *to_user_ids;
  /*
   How many.
   */
  size_t to_user_count;
  /*
   Those whom it mentions, with `mention` 2.
   */
  const char *const *mention_user_ids;
  /*
   How many.
   */
  size_t mention_user_count;
  /*
   What the notification of those mentioned says.
   */
  const char *mention_text;
  /*
   Whom it mentions: 0 nobody, 1 everybody, 2 `mention_user_ids`.
   */
  int32_t mention;
  /*
   Seconds after reading until it destroys itself, up to 30 days; 0 never.
   */
  uint32_t destruct_seconds;
  /*
   Keys of the pairs attached from the start, up to 300 of 32 bytes; they make it expandable.
   */
  const char *const *expansion_keys;
  /*
   Their values, of up to 4096 bytes, in the same order.
   */
  const char *const *expansion_values;
  /*
   How many pairs.
   */
  size_t expansion_count;
  /*
   Title of the push notification.
   */
  const char *push_title;
  /*
   Replaces an earlier push notification of the same id.
   */
  const char *push_id;
  /*
   A template of the push service.
   */
  const char *push_template_id;
  /*
   Settings of the push notification per vendor, as JSON.
   */
  const char *push_configs;
  /*
   Who writes, inside the content, for receivers that do not know the user. The id; then a name is needed.
   */
  const char *sender_id;
  /*
   The display name.
   */
  const char *sender_name;
  /*
   Address of the portrait.
   */
  const char *sender_portrait_uri;
  /*
   What is found on this device beside the content's own text.
   */
  const char *search_words;
  /*
   For custom kinds with a file: the content's key that takes the file's address, "remoteUrl" if NULL.
   */
  const char *url_key;
  /*
   Only for those who are online now; kept nowhere, also not here. Needs a connection.
   */
  bool status_only;
  /*
   Push as a call does.
   */
  bool voip_push;
  /*
   No push notification.
   */
  bool silent;
  /*
   Key-value pairs can be attached later.
   */
  bool expandable;
  /*
   Push without a title.
   */
  bool push_hide_title;
  /*
   Push with the text, whatever the receiver has chosen.
   */
  bool push_force_detail;
  /*
   For fields to come.
   */
  uint8_t reserved[2];
} AnserSendOptions;

/* ====================================================================================================
 * Messages: sending and reading
 * ==================================================================================================== */

/*
 Sends text to a conversation (`conversation_type` 1 private, 3 group). Ends as soon as the message is
 durable in the outbox, with its local form; from then on it is sent by itself, in order, across reconnects
 and restarts, exactly once. `ANSER_EVENT_SENT` and `anser_messages_wait_sent` tell what became of it. Works
 offline. Ends with 33001 before any user is open; 34209, 34210 or 30016 for a type, target or text that
 cannot be sent; 3430x if it cannot be stored.
 */
int32_t anser_messages_send_text(AnserClient client,
                                 int32_t conversation_type,
                                 const char *target_id,
                                 const char *message_text,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Sends any built-in or custom content: `content` is the JSON text of kind `object_name`. `options` may be
 NULL. As `anser_messages_send_text`; ends with 34271 or 34205 for an object name or content that cannot be
 sent.
 */
int32_t anser_messages_send(AnserClient client,
                            int32_t conversation_type,
                            const char *target_id,
                            const char *object_name,
                            const char *content,
                            const AnserSendOptions *options,
                            AnserCallback callback,
                            void *user_data,
                            AnserDestroy destroy);

/*
 Waits for the server's word on an own message; ends with its sent form. Ends with the server's code if it
 was refused, 33200 if it was cancelled, 61001 if there is no such message.
 */
int32_t anser_messages_wait_sent(AnserClient client,
                                 int64_t message_id,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Sends a failed message again. Ends with its local form; with 61001 if there is no such message, 33003 if it
 has not failed.
 */
int32_t anser_messages_resend(AnserClient client,
                              int64_t message_id,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Takes back a message that waits to be sent: it becomes failed with 33200. Ends with 33003 if it is on its
 way or has arrived, 61001 if there is no such message.
 */
int32_t anser_messages_cancel(AnserClient client,
                              int64_t message_id,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Reads one message by its local id. Ends with 61001 if there is no such message.
 */
int32_t anser_messages_get(AnserClient client,
                           int64_t message_id,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Reads one message by the server's name for it. Ends with 61001 if there is no such message.
 */
int32_t anser_messages_get_by_uid(AnserClient client,
                                  const char *uid,
                                  AnserCallback callback,
                                  void *user_data,
                                  AnserDestroy destroy);

/*
 Reads up to `count` messages of a conversation as stored here, oldest first: those before server time
 `before` (ms since 1970), or the newest if it is 0. Ends with 33003 for a count of 0 or above 1000, or a
 negative time.
 */
int32_t anser_messages_history(AnserClient client,
                               int32_t conversation_type,
                               const char *target_id,
                               int64_t before,
                               uint32_t count,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/* ====================================================================================================
 * Messages: taking back, changing, marking, deleting
 * ==================================================================================================== */

/*
 Takes an own message back, everywhere: on every device its place is taken by a message of kind "RC:RcCmd",
 and devices that were offline never get its text. `extra`, for the receivers' programs, and `push_text`,
 which replaces the message's push notification, may be NULL. Needs a connection. Ends with what is left;
 safe to call again if the answer was lost. Ends with 25101 for a message of somebody else, one that is not
 sent, or one that the server holds to be too old; 61001 if there is no such message; 30001 without a
 connection, −1 without an answer: whether it is taken back, the inbox tells later.
 */
int32_t anser_messages_recall(AnserClient client,
                              int64_t message_id,
                              const char *extra,
                              const char *push_text,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Changes the content of a message on this device; ends with its new form. Ends with 61001 if there is no
 such message; 33003 while it is on its way; 34205 or 30016 for content that is not of its kind.
 */
int32_t anser_messages_set_content(AnserClient client,
                                   int64_t message_id,
                                   const char *content,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Sets the program's own note on a message; never sent. Ends with its new form; with 61001 if there is no
 such message, 30016 above 128 KiB.
 */
int32_t anser_messages_set_extra(AnserClient client,
                                 int64_t message_id,
                                 const char *extra,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Sets what is found of a message beside its content's own text; NULL for nothing more. Ends with its new
 form; with 61001 if there is no such message, 30016 above 128 KiB.
 */
int32_t anser_messages_set_search_words(AnserClient client,
                                        int64_t message_id,
                                        const char *words,
                                        AnserCallback callback,
                                        void *user_data,
                                        AnserDestroy destroy);

/*
 Sets what the user did with a received message: bits as of `anser_message_received_status`. Ends with its
 new form; with 61001 if there is no such message, 33003 for other bits.
 */
int32_t anser_messages_set_received_status(AnserClient client,
                                           int64_t message_id,
                                           int32_t status,
                                           AnserCallback callback,
                                           void *user_data,
                                           AnserDestroy destroy);

/*
 Sets how far an own message has come, on this device: a number as of `anser_message_sent_status`. Returns
 33003 for a number that is none. Ends with its new form; with 61001 if there is no such message; 33003
 while it is on its way, and for 10.
 */
int32_t anser_messages_set_sent_status(AnserClient client,
                                       int64_t message_id,
                                       int32_t status,
                                       AnserCallback callback,
                                       void *user_data,
                                       AnserDestroy destroy);

/*
 Deletes messages on this device; unknown ids are left out, one that waits to be sent is not sent. The
 history at the server does not bring them back. `anser_event_count` of the end is how many are gone. Ends
 with 61001 for no ids, 33003 for more than 1000.
 */
int32_t anser_messages_delete(AnserClient client,
                              const int64_t *message_ids,
                              size_t message_count,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Deletes messages on this device and in this user's history at the server, so that the user's other devices
 do not find them there. Other users keep theirs. Works offline: the server is told later. Ends as
 `anser_messages_delete`.
 */
int32_t anser_messages_delete_everywhere(AnserClient client,
                                         const int64_t *message_ids,
                                         size_t message_count,
                                         AnserCallback callback,
                                         void *user_data,
                                         AnserDestroy destroy);

/*
 Attaches key-value pairs to a sent message, for all who have it; a key that is there gets the new value.
 `keys` and `values` have `count` texts each. Needs a connection. Ends with the message's new form; with
 61001 if there is no such message, 33003 for no pairs, pairs beyond the limits of `AnserSendOptions`, or a
 message that is not sent or was sent without being expandable; 30001 without a connection.
 */
int32_t anser_messages_set_expansion(AnserClient client,
                                     int64_t message_id,
                                     const char *const *keys,
                                     const char *const *values,
                                     size_t count,
                                     AnserCallback callback,
                                     void *user_data,
                                     AnserDestroy destroy);

/*
 Takes the pairs of `count` keys off a sent message, for all who have it. Needs a connection. Ends as
 `anser_messages_set_expansion`.
 */
int32_t anser_messages_remove_expansion(AnserClient client,
                                        int64_t message_id,
                                        const char *const *keys,
                                        size_t count,
                                        AnserCallback callback,
                                        void *user_data,
                                        AnserDestroy destroy);

/*
 The user has read a message that destroys itself: its countdown starts, and when it is over the message is
 deleted everywhere for this user, also if the process was not there at that moment. Ends with its new
 form; with 61001 if there is no such message, 33003 if it does not destroy itself.
 */
int32_t anser_messages_begin_destruct(AnserClient client,
                                      int64_t message_id,
                                      AnserCallback callback,
                                      void *user_data,
                                      AnserDestroy destroy);

/*
 Stops such a countdown. Ends with the message's new form; with 61001 if there is no such message.
 */
int32_t anser_messages_stop_destruct(AnserClient client,
                                     int64_t message_id,
                                     AnserCallback callback,
                                     void *user_data,
                                     AnserDestroy destroy);

/* ====================================================================================================
 * Messages: kinds of one's own, putting in
 * ==================================================================================================== */

/*
 A kind of content that the program defines. Set `size` to `sizeof(AnserMessageKind)` and everything else to 0,
 then what is wanted.
 */
typedef struct AnserMessageKind {
  /*
   `sizeof(AnserMessageKind)`.
   */
  size_t size;
  /*
   Its object name, 1 to 64 bytes; not one of the built-in kinds.
   */
  const char *object_name;
  /*
   Keys that its content must have.
   */
  const char *const *fields;
  /*
   How many.
   */
  size_t field_count;
  /*
   Keys whose text is found by search.
   */
  const char *const *search_fields;
  /*
   How many.
   */
  size_t search_field_count;
  /*
   Do not keep in the history.
   */
  bool not_persisted;
  /*
   Do not count as unread.
   */
  bool not_counted;
  /*
   For fields to come.
   */
  uint8_t reserved[6];
} AnserMessageKind;

/*
 A message that is put in on this device and sent nowhere. Set `size` to `sizeof(AnserInsertedMessage)` and
 everything else to 0, then what is wanted.
 */
typedef struct AnserInsertedMessage {
  /*
   `sizeof(AnserInsertedMessage)`.
   */
  size_t size;
  /*
   Its conversation's target.
   */
  const char *target_id;
  /*
   Who wrote it; the user's own id for an own one.
   */
  const char *sender_id;
  /*
   What kind of content.
   */
  const char *object_name;
  /*
   Its JSON text.
   */
  const char *content;
  /*
   The server's name for it, if it has one; may be NULL.
   */
  const char *uid;
  /*
   The program's own note; may be NULL.
   */
  const char *extra;
  /*
   When, ms since 1970; 0 for now.
   */
  int64_t sent_time;
  /*
   Its conversation's type: 1 private, 3 group, …
   */
  int32_t conversation_type;
  /*
   How far an own one has come, as `anser_message_sent_status`; 0 for 30, not 10.
   */
  int32_t sent_status;
  /*
   What the user did with it, as `anser_message_received_status`.
   */
  int32_t received_status;
  /*
   Whether it counts as unread.
   */
  bool counted;
  /*
   For fields to come.
   */
  uint8_t reserved[3];
} AnserInsertedMessage;

/*
 Tells of the program's own kinds of content: their flags, the keys they must have, what search finds. `kinds` is
 a list of `count` pointers. Known from then on until the client ends; a kind of the same name is replaced. Ready
 when it returns: 0, 34271 for a name that cannot be or is one of the built-in kinds, 33003 for a wrong `size`,
 34400, 34403, 34404, 34405.
 */
int32_t anser_messages_register_kinds(AnserClient client,
                                      const struct AnserMessageKind *const *kinds,
                                      size_t count);

/*
 Puts a message in on this device; it is sent nowhere. Ends with it; with 33003 for a uid that is here
 already, a negative time or an impossible status; 34210, 34271, 34205 or 30016 as for sending.
 */
int32_t anser_messages_insert(AnserClient client,
                              const struct AnserInsertedMessage *message,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Puts messages in, all or none: `messages` is a list of up to 1000 pointers. Ends with them, and as
 `anser_messages_insert`.
 */
int32_t anser_messages_insert_many(AnserClient client,
                                   const struct AnserInsertedMessage *const *messages,
                                   size_t count,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/* ====================================================================================================
 * History: pages, here and at the server
 * ==================================================================================================== */

/*
 Which messages of a conversation a page shows. Set `size` to `sizeof(AnserHistoryQuery)` and everything else
 to 0, then what is wanted.
 */
typedef struct AnserHistoryQuery {
  /*
   `sizeof(AnserHistoryQuery)`.
   */
  size_t size;
  /*
   Messages beyond this one, by local id; 0 to start from `time`.
   */
  int64_t message_id;
  /*
   Messages beyond this server time, ms; 0 for the newest, or with `newer` for the oldest.
   */
  int64_t time;
  /*
   Only these kinds, up to 100; may be NULL for all.
   */
  const char *const *object_names;
  /*
   How many.
   */
  size_t object_name_count;
  /*
   Only from these users, up to 100; may be NULL for all.
   */
  const char *const *sender_ids;
  /*
   How many.
   */
  size_t sender_count;
  /*
   At most so many messages, 1 to 1000.
   */
  uint32_t count;
  /*
   Towards newer messages instead of older ones.
   */
  bool newer;
  /*
   For fields to come.
   */
  uint8_t reserved[3];
} AnserHistoryQuery;

/*
 Called when a page of a back-fill is stored, on the client's events thread: so many messages were fetched so
 far; everything back to server time `since` (ms) is here. `user_data` is that of the call, which ends after the last
 of these.
 */
typedef void (*AnserBackfillCallback)(void *user_data, uint32_t fetched, int64_t since);

/*
 Reads a page of what is stored here, oldest first: of some kinds or senders, in either direction, beyond a
 message or a time. Asks nobody; see `anser_history_load` for pages without holes. `query` must not be
 NULL. Ends with 33003 for a count of 0 or above 1000, or a negative time; 34210 for an impossible target.
 */
int32_t anser_history_page(AnserClient client,
                           int32_t conversation_type,
                           const char *target_id,
                           const struct AnserHistoryQuery *query,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Reads the page of up to `count` messages before server time `before` (ms; 0 for the newest) as it is at
 the server, oldest first: what is missing here is fetched and kept. Offline, or where the server has no
 history, it shows what is here and names the hole: `anser_event_gap_count` of the end is 1 then.
 `anser_event_has_more` tells whether there is more. Ends as `anser_history_page`.
 */
int32_t anser_history_load(AnserClient client,
                           int32_t conversation_type,
                           const char *target_id,
                           int64_t before,
                           uint32_t count,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Reads up to `count` messages before and as many from server time `time` (ms) on, oldest first: for a jump
 to a message. Holes are filled, and named, as by `anser_history_load`. Ends as `anser_history_page`, and
 with 33003 for a time that is not positive.
 */
int32_t anser_history_around(AnserClient client,
                             int32_t conversation_type,
                             const char *target_id,
                             int64_t time,
                             uint32_t count,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Reads a page of the server's history, oldest first, and merges it into what is here: up to `count` (1 to
 20) messages before server time `time` (ms; 0 for the newest), or after it with `newer`.
 `anser_event_has_more` tells whether there is more. Ends with 33003 for another count, 33007 where the
 server keeps no history, 30001 without a connection.
 */
int32_t anser_history_remote(AnserClient client,
                             int32_t conversation_type,
                             const char *target_id,
                             int64_t time,
                             uint32_t count,
                             bool newer,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Fetches everything that is missing here back to server time `since` (ms; 0 for all), page by page; each
 page is kept, so that a back-fill that ends early goes on from there. `progress` hears of each page; it
 may be NULL. `anser_event_count` of the end is how many messages were fetched. Ends as
 `anser_history_remote`.
 */
int32_t anser_history_backfill(AnserClient client,
                               int32_t conversation_type,
                               const char *target_id,
                               int64_t since,
                               AnserBackfillCallback progress,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/*
 Reads which stretches of a conversation this device has never seen, oldest first: `anser_event_gap_from`
 and `anser_event_gap_to` of the end.
 */
int32_t anser_history_gaps(AnserClient client,
                           int32_t conversation_type,
                           const char *target_id,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Reads the oldest unread message of a conversation; the end holds none if everything is read.
 */
int32_t anser_history_first_unread(AnserClient client,
                                   int32_t conversation_type,
                                   const char *target_id,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Reads up to `count` unread messages that mention the user, oldest first: what a list of jumps shows. Ends
 with 33003 for a count of 0 or above 1000.
 */
int32_t anser_history_unread_mentions(AnserClient client,
                                      int32_t conversation_type,
                                      const char *target_id,
                                      uint32_t count,
                                      AnserCallback callback,
                                      void *user_data,
                                      AnserDestroy destroy);

/*
 Deletes everything of a conversation up to server time `until` (ms; 0 for all) on this device. What waits
 to be sent stays; the server's history does not bring it back. Ends with 33003 for a negative time.
 */
int32_t anser_history_clear(AnserClient client,
                            int32_t conversation_type,
                            const char *target_id,
                            int64_t until,
                            AnserCallback callback,
                            void *user_data,
                            AnserDestroy destroy);

/*
 Deletes everything of a conversation up to server time `until` (ms) from this user's history at the
 server, and with `also_here` on this device. Other users keep theirs. Needs a connection. Ends with 34011
 for a time that is not positive, 34010 for one in the future, 34008 for a kind of conversation without a
 history at the server; 30001 without a connection.
 */
int32_t anser_history_clear_remote(AnserClient client,
                                   int32_t conversation_type,
                                   const char *target_id,
                                   int64_t until,
                                   bool also_here,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/* ====================================================================================================
 * Conversations: the list
 * ==================================================================================================== */

/*
 Which conversations a list shows. Set `size` to `sizeof(AnserConversationFilter)` and everything else to 0,
 then what is wanted.
 */
typedef struct AnserConversationFilter {
  /*
   `sizeof(AnserConversationFilter)`.
   */
  size_t size;
  /*
   Only these kinds; may be NULL for all.
   */
  const int32_t *types;
  /*
   How many.
   */
  size_t types_count;
  /*
   Only those with this tag; may be NULL.
   */
  const char *tag_id;
  /*
   0 all, 1 only those on top, 2 only the others.
   */
  int32_t top;
  /*
   0 all, 1 only muted ones, 2 only the others.
   */
  int32_t muted;
  /*
   Only those with unread messages.
   */
  bool unread;
  /*
   Those that are hidden instead of those that are shown.
   */
  bool hidden;
  /*
   For fields to come.
   */
  uint8_t reserved[6];
} AnserConversationFilter;

/*
 Reads up to `count` conversations: those on top, then the others, each with the newest message or draft
 first. `conversation_types` lists the wanted kinds (`types_count` numbers); none means all. `after_type`
 and `after_target_id` name the last row already shown; `after_target_id` is NULL for the first page. Ends
 with 33003 for a count of 0 or above 1000.
 */
int32_t anser_conversations_list(AnserClient client,
                                 const int32_t *conversation_types,
                                 size_t types_count,
                                 int32_t after_type,
                                 const char *after_target_id,
                                 uint32_t count,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 As `anser_conversations_list`, of those that the filter lets through; NULL lets all.
 */
int32_t anser_conversations_filter(AnserClient client,
                                   const struct AnserConversationFilter *filter,
                                   int32_t after_type,
                                   const char *after_target_id,
                                   uint32_t count,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Reads the rows of these conversations as they are now, in the order asked for; those that are in no list
 are left out. What a list does with the conversations that `ANSER_EVENT_CONVERSATIONS` names.
 `conversation_types` and `target_ids` have `conversation_count` entries each. Ends with 33003 for more
 than 1000.
 */
int32_t anser_conversations_rows(AnserClient client,
                                 const int32_t *conversation_types,
                                 const char *const *target_ids,
                                 size_t conversation_count,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Reads one conversation, in a list or not; the end holds none if nothing is known of it.
 */
int32_t anser_conversations_get(AnserClient client,
                                int32_t conversation_type,
                                const char *target_id,
                                AnserCallback callback,
                                void *user_data,
                                AnserDestroy destroy);

/* ====================================================================================================
 * Conversations: there, on top, muted, hidden
 * ==================================================================================================== */

/*
 Puts a conversation into the list, at the present time if it has no message; one that is there stays as it
 is. Ends with it; with 34210 for an impossible target.
 */
int32_t anser_conversations_create(AnserClient client,
                                   int32_t conversation_type,
                                   const char *target_id,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Takes conversations out of the list, here and on the user's other devices, until a newer message comes;
 drafts and places on top go, what was unread is read. Messages stay. Works offline. `conversation_types`
 and `target_ids` have `conversation_count` entries each. Ends with 33003 for more than 1000.
 */
int32_t anser_conversations_remove(AnserClient client,
                                   const int32_t *conversation_types,
                                   const char *const *target_ids,
                                   size_t conversation_count,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Takes all conversations of these kinds out of the list, as `anser_conversations_remove`. Ends with 33003
 for no kinds.
 */
int32_t anser_conversations_clear(AnserClient client,
                                  const int32_t *conversation_types,
                                  size_t types_count,
                                  AnserCallback callback,
                                  void *user_data,
                                  AnserDestroy destroy);

/*
 Takes a conversation out of the list on this device until a newer message comes, or puts it back where it
 stood.
 */
int32_t anser_conversations_set_hidden(AnserClient client,
                                       int32_t conversation_type,
                                       const char *target_id,
                                       bool hidden,
                                       AnserCallback callback,
                                       void *user_data,
                                       AnserDestroy destroy);

/*
 Puts conversations above the others, or back among them, on all devices of the user. Works offline. Ends
 with 34210 for an impossible target, 33003 for more than 1000.
 */
int32_t anser_conversations_set_top(AnserClient client,
                                    const int32_t *conversation_types,
                                    const char *const *target_ids,
                                    size_t conversation_count,
                                    bool top,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/*
 Sets what of conversations may disturb the user, on all devices: 0 everything, 1 nothing, 2 only messages
 that mention the user. Works offline. Returns 33003 for another level; ends as
 `anser_conversations_set_top`.
 */
int32_t anser_conversations_set_mute(AnserClient client,
                                     const int32_t *conversation_types,
                                     const char *const *target_ids,
                                     size_t conversation_count,
                                     int32_t level,
                                     AnserCallback callback,
                                     void *user_data,
                                     AnserDestroy destroy);

/*
 Reads what of a conversation may disturb the user: `anser_event_count` of the end, a level as of
 `anser_conversations_set_mute`.
 */
int32_t anser_conversations_mute(AnserClient client,
                                 int32_t conversation_type,
                                 const char *target_id,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Reads the server's list and merges it into the one here: read marks by maximum, rows that are missing.
 Ends with the first `count` rows of the list. Needs a connection; a login does this by itself. Ends with
 33003 for a count of 0 or above 1000, 30001 without a connection.
 */
int32_t anser_conversations_sync_list(AnserClient client,
                                      uint32_t count,
                                      AnserCallback callback,
                                      void *user_data,
                                      AnserDestroy destroy);

/* ====================================================================================================
 * Conversations: counting the unread, marking as read
 * ==================================================================================================== */

/*
 Counts the unread messages of one conversation: `anser_event_count` of the end.
 */
int32_t anser_conversations_unread_count(AnserClient client,
                                         int32_t conversation_type,
                                         const char *target_id,
                                         AnserCallback callback,
                                         void *user_data,
                                         AnserDestroy destroy);

/*
 Counts the unread messages of these conversations together, hidden and muted ones included:
 `anser_event_count` of the end. Ends with 33003 for more than 1000.
 */
int32_t anser_conversations_unread_count_of(AnserClient client,
                                            const int32_t *conversation_types,
                                            const char *const *target_ids,
                                            size_t conversation_count,
                                            AnserCallback callback,
                                            void *user_data,
                                            AnserDestroy destroy);

/*
 Counts the unread messages of all conversations of these kinds that are in the list, with or without the
 muted ones: `anser_event_count` of the end.
 */
int32_t anser_conversations_unread_count_by_types(AnserClient client,
                                                  const int32_t *conversation_types,
                                                  size_t types_count,
                                                  bool with_muted,
                                                  AnserCallback callback,
                                                  void *user_data,
                                                  AnserDestroy destroy);

/*
 Counts what the badge of an app shows: the unread messages of all conversations that are in the list and
 not muted. Hidden ones and chatrooms do not count. `anser_event_count` of the end.
 */
int32_t anser_conversations_total_unread_count(AnserClient client,
                                               AnserCallback callback,
                                               void *user_data,
                                               AnserDestroy destroy);

/*
 Marks everything in a conversation as read, on all devices of the user. Works offline.
 */
int32_t anser_conversations_clear_unread(AnserClient client,
                                         int32_t conversation_type,
                                         const char *target_id,
                                         AnserCallback callback,
                                         void *user_data,
                                         AnserDestroy destroy);

/*
 Marks everything in a conversation up to server time `until` (ms) as read, on all devices of the user.
 Ends with 33003 for a time that is not positive.
 */
int32_t anser_conversations_clear_unread_until(AnserClient client,
                                               int32_t conversation_type,
                                               const char *target_id,
                                               int64_t until,
                                               AnserCallback callback,
                                               void *user_data,
                                               AnserDestroy destroy);

/*
 Moves the read mark so that `count` messages remain unread, or as many as there are: marks a conversation
 as unread again. Other devices follow a mark that moves on; one that moves back stays on this device.
 */
int32_t anser_conversations_set_unread_count(AnserClient client,
                                             int32_t conversation_type,
                                             const char *target_id,
                                             uint32_t count,
                                             AnserCallback callback,
                                             void *user_data,
                                             AnserDestroy destroy);

/*
 Marks everything in every conversation as read, on all devices of the user.
 */
int32_t anser_conversations_clear_all_unread(AnserClient client,
                                             AnserCallback callback,
                                             void *user_data,
                                             AnserDestroy destroy);

/* ====================================================================================================
 * Conversations: drafts and tags
 * ==================================================================================================== */

/*
 Keeps begun text, across restarts; "" to forget it. It moves the conversation up. Ends with 34210 for an
 impossible target, 30016 above 128 KiB.
 */
int32_t anser_conversations_save_draft(AnserClient client,
                                       int32_t conversation_type,
                                       const char *target_id,
                                       const char *draft,
                                       AnserCallback callback,
                                       void *user_data,
                                       AnserDestroy destroy);

/*
 Reads the begun text of a conversation: `anser_event_text` of the end, "" for none.
 */
int32_t anser_conversations_draft(AnserClient client,
                                  int32_t conversation_type,
                                  const char *target_id,
                                  AnserCallback callback,
                                  void *user_data,
                                  AnserDestroy destroy);

/*
 Makes a tag, on this device, or renames it. Ends with 33003 for an id or a name that is blank or above 64
 bytes.
 */
int32_t anser_conversations_add_tag(AnserClient client,
                                    const char *tag_id,
                                    const char *name,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/*
 Deletes a tag and takes it off its conversations. `anser_event_answer` of the end tells whether there was
 one.
 */
int32_t anser_conversations_remove_tag(AnserClient client,
                                       const char *tag_id,
                                       AnserCallback callback,
                                       void *user_data,
                                       AnserDestroy destroy);

/*
 Reads all tags, the oldest first: `anser_event_tag_id` and its neighbours, of the end. Conversations of
 one are listed by `anser_conversations_filter`.
 */
int32_t anser_conversations_tags(AnserClient client,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Gives a tag to conversations, or takes it off; those that are not known are left out. Ends with 33003 if
 there is no such tag, or for more than 1000.
 */
int32_t anser_conversations_set_tag(AnserClient client,
                                    const char *tag_id,
                                    const int32_t *conversation_types,
                                    const char *const *target_ids,
                                    size_t conversation_count,
                                    bool tagged,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/* ====================================================================================================
 * Search
 * ==================================================================================================== */

/*
 What to look for. Set `size` to `sizeof(AnserSearchQuery)` and everything else to 0, then what is wanted. All that
 is set must hold; without text at least one of the other conditions is needed.
 */
typedef struct AnserSearchQuery {
  /*
   `sizeof(AnserSearchQuery)`.
   */
  size_t size;
  /*
   The words, at most 1024 bytes; may be NULL. All must occur, in any order and case; the last one may be the
   beginning of a word. Chinese and other scripts without spaces are found anywhere in the text, from one
   character on; so are emoji and symbols. What stands between double quotes must occur exactly so.
   */
  const char *text;
  /*
   Only in the conversation with this target and `conversation_type`; may be NULL.
   */
  const char *target_id;
  /*
   Only in conversations of these kinds; may be NULL for all.
   */
  const int32_t *types;
  /*
   How many.
   */
  size_t types_count;
  /*
   Only by one of these users, up to 100; may be NULL for all.
   */
  const char *const *sender_ids;
  /*
   How many.
   */
  size_t sender_count;
  /*
   Only of one of these kinds, up to 100; may be NULL for all.
   */
  const char *const *object_names;
  /*
   How many.
   */
  size_t object_name_count;
  /*
   Not before this server time, ms since 1970; 0 for no limit.
   */
  int64_t from_time;
  /*
   Not after this server time, ms since 1970; 0 for no limit.
   */
  int64_t to_time;
  /*
   With `has_before`, where the page before ended: its `anser_event_number`.
   */
  int64_t before;
  /*
   The type that goes with `target_id`.
   */
  int32_t conversation_type;
  /*
   Hits wanted, 1 to 1000.
   */
  uint32_t count;
  /*
   Whether `before` is given; if not, the newest are found.
   */
  bool has_before;
  /*
   For fields to come.
   */
  uint8_t reserved[7];
} AnserSearchQuery;

/*
 Finds messages, newest first, a page at a time: the messages of the end, with `anser_event_hit_text` and
 its neighbours for each. `anser_event_has_more` tells whether more may follow, `anser_event_number` is the
 `before` of the next page; a page may have fewer hits than wanted, even none, although more follow: the
 work of one call is bounded. Ends with 33003 for a query without words and conditions, a text above 1024
 bytes, a count of 0 or above 1000, a negative time, or more than 100 senders or kinds.
 */
int32_t anser_search_messages(AnserClient client,
                              const struct AnserSearchQuery *query,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Counts the messages that match: `anser_event_count` of the end; `anser_event_answer` tells whether that is
 exact, otherwise there may be more. `before` and `count` of the query do not matter. Ends as
 `anser_search_messages`.
 */
int32_t anser_search_count(AnserClient client,
                           const struct AnserSearchQuery *query,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Finds up to `count` conversations that hold messages with this text, the one with the newest such message
 first: the end names them, and holds at the same index the newest message found there with its
 `anser_event_hit_text`, and `anser_event_found_count`. No types mean all. Ends with 33003 for a text
 without words or above 1024 bytes, or a count of 0 or above 1000.
 */
int32_t anser_search_conversations(AnserClient client,
                                   const char *search_text,
                                   const int32_t *conversation_types,
                                   size_t types_count,
                                   uint32_t count,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/* ====================================================================================================
 * Receipts and typing
 * ==================================================================================================== */

/*
 Tells the peer of a private chat that everything up to server time `until` (ms; 0 for all) is read, and
 clears the unread count up to there. Works offline. `anser_event_number` of the end is up to when that is,
 0 if the peer has written nothing. Ends with 34209 for another kind of conversation, 33003 for a negative
 time.
 */
int32_t anser_receipts_send_read(AnserClient client,
                                 int32_t conversation_type,
                                 const char *target_id,
                                 int64_t until,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Asks the members of a group who reads an own message; `ANSER_EVENT_RECEIPTS` and `anser_receipts_readers`
 tell who has. Ends with the message; with 61001 if there is no such message, 33003 if it is not an own one
 that a group has.
 */
int32_t anser_receipts_request(AnserClient client,
                               int64_t message_id,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/*
 Answers the requests of a group's members for these messages, or for all that wait if `message_count` is
 0. `anser_event_count` of the end is how many were answered; each is answered once. Ends with 34209 for a
 kind of conversation without members.
 */
int32_t anser_receipts_respond(AnserClient client,
                               int32_t conversation_type,
                               const char *target_id,
                               const int64_t *message_ids,
                               size_t message_count,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/*
 Reads who has read a message, as far as known here, the first reader first: `anser_event_reader_id` and
 its neighbours, of the end.
 */
int32_t anser_receipts_readers(AnserClient client,
                               int64_t message_id,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/*
 Tells the server that group messages, by `uid_count` uids, are read, where it counts the readers itself.
 Needs a connection. Ends with 33003 for no or more than 100 messages; 30001 without a connection; the
 server's code if it refuses.
 */
int32_t anser_receipts_report_read(AnserClient client,
                                   const char *group_id,
                                   const char *const *message_uids,
                                   size_t uid_count,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Reads who has read a group message, as the server counts them: `anser_event_reader_id` and its neighbours,
 of the end; `anser_event_count` is how many members the group has. Needs a connection. Ends with 30001
 without one; the server's code if it refuses.
 */
int32_t anser_receipts_remote_readers(AnserClient client,
                                      const char *group_id,
                                      const char *message_uid,
                                      AnserCallback callback,
                                      void *user_data,
                                      AnserDestroy destroy);

/*
 Tells that the user is typing content of this kind ("RC:TxtMsg" for text). Call it on every key: within
 the interval (6 s) it is told once. Nothing is kept, nothing is told later. Ends with 34209, 34210 or
 34271 for a conversation or kind that cannot be; 30001 without a connection.
 */
int32_t anser_receipts_send_typing(AnserClient client,
                                   int32_t conversation_type,
                                   const char *target_id,
                                   const char *object_name,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Sets how long typing is told once only, in ms: 0 to 60000. Returns 0, 33003 above that, 34400, 34403.
 */
int32_t anser_receipts_set_typing_interval(AnserClient client, uint32_t milliseconds);

/* ====================================================================================================
 * Settings
 * ==================================================================================================== */

/*
 Reads when the user wants quiet: `anser_event_answer` of the end tells whether ever, then
 `anser_event_quiet_start` and its neighbours when. Kept on this device: the program decides what it shows.
 */
int32_t anser_settings_quiet_hours(AnserClient client,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Sets when the user wants quiet, each day: from `start_minute` (minutes after midnight, local time) for
 `duration_minutes` (1 to 1439), past midnight if need be. With `except_mentions`, messages that mention
 the user may disturb all the same. Ends with 33003 for a time that no day has.
 */
int32_t anser_settings_set_quiet_hours(AnserClient client,
                                       uint32_t start_minute,
                                       uint32_t duration_minutes,
                                       bool except_mentions,
                                       AnserCallback callback,
                                       void *user_data,
                                       AnserDestroy destroy);

/*
 Forgets the quiet hours.
 */
int32_t anser_settings_remove_quiet_hours(AnserClient client,
                                          AnserCallback callback,
                                          void *user_data,
                                          AnserDestroy destroy);

/*
 Reads for how many days the server keeps what waits for this user, as it says now: `anser_event_count` of
 the end, 0 if the account has not chosen. Offline the last known number.
 */
int32_t anser_settings_offline_days(AnserClient client,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/*
 Sets for how many days, 1 to 7, the server keeps what waits for this user. Needs a connection. Ends with
 33003 for other numbers, 30001 without a connection.
 */
int32_t anser_settings_set_offline_days(AnserClient client,
                                        uint32_t days,
                                        AnserCallback callback,
                                        void *user_data,
                                        AnserDestroy destroy);

/*
 Asks over HTTP, without a connection, whether anything waits at the server for this user:
 `anser_event_answer` of the end. Ends with 33001 before the first `anser_client_connect`, 300xx if the
 server cannot be asked.
 */
int32_t anser_settings_has_remote_unread(AnserClient client,
                                         AnserCallback callback,
                                         void *user_data,
                                         AnserDestroy destroy);

/* ====================================================================================================
 * Files: sending, downloading, the cache
 * ==================================================================================================== */

/*
 How to download a file. Set `size` to `sizeof(AnserDownloadOptions)` and everything else to 0, then what is
 wanted. Texts may be NULL.
 */
typedef struct AnserDownloadOptions {
  /*
   `sizeof(AnserDownloadOptions)`.
   */
  size_t size;
  /*
   Where to put it; a file that is there is replaced. NULL: into the cache.
   */
  const char *path;
  /*
   What its SHA-256 has to be, 64 hex digits. A file that differs is thrown away.
   */
  const char *sha256;
  /*
   For custom kinds: the content's key that holds the address, "remoteUrl" if NULL.
   */
  const char *url_key;
} AnserDownloadOptions;

/*
 Sends a message with a file. `content` is the JSON object of kind `object_name`, without the file's
 address: that is put in once the file has arrived, at "imageUri", "fileUrl", "sightUrl", "remoteUrl" or,
 for custom kinds, `url_key` of the options, which may be NULL. Ends as soon as the message is durable,
 with its local form: `anser_message_local_path` is the file. The file is not copied: keep it until the
 message is sent. From its arrival on the message goes like any other, after those that were sent
 meanwhile. Ends with 41002 if no uploader is set, 34410 if the file cannot be read, 34411 if it is empty;
 else as `anser_messages_send`.
 */
int32_t anser_media_send(AnserClient client,
                         int32_t conversation_type,
                         const char *target_id,
                         const char *object_name,
                         const char *content,
                         const char *file_path,
                         const AnserSendOptions *options,
                         AnserCallback callback,
                         void *user_data,
                         AnserDestroy destroy);

/*
 Brings a message's file here and ends with the message once it is: `anser_message_local_path` names it. A
 file that is here already is not asked for again, and two calls for one message share one download. What
 an earlier run left unfinished is gone on with. `options` may be NULL. Ends with 61001 if there is no such
 message, 34413 if it names no address, 33003 for a bad hash or, without a data directory, a missing path;
 34414, 34415, 34416 for the file server's refusals, 34417 if the hash differs, 34412 or 34308 if it cannot
 be written; −1, 30009, 30010, 30011 if the network failed too often; 33200 if it was cancelled.
 */
int32_t anser_media_download(AnserClient client,
                             int64_t message_id,
                             const struct AnserDownloadOptions *options,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Brings a file to `path`, replacing one that is there; `sha256` may be NULL. As `anser_media_download`,
 without a message. Ends with 33003 if another file is being downloaded to that path.
 */
int32_t anser_media_download_url(AnserClient client,
                                 const char *url,
                                 const char *path,
                                 const char *sha256,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Pauses a message's upload or download; ends when it is at rest. An upload stays paused across restarts.
 Ends with 33003 if nothing of this message is on its way.
 */
int32_t anser_media_pause(AnserClient client,
                          int64_t message_id,
                          AnserCallback callback,
                          void *user_data,
                          AnserDestroy destroy);

/*
 Lets a paused upload or download go on, or a failed or cancelled upload start again: its message is being
 sent again. Ends with 33003 if nothing of this message can go on; for uploads 41002, 34410 and 34411 as
 `anser_media_send`.
 */
int32_t anser_media_resume(AnserClient client,
                           int64_t message_id,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Cancels a message's upload, which makes the message failed with 33200, or its download, whose part is
 removed. Ends with 33003 if nothing of this message is on its way.
 */
int32_t anser_media_cancel(AnserClient client,
                           int64_t message_id,
                           AnserCallback callback,
                           void *user_data,
                           AnserDestroy destroy);

/*
 Pauses the download to a path; ends when it is at rest, with 33003 if there is none.
 */
int32_t anser_media_pause_download(AnserClient client,
                                   const char *path,
                                   AnserCallback callback,
                                   void *user_data,
                                   AnserDestroy destroy);

/*
 Lets the paused download to a path go on. Ends with 33003 if there is none: after a restart, ask for the
 file again.
 */
int32_t anser_media_resume_download(AnserClient client,
                                    const char *path,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/*
 Cancels the download to a path, also one of an earlier run, and removes its part. Ends with 33003 if there
 is none.
 */
int32_t anser_media_cancel_download(AnserClient client,
                                    const char *path,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/*
 Sets how many bytes downloaded files may take in the cache, 512 MiB at first. The longest unused go first.
 Files that were sent, or downloaded to a path of the program's, do not count and are never removed.
 */
int32_t anser_media_set_cache_limit(AnserClient client,
                                    uint64_t bytes,
                                    AnserCallback callback,
                                    void *user_data,
                                    AnserDestroy destroy);

/*
 Reads how many bytes the cache takes, unfinished downloads included: `anser_event_number` of the end.
 */
int32_t anser_media_cache_size(AnserClient client,
                               AnserCallback callback,
                               void *user_data,
                               AnserDestroy destroy);

/*
 Empties the cache, except for what is on its way. `anser_event_number` of the end is how many bytes that
 it took.
 */
int32_t anser_media_clear_cache(AnserClient client,
                                AnserCallback callback,
                                void *user_data,
                                AnserDestroy destroy);

/* ====================================================================================================
 * Files: the program's uploader
 * ==================================================================================================== */

/*
 Takes files to a file server. Set `size` to `sizeof(AnserUploader)`. Both functions run on the client's events
 thread: they return at once and do their work elsewhere.
 */
typedef struct AnserUploader {
  /*
   `sizeof(AnserUploader)`.
   */
  size_t size;
  /*
   Starts an upload. The attempt belongs to the uploader, which reports to it, ends it with
   `anser_upload_finish` or `anser_upload_fail` from any thread, and frees it. A file may be started again: after
   a pause, after a failure that may pass, after a restart. Not NULL.
   */
  void (*start)(void *user_data, AnserUpload upload);
  /*
   The attempt of this `anser_upload_id` is not wanted any more; what it still reports is ignored, and it is
   still to be freed. May be NULL: `anser_upload_is_stopped` tells the same.
   */
  void (*stop)(void *user_data, int64_t upload_id);
} AnserUploader;

/*
 Sets who takes files to a file server. Unfinished uploads, also those of earlier runs, start at once; those that
 go through another uploader are stopped and start again. `uploader` is copied. `destroy` is called once when
 `user_data` is no longer used: after another uploader was set, or when the client is freed. Returns 0, 34405 for
 NULL, 33003 for a wrong `size`, 34400, 34403; then `user_data` stays the caller's.
 */
int32_t anser_media_set_uploader(AnserClient client,
                                 const struct AnserUploader *uploader,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 The number of this attempt, as `stop` of the uploader names it; 0 for a stale handle.
 */
int64_t anser_upload_id(AnserUpload upload);

/*
 The local id of the message whose file it is; 0 for a stale handle.
 */
int64_t anser_upload_message_id(AnserUpload upload);

/*
 The file. NULL for a stale handle.
 */
const char *anser_upload_path(AnserUpload upload);

/*
 What kind of content the message has. NULL for a stale handle.
 */
const char *anser_upload_object_name(AnserUpload upload);

/*
 Size of the file in bytes.
 */
uint64_t anser_upload_size(AnserUpload upload);

/*
 Bytes that earlier attempts have reported. A hint: the file server knows what it has.
 */
uint64_t anser_upload_offset(AnserUpload upload);

/*
 Whether it is not wanted any more, or has ended; true for a stale handle.
 */
bool anser_upload_is_stopped(AnserUpload upload);

/*
 So many bytes of the file have arrived. Returns 0, also when it is stopped, or 34403 for a stale handle.
 */
int32_t anser_upload_report(AnserUpload upload, uint64_t sent_bytes);

/*
 The file has arrived; `url` is its address for those who get the message. One that is blank or above 8 KiB makes
 the message failed with 34413. Returns 0, also when it is stopped, 34403, 34404, 34405.
 */
int32_t anser_upload_finish(AnserUpload upload,
                            const char *url);

/*
 The file cannot be uploaded: for good, and the message becomes failed with `code` (34416 if that is 0); or, with
 `retryable`, for now, and it is tried again. Returns 0, also when it is stopped, or 34403 for a stale handle.
 */
int32_t anser_upload_fail(AnserUpload upload,
                          int32_t code,
                          bool retryable);

/*
 Frees an attempt; one that has not ended fails for good with 34406. Returns 0, 34403 for a stale handle.
 */
int32_t anser_upload_free(AnserUpload upload);

/* ====================================================================================================
 * Storage: the care of the user's data
 * ==================================================================================================== */

/*
 Called with how far a long task on the user's data has come, on the client's events thread: `done` of `total` rows
 of a check, messages of an export, bytes of an import. `user_data` is that of the call. Returns whether to go on;
 false ends the task with 33200 at its next step.
 */
typedef bool (*AnserStorageCallback)(void *user_data, uint64_t done, uint64_t total);

/*
 Checks the whole database and mends what is derived, in steps beside everything else. A file that is
 damaged is salvaged on the spot: `anser_event_problem` of the end says what was wrong,
 `ANSER_EVENT_DATABASE` what became of it. `anser_event_report` tells what was looked at and mended.
 `progress` may be NULL. Ends with 34312 while suspended.
 */
int32_t anser_storage_verify(AnserClient client,
                             AnserStorageCallback progress,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Writes all conversations with their messages to the file `path`, or with a `target_id` that one, as lines
 of JSON (docs/export.md), in steps beside everything else. The file is called `.part` until it is whole,
 and is removed if the call fails. `anser_event_report` of the end tells how much. `target_id` and
 `progress` may be NULL. Ends with 34315 if the file cannot be written, 34009 if there is no such
 conversation, 33200 if `progress` ended it.
 */
int32_t anser_storage_export(AnserClient client,
                             const char *path,
                             int32_t conversation_type,
                             const char *target_id,
                             AnserStorageCallback progress,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Stores what `anser_storage_export` wrote, in steps beside everything else. What is here already stays as
 it is. If it ends early, what was stored until then is kept, and importing the same file goes on from
 there: `anser_event_answer` tells whether it did. `anser_event_report` of the end tells how much.
 `progress` may be NULL. Ends with 34315 if the file cannot be read, 34313 if it is no whole export, 34314
 if it is another user's, 33200 if `progress` ended it.
 */
int32_t anser_storage_import(AnserClient client,
                             const char *path,
                             AnserStorageCallback progress,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 Reads how large the user's data is: `anser_event_report` and `anser_event_table_name` with its neighbours,
 of the end. Ends with 34312 while suspended.
 */
int32_t anser_storage_size_report(AnserClient client,
                                  AnserCallback callback,
                                  void *user_data,
                                  AnserDestroy destroy);

/*
 Ends the connection, finishes what the store has to do, closes the database and gives its lock back, as a
 system wants it that kills apps which hold one. Until `anser_storage_resume` every call that needs the
 data ends with 34312, sending and connecting too.
 */
int32_t anser_storage_suspend(AnserClient client,
                              AnserCallback callback,
                              void *user_data,
                              AnserDestroy destroy);

/*
 Opens the database again. It does not connect: `anser_client_reconnect` does. Ends as opening it the first
 time; it stays suspended then.
 */
int32_t anser_storage_resume(AnserClient client,
                             AnserCallback callback,
                             void *user_data,
                             AnserDestroy destroy);

/*
 For wake-ups by a push: resumes and connects if needed, pulls what waits, and leaves everything as it was:
 disconnected and suspended again if it was. Ends after `deadline_ms` at the latest, with what has come
 until then: `anser_event_count` of the end is how many messages are new, `anser_event_answer` tells
 whether everything that waited is here; if not, the next sync goes on. With `token` NULL that of the last
 connect is used. Ends with 33003 for a deadline of 0 or above an hour, 33001 without any token, 33006
 while another one runs, and as `anser_client_connect`.
 */
int32_t anser_storage_sync_once(AnserClient client,
                                uint64_t deadline_ms,
                                const char *token,
                                AnserCallback callback,
                                void *user_data,
                                AnserDestroy destroy);

/*
 Removes everything of the open user from this device, also databases that were set aside. Ends the
 connection; the next one pulls again what the server still has. What waits to be sent is cancelled
 (33200). Ends with 34312 while suspended.
 */
int32_t anser_storage_clear_data(AnserClient client,
                                 AnserCallback callback,
                                 void *user_data,
                                 AnserDestroy destroy);

/*
 Encrypts the database anew with the 32 bytes at `key`, which are copied. Ends with 34311 if this build
 cannot encrypt, 33003 if `size` is not 32 or the database is not encrypted.
 */
int32_t anser_storage_rekey(AnserClient client,
                            const uint8_t *key,
                            size_t size,
                            AnserCallback callback,
                            void *user_data,
                            AnserDestroy destroy);

/*
 Gives what became of the last database that was found damaged, since this client was made, as an event of
 kind `ANSER_EVENT_DATABASE`; `*out` is 0 if none was. The caller owns `*out` and frees it with
 `anser_event_free`. Returns 0, 34403, 34405.
 */
int32_t anser_storage_last_report(AnserClient client, AnserEvent *out);

#ifdef __cplusplus
}
#endif

#endif  /* ANSER_H */
