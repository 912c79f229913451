// What the page believes: one snapshot, then the event stream. Reconnects by itself, for ever.
//
// On every (re)connection the snapshot is fetched after the stream's first word, and events that arrive meanwhile
// are applied after it: nothing can fall between the two.

import { loggedIn, session } from './session.js';

const subscribers = new Set();
export const store = {
  site: null, robots: new Map(), elevators: new Map(), jobs: new Map(), alarms: [], link: 'connecting', offset: 0,
  station: new Map(), node: new Map(), delivered: 0,
};

export const JOBS_TOLD = 100;
const LINK_EVENTS = [201, 202], WARN_MS = 5 * 60 * 1000;
const JOBS_KEPT = 200, ALARMS_KEPT = 50, HEALTH_MS = 10000, FETCH_MS = 8000;
let stream = null, pending = null, retry = 1000, retryTimer = 0, alarmSeq = 0, siteText = '';

export function subscribe(f) { subscribers.add(f); }
const tell = (what, id) => subscribers.forEach((f) => f(what, id));

// Server time: the wall clock of a ward tablet is rarely right.
export function now() { return Date.now() + store.offset; }
export const ended = (j) => j.state === 'delivered' || j.state === 'cancelled' || j.state === 'failed';

function limit() {
  const c = new AbortController();
  setTimeout(() => c.abort(), FETCH_MS);
  return c.signal;
}

async function getJson(path) {
  const res = await fetch(path, { headers: { accept: 'application/json' }, signal: limit(), cache: 'no-store' });
  if (res.status === 401) loggedIn(true).then(connect);
  if (!res.ok) throw new Error(`${path}: ${res.status}`);
  return res.json();
}

function setLink(link) {
  if (store.link === link) return;
  store.link = link;
  tell('link');
}

function keepJob(j) {
  store.jobs.set(j.id, j);
  if (store.jobs.size <= JOBS_KEPT) return;
  for (const id of [...store.jobs.keys()].sort((a, b) => a - b)) {
    if (store.jobs.size <= JOBS_KEPT) break;
    if (ended(store.jobs.get(id))) store.jobs.delete(id);
  }
}

export function addJob(j) { keepJob(j); tell('job', j.id); }

function apply(kind, data) {
  if (kind === 'job') { keepJob(data); tell('job', data.id); }
  if (kind === 'robot') {
    data.heard_at = performance.now();
    store.robots.set(data.id, data);
    tell('robot', data.id);
    heardAgain(data);
  }
  if (kind === 'elevator') { store.elevators.set(data.id, { ...store.elevators.get(data.id), ...data });
    tell('elevator', data.id); }
  if (kind === 'alarm') {
    const level = String(data.level ?? 'info').toLowerCase();
    if (level === 'info') return;
    store.alarms = store.alarms.filter((a) => a.en !== data.en).slice(-ALARMS_KEPT);
    store.alarms.push({ ...data, level, seq: ++alarmSeq, at: Date.now() });
    tell('alarm');
  }
}

// A warning is news for five minutes; an alarm stays until somebody puts it away.
export function activeAlarms() {
  return store.alarms.filter((a) => a.level === 'alarm' || Date.now() - a.at < WARN_MS);
}

// "went offline" and "silent" are over when the robot speaks again.
function heardAgain(robot) {
  if (robot.link !== 'online' || !store.alarms.length) return;
  const left = store.alarms.filter((a) => !LINK_EVENTS.includes(a.event) || !` ${a.en} `.includes(` ${robot.id} `));
  if (left.length === store.alarms.length) return;
  store.alarms = left;
  tell('alarm');
}

export function dismiss(seq) { store.alarms = store.alarms.filter((a) => a.seq !== seq); tell('alarm'); }

async function snapshot() {
  const site = await getJson('/api/v1/site');
  const drawing = JSON.stringify(site);
  if (drawing !== siteText) { /* the first time, or the daemon came back with another map */
    siteText = drawing;
    store.station = new Map(site.stations.map((x) => [x.id, x]));
    store.node = new Map(site.nodes.map((x) => [x.id, x]));
    store.site = site;
    tell('site');
  }
  const [robots, elevators, open, all] = await Promise.all([getJson('/api/v1/robots'), getJson('/api/v1/elevators'),
    getJson(`/api/v1/jobs?state=open&limit=${JOBS_TOLD}`), getJson(`/api/v1/jobs?state=all&limit=${JOBS_TOLD}`)]);
  const heard = performance.now();
  store.robots = new Map(robots.robots.map((r) => [r.id, { ...r, heard_at: heard }]));
  store.robots.forEach(heardAgain);
  store.elevators = new Map(elevators.elevators.map((e) => [e.id, e]));
  store.jobs = new Map();
  [...all.jobs, ...open.jobs].forEach((j) => store.jobs.set(j.id, j));
  tell('all');
}

async function hello(source, data) {
  const at = typeof data.now === 'number' ? data.now : Date.parse(data.now);
  if (Number.isFinite(at)) store.offset = at - Date.now();
  pending = [];
  try {
    await snapshot();
  } catch {
    if (source === stream) again();
    return;
  }
  if (source !== stream) return;
  const waiting = pending;
  pending = null;
  waiting.forEach(([kind, d]) => apply(kind, d));
  retry = 1000;
  setLink('live');
}

function again() {
  stream?.close();
  stream = null;
  setLink('lost');
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, retry);
  retry = Math.min(retry * 2, 8000);
}

export function connect() {
  clearTimeout(retryTimer);
  stream?.close();
  const source = new EventSource('/api/v1/events');
  stream = source;
  source.addEventListener('hello', (e) => hello(source, JSON.parse(e.data)));
  for (const kind of ['job', 'robot', 'elevator', 'alarm']) {
    source.addEventListener(kind, (e) => {
      if (source !== stream) return;
      const data = JSON.parse(e.data);
      if (pending) pending.push([kind, data]);
      else apply(kind, data);
    });
  }
  source.onerror = () => {
    if (source !== stream) return;
    again();
    getJson('/api/v1/jobs?limit=1').catch(() => null); /* the stream does not say whether the session is over: this does */
  };
}

// A stream can die without a sign (a tablet that slept, a changed access point): ask now and then.
async function health() {
  if (!stream || document.hidden) return;
  const source = stream;
  try {
    await getJson('/healthz');
  } catch {
    if (source === stream && store.link === 'live') again();
  }
}

export function start() {
  connect();
  setInterval(health, HEALTH_MS);
  addEventListener('online', () => { retry = 1000; connect(); });
  addEventListener('offline', () => again());
  document.addEventListener('visibilitychange', () => { if (!document.hidden) health(); });
}

// ---- what people ask for ----

// randomUUID exists only on https and localhost; a ward phone often comes over plain http.
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

// {ok, job} or {problem, status} or {network: true}: the caller may send the same key again.
export async function call(method, path, body, key) {
  let res;
  try {
    res = await fetch(path, {
      method, signal: limit(),
      headers: { ...(body && { 'content-type': 'application/json' }), ...(key && { 'idempotency-key': key }),
        ...(session.csrf && { 'x-csrf-token': session.csrf }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    return { network: true };
  }
  if (res.status === 401) { /* asked again, with the same key, when somebody is logged in */
    loggedIn(true).then(connect);
    return { network: true };
  }
  const data = await res.json().catch(() => null);
  if (res.ok && data) return { ok: true, job: data };
  if (res.status >= 502 && res.status <= 504) return { network: true };
  return { problem: data, status: res.status };
}
