// A pretend daemon for the page: serves controller/web and answers /api/v1 with a small hospital whose robots move.
// It knows the HTTP contract, not the product: robots may pass through one another here.
//   node mock.mjs [--port 8099] [--speed 1] [--auto]
import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const WEB = join(ROOT, 'controller/web'), SITES = join(ROOT, 'maps/sites');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.json': 'application/json' };
export const CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

// ---- the building: the demo hospital as the daemon would tell it ----
async function build() {
  const file = JSON.parse(await readFile(join(SITES, 'demo.site.json'), 'utf8'));
  const at = new Map(file.nodes.map((n) => [n.id, n]));
  const rides = file.elevators.flatMap((e) => e.landings.slice(1).map((l, i) =>
    ({ from: e.landings[i].node, to: l.node, both_ways: true, kind: 'ride' })));
  return {
    id: file.id, name: file.name, levels: file.levels, labels: file.labels, doors: file.doors,
    nodes: file.nodes.map((n) => ({ id: n.id, level: n.level, x: n.x, y: n.y,
      refuge: Boolean(n.park || n.holding || n.charger), charger: Boolean(n.charger) })),
    lanes: [...file.edges.map((e) => ({ from: e.from, to: e.to, both_ways: Boolean(e.both_ways), kind: 'lane' })),
      ...rides],
    stations: file.stations.map((x) => ({ ...x, level: at.get(x.node).level, x: at.get(x.node).x,
      y: at.get(x.node).y })),
    elevators: file.elevators.map((e) => ({ id: e.id, name: e.name, x: e.x, y: e.y, width: e.width, depth: e.depth,
      yaw: e.yaw ?? 0, levels: e.landings.map((l) => l.level), landings: e.landings })),
    walls: file.walls.flatMap((w) => w.points.slice(1).map((q, i) =>
      ({ level: w.level, x1: w.points[i][0], y1: w.points[i][1], x2: q[0], y2: q[1] }))),
  };
}

function problem(status, code, title, titleZh, field) {
  return { type: `https://orderly.example/problems/${code}`, title, title_zh: titleZh, status, detail: title,
    detail_zh: titleZh, ...(field && { field }) };
}

class World {
  constructor(site, fleet, opt) {
    this.site = site;
    this.speed = opt.speed ?? 1;
    this.auto = opt.auto ?? false;
    this.node = new Map(this.site.nodes.map((n) => [n.id, n]));
    this.next = new Map();
    for (const l of this.site.lanes) for (const [a, b] of l.both_ways ? [[l.from, l.to], [l.to, l.from]]
      : [[l.from, l.to]]) {
      if (!this.next.has(a)) this.next.set(a, []);
      this.next.get(a).push(b);
    }
    this.cabin = new Map(site.elevators.flatMap((e, i) => e.landings.map((l) => [l.node, i])));
    this.order = site.levels.map((l) => l.id);
    this.robots = fleet.robots.map((f, i) => ({ id: f.id, name: f.name, home: f.start, at: f.start,
      level: this.node.get(f.start).level, x: this.node.get(f.start).x, y: this.node.get(f.start).y, theta: 0,
      path: [], doing: 'idle', link: 'online', battery: 0.94 - i * 0.07, hold: 0, wait: null, job: null, loaded: false,
      dirty: true }));
    this.cars = this.site.elevators.map((e) => ({ id: e.id, name: e.name, level: e.levels[0], motion: 'stopped',
      door: 'closed', mode: 'agv', holder: null, heard: true, t: 0, target: null }));
    this.jobs = []; this.keys = new Map(); this.clients = new Set(); this.events = 0; this.lastAuto = 0;
    this.timer = setInterval(() => this.step(0.1 * this.speed), 100);
    this.news = setInterval(() => this.tell(), 500);
  }
  close() { clearInterval(this.timer); clearInterval(this.news); for (const c of this.clients) c.end(); }
  send(kind, data) {
    this.events += 1;
    for (const c of this.clients) c.write(`id: ${this.events}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
  }
  tell() { for (const r of this.robots) if (r.dirty) { this.send('robot', this.robot(r)); r.dirty = r.path.length > 0;
    } }
  station(id) { return this.site.stations.find((s) => s.id === id); }
  route(from, to) {
    const back = new Map([[from, null]]); const queue = [from];
    while (queue.length) {
      const n = queue.shift();
      if (n === to) { const p = []; for (let k = n; k !== from; k = back.get(k)) p.unshift(k); return p; }
      for (const m of this.next.get(n) ?? []) if (!back.has(m)) { back.set(m, n); queue.push(m); }
    }
    return [];
  }
  robot(r) {
    const claim = [r.at, ...r.path.slice(0, 3)], route = r.path.slice(3, 40);
    return { id: r.id, name: r.name, link: r.link, doing: r.doing, mode: 'automatic', battery: r.battery,
      charging: !r.path.length && this.node.get(r.at).charger, at: r.at, level: r.level, x: r.x, y: r.y,
      theta: r.theta, driving: r.path.length > 0 && !r.wait, job: r.job?.id ?? null, loaded: r.loaded,
      goal: r.path.at(-1) ?? null, wait: r.wait && { ...r.wait, since_s: r.wait.since_s }, claim, route, length: 0.9,
      width: 0.6 };
  }
  jobState(j, state, stamp) { j.state = state; if (stamp) j[stamp] = new Date().toISOString(); this.send('job', j); }
  go(r, to, doing) { r.path = this.route(r.at, to); r.doing = doing; r.dirty = true; }
  assign() {
    for (const j of [...this.jobs].reverse()) {
      if (j.state !== 'requested') continue;
      const r = this.robots.find((k) => !k.job && k.link === 'online');
      if (!r) return;
      r.job = j; j.robot = r.id; r.hold = 0.5;
      this.jobState(j, 'assigned', 'assigned_at');
      this.go(r, this.station(j.from).node, 'to_pickup');
    }
  }
  carStep(c, dt) {
    c.t -= dt;
    if (c.t > 0 || !c.target) return;
    if (c.level === c.target) {
      c.door = c.door === 'open' ? 'open' : c.door === 'moving' ? 'open' : 'moving'; c.motion = 'stopped'; c.t = 1.5;
      if (c.door === 'open') c.target = null;
    } else if (c.door !== 'closed') { c.door = c.door === 'open' ? 'moving' : 'closed'; c.t = 1.5; }
    else {
      const up = this.order.indexOf(c.target) > this.order.indexOf(c.level);
      if (c.motion === 'stopped') { c.motion = up ? 'up' : 'down'; c.t = 3; }
      else { c.level = this.order[this.order.indexOf(c.level) + (up ? 1 : -1)]; c.t = 3;
        if (c.level === c.target) c.motion = 'stopped'; }
    }
    this.send('elevator', c);
  }
  mayEnter(r, to) {
    const inCar = (n) => this.cabin.has(n), car = inCar(to), inside = inCar(r.at);
    if (!car && !inside) return true;
    const c = this.cars[this.cabin.get(car ? to : r.at)];
    if (car && !inside) {
      if (c.holder && c.holder !== r.id) { r.wait ??= { kind: 'robot', id: c.holder, since_s: 0 }; return false; }
      c.holder = r.id;
      if (c.level === r.level && c.door === 'open') return true;
      c.target = r.level; r.wait ??= { kind: 'elevator', id: c.id, since_s: 0 }; return false;
    }
    if (car && inside) {
      const last = r.path.findLast(inCar) ?? to; const level = this.node.get(last).level;
      c.target = level; r.wait ??= { kind: 'elevator', id: c.id, since_s: 0 };
      if (c.level === level && c.door === 'open') { while (inCar(r.path[0])) { r.at = r.path.shift();
        } r.level = level; r.wait = null; r.dirty = true; }
      return false;
    }
    if (c.door !== 'open') return false;
    r.leaving = c; return true;
  }
  arrived(r) {
    const j = r.job;
    if (r.doing === 'to_pickup') { r.doing = 'picking'; r.hold = 6; }
    else if (r.doing === 'picking') { r.loaded = true; this.jobState(j, 'loaded', 'loaded_at');
      this.go(r, this.station(j.to).node, 'to_drop'); this.jobState(j, 'moving'); }
    else if (r.doing === 'to_drop') { r.doing = 'dropping'; r.hold = 6; this.jobState(j, 'arrived', 'arrived_at'); }
    else if (r.doing === 'dropping') { r.loaded = false; this.jobState(j, 'delivered', 'ended_at'); r.job = null;
      this.go(r, r.home, 'to_refuge'); }
    else if (r.doing === 'to_refuge') r.doing = 'idle';
    r.dirty = true;
  }
  robotStep(r, dt) {
    if (r.hold > 0) { r.hold -= dt; return; }
    if (!r.path.length) { if (r.doing !== 'idle') this.arrived(r); return; }
    if (r.wait) r.wait.since_s = Math.round((r.wait.since_s + dt) * 10) / 10;
    const to = this.node.get(r.path[0]);
    const here = this.node.get(r.at);
    if (r.x === here.x && r.y === here.y && !this.mayEnter(r, to.id)) return;
    r.wait = null;
    const d = Math.hypot(to.x - r.x, to.y - r.y), go = dt * 1.2;
    r.theta = Math.atan2(to.y - r.y, to.x - r.x);
    if (d > go) { r.x += ((to.x - r.x) * go) / d; r.y += ((to.y - r.y) * go) / d; return; }
    r.x = to.x; r.y = to.y; r.at = r.path.shift();
    if (r.leaving) { r.leaving.holder = null; this.send('elevator', r.leaving); r.leaving = null; }
  }
  step(dt) {
    if (this.auto && (this.lastAuto += dt) > 18) {
      this.lastAuto = 0;
      const s = this.site.stations; const a = s[Math.floor(Math.random() * s.length)],
        b = s[Math.floor(Math.random() * s.length)];
      if (a !== b && this.jobs.filter((j) => !j.ended_at).length < 7) this.request({ from: a.id, to: b.id,
        quantity: 1 + Math.floor(Math.random() * 4) });
    }
    this.assign();
    this.cars.forEach((c) => this.carStep(c, dt));
    this.robots.forEach((r) => this.robotStep(r, dt));
  }
  request(b) {
    const j = { id: this.jobs.length + 1, state: 'requested', from: b.from, to: b.to, quantity: b.quantity ?? 1,
      item: b.item ?? '', priority: b.priority ?? 3, robot: null, requested_at: new Date().toISOString(),
      assigned_at: null, loaded_at: null, arrived_at: null, ended_at: null, reason: null };
    this.jobs.unshift(j);
    this.send('job', j);
    return j;
  }
  cancel(j) {
    const r = this.robots.find((k) => k.job === j);
    if (r) { r.job = null; this.go(r, r.home, 'to_refuge'); }
    this.jobState(j, 'cancelled', 'ended_at');
  }
}

function answer(res, status, body, extra = {}) {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...extra }).end(JSON.stringify(body));
}

async function post(world, req, res) {
  let text = '';
  for await (const chunk of req) text += chunk;
  const b = JSON.parse(text), key = req.headers['idempotency-key'];
  if (key && world.keys.has(key)) return answer(res, 200, world.keys.get(key));
  if (!world.station(b.from)) return answer(res, 422, problem(422, 'unknown_station', 'This station does not exist.',
    '没有这个站点。', 'from'));
  if (!world.station(b.to)) return answer(res, 422, problem(422, 'unknown_station', 'This station does not exist.',
    '没有这个站点。', 'to'));
  if (b.from === b.to) return answer(res, 422, problem(422, 'same_station', 'From and to are the same station.',
    '取货与送达是同一个站点。', 'to'));
  const j = world.request(b);
  if (key) world.keys.set(key, j);
  return answer(res, 201, j, { location: `/api/v1/jobs/${j.id}` });
}

async function api(world, req, res, url) {
  const p = url.pathname.replace('/api/v1/', '');
  if (p === 'session') return answer(res, 200, { login: false, name: 'local', role: 'manager', csrf: null, rights: ['see'] });
  if (p === 'site') return answer(res, 200, world.site);
  if (p === 'robots') return answer(res, 200, { robots: world.robots.map((r) => world.robot(r)) });
  if (p === 'elevators') return answer(res, 200, { elevators: world.cars });
  if (p === 'jobs' && req.method === 'POST') return post(world, req, res);
  if (p === 'jobs') {
    const s = url.searchParams.get('state') ?? 'all';
    return answer(res, 200, { jobs: world.jobs.filter((j) => s === 'all' || (s === 'open') === !j.ended_at) });
  }
  if (p === 'events') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write(`event: hello\ndata: ${JSON.stringify({ now: new Date().toISOString() })}\n\n`);
    world.clients.add(res); res.on('close', () => world.clients.delete(res));
    return undefined;
  }
  const j = world.jobs.find((k) => `jobs/${k.id}` === p);
  if (!j) return answer(res, 404, problem(404, 'not_found', 'Nothing is here.', '这里没有内容。'));
  if (req.method === 'DELETE') {
    if (['requested', 'assigned'].includes(j.state)) world.cancel(j);
    else return answer(res, 409, problem(409, 'already_loaded',
      'The job is already loaded and can no longer be cancelled.', '任务已装车，不能再取消。'));
  }
  return answer(res, 200, j);
}

async function file(res, path) {
  const name = normalize(path === '/' ? '/index.html' : path);
  try {
    const bytes = await readFile(join(WEB, name));
    res.writeHead(200, { 'content-type': `${TYPES[extname(name)]}; charset=utf-8`, 'content-security-policy': CSP,
      'cache-control': 'no-cache' }).end(bytes);
  } catch { answer(res, 404, problem(404, 'not_found', 'Nothing is here.', '这里没有内容。')); }
}

export async function start(opt = {}) {
  const fleet = JSON.parse(await readFile(join(SITES, 'demo.fleet.json'), 'utf8'));
  const world = new World(await build(), fleet, opt);
  const server = http.createServer((req, res) => {
    const url = new URL(req.url, 'http://x');
    if (url.pathname === '/healthz') return answer(res, 200, {
      status: 'ok', robots_online: world.robots.length, jobs_open: world.jobs.filter((j) => !j.ended_at).length,
      journal: 'ok', mqtt: 'connected' });
    if (url.pathname.startsWith('/api/v1/')) return api(world, req, res, url).catch((e) =>
      answer(res, 500, problem(500, 'internal', String(e), String(e))));
    return file(res, url.pathname);
  });
  await new Promise((done) => { server.listen(opt.port ?? 0, '127.0.0.1', done); });
  return { world, url: `http://127.0.0.1:${server.address().port}`, port: server.address().port,
    close: () => { world.close(); server.closeAllConnections(); server.close(); } };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const arg = (name, other) => { const i = process.argv.indexOf(name); return i < 0 ? other
    : Number(process.argv[i + 1]); };
  const m = await start({ port: arg('--port', 8099), speed: arg('--speed', 1), auto: process.argv.includes('--auto') });
  console.log(m.url);
}
