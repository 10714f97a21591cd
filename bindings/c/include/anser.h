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
 * more. If they return anything else, nothing is told and user_data stays yours.
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
 Conversations changed; they are only named.
 */
#define ANSER_EVENT_CONVERSATIONS 16

/*
 The host was too slow and events were dropped: read the lists again.
 */
#define ANSER_EVENT_OVERFLOW 32

/*
 Options for a client. 0 is none.
 */
typedef uint64_t AnserOptions;

/*
 A client. 0 is none.
 */
typedef uint64_t AnserClient;

/*
 Something that happened. 0 is none. What it holds lives as long as its handle.
 */
typedef uint64_t AnserEvent;

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

/*
 A listener's place. 0 is none.
 */
typedef uint64_t AnserSubscription;

/*
 Called with a line of the library's log, on the client's events thread. `level`: 1 error, 2 warning,
 3 information, 4 debugging. The texts are valid during this call.
 */
typedef void (*AnserLogCallback)(void *user_data, int32_t level, const char *target, const char *text);

/*
 A message. 0 is none. Text of a message lives as long as its handle.
 */
typedef uint64_t AnserMessage;

/*
 A conversation. 0 is none. Its text and its newest message live as long as its handle.
 */
typedef uint64_t AnserConversation;

/*
 What a message asks for beyond its content. Set `size` to `sizeof(AnserSendOptions)` and everything else
 to 0, then what is wanted: fields of newer versions come at the end.
 */
typedef struct AnserSendOptions {
  /*
   `sizeof(AnserSendOptions)`.
   */
  size_t size;
  /*
   Text of the push notification for receivers that are offline; may be NULL.
   */
  const char *push_text;
  /*
   Opaque data of the push notification; may be NULL.
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
} AnserSendOptions;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Makes options for `app_key` and `navigation` (`https://host[:port]`, or `http://host[:port]` for a
 server without TLS). Neither may be NULL. The caller owns `*out` and frees it with
 `anser_options_free`. Returns 0, 34405 for NULL, 34404 for text that is not UTF-8.
 */
int32_t anser_options_new(const char *app_key, const char *navigation, AnserOptions *out);

/*
 Keeps data below `path`, which is made if it does not exist; NULL keeps it in memory, gone with the
 client. Returns 0, 34403 for a stale handle, 34404 for text that is not UTF-8.
 */
int32_t anser_options_set_data_dir(AnserOptions options, const char *path);

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
 Trusts these certificates (PEM) besides the web's; NULL trusts the web's alone. Returns as
 `anser_options_set_data_dir`; whether they are usable shows in `anser_client_new`.
 */
int32_t anser_options_set_ca_pem(AnserOptions options, const char *pem);

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

/*
 Hears events of one kind: `kind` is one of `ANSER_EVENT_STATUS`, `_MESSAGES`, `_SENT`, `_CONVERSATIONS`
 or `_OVERFLOW`; add a listener for each kind wanted. A status listener gets the current status first. The
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

/*
 One of `ANSER_EVENT_…`; 0 for a stale handle.
 */
int32_t anser_event_kind(AnserEvent event);

/*
 Why a call failed, or why the status changed; 0 if there is nothing to say.
 */
int32_t anser_event_error(AnserEvent event);

/*
 The new status: 0 connected, 1 connecting, 2 disconnected, 3 network unavailable, 4 closed, 6 kicked,
 …; −1 for a stale handle.
 */
int32_t anser_event_status(AnserEvent event);

/*
 The number that a call resulted in.
 */
uint32_t anser_event_count(AnserEvent event);

/*
 The text that a call resulted in (the user id of connecting); NULL if it has none.
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
                            const struct AnserSendOptions *options,
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
 10 sending, 20 failed, 30 sent, 40 received, 50 read; 0 for a stale handle.
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
 Gives a message another handle, which outlives the event it came with. The caller owns `*out` and frees
 it with `anser_message_free`. Returns 0, 34403 for a stale handle, 34405 for NULL.
 */
int32_t anser_message_retain(AnserMessage message, AnserMessage *out);

/*
 Frees a handle made with `anser_message_retain`. Returns 0, 34403 for a stale handle.
 */
int32_t anser_message_free(AnserMessage message);

/*
 Reads up to `count` conversations, the one with the newest message first. `types` lists the wanted kinds
 (`types_count` numbers); none means all. `after_type` and `after_target_id` name the last row already
 shown; `after_target_id` is NULL for the first page. Ends with 33003 for a count of 0 or above 1000.
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
 Reads one conversation; the end holds none if nothing is known of it.
 */
int32_t anser_conversations_get(AnserClient client,
                                int32_t conversation_type,
                                const char *target_id,
                                AnserCallback callback,
                                void *user_data,
                                AnserDestroy destroy);

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
 Counts the unread messages of all conversations of these kinds: `anser_event_count` of the end.
 */
int32_t anser_conversations_unread_count_by_types(AnserClient client,
                                                  const int32_t *conversation_types,
                                                  size_t types_count,
                                                  AnserCallback callback,
                                                  void *user_data,
                                                  AnserDestroy destroy);

/*
 Counts the unread messages of all conversations; chatrooms do not count. `anser_event_count` of the end.
 */
int32_t anser_conversations_total_unread_count(AnserClient client,
                                               AnserCallback callback,
                                               void *user_data,
                                               AnserDestroy destroy);

/*
 Marks everything in a conversation as read.
 */
int32_t anser_conversations_clear_unread(AnserClient client,
                                         int32_t conversation_type,
                                         const char *target_id,
                                         AnserCallback callback,
                                         void *user_data,
                                         AnserDestroy destroy);

/*
 Marks everything in every conversation as read.
 */
int32_t anser_conversations_clear_all_unread(AnserClient client,
                                             AnserCallback callback,
                                             void *user_data,
                                             AnserDestroy destroy);

/*
 Its type: 1 private, 3 group, …; 0 for a stale handle.
 */
int32_t anser_conversation_type(AnserConversation conversation);

/*
 Its target: the peer's or the group's id. NULL for a stale handle.
 */
const char *anser_conversation_target_id(AnserConversation conversation);

/*
 Its unread messages; 0 in an event that only names it.
 */
uint32_t anser_conversation_unread_count(AnserConversation conversation);

/*
 What the list is sorted by: time of the newest message, ms since 1970.
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
 Gives a conversation another handle, which outlives the event it came with. The caller owns `*out` and
 frees it with `anser_conversation_free`. Returns 0, 34403 for a stale handle, 34405 for NULL.
 */
int32_t anser_conversation_retain(AnserConversation conversation, AnserConversation *out);

/*
 Frees a handle made with `anser_conversation_retain`. Returns 0, 34403 for a stale handle.
 */
int32_t anser_conversation_free(AnserConversation conversation);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ANSER_H */
