// The request form and the view of one job: at most three taps and no typing to ask for a delivery.
//
//   from -> to -> confirm -> (sending) -> job
//
// One submission has one Idempotency-Key; it is sent again with the same key until the server answers.

import { h, icon, put } from './dom.js';
import { clock, has, lang, named, problemText, t } from './i18n.js';
import { addJob, call, ended, newKey, store } from './store.js';

const STEPS = ['requested', 'assigned', 'loaded', 'moving', 'arrived', 'delivered'];
const STAMP = { requested: 'requested_at', assigned: 'assigned_at', loaded: 'loaded_at', moving: 'loaded_at',
  arrived: 'arrived_at', delivered: 'ended_at' };
const PRIORITIES = [['prio_routine', 3], ['prio_urgent', 1], ['prio_stat', 0]];
const KIND_ORDER = ['pharmacy', 'store', 'kitchen', 'laundry', 'lab', 'waste', 'ward', 'generic'];
const MANY = 24, ITEM_BYTES = 64, RETRY_MS = 3000;

let box = null, hooks = {}, view = { step: 'from' }, draft = null, sending = null, shown = '';

function fresh() { return { from: null, to: null, quantity: 1, priority: 3, item: '' }; }

function remembered() {
  try { return JSON.parse(localStorage.getItem('orderly.recent')) ?? {}; } catch { return {}; }
}

function remember(d) {
  const r = remembered();
  const front = (list, id) => [id, ...(Array.isArray(list) ? list : []).filter((x) => x !== id)].slice(0, 3);
  try {
    localStorage.setItem('orderly.recent', JSON.stringify({ from: front(r.from, d.from), to: front(r.to, d.to),
      last: { from: d.from, to: d.to } }));
  } catch { /* private mode: nothing is remembered */ }
}

function levelName(id) {
  const l = store.site.levels.find((x) => x.id === id);
  return l ? named(l) : id;
}

// Where things come from stands first when asking "from", wards when asking "to"; what was used last before all.
function ordered(which) {
  const recent = remembered()[which] ?? [];
  const rank = (x) => {
    const r = recent.indexOf(x.id);
    if (r >= 0) return r - 10;
    const k = KIND_ORDER.indexOf(x.kind);
    return which === 'to' && x.kind === 'ward' ? -1 : k < 0 ? KIND_ORDER.length : k;
  };
  return store.site.stations.map((x, i) => [rank(x), i, x]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((x) => x[2]);
}

function go(step, extra = {}) { view = { step, ...extra }; render(); box.querySelector('.panel-body')?.scrollTo(0, 0); }

function choose(which, id) {
  draft[which] = id;
  if (draft.from && draft.from === draft.to) draft[which === 'from' ? 'to' : 'from'] = null;
  go(!draft.from ? 'from' : !draft.to ? 'to' : 'confirm');
}

function stationCard(which, x, recent) {
  const other = which === 'to' && draft.from === x.id;
  return h('button', { class: 'card-station', 'data-kind': x.kind, 'data-station': x.id, disabled: other,
    type: 'button', onclick: () => choose(which, x.id) },
    h('span', { class: 'badge' }, icon(x.kind)),
    h('span', { class: 'who' }, h('span', { class: 'name' }, named(x)),
      h('span', { class: 'sub' }, levelName(x.level), recent && h('span', { class: 'tag' }, t('recent')))));
}

function slot(which) {
  const x = store.station.get(draft[which]);
  const on = view.step === which;
  return h('button', { class: `slot${on ? ' on' : ''}${x ? ' set' : ''}`, type: 'button',
    'aria-current': on ? 'step' : null, onclick: () => go(which) },
    h('span', { class: 'label' }, t(which)), h('span', { class: 'name' }, x ? named(x) : t('choose')));
}

function head(title, back) {
  return h('div', { class: 'panel-head' },
    back && h('button', { class: 'square', type: 'button', 'aria-label': t('back'), onclick: back }, icon('back')),
    h('h2', {}, title),
    h('button', { class: 'square close', type: 'button', 'aria-label': t('close'), onclick: () => hooks.close() },
      icon('close')));
}

function slots() { return h('div', { class: 'slots' }, slot('from'), icon('arrow', 'between'), slot('to')); }

function repeatCard() {
  const last = remembered().last;
  const a = store.station.get(last?.from), b = store.station.get(last?.to);
  if (!a || !b) return null;
  return h('button', { class: 'card-repeat', type: 'button', onclick: () => {
    draft.from = a.id; draft.to = b.id; go('confirm'); } },
    h('span', { class: 'badge' }, icon('repeat')),
    h('span', { class: 'who' }, h('span', { class: 'sub' }, t('repeat')),
      h('span', { class: 'name' }, named(a), icon('arrow', 'inline'), named(b))));
}

function renderPick(which) {
  const recent = remembered()[which] ?? [];
  const list = ordered(which);
  const cards = h('div', { class: 'stations' });
  const show = (words) => {
    const w = words.trim().toLowerCase();
    const hits = list.filter((x) => !w || `${x.id} ${Object.values(x.name ?? {}).join(' ')}`.toLowerCase().includes(w));
    cards.replaceChildren(...hits.map((x) => stationCard(which, x, recent.includes(x.id))));
    if (!hits.length) cards.append(h('p', { class: 'empty' }, t('nothing_found')));
  };
  show('');
  const find = list.length > MANY && h('input', { class: 'find', type: 'search', placeholder: t('filter'),
    'aria-label': t('filter'), oninput: (e) => show(e.target.value) });
  box.replaceChildren(
    head(t('request_title'), which === 'to' ? () => go('from') : null),
    slots(),
    h('div', { class: 'panel-body' }, which === 'from' && repeatCard(),
      h('h3', { class: 'ask' }, t(which === 'from' ? 'ask_from' : 'ask_to')), find, cards));
}

function stepper() {
  const value = h('output', { class: 'count' }, String(draft.quantity));
  const set = (n) => { draft.quantity = Math.min(999, Math.max(1, n)); put(value, String(draft.quantity)); };
  return h('div', { class: 'field' }, h('span', { class: 'label' }, t('quantity')),
    h('div', { class: 'stepper' },
      h('button', { type: 'button', 'aria-label': t('less'), onclick: () => set(draft.quantity - 1) }, icon('minus')),
      value,
      h('button', { type: 'button', 'aria-label': t('more'), onclick: () => set(draft.quantity + 1) }, icon('plus'))));
}

function urgency() {
  const buttons = PRIORITIES.map(([key, p]) => h('button', {
    type: 'button', 'aria-pressed': String(draft.priority === p), 'data-priority': p,
    onclick: () => { draft.priority = p; buttons.forEach((b) => b.setAttribute('aria-pressed',
      String(Number(b.dataset.priority) === p))); } }, t(key)));
  return h('div', { class: 'field' }, h('span', { class: 'label' }, t('urgency')),
    h('div', { class: 'segments' }, buttons));
}

function routeCard(d) {
  const line = (which) => {
    const x = store.station.get(d[which]);
    return h('div', { class: `stop ${which}`, 'data-kind': x?.kind ?? 'generic' },
      h('span', { class: 'badge' }, icon(x?.kind ?? 'generic')),
      h('span', { class: 'who' }, h('span', { class: 'sub' }, `${t(which)} · ${x ? levelName(x.level) : ''}`),
        h('span', { class: 'name' }, x ? named(x) : d[which])));
  };
  return h('div', { class: 'route' }, line('from'), line('to'));
}

function renderConfirm() {
  const note = h('p', { class: 'problem', role: 'alert' });
  const button = h('button', { class: 'primary send', type: 'button', id: 'send', onclick: () =>
    submit(note, button) }, h('span', {}, t('send')));
  const item = h('input', { type: 'text', value: draft.item, maxlength: 64, placeholder: t('item_hint'),
    autocomplete: 'off', oninput: (e) => { draft.item = e.target.value; } });
  box.replaceChildren(
    head(t('request_title'), () => go('to')),
    h('div', { class: 'panel-body' }, routeCard(draft), h('div', { class: 'pair' }, stepper(), urgency()),
      h('label', { class: 'field' }, h('span', { class: 'label' }, t('item')), item)),
    h('div', { class: 'panel-foot' }, note, button));
  if (sending) show(note, button);
}

function show(note, button) {
  button.disabled = Boolean(sending);
  put(button.firstChild, t(sending ? 'sending' : 'send'));
  const trying = sending?.waiting;
  note.className = trying ? 'problem soft' : 'problem';
  if (sending) put(note, trying ? t('send_waiting') : '');
  if (trying) note.append(' ', h('button', { class: 'link', type: 'button', onclick: () => {
    clearTimeout(sending.timer); sending = null; put(note, ''); show(note, button); } }, t('stop_sending')));
}

async function submit(note, button) {
  if (sending) return;
  put(note, '');
  if (new TextEncoder().encode(draft.item.trim()).length > ITEM_BYTES) { put(note, t('item_too_long')); return; }
  const body = { from: draft.from, to: draft.to, quantity: draft.quantity, priority: draft.priority };
  if (draft.item.trim()) body.item = draft.item.trim();
  sending = { key: newKey(), body, waiting: false };
  const mine = sending;
  show(note, button);
  for (;;) {
    const got = await call('POST', '/api/v1/jobs', mine.body, mine.key);
    if (sending !== mine) { if (got.ok) addJob(got.job); return; }
    if (got.ok) {
      sending = null;
      remember(draft);
      draft = fresh();
      addJob(got.job);
      openJob(got.job.id, true);
      return;
    }
    if (!got.network) {
      sending = null;
      show(note, button);
      put(note, problemText(got.problem, got.status));
      return;
    }
    mine.waiting = true;
    show(note, button);
    await new Promise((done) => { mine.timer = setTimeout(done, RETRY_MS); });
    if (sending !== mine) return;
  }
}

export function robotName(id) {
  const r = store.robots.get(id);
  const name = r ? named(r) : '';
  return name && name !== id ? `${name} ${id}` : id;
}

function reasonText(j) {
  if (!j.reason) return '';
  const key = `reason_${String(j.reason).toLowerCase()}`;
  return has(key) ? t(key) : String(j.reason);
}

function timeline(j) {
  const over = j.state === 'cancelled' || j.state === 'failed';
  const reached = over ? STEPS.filter((x) => j[STAMP[x]] && x !== 'delivered' && x !== 'moving')
    : STEPS.slice(0, STEPS.indexOf(j.state) + 1);
  const rows = over ? [...reached, j.state] : STEPS;
  return h('ol', { class: 'timeline' }, rows.map((x) => {
    const at = j[STAMP[x] ?? 'ended_at'];
    const done = over || reached.includes(x), here = x === j.state;
    const sign = here && over ? 'close' : done && (!here || x === 'delivered') ? 'check' : null;
    const marks = [done && 'done', here && 'here', here && over && 'bad', here && x === 'delivered' && 'good']
      .filter(Boolean);
    return h('li', { class: marks.join(' '), 'data-state': x, 'aria-current': here ? 'step' : null },
      h('span', { class: 'dot' }, sign && icon(sign)),
      h('span', { class: 'step' }, t(`state_${x}`)),
      h('time', {}, done && at ? clock(at) : ''));
  }));
}

function cancelButton(id) {
  const note = h('p', { class: 'problem', role: 'alert' });
  let sure = false;
  const button = h('button', { class: 'quiet cancel', type: 'button', onclick: async () => {
    if (!sure) { sure = true; put(button, t('cancel_sure')); button.classList.add('sure'); return; }
    button.disabled = true;
    put(button, t('cancelling'));
    const got = await call('DELETE', `/api/v1/jobs/${id}`);
    if (got.ok) { addJob(got.job); return; }
    button.disabled = false; sure = false; button.classList.remove('sure');
    put(button, t('cancel'));
    put(note, got.network ? t('offline_banner') : problemText(got.problem, got.status));
  } }, t('cancel'));
  return [note, button];
}

function renderJob() {
  const j = store.jobs.get(view.id);
  const signature = j ? `${lang()} ${j.id} ${j.state} ${j.robot} ${view.fresh}` : 'gone';
  if (shown === signature && box.dataset.step === 'job') return;
  shown = signature;
  const again = h('button', { class: 'primary another', type: 'button', onclick: () => {
    draft = fresh(); go('from'); } }, t('another'));
  if (!j) {
    box.replaceChildren(head(t('job_no', { id: view.id })),
      h('div', { class: 'panel-body' }, h('p', { class: 'empty' }, t('job_gone'))),
      h('div', { class: 'panel-foot' }, again));
    return;
  }
  const may = j.state === 'requested' || j.state === 'assigned';
  const received = view.fresh && may;
  box.replaceChildren(
    head(t('job_no', { id: j.id })),
    h('div', { class: 'panel-body' },
      received && h('div', { class: view.greeted ? 'received' : 'received first' },
        h('span', { class: 'tick' }, icon('check')), h('span', { class: 'name' }, t('job_received')),
        h('span', { class: 'number' }, t('job_no', { id: j.id }))),
      routeCard(j),
      h('p', { class: 'facts' }, h('span', {}, t('pieces', { n: j.quantity })),
        h('span', {}, t(j.priority === 0 ? 'prio_stat' : j.priority < 3 ? 'prio_urgent' : 'prio_routine')),
        j.item ? h('span', { class: 'user-text' }, j.item) : null),
      timeline(j),
      j.reason && h('p', { class: 'problem' }, reasonText(j)),
      j.robot && !ended(j) && h('button', { class: 'card-robot', type: 'button', onclick: () =>
        hooks.showRobot(j.robot) }, icon('robot'), h('span', { class: 'name' },
        t('robot_assigned', { robot: robotName(j.robot) })), h('span', { class: 'link' }, t('show_on_map')))),
    h('div', { class: 'panel-foot two' }, may && cancelButton(j.id), again));
}

function render() {
  if (!box || !store.site) return;
  draft ??= fresh();
  if (view.step === 'from' || view.step === 'to') renderPick(view.step);
  else if (view.step === 'confirm') renderConfirm();
  else renderJob();
  if (view.step === 'job') view.greeted = true;
  else shown = '';
  box.dataset.step = view.step;
}

export function openJob(id, isNew = false) {
  view = { step: 'job', id, fresh: isNew };
  render();
  box.querySelector('.panel-body')?.scrollTo(0, 0);
  hooks.open();
}

// A half-filled form is kept; after a job the next one begins.
export function openRequest() {
  if (!sending && view.step === 'job') { draft = fresh(); view = { step: 'from' }; }
  render();
  hooks.open();
}

export function openWith(which, id) {
  draft = { ...fresh(), [which]: id };
  view = { step: which === 'from' ? 'to' : 'from' };
  render();
  hooks.open();
}

export function startRequest(element, h2) { box = element; hooks = h2; }
export function updateRequest(what, id) {
  if (what === 'job' && view.step === 'job' && view.id === id) render();
  else if (what === 'all' && view.step === 'job') render();
  else if (what === 'site' || what === 'lang') { shown = ''; render(); }
}
