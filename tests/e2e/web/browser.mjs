// Drives Debian's chromium over its debugging pipe: what run.mjs needs and nothing else, so that the tests need node and
// chromium only. An action waits until its element is visible, has stopped moving and is what a finger would hit.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE_MS = 30000, POLL_MS = 40;
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

// One JSON message after another, each ended by a NUL; answers carry the number of their question.
class Pipe {
  constructor(child) {
    this.out = child.stdio[3];
    this.asked = new Map();
    this.listeners = new Map(); // session -> (method, params)
    this.last = 0;
    let parts = [];
    child.stdio[4].on('data', (bytes) => {
      let from = 0;
      for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
        parts.push(bytes.subarray(from, end));
        this.heard(JSON.parse(Buffer.concat(parts).toString('utf8')));
        parts = [];
        from = end + 1;
      }
      if (from < bytes.length) parts.push(bytes.subarray(from));
    });
    child.on('exit', (code) => {
      for (const { no } of this.asked.values()) no(new Error(`chromium ended (exit code ${code})`));
      this.asked.clear();
    });
    this.out.on('error', () => {}); // the exit above says it better
  }

  heard(message) {
    const waiting = this.asked.get(message.id);
    if (!waiting) { this.listeners.get(message.sessionId)?.(message.method, message.params); return; }
    this.asked.delete(message.id);
    if (message.error) waiting.no(new Error(`${waiting.method}: ${message.error.message}`));
    else waiting.yes(message.result);
  }

  ask(method, params = {}, sessionId = undefined) {
    const id = this.last += 1;
    return new Promise((yes, no) => {
      this.asked.set(id, { yes, no, method });
      this.out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }
}

// "SELECTOR" or "SELECTOR >> nth=N"
function parse(selector) {
  const [css, nth] = selector.split(' >> nth=');
  return { css, nth: Number(nth ?? 0) };
}

class Page {
  constructor(pipe, session) {
    this.ask = (method, params) => pipe.ask(method, params, session);
    this.handlers = { console: [], pageerror: [], request: [] };
    this.loaded = null;
    this.keyboard = { press: (key) => this.press(key) };
    pipe.listeners.set(session, (method, params) => this.heard(method, params));
  }

  on(what, handler) { this.handlers[what].push(handler); }

  tell(what, value) { for (const handler of this.handlers[what]) handler(value); }

  heard(method, params) {
    if (method === 'Page.loadEventFired') this.loaded?.();
    else if (method === 'Network.requestWillBeSent') this.tell('request', { url: () => params.request.url });
    else if (method === 'Runtime.exceptionThrown') {
      this.tell('pageerror', params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === 'Runtime.consoleAPICalled') {
      const text = params.args.map((x) => x.value ?? x.description ?? '').join(' ');
      this.tell('console', { type: () => params.type, text: () => text });
    } else if (method === 'Log.entryAdded') {
      this.tell('console', { type: () => params.entry.level, text: () => params.entry.text });
    } else if (method === 'Fetch.requestPaused') this.paused(params);
  }

  paused({ requestId, request }) {
    const ignore = () => {}; // the page may be gone by then
    this.handler({
      request: () => ({ method: () => request.method, url: () => request.url }),
      continue: () => this.ask('Fetch.continueRequest', { requestId }).catch(ignore),
      fulfill: ({ status, contentType, body }) => this.ask('Fetch.fulfillRequest', { requestId, responseCode: status,
        responseHeaders: [{ name: 'Content-Type', value: contentType }],
        body: Buffer.from(body).toString('base64') }).catch(ignore),
    });
  }

  async route(pattern, handler) {
    this.handler = handler;
    await this.ask('Fetch.enable', { patterns: [{ urlPattern: pattern.replaceAll('**', '*') }] });
  }

  async load(method, params) {
    const done = new Promise((yes) => { this.loaded = yes; });
    const { errorText } = await this.ask(method, params);
    if (errorText) throw new Error(`${params.url}: ${errorText}`);
    await Promise.race([done, sleep(PATIENCE_MS).then(() => { throw new Error('the page does not load'); })]);
  }

  goto(url) { return this.load('Page.navigate', { url }); }

  reload() { return this.load('Page.reload', {}); }

  // `fn` runs in the page with `value`, which travels as JSON.
  async evaluate(fn, value = null) {
    const { result, exceptionDetails } = await this.ask('Runtime.evaluate',
      { expression: `(${fn})(${JSON.stringify(value)})`, awaitPromise: true, returnByValue: true, userGesture: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async poll(what, timeout, question) {
    const end = Date.now() + timeout;
    for (;;) {
      const answer = await question();
      if (answer) return answer;
      if (Date.now() > end) throw new Error(`waited ${timeout} ms for ${what}`);
      await sleep(POLL_MS);
    }
  }

  waitForTimeout(ms) { return sleep(ms); }

  waitForFunction(fn) { return this.poll('a condition', PATIENCE_MS, () => this.evaluate(fn)); }

  waitForSelector(selector, { timeout = PATIENCE_MS } = {}) {
    return this.poll(selector, timeout, () => this.evaluate((css) => [...document.querySelectorAll(css)].some((el) => {
      const box = el.getBoundingClientRect();
      return box.width > 0 && box.height > 0 && getComputedStyle(el).visibility !== 'hidden';
    }), selector));
  }

  // Where to press, once the element keeps still there and nothing lies over it.
  async spot(selector) {
    let before = '';
    return this.poll(`${selector} to be ready to press`, PATIENCE_MS, async () => {
      const at = await this.evaluate(({ css, nth }) => {
        const el = document.querySelectorAll(css)[nth];
        if (!el || el.disabled) return null;
        let box = el.getBoundingClientRect();
        if (box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth) {
          el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
          box = el.getBoundingClientRect();
        }
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        const hit = document.elementFromPoint(x, y);
        return box.width && box.height && hit && (el.contains(hit) || hit.contains(el) && hit.closest('button, label'))
          ? { x, y } : null;
      }, parse(selector));
      const now = JSON.stringify(at), still = at && now === before;
      before = now;
      return still ? at : null;
    });
  }

  async tap(selector) {
    const at = await this.spot(selector);
    await this.ask('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
    await this.ask('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }

  async click(selector, times = 1) {
    const at = await this.spot(selector), left = { ...at, button: 'left' };
    await this.ask('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at });
    for (let clickCount = 1; clickCount <= times; clickCount += 1) {
      await this.ask('Input.dispatchMouseEvent', { type: 'mousePressed', ...left, clickCount });
      await this.ask('Input.dispatchMouseEvent', { type: 'mouseReleased', ...left, clickCount });
    }
  }

  dblclick(selector) { return this.click(selector, 2); }

  async press(key) {
    const codes = { Escape: 27, Enter: 13, Tab: 9 };
    const what = { key, code: key, windowsVirtualKeyCode: codes[key] };
    await this.ask('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...what });
    await this.ask('Input.dispatchKeyEvent', { type: 'keyUp', ...what });
  }

  async read(selector, fn) {
    const found = await this.poll(selector, PATIENCE_MS, () => this.evaluate(
      `({ css, nth }) => { const el = document.querySelectorAll(css)[nth]; return el && { is: (${fn})(el) }; }`,
      parse(selector)));
    return found.is;
  }

  textContent(selector) { return this.read(selector, (el) => el.textContent); }

  getAttribute(selector, name) { return this.read(selector, `(el) => el.getAttribute(${JSON.stringify(name)})`); }

  locator(selector) {
    return {
      count: () => this.evaluate((css) => document.querySelectorAll(css).length, selector),
      first: () => this.locator(`${parse(selector).css} >> nth=0`),
      click: () => this.click(selector),
      evaluateAll: (fn) => this.evaluate(`(css) => (${fn})([...document.querySelectorAll(css)])`, selector),
      dispatchEvent: (type) => this.read(selector, `(el) => el.dispatchEvent(new MouseEvent(${JSON.stringify(type)},
        { bubbles: true, cancelable: true, composed: true }))`),
    };
  }

  async screenshot({ path }) {
    const { data } = await this.ask('Page.captureScreenshot', { format: 'png' });
    await writeFile(path, Buffer.from(data, 'base64'));
  }
}

class Context {
  constructor(pipe, id, options) { Object.assign(this, { pipe, id, options, pages: [] }); }

  async newPage() {
    const { viewport, hasTouch = false, colorScheme = 'light' } = this.options;
    const { targetId } = await this.pipe.ask('Target.createTarget', { url: 'about:blank', browserContextId: this.id });
    const { sessionId } = await this.pipe.ask('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this.pipe, sessionId);
    await Promise.all([
      ...['Page', 'Runtime', 'Network', 'Log'].map((domain) => page.ask(`${domain}.enable`)),
      page.ask('Emulation.setDeviceMetricsOverride', { ...viewport, deviceScaleFactor: 1, mobile: false }),
      page.ask('Emulation.setTouchEmulationEnabled', { enabled: hasTouch }),
      page.ask('Emulation.setFocusEmulationEnabled', { enabled: true }),
      page.ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: colorScheme }] }),
    ]);
    this.pages.push(page);
    return page;
  }

  async setOffline(offline) {
    for (const page of this.pages) {
      await page.ask('Network.emulateNetworkConditions',
        { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    }
  }

  close() { return this.pipe.ask('Target.disposeBrowserContext', { browserContextId: this.id }); }
}

export async function launch({ executablePath, args = [] }) {
  const home = await mkdtemp(join(tmpdir(), 'orderly-browser-'));
  const child = spawn(executablePath, ['--headless', '--remote-debugging-pipe', `--user-data-dir=${home}`,
    '--no-startup-window', '--hide-scrollbars', '--mute-audio', '--disable-dev-shm-usage', '--force-color-profile=srgb',
    '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding', '--disable-extensions', '--password-store=basic', ...args],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = new Promise((yes, no) => { child.on('exit', yes); child.on('error', no); });
  ended.catch(() => {}); // told by the first question
  const pipe = new Pipe(child);
  await Promise.race([pipe.ask('Browser.getVersion'), ended.then(() => { throw new Error('chromium does not start'); })]);
  return {
    async newContext(options) {
      const { browserContextId } = await pipe.ask('Target.createBrowserContext', { disposeOnDetach: true });
      return new Context(pipe, browserContextId, options);
    },
    async close() {
      await pipe.ask('Browser.close').catch(() => {});
      await Promise.race([ended, sleep(5000).then(() => child.kill('SIGKILL'))]);
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
