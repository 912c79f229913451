// What stands beside the plan: figures, jobs, elevators, robots and notices.

import { h, icon, keyed, mark, put } from './dom.js';
import { clock, named, span, t } from './i18n.js';
import { doingText, riding, tone, waitText } from './plan.js';
import { JOBS_TOLD, activeAlarms, dismiss, ended, now, store } from './store.js';

const STEPS = ['requested', 'assigned', 'loaded', 'moving', 'arrived', 'delivered'];
const ENDED_SHOWN = 12, NOTICES_SHOWN = 2;
let wall = false, hooks = {};
const el = {};

const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;

// ---- figures ----
function figures() {
  const robots = [...store.robots.values()], jobs = [...store.jobs.values()];
  const today = new Date(now()); today.setHours(0, 0, 0, 0);
  const done = jobs.filter((j) => j.state === 'delivered' && j.ended_at && Date.parse(j.ended_at) >= today.getTime());
  const times = done.map((j) => seconds(j.requested_at, j.ended_at)).filter((x) => x >= 0);
  const mean = times.length ? span(times.reduce((a, b) => a + b, 0) / times.length) : '–';
  // The server tells the last hundred jobs: when all of them are of today there may have been more.
  const first = jobs.reduce((m, j) => Math.min(m, Date.parse(j.requested_at)), Infinity),
    more = jobs.length >= JOBS_TOLD && first >= today.getTime();
  return [
    ['fig_online', `${robots.filter((r) => r.link === 'online').length}`, `/ ${robots.length}`],
    ['fig_open', String(jobs.filter((j) => !ended(j)).length), ''],
    ['fig_done', String(done.length), more ? '+' : ''],
    ['fig_mean', mean, ''],
  ];
}

function drawFigures() {
  keyed(el.figures, figures(), (f) => f[0],
    () => h('div', { class: 'figure' }, h('span', { class: 'value' }, h('b', {}), h('small', {})),
      h('span', { class: 'label' })),
    (row, [key, value, rest]) => {
      put(row.querySelector('b'), value); put(row.querySelector('small'), rest);
      put(row.querySelector('.label'), t(key));
    });
}

// ---- jobs ----
const place = (id) => { const x = store.station.get(id); return x ? named(x) : id; };

function jobRow(j) {
  const row = h('button', { class: 'job', type: 'button', 'data-job': j.id, onclick: () => hooks.job(j.id) },
    h('span', { class: 'badge' }),
    h('span', { class: 'who' },
      h('span', { class: 'name' }, h('span', { class: 'a' }), icon('arrow', 'inline'), h('span', { class: 'b' })),
      h('span', { class: 'sub' }, h('span', { class: 'no' }), h('span', { class: 'urgent' }),
        h('span', { class: 'by' })),
      h('span', { class: 'steps', 'aria-hidden': 'true' }, STEPS.slice(0, 5).map(() => h('i', {})))),
    h('span', { class: 'end' }, h('span', { class: 'state' }), h('time', {})));
  return row;
}

function fillJob(row, j) {
  const over = ended(j), step = STEPS.indexOf(j.state);
  mark(row, 'data-state', j.state);
  const badge = row.querySelector('.badge'), kind = store.station.get(j.from)?.kind ?? 'generic';
  if (badge.dataset.kind !== kind) { badge.dataset.kind = kind; badge.replaceChildren(icon(kind)); }
  put(row.querySelector('.a'), place(j.from));
  put(row.querySelector('.b'), place(j.to));
  put(row.querySelector('.no'), `#${j.id}`);
  put(row.querySelector('.urgent'), j.priority === 0 ? t('prio_stat') : j.priority < 3 ? t('prio_urgent') : '');
  put(row.querySelector('.by'), j.robot ?? '');
  put(row.querySelector('.state'), t(`state_${j.state}`));
  row.querySelectorAll('.steps i').forEach((x, i) => mark(x, 'class', over ? '' : i < step ? 'past' : i === step
    ? 'now' : ''));
  put(row.querySelector('time'), over ? (j.ended_at ? clock(j.ended_at) : '')
    : span((now() - Date.parse(j.requested_at)) / 1000));
}

function drawJobs() {
  const all = [...store.jobs.values()].sort((a, b) => b.id - a.id);
  const open = all.filter((j) => !ended(j)), over = all.filter(ended).sort((a, b) =>
    Date.parse(b.ended_at ?? 0) - Date.parse(a.ended_at ?? 0)).slice(0, ENDED_SHOWN);
  put(el.jobsTitle, t('jobs_title'));
  put(el.jobsCount, open.length ? t('jobs_open', { n: open.length }) : '');
  put(el.jobsEnded, t('jobs_ended'));
  el.jobsEnded.hidden = !over.length;
  el.jobsNone.hidden = open.length > 0;
  put(el.jobsNone.querySelector('strong'), t('jobs_none'));
  put(el.jobsNone.querySelector('span'), t('jobs_none_hint'));
  keyed(el.jobsOpen, open, (j) => j.id, jobRow, fillJob);
  keyed(el.jobsOver, over, (j) => j.id, jobRow, fillJob);
  put(el.askText, t('request_title'));
  mark(el.tabCount, 'data-n', open.length ? String(open.length) : '');
  put(el.tabCount, open.length ? String(open.length) : '');
}

// ---- elevators: a shaft each, the car where it is ----
function carText(e) {
  if (e.heard === false) return t('car_unheard');
  if (e.mode && e.mode !== 'agv') return t(`car_mode_${e.mode}`);
  return e.holder ? t('car_held', { robot: e.holder }) : t('car_free');
}

function makeShaft(e) {
  const list = [...e.levels].reverse();
  const shaft = h('div', { class: 'shaft' }, list.map((l) => h('span', { class: 'stop', 'data-level': l },
    h('i', {}, l))), h('span', { class: 'cabin' }, h('i', {}), h('i', {})));
  shaft.style.setProperty('--stops', String(list.length));
  return h('div', { class: 'elevator', 'data-elevator': e.id },
    h('div', { class: 'who' }, h('strong', {}), h('span', { class: 'what' }), h('span', { class: 'sub' })), shaft);
}

function fillShaft(row, e) {
  const live = { ...e, ...store.elevators.get(e.id), name: e.name };
  const at = [...e.levels].reverse().indexOf(live.level);
  const blocked = live.heard === false || (live.mode && live.mode !== 'agv');
  mark(row, 'data-door', live.door ?? 'closed');
  mark(row, 'data-motion', live.motion ?? 'stopped');
  mark(row, 'data-busy', String(Boolean(live.holder)));
  mark(row, 'data-blocked', String(Boolean(blocked)));
  row.querySelector('.cabin').hidden = at < 0;
  row.querySelector('.shaft').style.setProperty('--at', String(Math.max(0, at)));
  row.querySelectorAll('.stop').forEach((x) => mark(x, 'class', x.dataset.level === live.level ? 'stop here' : 'stop'));
  put(row.querySelector('strong'), named(e));
  put(row.querySelector('.what'), carText(live));
  put(row.querySelector('.sub'), live.motion === 'up' ? t('going_up') : live.motion === 'down' ? t('going_down')
    : t(`door_${live.door ?? 'closed'}`));
}

function drawCars() {
  put(el.carsTitle, t('cars_title'));
  keyed(el.cars, store.site?.elevators ?? [], (e) => e.id, makeShaft, fillShaft);
}

// ---- robots ----
function makeRobot(r) {
  return h('button', { class: 'bot', type: 'button', 'data-robot-chip': r.id, onclick: () => hooks.robot(r.id) },
    h('span', { class: 'swatch' }),
    h('span', { class: 'name' }, h('b', {}, r.id), h('span', { class: 'at' })),
    h('span', { class: 'battery' }, h('i', {}), h('span', {})),
    h('span', { class: 'sub' }));
}

function fillRobot(row, r) {
  mark(row.querySelector('.swatch'), 'class', `swatch tone-${tone(r)}${r.loaded ? ' loaded' : ''}`);
  const level = store.site?.levels.find((l) => l.id === r.level);
  put(row.querySelector('.at'), level ? named(level) : '');
  put(row.querySelector('.sub'), waitText(r) || doingText(r));
  mark(row, 'data-waits', String(Boolean(r.wait) && !riding(r)));
  const known = r.battery !== null && r.battery !== undefined;
  put(row.querySelector('.battery span'), known ? `${Math.round(r.battery * 100)}%` : '');
  mark(row.querySelector('.battery'), 'data-low', String(known && r.battery < 0.2));
  mark(row.querySelector('.battery'), 'data-charging', String(Boolean(r.charging)));
  row.querySelector('.battery i').style.setProperty('--full', String(known ? r.battery : 0));
}

function drawRobots() {
  const all = [...store.robots.values()];
  put(el.robotsTitle, t('robots_title'));
  put(el.robotsCount, all.length ? t('robots_online', { n: all.filter((r) => r.link === 'online').length,
    all: all.length }) : '');
  keyed(el.robots, all, (r) => r.id, makeRobot, fillRobot);
}

// ---- notices ----
function drawNotices() {
  const fresh = activeAlarms()
    .sort((a, b) => (b.level === 'alarm') - (a.level === 'alarm') || b.seq - a.seq);
  const shown = fresh.slice(0, NOTICES_SHOWN).map((a) => ({ ...a, key: a.seq }));
  if (store.link === 'lost') shown.unshift({ key: 'offline', level: 'offline', text: t('offline_banner') });
  keyed(el.notices, shown, (a) => a.key,
    (a) => h('div', { class: 'notice', 'data-level': a.level }, icon(a.level === 'warn' ? 'info' : 'alert'),
      h('span', { class: 'grow' }), h('time', {}),
      a.level !== 'offline' && h('button', { class: 'square', type: 'button', onclick: () => dismiss(a.seq) },
        icon('close'))),
    (row, a) => {
      put(row.querySelector('.grow'), a.text ?? (document.documentElement.lang === 'en' ? a.en : a.zh));
      put(row.querySelector('time'), a.at ? clock(a.at) : '');
      row.querySelector('button')?.setAttribute('aria-label', t('dismiss'));
    });
  put(el.rest, fresh.length > NOTICES_SHOWN ? t('more_notices', { n: fresh.length - NOTICES_SHOWN }) : '');
}

export function startPanels(boxes, options) {
  hooks = options; wall = Boolean(options.wall);
  const title = (key) => { const a = h('h2', {}), b = h('span', { class: 'count' }); el[`${key}Title`] = a;
    el[`${key}Count`] = b; return h('div', { class: 'section-head' }, a, b); };
  el.figures = boxes.figures;
  el.askText = h('span', {});
  el.jobsOpen = h('div', { class: 'rows open' });
  el.jobsOver = h('div', { class: 'rows over' });
  el.jobsEnded = h('h3', {});
  el.jobsNone = h('div', { class: 'none' }, icon('box'), h('strong', {}), h('span', {}));
  boxes.jobs.append(h('button', { class: 'primary ask-button', type: 'button', onclick: () => hooks.request() },
    icon('request'), el.askText),
    h('div', { class: 'section' }, title('jobs'), h('div', { class: 'scroll' }, el.jobsNone, el.jobsOpen, el.jobsEnded,
      el.jobsOver)));
  el.cars = h('div', { class: 'elevators' });
  boxes.cars.append(h('div', { class: 'section' }, title('cars'), el.cars));
  el.robots = h('div', { class: 'bots' });
  boxes.robots.append(h('div', { class: 'section' }, title('robots'), el.robots));
  el.notices = h('div', { class: 'notice-rows' });
  el.rest = h('span', { class: 'notice-rest' });
  boxes.notices.append(el.notices, el.rest);
  el.tabCount = boxes.tabCount;
  setInterval(() => { if (store.site && !document.hidden) { drawJobs(); drawRobots(); drawNotices(); } }, 1000);
}

let queued = false;
const wanted = new Set();
function flush() {
  queued = false;
  const all = wanted.has('all') || wanted.has('site') || wanted.has('lang');
  if (store.site) {
    if (all || wanted.has('job') || wanted.has('robot')) drawFigures();
    if (all || wanted.has('job')) drawJobs();
    if (all || wanted.has('elevator')) drawCars();
    if (all || wanted.has('robot')) drawRobots();
  }
  drawNotices();
  wanted.clear();
}

// Many events, one drawing a frame.
export function updatePanels(what) {
  wanted.add(what);
  if (!queued) { queued = true; requestAnimationFrame(flush); }
}
