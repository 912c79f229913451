// Drives the page in headless Chromium: taps, languages, sizes, every job state. Screenshots go to tests/e2e/out.
//   node run.mjs --mock               against the pretend daemon
//   BASE_URL=http://... node run.mjs  against a real one (the demo, running)
//   --only WORDS                      tests whose name contains them
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { start } from './mock.mjs';

const OUT = join(dirname(fileURLToPath(import.meta.url)), '../out');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const SIZE = { phone: [390, 844], tablet: [820, 1180], desktop: [1440, 900], wall: [1920, 1080] };
const STATES = ['requested', 'assigned', 'loaded', 'moving', 'arrived', 'delivered'];
const mocked = process.argv.includes('--mock');
const JOB_MS = Number(process.env.JOB_TIMEOUT_S ?? (mocked ? 90 : 900)) * 1000;
const TAPS_MAX = 4;

let passed = 0, failed = 0, browser = null, base = process.env.BASE_URL ?? '';

class Fault extends Error {}
function must(ok, text) { if (!ok) throw new Fault(text); }

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';

async function test(name, body) {
  if (!name.includes(only)) return;
  const began = Date.now();
  try { await body(); passed += 1; console.log(`ok    ${name}  (${((Date.now() - began) / 1000).toFixed(1)} s)`); }
  catch (e) { failed += 1; console.log(`FAIL  ${name}\n      ${e instanceof Fault ? e.message : e.stack}`); }
}

// A page of one size and language; anything it complains about is a failure of the test that opened it.
async function open(size, lang, { query = '', quiet = true, ...more } = {}) {
  const [width, height] = SIZE[size];
  const context = await browser.newContext({ viewport: { width, height }, hasTouch: size === 'phone', ...more });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') complaints.push(m.text()); });
  page.on('pageerror', (e) => complaints.push(String(e)));
  page.on('request', (r) => { if (!r.url().startsWith(base)
    && !r.url().startsWith('data:')) complaints.push(`asked another host: ${r.url()}`); });
  await page.goto(`${base}/?lang=${lang}${size === 'wall' ? '&wall=1' : ''}${query}`);
  await page.waitForSelector('[data-link="live"]', { timeout: 15000 });
  await page.waitForTimeout(900);
  return { page, context, close: async () => { await context.close();
    if (quiet) must(complaints.length === 0, `the page complained: ${complaints.join(' | ')}`); } };
}

const shot = (page, name) => page.screenshot({ path: join(OUT, `${name}.png`) });

// Visible text leaves: what a person reads. Language buttons name the other language; ids and user texts are data.
const readTexts = (page) => page.evaluate(() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const el = n.parentElement, text = n.data.trim();
    if (!text || el.closest('[lang]:not(html),.user-text,script,noscript,title') !== null) continue;
    const r = document.createRange(); r.selectNodeContents(n);
    const b = r.getBoundingClientRect();
    if (b.width && b.height && getComputedStyle(el).visibility !== 'hidden') found.push(text);
  }
  for (const el of document.querySelectorAll('[aria-label],[placeholder],title')) {
    if (el.closest('[lang]:not(html)')) continue;
    found.push(el.getAttribute('aria-label') ?? el.getAttribute('placeholder') ?? el.textContent);
  }
  return found.filter(Boolean);
});

function wrongLanguage(texts, lang) {
  return texts.filter((x) => (lang === 'en' ? /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/.test(x)
    : /(^|[^A-Za-z0-9])[a-z]{2,}/.test(x)));
}

// Nothing is cut off sideways: not the page, not a button, not a title. Station names in slots may end in an ellipsis.
const PARTS = 'button, h2, h3, .section, .panel-body, .panel-foot, .notice, .figure, .legend, .who, .state, .tab-text,'
  + ' figcaption, .top';
const findOverflow = (page) => page.evaluate((parts) => {
  const bad = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) bad.push(`page ${root.scrollWidth} > ${root.clientWidth}`);
  for (const el of document.querySelectorAll(parts)) {
    const style = getComputedStyle(el), box = el.getBoundingClientRect();
    const what = `${el.tagName}.${el.className} "${el.textContent.slice(0, 30)}"`;
    if (!box.width || style.visibility === 'hidden' || el.closest('[data-panel="closed"] .area-panel')
      && innerWidth > 760) continue;
    if (el.scrollWidth > el.clientWidth + 1
      && style.display !== 'inline') bad.push(`${what} ${el.scrollWidth} > ${el.clientWidth}`);
    if (box.right > innerWidth + 1
      || box.left < -1) bad.push(`${what} leaves the screen`);
  }
  return bad;
}, PARTS);

async function judge(page, lang, where) {
  const texts = await readTexts(page), wrong = wrongLanguage(texts, lang);
  must(texts.length > 12, `${where}: only ${texts.length} texts are visible`);
  must(wrong.length === 0, `${where}: not in ${lang}: ${[...new Set(wrong)].slice(0, 8).join(' | ')}`);
  const over = await findOverflow(page);
  must(over.length === 0, `${where}: ${over.slice(0, 5).join(' ; ')}`);
}

// Everything one can press with a glove: 56 px where a request is made.
const smallTargets = (page) => page.evaluate(() => [...document.querySelectorAll('.area-panel button, .tabs button')]
  .map((el) => [el, el.getBoundingClientRect()]).filter(([el, b]) => b.width
    && (b.height < 56 && !el.matches('.square, .link') || b.height < 44))
  .map(([el, b]) => `${el.className} ${Math.round(b.width)}x${Math.round(b.height)}`));

async function requestOnPhone(lang) {
  const p = await open('phone', lang);
  const { page } = p;
  let taps = 0;
  const tap = async (selector) => { taps += 1; await page.tap(selector); };
  await judge(page, lang, 'from');
  await shot(page, `phone-${lang}-1-from`);
  must((await smallTargets(page)).length === 0, `too small for gloves: ${await smallTargets(page)}`);
  await page.evaluate(() => { window.news = []; new EventSource('/api/v1/events').addEventListener('job', (e) =>
    window.news.push(JSON.parse(e.data))); });
  await tap('[data-station="pharmacy"].card-station');
  await page.waitForSelector('[data-step="to"]');
  await judge(page, lang, 'to');
  await shot(page, `phone-${lang}-2-to`);
  await tap('[data-station="ward-3a"].card-station');
  await page.waitForSelector('#send');
  await judge(page, lang, 'confirm');
  must((await smallTargets(page)).length === 0, `too small for gloves: ${await smallTargets(page)}`);
  await shot(page, `phone-${lang}-3-confirm`);
  await tap('#send');
  await page.waitForSelector('.timeline', { timeout: 10000 });
  must(taps <= TAPS_MAX, `${taps} taps, at most ${TAPS_MAX} are allowed`);
  const id = Number((await page.textContent('.received .number')).replace(/\D/g, ''));
  must(id > 0, 'no job number is shown');
  await page.waitForTimeout(400);
  await judge(page, lang, 'sent');
  await shot(page, `phone-${lang}-4-sent`);
  must(await page.locator('.cancel').count() === 1, 'a fresh job can be cancelled');
  const seen = new Set(), end = Date.now() + JOB_MS;
  while (!seen.has('delivered') && Date.now() < end) {
    const state = await page.getAttribute('.timeline .here', 'data-state').catch(() => null);
    if (state && !seen.has(state)) {
      seen.add(state);
      await judge(page, lang, state);
      if (state === 'moving' || state === 'delivered') { await shot(page, `phone-${lang}-5-${state}`);
        must(await page.locator('.cancel').count() === 0, 'no cancel button once loaded'); }
    }
    await page.waitForTimeout(60);
  }
  const done = await page.locator('.timeline li.done').evaluateAll((all) => all.map((x) => x.dataset.state));
  must(seen.has('delivered'), `delivered was not reached; seen: ${[...seen]}`);
  must(STATES.every((x) => done.includes(x)), `the timeline ends with ${done}`);
  const real = await page.evaluate((n) => fetch(`/api/v1/jobs/${n}`).then((r) => r.json()), id);
  must(real.state === 'delivered' && real.from === 'pharmacy' && real.to === 'ward-3a' && real.quantity === 1,
    `the server says ${JSON.stringify(real)}`);
  const news = await page.evaluate((n) => window.news.filter((j) => j.id === n).map((j) => j.state), id);
  must(STATES.every((x) => news.includes(x)), `the event stream told only ${news}`);
  console.log(`      ${taps} taps, states seen live: ${[...seen].join(' ')}`);
  await p.close();
}

async function lookAround(lang) {
  for (const size of Object.keys(SIZE)) {
    const p = await open(size, lang);
    const { page } = p;
    if (size === 'phone') {
      for (const tab of ['map', 'jobs']) {
        await page.tap(`[data-tab-button="${tab}"]`);
        await page.waitForTimeout(700);
        await judge(page, lang, `${size} ${tab}`);
        await shot(page, `phone-${lang}-${tab}`);
      }
    } else {
      must(await page.locator('.level').count() === 4, 'four levels are drawn');
      const robots = await page.locator('.robot').count(), cars = await page.locator('[data-elevator]').count();
      must(robots >= 6, `${robots} robots are drawn, at least 6 are alive in the demo`);
      must(cars >= 2, `${cars} elevators are shown, the demo has 2`);
      const jobs = await page.locator('.rows.open .job').count();
      must(jobs > 0, 'open jobs are listed');
      await judge(page, lang, size);
      await shot(page, `${size}-${lang}`);
    }
    await p.close();
  }
}

async function robotsMove() {
  const p = await open('desktop', 'en');
  const { page } = p;
  const moved = await page.evaluate(async () => {
    const seen = new Map(), steps = [];
    for (let i = 0; i < 90; i += 1) {
      await new Promise(requestAnimationFrame);
      for (const el of document.querySelectorAll('.robot')) {
        const [x, y] = el.getAttribute('transform').match(/-?[\d.]+/g).map(Number), last = seen.get(el.dataset.robot);
        if (last && last.parent === el.parentNode && (last.x !== x || last.y !== y)) steps.push(Math.hypot(x - last.x,
          y - last.y));
        seen.set(el.dataset.robot, { x, y, parent: el.parentNode });
      }
    }
    return steps;
  });
  must(moved.length > 20, `robots are drawn between updates too: only ${moved.length} steps in 90 frames`);
  await p.close();
}

async function drawerOnDesktop() {
  const p = await open('desktop', 'zh');
  const { page } = p;
  await page.click('.ask-button');
  await page.waitForTimeout(350);
  await shot(page, 'desktop-zh-drawer');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(350);
  await page.locator('.place[data-station="kitchen"]').dispatchEvent('click');
  await page.waitForSelector('.card[data-open="true"]');
  await page.click('.card .quiet >> nth=0');
  await page.click('.card-station[data-station="ward-2b"]');
  await page.waitForTimeout(350);
  await judge(page, 'zh', 'drawer');
  await shot(page, 'desktop-zh-confirm');
  await page.click('.lang');
  await page.waitForTimeout(500);
  await judge(page, 'en', 'drawer after the switch');
  await page.keyboard.press('Escape');
  await page.locator('[data-robot-chip]').first().click();
  await page.waitForTimeout(400);
  must(/R01|1/.test(await page.textContent('.card')), 'a robot tells about itself');
  await judge(page, 'en', 'robot card');
  await shot(page, 'desktop-en-robot');
  await page.reload();
  await page.waitForSelector('[data-link="live"]');
  await p.close();
}

async function languageIsKept() {
  const p = await open('desktop', 'en');
  await p.page.goto(`${base}/`);
  await p.page.waitForSelector('[data-link="live"]');
  must(await p.page.getAttribute('html', 'lang') === 'en', 'the chosen language is remembered');
  await p.close();
}

async function cancelAndMemory() {
  const p = await open('phone', 'zh');
  const { page } = p;
  await page.tap('.card-station[data-station="store"]');
  await page.tap('.card-station[data-station="ward-2a"]');
  // Eight: the live hospital asks for things of its own, but never for so many of one.
  for (let taps = 0; taps < 7; taps++) await page.tap('.stepper button >> nth=1');
  await page.dblclick('#send');
  await page.waitForSelector('.cancel');
  const before = await page.evaluate(() => fetch('/api/v1/jobs?state=all&limit=100').then((r) => r.json()));
  const mine = before.jobs.filter((j) => j.from === 'store' && j.to === 'ward-2a' && j.quantity === 8 && !j.ended_at);
  must(mine.length === 1, `a double tap made ${mine.length} jobs`);
  await page.tap('.cancel');
  await page.tap('.cancel');
  await page.waitForSelector('.timeline [data-state="cancelled"]');
  await judge(page, 'zh', 'cancelled');
  await shot(page, 'phone-zh-6-cancelled');
  await page.tap('.another');
  await page.waitForSelector('.card-repeat');
  await shot(page, 'phone-zh-7-again');
  await page.tap('.card-repeat');
  await page.waitForSelector('#send');
  await p.close();
}

async function offlineAndBack() {
  const p = await open('phone', 'en', { quiet: false });
  const { page, context } = p;
  await page.tap('.card-station[data-station="lab"]');
  await page.tap('.card-station[data-station="ward-1a"]');
  await context.setOffline(true);
  await page.waitForSelector('.notice[data-level="offline"]', { timeout: 20000 });
  await page.tap('#send');
  await page.waitForSelector('.problem.soft');
  await judge(page, 'en', 'offline');
  await shot(page, 'phone-en-8-offline');
  await context.setOffline(false);
  await page.waitForSelector('.timeline', { timeout: 30000 });
  await page.waitForSelector('[data-link="live"]', { timeout: 30000 });
  await page.waitForFunction(() => !document.querySelector('.notice[data-level="offline"]'));
  const id = Number((await page.textContent('.received .number')).replace(/\D/g, ''));
  await page.evaluate((n) => fetch(`/api/v1/jobs/${n}`, { method: 'DELETE' }), id);
  await p.close();
}

async function problemsInBothLanguages() {
  for (const lang of ['zh', 'en']) {
    const p = await open('phone', lang, { quiet: false });
    const { page } = p;
    await page.route('**/api/v1/jobs', (route) => (route.request().method() !== 'POST' ? route.continue()
      : route.fulfill({ status: 422, contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Unreachable station', title_zh: '无法到达', status: 422,
        detail: 'No robot can reach the station.', detail_zh: '机器人无法到达该站点。', field: 'to' }) })));
    await page.tap('.card-station[data-station="lab"]');
    await page.tap('.card-station[data-station="ward-1a"]');
    await page.tap('#send');
    await page.waitForSelector('.problem:not(:empty)');
    const text = await page.textContent('.problem');
    const expected = lang === 'zh' ? '机器人无法到达该站点。' : 'No robot can reach the station.';
    must(text === expected, `the problem reads "${text}"`);
    await shot(page, `phone-${lang}-9-problem`);
    await p.close();
  }
}

async function darkTheme() {
  const p = await open('desktop', 'en', { colorScheme: 'dark' });
  await shot(p.page, 'desktop-en-dark');
  must(await p.page.evaluate(() => document.documentElement.dataset.theme) === 'dark',
    'the dark theme follows the device');
  await p.close();
}

async function alarmsShown(mock) {
  const p = await open('desktop', 'zh');
  const lost = mock.world.robots.find((r) => r.id === 'R03');
  lost.link = 'silent'; lost.dirty = true;
  mock.world.send('alarm', { event: 202, level: 'warn', zh: '机器人 R03 超过 12 秒没有消息',
    en: 'no message from robot R03 for 12 seconds' });
  mock.world.send('alarm', { event: 204, level: 'alarm', zh: '机器人 R05 报告致命错误',
    en: 'robot R05 reports a fatal error' });
  await p.page.waitForSelector('.notice[data-level="alarm"]');
  await p.page.waitForTimeout(300);
  await judge(p.page, 'zh', 'alarms');
  await shot(p.page, 'desktop-zh-alarms');
  await p.page.click('.notice[data-level="alarm"] button');
  await p.page.waitForFunction(() => document.querySelectorAll('.notice').length === 1);
  await p.page.click('.lang');
  must((await p.page.textContent('.notice')).includes('no message from robot R03'), 'a notice changes language too');
  must(await p.page.locator('.robot.tone-trouble').count() === 1, 'the silent robot stands out on the plan');
  lost.link = 'online'; lost.dirty = true;
  await p.page.waitForFunction(() => document.querySelectorAll('.notice').length === 0);
  await p.close();
}

await mkdir(OUT, { recursive: true });
const mock = mocked ? await start({ speed: 12, auto: true }) : null;
if (mock) base = mock.url;
if (!base) { console.log('say BASE_URL=http://host:port or --mock'); process.exit(2); }
browser = await launch({ executablePath: CHROMIUM, args: ARGS });
await test('the judge of languages and widths finds planted faults', async () => {
  const p = await open('desktop', 'en');
  await p.page.evaluate(() => {
    document.querySelector('#jobs h2').textContent = '任务';
    document.querySelector('#cars').style.width = '4000px';
  });
  must(wrongLanguage(await readTexts(p.page), 'en').includes('任务'), 'Chinese on the English page is not found');
  must(wrongLanguage(['3 robots'], 'zh').length === 1, 'English on the Chinese page is not found');
  must((await findOverflow(p.page)).length > 0, 'a box wider than the screen is not found');
  await p.close();
});
await test('a phone asks for a delivery in at most four taps, zh', () => requestOnPhone('zh'));
await test('a phone asks for a delivery in at most four taps, en', () => requestOnPhone('en'));
await test('robots move between two updates', robotsMove);
await test('every size shows the hospital, zh', () => lookAround('zh'));
await test('every size shows the hospital, en', () => lookAround('en'));
await test('a desktop asks from the drawer and from the plan', drawerOnDesktop);
await test('the language is kept', languageIsKept);
await test('a double tap makes one job, which can be cancelled; the last route is remembered', cancelAndMemory);
await test('offline: a notice, and the request leaves by itself later', offlineAndBack);
await test('a refused request says why in the language of the page', problemsInBothLanguages);
await test('dark follows the device', darkTheme);
if (mock) await test('alarms are shown, dismissed and translated', () => alarmsShown(mock));
await browser.close();
mock?.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
