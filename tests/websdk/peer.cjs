// Owns one browser page in which the official web SDK runs, driven over standard input and output by lines
// of JSON: `{id, call, args}` is answered by `{id, value}` or `{id, error}`, and between the answers come
// `{event, …}`. Started by tests/websdk/page.rs as `node peer.cjs FOLDER`, FOLDER being where the SDK is
// installed. Ends with its standard input. Must not change the SDK or make up anything that it did not say.
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const readline = require('node:readline');
const { pretend } = require('./browser.cjs');

const installed = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'));

// Standard output is the wire to the test; what the SDK logs goes to standard error.
const { Console } = require('node:console');
globalThis.console = new Console(process.stderr, process.stderr);

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The SDK, once the page is open. */
let sdk;
let client;

/** The part of a message that tests compare. */
function shown(message) {
  const { conversationType, targetId, senderUserId, messageType, objectName, messageUId, sentTime } = message;
  const { content, messageDirection, offLineMessage, sentStatus } = message;
  return {
    conversationType, targetId, senderUserId, messageType, objectName, messageUId, sentTime,
    content, messageDirection, offLineMessage, sentStatus,
  };
}

/** A call of the SDK with its callback pair, as a promise of what `pick` makes of the success. */
function asked(call, pick = (value) => value ?? null) {
  return new Promise((resolve, reject) => {
    call({
      onSuccess: (...values) => resolve(pick(...values)),
      onError: (code) => reject(code),
      onTokenIncorrect: () => reject('token incorrect'),
    });
  });
}

const calls = {
  /** Loads the page: the storage it finds, where the server is, and `websocket` or `comet`. */
  open({ navi, appKey, storage, connectionType }) {
    pretend({ WebSocket: installed('ws'), localStorage: storage ?? {} });
    sdk = installed('@rongcloud/imlib-v2');
    const { RongIMClient } = sdk;
    RongIMClient.init(appKey, undefined, { navi, connectionType, indexDBSwitch: false });
    RongIMClient.setConnectionStatusListener({
      onChanged: (status) => tell({ event: 'status', status }),
    });
    RongIMClient.setOnReceiveMessageListener({
      onReceived: (message) => tell({ event: 'message', message: shown(message) }),
    });
    RongIMClient.setTypingStatusListener({
      onChanged: (typing) => tell({ event: 'typing', typing }),
    });
    RongIMClient.setConversationStatusListener({
      onChanged: (states) => tell({ event: 'states', states }),
    });
    client = RongIMClient.getInstance();
    return { version: client.getSDKInfo().version };
  },

  /** Logs in; the value is the user's id. */
  connect: ({ token }) => asked((callback) => sdk.RongIMClient.connect(token, callback)),

  /** Leaves; the page stays open. */
  disconnect: async () => {
    await client.disconnect();
    return null;
  },

  /** What a browser would keep for the next page of this origin. */
  storage: () => ({ ...globalThis.localStorage }),

  /** Makes a kind of message known that the app has invented. */
  register({ message, objectName, fields }) {
    sdk.RongIMClient.registerMessageType(message, objectName, new sdk.MessageTag(true, true), fields);
    return null;
  },

  /** Sends content of a kind of the SDK or of the app. */
  send({ type, target, message, content, isMentioned, options }) {
    const Kind = sdk[message] ?? sdk.RongIMClient.RegisterMessage[message];
    return asked(
      (callback) => client.sendMessage(
        type, target, new Kind(content), callback, isMentioned, undefined, undefined, undefined, options,
      ),
      shown,
    );
  },

  /** Tells the target that text is being typed. */
  typing: ({ type, target }) => asked(
    (callback) => client.sendTypingStatusMessage(type, target, 'RC:TxtMsg', callback),
    () => null,
  ),

  /** Takes a message back that this page has shown. */
  recall: ({ message }) => asked((callback) => client.sendRecallMessage(message, callback), shown),

  /** Mutes a conversation or puts it on top, for all devices. */
  set_state: ({ type, target, state }) => asked(
    (callback) => client.setConversationStatus(type, target, state, callback),
    () => null,
  ),

  conversations: ({ count }) => asked(
    (callback) => client.getConversationList(callback, null, count),
    (list) => list.map((row) => ({
      conversationType: row.conversationType,
      targetId: row.targetId,
      unreadMessageCount: row.unreadMessageCount,
      latestMessage: row.latestMessage && shown(row.latestMessage),
    })),
  ),

  remove_conversation: ({ type, target }) => asked(
    (callback) => client.removeConversation(type, target, callback),
    () => null,
  ),

  unread: ({ type, target }) => asked((callback) => client.getUnreadCount(type, target, callback)),

  clear_unread: ({ type, target }) => asked((callback) => client.clearUnreadCount(type, target, callback)),

  history: ({ type, target, time, count, order }) => asked(
    (callback) => client.getHistoryMessages(type, target, time, count, callback, undefined, order),
    (list, hasMore) => ({ list: list.map(shown), hasMore }),
  ),

  delete: ({ type, target, messages }) => asked(
    (callback) => client.deleteRemoteMessages(type, target, messages, callback),
  ),

  clear_history: (range) => asked((callback) => client.clearRemoteHistoryMessages(range, callback)),
};

async function answer(line) {
  const { id, call, args } = JSON.parse(line);
  try {
    tell({ id, value: await calls[call](args) });
  } catch (error) {
    tell({ id, error: error instanceof Error ? error.stack : error });
  }
}

// The SDK throws where nobody catches in some of its failures; a page only logs that.
process.on('unhandledRejection', (error) => tell({ event: 'uncaught', error: String(error?.stack ?? error) }));
process.on('uncaughtException', (error) => tell({ event: 'uncaught', error: String(error?.stack ?? error) }));

readline.createInterface({ input: process.stdin }).on('line', answer).on('close', () => process.exit(0));
