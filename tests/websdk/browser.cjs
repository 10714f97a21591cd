// Owns what the web SDK expects of a browser page and Node has not: window, location, navigator, the two
// storages, XMLHttpRequest and WebSocket. Strict where browsers are strict (CORS), so that a server that
// only works without a browser fails here. Called by peer.cjs before the SDK is loaded; knows no protocol.
'use strict';

/** Where the pretended page was loaded from: another origin than the server's, as in real life. */
const ORIGIN = 'http://page.example';

/** Web Storage: the items are own enumerable properties, because the SDK lists them with `for … in`. */
class Storage {
  constructor(items) {
    Object.assign(this, items);
  }
}
for (const [name, method] of Object.entries({
  getItem(key) { return Object.hasOwn(this, key) ? this[key] : null; },
  setItem(key, value) { this[key] = String(value); },
  removeItem(key) { delete this[key]; },
  clear() { for (const key of Object.keys(this)) delete this[key]; },
})) {
  Object.defineProperty(Storage.prototype, name, { value: method, enumerable: false });
}

/** As much of XMLHttpRequest as text requests need. What CORS forbids ends like a network failure. */
class XMLHttpRequest {
  withCredentials = false;
  readyState = 0;
  status = 0;
  responseText = '';
  onreadystatechange = null;
  onerror = null;
  #headers = {};
  #abort = new AbortController();

  open(method, url) {
    this.method = method;
    this.url = url;
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  abort() {
    this.#abort.abort();
  }

  send(body) {
    const bodyless = this.method.toUpperCase() === 'GET';
    fetch(this.url, {
      method: this.method,
      headers: { ...this.#headers, Origin: ORIGIN },
      body: bodyless || body === undefined ? undefined : body,
      signal: this.#abort.signal,
    }).then(async (response) => {
      const allowed = response.headers.get('access-control-allow-origin');
      if (allowed !== '*' && allowed !== ORIGIN) throw new Error(`CORS: ${this.url.split('?')[0]}`);
      this.responseText = await response.text();
      this.status = response.status;
      this.#done();
    }).catch((error) => {
      if (this.#abort.signal.aborted) return;
      console.error('request failed:', error.message);
      this.#done();
      this.onerror?.(error);
    });
  }

  #done() {
    this.readyState = 4;
    this.onreadystatechange?.();
  }
}

/** Makes this process a page. `WebSocket` is the class of the package `ws`. */
function pretend({ WebSocket, localStorage }) {
  class PageSocket extends WebSocket {
    constructor(url, protocols) {
      // As in a browser, each message is a task of its own, and promises settle before the next one. By
      // default `ws` hands out all messages of one read at a stretch, where the SDK still takes itself to be
      // pulling and drops what follows the pull's answer.
      super(url, protocols, { origin: ORIGIN, allowSynchronousEvents: false });
    }
  }
  const page = {
    window: globalThis,
    location: { protocol: 'http:', origin: ORIGIN, href: `${ORIGIN}/` },
    navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36' },
    localStorage: new Storage(localStorage),
    sessionStorage: new Storage({}),
    XMLHttpRequest,
    WebSocket: PageSocket,
  };
  for (const [name, value] of Object.entries(page)) {
    // Newer versions of Node have some of these as getters.
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

module.exports = { pretend };
