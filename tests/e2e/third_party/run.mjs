// Vehicles of another maker on the demo site: the npm library vda-5050-lib (VDA 5050 2.0) drives virtual robots that share
// nothing with this repository but the protocol. See tests/e2e/third_party.sh; the last line printed is the tally.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const need = createRequire(join(process.env.MODULES, 'x.js'));
const { AgvController, VirtualAgvAdapter } = need('vda-5050-lib');
const mqtt = need('mqtt');

const env = (name, otherwise) => (process.env[name] === undefined ? otherwise : Number(process.env[name]));
const bin = process.env.BIN;
const robots = env('ROBOTS', 20);
const jobsWanted = env('JOBS', 200);
const breaks = env('BREAKS', 10);
const speed = env('SPEED', 10); // hospital seconds a second, for controller, building and vehicles alike
const cutMs = env('CUT_MS', 5000); // a broken link lasts at most so long
const limitS = env('LIMIT', 1500);
const seed = env('SEED', 1);
const outside = process.env.BROKER; // mqtt://host:port
const maker = 'acme';
const dir = mkdtempSync(join(tmpdir(), 'orderly-third-'));
const wire = process.env.WIRE || join(dir, 'wire.jsonl');
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let state = seed;
const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32);
const pick = (list) => list[Math.floor(random() * list.length)];

// What the library says when it throws a message of ours away; it says so nowhere else.
const dropped = [];
console.error = (...words) => {
  const text = words.join(' ');
  if (text.startsWith('Drop inbound')) dropped.push(text);
  process.stderr.write(`${text}\n`);
};

const freePort = () =>
  new Promise((done) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

// ---- the broker and the links to it ------------------------------------------------------------------------------------

class Broker {
  async start() {
    if (outside) {
      const at = new URL(outside);
      this.host = at.hostname;
      this.port = Number(at.port || 1883);
      return;
    }
    this.host = '127.0.0.1';
    this.port ??= await freePort();
    const file = join(dir, 'mosquitto.conf');
    writeFileSync(file, `listener ${this.port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\nmax_queued_messages 10000\n`);
    const path = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
    this.child = spawn('mosquitto', ['-c', file], { stdio: 'ignore', env: { ...process.env, PATH: path } });
    await this.answers();
  }
  answers() {
    return new Promise((done) => {
      const again = () => {
        const s = connect(this.port, this.host, () => (s.destroy(), done()));
        s.on('error', () => setTimeout(again, 50));
      };
      again();
    });
  }
  async restart() {
    this.child.kill('SIGKILL');
    await sleep(1500);
    await this.start();
  }
  stop() {
    this.child?.kill('SIGTERM');
  }
}

// A robot reaches the broker through one of these; cut() is what a lift shaft does to Wi-Fi.
class Link {
  constructor(broker) {
    this.broker = broker;
    this.sockets = new Set();
    this.down = false;
    this.server = createServer((near) => {
      if (this.down) return near.destroy();
      const far = connect(broker.port, broker.host);
      for (const [a, b] of [[near, far], [far, near]]) {
        this.sockets.add(a);
        a.on('error', () => b.destroy());
        a.on('close', () => (this.sockets.delete(a), b.destroy()));
      }
      near.pipe(far).pipe(near);
    });
  }
  listen() {
    return new Promise((done) => this.server.listen(0, '127.0.0.1', () => done(this.server.address().port)));
  }
  async cut(ms) {
    this.down = true;
    for (const s of this.sockets) s.destroy();
    await sleep(ms);
    this.down = false;
  }
  close() {
    this.server.close();
    for (const s of this.sockets) s.destroy();
  }
}

// ---- the controller ----------------------------------------------------------------------------------------------------

function writeFleet() {
  const demo = JSON.parse(readFileSync('maps/sites/demo.fleet.json', 'utf8'));
  const asks = [{ key: 'stationType', value: 'floor' }, { key: 'loadType', value: 'EPAL' }];
  const fleet = { format: demo.format, classes: [{ ...demo.classes[0], pick_s: 6, drop_s: 6 }], robots: [] };
  for (let i = 0; i < robots; i++)
    fleet.robots.push({
      id: `T${String(i + 1).padStart(2, '0')}`, class: demo.classes[0].id, manufacturer: maker, version: '2.0.0',
      // 1.4.0 of the library still expects the list under its 1.1 name, and loads of one type from the floor only.
      quirks: { instant_actions_key: 'instantActions', pick: asks, drop: asks },
    });
  const file = join(dir, 'third.fleet.json');
  writeFileSync(file, JSON.stringify(fleet));
  return file;
}

class Hospital {
  async start(broker) {
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    const log = openSync(join(dir, 'up.log'), 'w');
    this.child = spawn(join(bin, 'orderly'),
      ['up', '--site', 'maps/sites/demo.site.json', '--fleet', writeFleet(), '--data', dir, '--port', String(this.port),
        '--speed', String(speed), '--broker', `tcp://${broker.host}:${broker.port}`, '--no-robots'],
      { stdio: ['ignore', log, log] });
    this.child.on('exit', (code) => (this.ended = `orderly up ended (${code}); see ${dir}/up.log`));
    await this.until(60, async () => (await this.get('/api/v1/robots')) !== null, 'the controller is not ready');
  }
  async until(seconds, done, what) {
    for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
      if (await done()) return;
      if (this.ended) throw new Error(this.ended);
      if (Date.now() > end) throw new Error(what);
    }
  }
  async get(path) {
    try {
      const r = await fetch(this.url + path, { signal: AbortSignal.timeout(3000) });
      return r.ok ? await r.json() : null;
    } catch {
      return null;
    }
  }
  // Asked again under the same key until somebody answers: a request that was answered is never lost nor made twice.
  async ask(key, body) {
    for (;;) {
      try {
        const r = await fetch(`${this.url}/api/v1/jobs`, {
          method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(3000),
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
        });
        if (r.ok) return (await r.json()).id;
        if (r.status !== 503) throw new Error(`a request was answered ${r.status}: ${await r.text()}`);
      } catch (e) {
        if (e.message?.startsWith('a request')) throw e;
      }
      if (this.ended) throw new Error(this.ended);
      await sleep(100);
    }
  }
  daemon() {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'utf8');
        const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
        if (text.includes('(orderlyd)') && Number(rest[1]) === this.child.pid && rest[0] !== 'Z') return Number(name);
      } catch { /* it has ended meanwhile */ }
    }
    return 0;
  }
  async kill9() {
    const pid = this.daemon();
    if (!pid) throw new Error('there is no orderlyd to kill');
    process.kill(pid, 'SIGKILL');
    await this.until(30, async () => this.daemon() && this.daemon() !== pid && (await this.get('/api/v1/robots')) !== null, 'orderlyd did not come back');
  }
  stop() {
    return new Promise((done) => {
      if (!this.child || this.ended) return done();
      this.child.on('exit', done);
      this.child.kill('SIGTERM');
    });
  }
}

// ---- the vehicles ------------------------------------------------------------------------------------------------------

async function startVehicle(id, node, broker) {
  const link = new Link(broker);
  const port = await link.listen();
  const vehicle = new AgvController(
    { manufacturer: maker, serialNumber: id },
    { interfaceName: 'uagv', vdaVersion: '2.0.0', transport: { brokerUrl: `mqtt://127.0.0.1:${port}`, reconnectPeriod: 200, heartbeat: 5 } },
    { agvAdapterType: VirtualAgvAdapter, publishStateInterval: 300, publishVisualizationInterval: 60000 },
    { initialPosition: { mapId: node.level, x: node.x, y: node.y, theta: 0, lastNodeId: node.id }, vehicleSpeed: 1, batteryMaxReach: 1e9, tickRate: 20, timeLapse: speed });
  await vehicle.start();
  return { id, link, vehicle };
}

// Everything that is said, for the books: refused orders here, the schemas later (tests/e2e/wire_check.py).
class Observer {
  constructor(broker) {
    this.counts = { order: 0, state: 0, instantActions: 0, factsheet: 0, connection: 0, visualization: 0 };
    this.refused = new Map();
    this.lines = [];
    this.client = mqtt.connect(`mqtt://${broker.host}:${broker.port}`, { reconnectPeriod: 200 });
    this.client.subscribe('uagv/#');
    this.client.on('message', (topic, payload) => this.take(topic, payload.toString()));
  }
  take(topic, text) {
    const kind = topic.split('/').pop();
    if (!topic.includes(`/${maker}/`) || !text) return;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.lines.push(`${JSON.stringify({ topic, text })}\n`);
    if (this.lines.length > 200) this.flush();
    if (kind !== 'state') return;
    for (const e of JSON.parse(text).errors)
      if (/^(validation|order|orderUpdate|noRoute|noOrderToCancel|instantAction)/i.test(e.errorType))
        this.refused.set(`${topic} ${JSON.stringify(e.errorReferences)}`, `${e.errorType}: ${e.errorDescription}`);
  }
  flush() {
    appendFileSync(wire, this.lines.join(''));
    this.lines = [];
  }
  async close() {
    this.flush();
    if (outside) // retained messages of vehicles that exist no more do not stay behind on a broker of somebody else
      for (let i = 1; i <= robots; i++)
        for (const t of ['connection', 'factsheet'])
          await new Promise((sent) => this.client.publish(`uagv/v2/${maker}/T${String(i).padStart(2, '0')}/${t}`, '', { retain: true, qos: 1 }, sent));
    this.client.end(true);
  }
}

// ---- the run -----------------------------------------------------------------------------------------------------------

const done = { breaks: 0, broker: 0, kills: 0 };
const broker = new Broker(), hospital = new Hospital();
let observer, fleet = [];
const began = Date.now();
const promised = new Map(); // job -> key
let jobs = [];

function faultsDue(delivered, due) {
  while (due.length && delivered >= due[0].at) {
    const f = due.shift();
    f.run().catch((e) => { hospital.ended ??= e.message; });
  }
}

function faults() {
  const list = [];
  for (let i = 0; i < breaks; i++)
    list.push({ at: ((i + 0.7) * jobsWanted) / (breaks + 1), run: () => (done.breaks++, pick(fleet).link.cut(500 + random() * (cutMs - 500))) });
  if (!outside) list.push({ at: jobsWanted * 0.4, run: () => (done.broker++, broker.restart()) });
  list.push({ at: jobsWanted * 0.6, run: () => (done.kills++, hospital.kill9()) });
  return list.sort((a, b) => a.at - b.at);
}

async function run() {
  await broker.start();
  observer = new Observer(broker);
  await hospital.start(broker);
  const site = await hospital.get('/api/v1/site');
  const known = (await hospital.get('/api/v1/robots')).robots, places = site.nodes.filter((n) => n.refuge);
  if (places.length < known.length) throw new Error(`${known.length} robots, but only ${places.length} places to stand`);
  for (const [i, r] of known.entries()) fleet.push(await startVehicle(r.id, places[i], broker));
  const stations = site.stations.map((s) => s.id), due = faults();
  let asked = 0, report = 0;
  const delivered = () => jobs.filter((j) => j.state === 'delivered').length;
  while (delivered() < jobsWanted) {
    if ((Date.now() - began) / 1000 > limitS) throw new Error(`not done after ${limitS} s`);
    if (hospital.ended) throw new Error(hospital.ended);
    jobs = (await hospital.get('/api/v1/jobs?state=all&limit=1000'))?.jobs ?? jobs;
    for (; asked < jobsWanted && asked - delivered() < robots * 2; asked++) {
      const from = pick(stations), to = pick(stations.filter((s) => s !== from));
      promised.set(await hospital.ask(`third-${asked}`, { from, to, item: `third-${asked}` }), `third-${asked}`);
    }
    faultsDue(delivered(), due);
    if (Date.now() - report > 15000) {
      report = Date.now();
      process.stdout.write(`${Math.round((report - began) / 1000)} s: ${delivered()} of ${asked} delivered, ${observer.refused.size} refused\n`);
    }
    await sleep(300);
  }
}

function judge() {
  const wrong = [], all = new Map(jobs.map((j) => [j.id, j]));
  for (const [id, key] of promised)
    if (all.get(id)?.state !== 'delivered' || all.get(id)?.item !== key) wrong.push(`job ${id} (${key}): ${JSON.stringify(all.get(id))}`);
  if (promised.size !== jobsWanted || jobs.length !== jobsWanted) wrong.push(`${promised.size} promised, ${jobs.length} known, ${jobsWanted} asked for`);
  for (const [where, what] of observer?.refused ?? []) wrong.push(`refused: ${where}: ${what}`);
  for (const d of dropped) wrong.push(d);
  return wrong;
}

for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => { hospital.ended ??= 'stopped'; });
let failure = '';
try {
  await run();
} catch (e) {
  failure = e.message;
}
const wrong = [...(failure ? [failure] : []), ...judge()];
for (const f of fleet) {
  await Promise.race([f.vehicle.stop().catch(() => {}), sleep(2000)]);
  f.link.close();
}
await observer?.close();
await hospital.stop();
broker.stop();
for (const w of wrong.slice(0, 20)) process.stdout.write(`WRONG ${w}\n`);
if (wrong.length) process.stdout.write(`kept: ${dir}\n`);
else rmSync(dir, { recursive: true, force: true });
const c = observer?.counts ?? {};
process.stdout.write(`third party: ${fleet.length} robots of vda-5050-lib (2.0), ${jobs.filter((j) => j.state === 'delivered').length} of ${jobsWanted} jobs delivered, `
  + `${observer?.refused.size ?? 0} orders rejected, ${done.breaks} broken links, ${done.broker} broker restarts, ${done.kills} kills of the controller; `
  + `${c.order} orders, ${c.state} states, ${Math.round((Date.now() - began) / 1000)} s: ${wrong.length ? 'FAILED' : 'passed'}\n`);
process.exit(wrong.length ? 1 : 0);
