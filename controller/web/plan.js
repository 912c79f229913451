// The live floor plan: every level drawn to one scale, robots moving smoothly between two updates.
//
// All drawing is in screen pixels through project(): names and marks keep their size on every screen, and on an
// upright phone a wide building is turned by a quarter so that it fills the glass.

import { h, icon, iconPath, mark, put, s } from './dom.js';
import { named, t } from './i18n.js';
import { store } from './store.js';

const PAD = 14, LAG_MS = 650, STILL_MS = 1200, ZOOM_MAX = 8;
const phone = matchMedia('(max-width: 760px)');
const scrolls = matchMedia('(min-width: 761px) and (max-width: 1099px)');
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const ruler = document.createElement('canvas').getContext('2d');

let box = null, hooks = {}, levels = [], bounds = null, view = null, current = 0, picked = null, wall = false;
let zoom = { z: 1, x: 0, y: 0 };
const moving = new Map(); // robot id -> { samples, el, level, ... }
const joined = new Set();  // "a b" for every lane, both ways
let looping = false, buildQueued = false, labelTimer = 0, closest = Infinity;

// ---- what a robot looks like it is doing: six tones, the same everywhere on the page ----
export function tone(r) {
  if (r.link !== 'online' || r.doing === 'lost' || (r.mode && r.mode !== 'automatic'
    && r.mode !== 'semiautomatic')) return 'trouble';
  return { to_pickup: 'pickup', picking: 'handling', dropping: 'handling', to_drop: 'carry',
    to_refuge: 'return' }[r.doing] ?? 'idle';
}

export function doingText(r) {
  if (r.link !== 'online') return t(`link_${r.link}`);
  if (r.mode && r.mode !== 'automatic') return t(`mode_${r.mode}`);
  if (r.charging && r.doing === 'idle') return t('doing_charging');
  return t(`doing_${r.doing}`);
}

const carOf = (r) => (r.wait?.kind === 'elevator' ? store.site?.elevators.find((x) => x.id === r.wait.id) : null);

// A robot that waits for the car it stands in is riding, for everybody who looks on.
export function riding(r) {
  const e = carOf(r);
  return Boolean(e) && Math.max(Math.abs(r.x - e.x), Math.abs(r.y - e.y)) < Math.min(e.width, e.depth) / 2;
}

export function waitText(r) {
  if (!r.wait) return '';
  const e = carOf(r);
  const seconds = Math.round((r.wait.since_s ?? 0) + (performance.now() - (r.heard_at ?? performance.now())) / 1000);
  if (riding(r)) return t('riding', { id: named(e) });
  return t(`wait_${r.wait.kind}`, { id: e ? named(e) : r.wait.id ?? '', s: seconds });
}

// ---- geometry ----
function measure() {
  const xs = [], ys = [];
  const add = (x, y) => { xs.push(x); ys.push(y); };
  const g = store.site;
  g.nodes.forEach((n) => add(n.x, n.y));
  g.stations.forEach((n) => add(n.x, n.y));
  g.walls.forEach((w) => { add(w.x1, w.y1); add(w.x2, w.y2); });
  const least = (a) => a.reduce((m, v) => Math.min(m, v), Infinity), most = (a) =>
    a.reduce((m, v) => Math.max(m, v), -Infinity);
  const margin = g.walls.length ? 0 : 2;
  bounds = { x1: least(xs) - margin, x2: most(xs) + margin, y1: least(ys) - margin, y2: most(ys) + margin };
  bounds.w = Math.max(1, bounds.x2 - bounds.x1);
  bounds.h = Math.max(1, bounds.y2 - bounds.y1);
}

function project(x, y) {
  const { k, ox, oy, turned } = view;
  return turned ? [(y - bounds.y1) * k + ox, (x - bounds.x1) * k + oy] : [(x - bounds.x1) * k + ox,
    (bounds.y2 - y) * k + oy];
}

function heading(theta) { return (-theta * 180) / Math.PI + (view.turned ? 90 : 0); }

// Where the page scrolls the plan has the height its levels need at full width.
function fitHeight(area) {
  if (!scrolls.matches) { box.style.removeProperty('height'); return; }
  const rows = Math.ceil(levels.length / 2), w = (area.clientWidth - 12) / 2;
  const need = rows * (((w - 2 * PAD) / bounds.w) * bounds.h + 2 * PAD + 34) + (rows - 1) * 12
    + (box.clientHeight - area.clientHeight);
  box.style.setProperty('height', `${Math.round(Math.min(need, innerHeight * 0.9))}px`);
}

// Columns that give the largest scale; on a phone one level at a time.
function layout() {
  const area = box.querySelector('.levels');
  if (bounds) fitHeight(area);
  const W = area.clientWidth, H = area.clientHeight;
  if (!W || !H || !bounds) return false;
  const single = phone.matches;
  const n = single ? 1 : levels.length, gap = 12;
  let best = null;
  for (let cols = 1; cols <= n; cols += 1) {
    const rows = Math.ceil(n / cols);
    const w = (W - gap * (cols - 1)) / cols, hh = (H - gap * (rows - 1)) / rows;
    for (const turned of single ? [false, true] : [false]) {
      const bw = turned ? bounds.h : bounds.w, bh = turned ? bounds.w : bounds.h;
      const k = Math.min((w - 2 * PAD) / bw, (hh - 2 * PAD - 26) / bh);
      if (!best || k > best.k * 1.01) best = { k, cols, w, h: hh, turned, bw, bh };
    }
  }
  if (best.k <= 0) return false;
  const k = best.k * zoom.z;
  view = { ...best, base: best.k, k, single, ox: (best.w - best.bw * k) / 2 + zoom.x,
    oy: (best.h - 22 - best.bh * k) / 2 + 24 + zoom.y };
  mark(area, 'data-single', String(single));
  area.style.setProperty('--cols', String(best.cols));
  return true;
}

function textWidth(text, px, weight = 500) {
  ruler.font = `${weight} ${px}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width;
}

// ---- the parts that stand still ----
const line = (a, b) => `M${a[0].toFixed(1)} ${a[1].toFixed(1)}L${b[0].toFixed(1)} ${b[1].toFixed(1)}`;

function drawFloor(l) {
  const g = store.site;
  const a = project(bounds.x1, bounds.y2), b = project(bounds.x2, bounds.y1);
  const m = 5, x = Math.min(a[0], b[0]) - m, y = Math.min(a[1], b[1]) - m;
  l.floor.replaceChildren(s('rect', { class: 'ground', x, y, width: Math.abs(a[0] - b[0]) + 2 * m,
    height: Math.abs(a[1] - b[1]) + 2 * m, rx: 8 }));
  const walls = g.walls.filter((w) => w.level === l.id).map((w) => line(project(w.x1, w.y1),
    project(w.x2, w.y2))).join('');
  const lanes = g.lanes.filter((e) => e.kind !== 'ride').map((e) => [store.node.get(e.from), store.node.get(e.to)])
    .filter(([p, q]) => p && q && p.level === l.id && q.level === l.id).map(([p, q]) => line(project(p.x, p.y),
      project(q.x, q.y))).join('');
  l.floor.append(s('path', { class: 'lanes', d: lanes }), s('path', { class: 'walls', d: walls }));
  g.doors.filter((d) => d.level === l.id).forEach((d) =>
    l.floor.append(s('path', { class: 'gate', d: line(project(d.x1, d.y1), project(d.x2, d.y2)) })));
  const r = Math.min(9, Math.max(4.5, view.k * 0.55));
  g.nodes.filter((n) => n.level === l.id && (n.refuge || n.charger)).forEach((n) => {
    const [px, py] = project(n.x, n.y);
    l.floor.append(s('g', { transform: `translate(${px} ${py})`, class: n.charger ? 'bay charger' : 'bay' },
      s('rect', { x: -r, y: -r, width: 2 * r, height: 2 * r, rx: r * 0.45 }),
      n.charger && s('path', { d: iconPath('bolt'), transform: `scale(${(r * 1.7) / 24}) translate(-12 -12)` })));
  });
}

const overlaps = (p, q) => p[0] < q[2] && q[0] < p[2] && p[1] < q[3] && q[1] < p[3];

// Names stand below, above, right or left of their mark, where nothing else is; a name without room is left out.
function placeName(l, px, py, r, text, size, taken, cls = 'name') {
  const w = textWidth(text, size, 600) / 2 + 2, hh = size / 2 + 1;
  const low = r + hh + 2, side = r + w + 3;
  const spots = [[0, low], [0, -low], [side, 0], [-side, 0], [w * 0.6, low], [-w * 0.6, low], [w * 0.6, -low],
    [-w * 0.6, -low]];
  for (const [dx, dy] of spots) {
    const b = [px + dx - w, py + dy - hh, px + dx + w, py + dy + hh];
    if (b[0] < 2 || b[2] > view.w - 2 || b[1] < 24 || b[3] > view.h - 2 || taken.some((q) => overlaps(b, q))) continue;
    taken.push(b);
    l.places.append(s('text', { class: cls, x: px + dx, y: py + dy, 'font-size': size }, text));
    return;
  }
}

function drawPlaces(l) {
  const g = store.site, taken = [];
  l.places.replaceChildren();
  const here = g.stations.filter((x) => x.level === l.id);
  const r = Math.min(15, Math.max(9, view.k * 1.05)), size = wall ? 14 : Math.min(13, Math.max(11, view.k * 1.1));
  g.elevators.filter((e) => e.levels.includes(l.id)).forEach((e) => { const [px, py] = project(e.x, e.y),
    c = carSize(e) / 2 + 2; taken.push([px - c, py - c, px + c, py + c]); });
  here.forEach((x) => { const [px, py] = project(x.x, x.y); taken.push([px - r, py - r, px + r, py + r]); });
  here.forEach((x) => {
    const [px, py] = project(x.x, x.y);
    l.places.append(s('g', { class: `place${picked === `s:${x.id}` ? ' picked' : ''}`, 'data-kind': x.kind,
      'data-station': x.id, transform: `translate(${px} ${py})`, tabindex: 0, role: 'button', 'aria-label': named(x) },
      s('title', {}, named(x)), s('circle', { class: 'touch', r: 22 }), s('circle', { class: 'base', r }),
        s('circle', { class: 'disc', r }),
      s('path', { class: 'sign', d: iconPath(x.kind), transform: `scale(${(r * 1.25) / 24}) translate(-12 -12)` })));
    placeName(l, px, py, r, named(x), size, taken);
  });
  g.elevators.filter((e) => e.levels.includes(l.id)).forEach((e) => { const [px, py] = project(e.x, e.y);
    placeName(l, px, py, carSize(e) / 2, e.id, 10, taken, 'room'); });
  const names = new Set(here.map((x) => named(x)));
  g.labels.filter((x) => x.level === l.id && !names.has(named(x))).forEach((x) => {
    const [px, py] = project(x.x, x.y), w = textWidth(named(x), 11) * 0.56 + 3, b = [px - w, py - 8, px + w, py + 8];
    if (b[0] < 0 || b[2] > view.w || taken.some((q) => overlaps(b, q))) return;
    taken.push(b);
    l.places.append(s('text', { class: 'room', x: px, y: py, 'font-size': 11 }, named(x)));
  });
}

function carSize(e) {
  const near = store.site.elevators.filter((o) => o.id !== e.id).map((o) => Math.hypot(o.x - e.x,
    o.y - e.y)).reduce((m, v) => Math.min(m, v), Infinity);
  return Math.max(Math.min(e.width, e.depth) * view.k, Math.min(22, near * view.k * 0.86));
}

function drawCars(l) {
  l.cars.replaceChildren();
  for (const e of store.site.elevators.filter((x) => x.levels.includes(l.id))) {
    const live = store.elevators.get(e.id) ?? {};
    const a = carSize(e), [px, py] = project(e.x, e.y), here = live.level === l.id;
    const open = here && live.door === 'open', blocked = live.mode && live.mode !== 'agv';
    const sign = live.motion === 'up' ? '▲' : live.motion === 'down' ? '▼' : '';
    l.cars.append(s('g', { class: `car${here ? ' here' : ''}${open ? ' open' : ''}${blocked ? ' blocked' : ''}`,
      transform: `translate(${px} ${py})` },
      s('title', {}, `${named(e)} · ${live.level ?? ''}`),
      s('rect', { x: -a / 2, y: -a / 2, width: a, height: a, rx: 4 }),
      s('path', { class: 'leaf', d: open ? `M${-a / 2} ${-a / 2}v${a}M${a / 2} ${-a / 2}v${a}` : `M0 ${-a / 2}v${a}` }),
      s('text', { class: 'floor-no', 'font-size': Math.max(8,
        Math.min(13, a * 0.46, (a * 1.25) / (sign.length + (live.level ?? '').length || 1))) },
        `${sign}${live.level ?? ''}`)));
  }
}

// ---- the parts that move ----
function robotEl(r) {
  const el = s('g', { class: 'robot', 'data-robot': r.id, tabindex: 0, role: 'button' });
  el.body = s('g', {});
  el.rect = s('rect', { class: 'hull' });
  el.nose = s('path', { class: 'nose' });
  el.box = s('rect', { class: 'load' });
  el.body.append(el.rect, el.nose, el.box);
  el.tag = s('text', { class: 'robot-id' }, r.id);
  el.wait = s('g', { class: 'waiting' }, s('circle', { r: 6.5 }), s('path', { d: 'M0 -3.4V0l2.2 1.6' }));
  el.append(s('circle', { class: 'touch', r: 22 }), s('circle', { class: 'ring' }), el.body, el.wait, el.tag);
  return el;
}

// At least large enough to see, at most so large that robots parked side by side do not hide one another.
function sizeRobot(m, r) {
  const clear = wall ? 24 : 20, least = tone(r) === 'idle' ? Math.max(12, Math.min(clear, closest * view.k * 0.98))
    : clear;
  const len = Math.min(44, Math.max(least, (r.length ?? 0.7) * view.k)),
    wid = Math.min(len, Math.max(len * 0.66, (r.width ?? 0.6) * view.k));
  const set = (el, v) => { for (const [k, x] of Object.entries(v)) mark(el, k, String(x)); };
  set(m.el.rect, { x: -len / 2, y: -wid / 2, width: len, height: wid, rx: wid * 0.32 });
  const tip = len / 2 - wid * 0.2, side = wid * 0.2;
  set(m.el.nose, { d: `M${tip - wid * 0.26} ${-side}L${tip} 0L${tip - wid * 0.26} ${side}` });
  const b = wid * 0.46;
  set(m.el.box, { x: -len / 2 + wid * 0.2, y: -b / 2, width: b, height: b, rx: 1.5 });
  set(m.el.querySelector('.ring'), { r: len * 0.82 });
  m.half = len / 2;
  set(m.el.tag, { 'font-size': wall ? 13 : 11 });
  set(m.el.wait, { transform: `translate(${len / 2} ${len / 2})` });
}

function dress(r) {
  const m = moving.get(r.id);
  const marks = [r.loaded && 'loaded', r.wait && !riding(r) && 'waits', picked === `r:${r.id}` && 'picked']
    .filter(Boolean);
  mark(m.el, 'class', ['robot', `tone-${tone(r)}`, ...marks].join(' '));
  mark(m.el, 'aria-label', `${r.id} ${doingText(r)}`);
  sizeRobot(m, r);
  const l = levels.find((x) => x.id === r.level);
  if (!l) { m.el.remove(); m.level = null; return; }
  if (m.level !== r.level) { l.robots.append(m.el); m.level = r.level; }
}

function path(nodes, levelId) {
  let d = '', last = null;
  for (const id of nodes) {
    const n = store.node.get(id);
    if (!n || n.level !== levelId) { last = null; continue; }
    const p = project(n.x, n.y);
    d += last && joined.has(`${last.id} ${id}`) ? `L${p[0].toFixed(1)} ${p[1].toFixed(1)}`
      : `M${p[0].toFixed(1)} ${p[1].toFixed(1)}h.01`;
    last = n;
  }
  return d;
}

function drawClaim(r) {
  for (const l of levels) {
    const key = r.id;
    let pair = l.stretch.get(key);
    if (!pair) {
      pair = [s('path', { class: 'route-line' }), s('path', { class: 'claim' })];
      l.stretch.set(key, pair);
      l.claims.append(...pair);
    }
    /* The plan goes on to the refuge after the goal; people want to see the way to the goal. */
    const claim = r.claim ?? [], whole = r.route ?? [], end = whole.indexOf(r.goal);
    const route = claim.includes(r.goal) ? [] : end < 0 ? whole : whole.slice(0, end + 1);
    mark(pair[0], 'd', path([...claim.slice(-1), ...route], l.id));
    mark(pair[1], 'd', claim.length > 1 ? path(claim, l.id) : '');
    mark(pair[0], 'class', `route-line tone-${tone(r)}`);
    mark(pair[1], 'class', `claim tone-${tone(r)}`);
    mark(pair[1], 'stroke-width', String(Math.max(9, Math.min(22, (r.width ?? 0.6) * view.k * 1.2))));
  }
}

function sample(r) {
  const m = moving.get(r.id), now = performance.now(), last = m.samples.at(-1);
  const next = { t: now, x: r.x, y: r.y, theta: r.theta ?? 0 };
  const far = last && Math.hypot(last.x - r.x, last.y - r.y) > 15;
  if (!last || m.onLevel !== r.level || far || calm.matches || document.hidden) m.samples = [{ ...next,
    t: now - LAG_MS * 2 }];
  else if (now - last.t > STILL_MS) m.samples = [{ ...last, t: now - LAG_MS }, next];
  else m.samples = [...m.samples.slice(-8), next];
  m.onLevel = r.level;
}

function pose(m, at) {
  const q = m.samples;
  let i = q.length - 1;
  while (i > 0 && q[i - 1].t > at) i -= 1;
  const b = q[i], a = q[i - 1];
  if (!a || at >= b.t) return [b.x, b.y, b.theta];
  const f = Math.max(0, (at - a.t) / (b.t - a.t));
  const turn = ((((b.theta - a.theta + Math.PI) % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)) - Math.PI;
  return [a.x + (b.x - a.x) * f, a.y + (b.y - a.y) * f, a.theta + turn * f];
}

function frame() {
  looping = false;
  if (!view) return;
  const at = performance.now() - LAG_MS;
  let busy = false;
  for (const m of moving.values()) {
    if (!m.level || !m.samples.length) continue;
    const [x, y, theta] = pose(m, at), p = project(x, y);
    mark(m.el, 'transform', `translate(${p[0].toFixed(2)} ${p[1].toFixed(2)})`);
    mark(m.el.body, 'transform', `rotate(${heading(theta).toFixed(1)})`);
    if (m.samples.at(-1).t > at) busy = true;
  }
  if (busy) loop();
}

function loop() { if (!looping && !document.hidden) { looping = true; requestAnimationFrame(frame); } }

function updateRobot(id) {
  const r = store.robots.get(id);
  if (!r || !view) return;
  if (!moving.has(id)) { moving.set(id, { samples: [], level: null, el: robotEl(r) }); }
  if (r.level !== null && r.x !== null && r.x !== undefined) sample(r);
  dress(r);
  drawClaim(r);
  label();
  loop();
}

// Ids above the robot, else below, beside, or left out while robots stand in a heap; working robots choose first.
function labelRobots() {
  labelTimer = 0;
  const size = wall ? 13 : 11, taken = [];
  const shown = [...store.robots.values()].filter((r) => moving.get(r.id)?.level).sort((a, b) =>
    (tone(a) === 'idle') - (tone(b) === 'idle') || (a.id < b.id ? -1 : 1));
  const at = new Map(shown.map((r) => [r.id, project(r.x, r.y)]));
  const body = new Map(shown.map((r) => { const [x, y] = at.get(r.id), a = moving.get(r.id).half * 0.8;
    return [r.id, [x - a, y - a, x + a, y + a, r.level]]; }));
  for (const r of shown) {
    const m = moving.get(r.id), [x, y] = at.get(r.id), w = textWidth(r.id, size, 700) / 2, up = m.half + size / 2 - 1,
      side = m.half + w + 3;
    const free = [[0, -up], [0, up], [side, 0], [-side, 0]].find(([dx, dy]) => {
      const b = [x + dx - w, y + dy - size / 2, x + dx + w, y + dy + size / 2, r.level];
      if (taken.some((q) => q[4] === r.level && overlaps(b, q))
        || [...body].some(([id, q]) => id !== r.id && q[4] === r.level && overlaps(b, q))) return false;
      taken.push(b);
      return true;
    });
    m.el.tag.classList.toggle('hide', !free);
    if (free) { mark(m.el.tag, 'x', String(free[0])); mark(m.el.tag, 'y', String(free[1])); }
  }
}

function label() { labelTimer ||= setTimeout(labelRobots, 250); }

// ---- the whole ----
function build() {
  buildQueued = false;
  if (!store.site || !layout()) return;
  levels.forEach((l, i) => {
    const on = !view.single || i === current;
    l.el.hidden = !on;
    mark(l.svg, 'viewBox', `0 0 ${view.w} ${view.h}`);
    drawFloor(l); drawPlaces(l); drawCars(l);
  });
  for (const [id, m] of moving) { const r = store.robots.get(id); if (!r) {
    m.el.remove(); moving.delete(id); levels.forEach((l) => { l.stretch.get(id)?.forEach((e) => e.remove());
    l.stretch.delete(id); }); } }
  store.robots.forEach((r) => updateRobot(r.id));
  heads();
}

export function rebuild() { if (!buildQueued) { buildQueued = true; requestAnimationFrame(build); } }

function heads() {
  for (const [i, l] of levels.entries()) {
    const n = [...store.robots.values()].filter((r) => r.level === l.id).length;
    put(l.title, named(l.data));
    put(l.count, n === 0 ? '' : n === 1 ? t('here_one') : t('here_now', { n }));
    mark(l.button, 'aria-pressed', String(i === current));
    put(l.button.firstChild, l.id);
    put(l.button.lastChild, n ? String(n) : '');
    mark(l.button, 'aria-label', `${named(l.data)} ${l.count.textContent}`);
  }
}

function setLevel(i) {
  if (i < 0 || i >= levels.length) return;
  current = i;
  zoom = { z: 1, x: 0, y: 0 };
  rebuild();
}

function setZoom(z, cx, cy) {
  const before = zoom.z;
  const next = Math.min(ZOOM_MAX, Math.max(1, z)), f = next / before;
  const mx = (cx ?? view.w / 2) - view.w / 2, my = (cy ?? view.h / 2) - view.h / 2 - 13;
  zoom = next === 1 ? { z: 1, x: 0, y: 0 } : { z: next, x: mx - (mx - zoom.x) * f, y: my - (my - zoom.y) * f };
  mark(box, 'data-zoomed', String(next > 1));
  rebuild();
}

// One finger moves a zoomed plan or, on a phone, wipes to the next level; two fingers zoom.
function gestures(svg) {
  const down = new Map();
  let start = null, panned = false;
  const spread = () => { const [a, b] = [...down.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
  svg.addEventListener('pointerdown', (e) => {
    down.set(e.pointerId, { x: e.clientX, y: e.clientY });
    panned = false;
    start = { x: e.clientX, y: e.clientY, zoom: { ...zoom }, spread: down.size === 2 ? spread() : 0 };
  });
  svg.addEventListener('pointermove', (e) => {
    if (!down.has(e.pointerId)) return;
    down.set(e.pointerId, { x: e.clientX, y: e.clientY });
    const dx = e.clientX - start.x, dy = e.clientY - start.y;
    if (Math.hypot(dx, dy) > 8 && !panned) { panned = true; svg.setPointerCapture(e.pointerId); }
    if (down.size === 2) {
      const r = svg.getBoundingClientRect(), [a, b] = [...down.values()];
      setZoom(start.zoom.z * (spread() / start.spread), (a.x + b.x) / 2 - r.left, (a.y + b.y) / 2 - r.top);
    } else if (zoom.z > 1 && panned) { zoom.x = start.zoom.x + dx; zoom.y = start.zoom.y + dy; rebuild(); }
  });
  const up = (e) => {
    const dx = e.clientX - (start?.x ?? 0);
    if (down.size === 1 && phone.matches && zoom.z === 1 && Math.abs(dx) > 60
      && Math.abs(dx) > 2 * Math.abs(e.clientY - start.y)) setLevel(current + (dx < 0 ? 1 : -1));
    down.delete(e.pointerId);
  };
  svg.addEventListener('pointerup', up);
  svg.addEventListener('pointercancel', (e) => down.delete(e.pointerId));
  svg.addEventListener('wheel', (e) => {
    if (!e.ctrlKey && zoom.z === 1) return;
    e.preventDefault();
    const r = svg.getBoundingClientRect();
    setZoom(zoom.z * (e.deltaY < 0 ? 1.2 : 1 / 1.2), e.clientX - r.left, e.clientY - r.top);
  }, { passive: false });
  const open = (e) => {
    if (panned) return;
    const r = e.target.closest('[data-robot]'), p = e.target.closest('[data-station]');
    pick(r ? `r:${r.dataset.robot}` : p ? `s:${p.dataset.station}` : null);
  };
  svg.addEventListener('click', open);
  svg.addEventListener('keydown', (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); open(e); } });
}

// ---- the card about what was tapped ----
function pick(what) {
  picked = what;
  store.robots.forEach((r) => moving.has(r.id) && dress(r));
  box.querySelectorAll('.place').forEach((el) => el.classList.toggle('picked', picked === `s:${el.dataset.station}`));
  card(true);
}

function card(whole) {
  const el = box.querySelector('.card');
  const [kind, id] = picked ? [picked[0], picked.slice(2)] : [];
  const r = kind === 'r' && store.robots.get(id), x = kind === 's' && store.station.get(id);
  mark(el, 'data-open', String(Boolean(r || x)));
  if (x && whole) {
    el.replaceChildren(h('span', { class: 'badge', 'data-kind': x.kind }, icon(x.kind)),
      h('strong', { class: 'grow' }, named(x)),
      h('button', { class: 'quiet', type: 'button', onclick: () => { pick(null); hooks.request('from', id); } },
        t('pick_here')),
      h('button', { class: 'quiet', type: 'button', onclick: () => { pick(null); hooks.request('to', id); } },
        t('bring_here')),
      h('button', { class: 'square', type: 'button', 'aria-label': t('close'), onclick: () => pick(null) },
        icon('close')));
  }
  if (!r) { if (!x) el.replaceChildren(); return; }
  if (whole || !el.querySelector('.what')) {
    el.replaceChildren(h('span', { class: 'swatch' }), h('span', { class: 'who grow' }, h('strong', {}),
      h('span', { class: 'what' })),
      h('button', { class: 'quiet job', type: 'button', onclick: () => hooks.job(store.robots.get(id)?.job) }),
      h('button', { class: 'square', type: 'button', 'aria-label': t('close'), onclick: () => pick(null) },
        icon('close')));
  }
  mark(el.querySelector('.swatch'), 'class', `swatch tone-${tone(r)}`);
  const name = named(r);
  put(el.querySelector('strong'), name && name !== r.id ? `${name} · ${r.id}` : r.id);
  const battery = r.battery === null || r.battery === undefined ? ''
    : `${t('battery')} ${Math.round(r.battery * 100)} %`;
  put(el.querySelector('.what'), [doingText(r), waitText(r), t(r.loaded ? 'loaded_yes' : 'loaded_no'),
    battery].filter(Boolean).join(' · '));
  const job = el.querySelector('.job');
  job.hidden = !r.job;
  put(job, r.job ? t('for_job', { id: r.job }) : '');
}

export function showRobot(id) {
  const r = store.robots.get(id), i = levels.findIndex((l) => l.id === r?.level);
  if (i >= 0 && i !== current) setLevel(i);
  pick(`r:${id}`);
}

function legend() {
  const item = (cls, key, rank) => h('li', { class: rank }, h('span', { class: `key ${cls}` }), h('span', {}, t(key)));
  return h('ul', { class: 'legend', 'aria-label': t('legend') },
    item('tone-pickup', 'legend_pickup'), item('tone-handling', 'legend_handling'), item('tone-carry', 'legend_carry'),
      item('tone-return', 'legend_return'),
    item('tone-idle', 'legend_idle'), item('tone-trouble', 'legend_trouble'),
      item('key-claim tone-carry', 'legend_claim'), item('key-bay', 'legend_refuge', 'minor'),
      item('key-charger', 'legend_charger', 'minor'));
}

function make() {
  levels = store.site.levels.map((data, i) => {
    const l = { id: data.id, data, stretch: new Map(), floor: s('g', {}), claims: s('g', {}), places: s('g', {}),
      cars: s('g', {}), robots: s('g', {}) };
    l.svg = s('svg', { class: 'drawing', preserveAspectRatio: 'xMidYMid meet', role: 'img' }, l.floor, l.claims,
      l.cars, l.places, l.robots);
    l.title = h('span', { class: 'level-name' });
    l.count = h('span', { class: 'level-count' });
    l.el = h('figure', { class: 'level', 'data-level': data.id }, h('figcaption', {}, l.title, l.count), l.svg);
    l.button = h('button', { type: 'button', onclick: () => setLevel(i) }, h('span', {}), h('small', {}));
    gestures(l.svg);
    return l;
  });
  const tool = (name, key, f) => h('button', { type: 'button', 'aria-label': t(key), onclick: f }, icon(name));
  box.replaceChildren(
    h('div', { class: 'levels' }, levels.map((l) => l.el)),
    h('div', { class: 'level-switch', role: 'group', 'aria-label': t('level') },
      [...levels].reverse().map((l) => l.button)),
    h('div', { class: 'zoom' }, tool('plus', 'zoom_in', () => setZoom(zoom.z * 1.6)),
      tool('minus', 'zoom_out', () => setZoom(zoom.z / 1.6)), tool('fit', 'zoom_fit', () => setZoom(1))),
    h('div', { class: 'card', role: 'status' }),
    legend());
  moving.clear();
  joined.clear();
  store.site.lanes.forEach((e) => { joined.add(`${e.from} ${e.to}`); joined.add(`${e.to} ${e.from}`); });
  const bays = store.site.nodes.filter((n) => n.refuge || n.charger);
  closest = Infinity;
  bays.forEach((a, i) => bays.slice(i + 1).forEach((b) => {
    if (a.level === b.level) closest = Math.min(closest, Math.hypot(a.x - b.x, a.y - b.y) || Infinity); }));
  measure();
  new ResizeObserver(rebuild).observe(box.querySelector('.levels'));
}

export function startPlan(element, options) {
  box = element; hooks = options; wall = Boolean(options.wall);
  box.append(h('p', { class: 'empty' }, t('loading')));
  phone.addEventListener('change', () => setZoom(1));
  document.addEventListener('visibilitychange', loop);
  setInterval(() => { if (picked?.[0] === 'r') card(false); }, 1000);
}

export function updatePlan(what, id) {
  if (what === 'site') make();
  if (what === 'lang') {
    if (store.site) { make(); pick(null); } else box.replaceChildren(h('p', { class: 'empty' }, t('loading')));
  }
  if (what === 'site' || what === 'lang' || what === 'all') rebuild();
  if (what === 'robot') { updateRobot(id); heads(); if (picked === `r:${id}`) card(false); }
  if (what === 'elevator' && view) levels.forEach(drawCars);
}
