#!/usr/bin/env python3
"""R57: kills orderlyd with -9 at random moments of a live run and keeps books of its own.

  tests/e2e/crash.py [--kills 20] [--bin build/release/bin] [--seed S] [--speed 20] [--robots 20]

A whole hospital runs (`orderly up`): broker, controller, building, twenty robots (with --robots 8: the demo hospital).
Jobs are posted all the time, some are cancelled. After each kill the same controller comes back on the same journal. At the end, by our own ledger:
  - each request that got a 2xx is there, once, under the number it was told; a repeated request made no second job
  - each accepted job is delivered, or cancelled if that was asked for; a final state is never left again
  - each load was picked once and dropped once, told by the robots themselves over MQTT
  - the controller was ready again within two seconds; how long until it hears every robot is told as well
  - the journal replays, every mark on the way agreeing (orderly sim replay)
Most kills happen with a broker that stays, so that no message of a robot escapes us; the others take the private broker
along, as in the default set-up. There the robots' messages may be missed, so "once" is judged as "at most once".
Exit code 0 when everything held, 77 when a program is missing.
"""
import argparse
import http.client
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FINAL = ("delivered", "cancelled", "failed")
RESTART_LIMIT_S = 2.0


class Failure(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- a listener on the broker: MQTT 3.1.1, QoS 0, nothing more than we need ------------------------------------------


class Robots(threading.Thread):
    """What the robots say of their actions: load -> {"pick": ids, "drop": ids}."""

    def __init__(self, port, password=""):
        super().__init__(daemon=True)
        self.port, self.password, self.stopped = port, password, False
        self.what = {}  # action id -> (kind, load), from the orders
        self.status = {}  # action id -> last status
        self.carried = {}  # load -> robot that shows it now
        self.broken = []
        self.lock = threading.Lock()
        self.connected = threading.Event()

    def run(self):
        while not self.stopped:
            try:
                self.session()
            except (OSError, EOFError):
                time.sleep(0.02)

    def session(self):
        with socket.create_connection(("127.0.0.1", self.port), 5) as s:
            name = b"ledger%d" % os.getpid()
            login = b"".join(struct.pack(">H", len(v)) + v for v in (b"orderly-watch", self.password.encode())) if self.password else b""
            flags = b"\xc2" if login else b"\2"
            s.sendall(self.packet(0x10, b"\0\4MQTT\4" + flags + b"\0\x1e" + struct.pack(">H", len(name)) + name + login))
            body = struct.pack(">H", 1)
            for topic in (b"+/v2/+/+/state", b"+/v2/+/+/order"):
                body += struct.pack(">H", len(topic)) + topic + b"\0"
            s.sendall(self.packet(0x82, body))
            s.settimeout(1)
            read, ping = s.makefile("rb"), time.time()
            buf = b""
            del read
            while not self.stopped:
                if time.time() - ping > 10:
                    s.sendall(b"\xc0\0")
                    ping = time.time()
                try:
                    got = s.recv(65536)
                except socket.timeout:
                    continue
                if not got:
                    raise EOFError
                buf = self.take(buf + got)

    @staticmethod
    def packet(kind, body):
        n, length = len(body), b""
        while True:
            n, low = divmod(n, 128)
            length += bytes([low | (128 if n else 0)])
            if not n:
                return bytes([kind]) + length + body

    def take(self, buf):
        while True:
            n, shift, at = 0, 0, 1
            while True:
                if at >= len(buf):
                    return buf
                byte = buf[at]
                n |= (byte & 127) << shift
                shift, at = shift + 7, at + 1
                if not byte & 128:
                    break
            if len(buf) < at + n:
                return buf
            kind, body, buf = buf[0] >> 4, buf[at : at + n], buf[at + n :]
            if kind == 9:
                self.connected.set()
            if kind == 3:
                size = struct.unpack(">H", body[:2])[0]
                topic = body[2 : 2 + size].decode()
                if not topic.split("/")[3].startswith("orderly-"):  # of the controller's probe, which is no robot
                    self.message(topic, json.loads(body[2 + size :]))

    def message(self, topic, m):
        robot, kind = topic.split("/")[3:5]
        with self.lock:
            if kind == "order":
                for node in m["nodes"]:
                    for a in node["actions"]:
                        load = [p["value"] for p in a.get("actionParameters", []) if p["key"] == "loadId"]
                        if a["actionType"] in ("pick", "drop"):
                            self.what[a["actionId"]] = (a["actionType"], load[0])
                return
            for a in m["actionStates"]:
                before = self.status.get(a["actionId"])
                if before == "FINISHED" and a["actionStatus"] != "FINISHED":
                    self.broken.append(f"{robot}: action {a['actionId']} was finished and is {a['actionStatus']} again")
                self.status[a["actionId"]] = a["actionStatus"]
            for load in [l.get("loadId") for l in m.get("loads", [])]:
                other = self.carried.get(load)
                if other and other[0] != robot and other[1]:
                    self.broken.append(f"load {load} is on {other[0]} and on {robot}")
                self.carried[load] = (robot, True)
            shown = {l.get("loadId") for l in m.get("loads", [])}
            for load, (who, on) in self.carried.items():
                if who == robot and on and load not in shown:
                    self.carried[load] = (robot, False)

    def done(self):
        with self.lock:
            out = {}
            for action, (kind, load) in self.what.items():
                if self.status.get(action) == "FINISHED":
                    out.setdefault(load, {"pick": set(), "drop": set()})[kind].add(action)
            return out, list(self.broken)


# ---- the hospital ----------------------------------------------------------------------------------------------------


class Hospital:
    def __init__(self, options, data, broker):
        self.port = free_port()
        self.program = os.path.join(options.bin, "orderly")
        site, fleet = self.files(options, data)
        command = [self.program, "up", "--site", site, "--fleet", fleet, "--port", str(self.port), "--data", data,
                   "--speed", str(options.speed)]
        if broker:
            command += ["--broker", f"tcp://127.0.0.1:{broker}"]
        self.log = open(os.path.join(data, "up.log"), "w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def files(self, options, data):
        """Map and fleet: the demo hospital, or one of 500 or 1,500 beds with as many robots as asked for."""
        if options.robots <= 8:
            return [os.path.join(ROOT, f"maps/sites/demo.{kind}.json") for kind in ("site", "fleet")]
        preset = "h500" if options.robots <= 60 else "h1500"
        site, fleet = os.path.join(data, "big.site.json"), os.path.join(data, "big.fleet.json")
        for command in (["generate", "--preset", preset, "-o", site],
                        ["fleet", "--preset", preset, "--heavy", str(options.robots - 4), "--cabinet", "4", "-o", fleet]):
            subprocess.run([self.program, "map"] + command, check=True, stdout=subprocess.DEVNULL)
        return [site, fleet]

    def ask(self, method, path, body=None, key=None, timeout=5):
        """(status, decoded body); status 0 when nobody answered."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Idempotency-Key"] = key
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, path, json.dumps(body) if body is not None else None, headers)
            r = c.getresponse()
            text = r.read()
            return r.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            c.close()

    def daemon(self):
        """Number of the orderlyd process that `up` runs, or 0."""
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/stat") as f:
                    text = f.read()
            except OSError:
                continue
            comm, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
            if comm == "orderlyd" and int(rest[1]) == self.process.pid and rest[0] != "Z":
                return int(name)
        return 0

    def wait_ready(self, limit):
        until = time.time() + limit
        while time.time() < until:
            if self.process.poll() is not None:
                raise Failure("orderly up ended")
            if self.ask("GET", "/api/v1/robots", timeout=1)[0] == 200:
                return
            time.sleep(0.005)
        raise Failure(f"not ready after {limit} s")

    def wait_online(self, limit):
        """Until every robot is heard; None when some are not after that time."""
        since = time.monotonic()
        while time.monotonic() - since < limit:
            status, answer = self.ask("GET", "/api/v1/robots", timeout=1)
            if status == 200 and all(r["link"] == "online" for r in answer["robots"]):
                return time.monotonic() - since
            time.sleep(0.02)
        return None

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Ledger(threading.Thread):
    """Asks for deliveries, again and again with the same key until somebody answers, and remembers every promise."""

    def __init__(self, hospital, rng, stations, pace=1.0):
        super().__init__(daemon=True)
        self.hospital, self.rng, self.stations, self.pace, self.stopped = hospital, rng, stations, pace, False
        self.jobs = {}  # number -> {"key", "cancel": None | "asked" | "done"}
        self.states, self.broken = {}, []
        self.repeats = 0

    def run(self):
        n = 0
        while not self.stopped:
            n += 1
            self.request(f"ledger-{n}")
            if self.rng.random() < 0.12 and self.jobs:
                self.cancel(max(self.jobs))
            time.sleep(self.rng.uniform(0.1, 0.9) * self.pace)

    def request(self, key):
        start, end = self.rng.sample(self.stations, 2)
        body = {"from": start, "to": end, "quantity": self.rng.randint(1, 3), "item": key}
        told = set()
        again = self.rng.random() < 0.3  # ask once more although it was answered
        while not self.stopped or told:
            status, job = self.hospital.ask("POST", "/api/v1/jobs", body, key)
            if status in (200, 201):
                if told and status == 201:
                    self.broken.append(f"{key} made a second job")
                told.add(job["id"])
                self.jobs.setdefault(job["id"], {"key": key, "cancel": None})
                if not again:
                    break
                again = False
                self.repeats += 1
            elif status in (0, 503):
                time.sleep(0.02)
            else:
                self.broken.append(f"{key} was answered {status}: {job}")
                break
        if len(told) > 1:
            self.broken.append(f"{key} got the numbers {sorted(told)}")

    def cancel(self, number):
        self.jobs[number]["cancel"] = "asked"
        status, _ = self.hospital.ask("DELETE", f"/api/v1/jobs/{number}")
        if status == 200:
            self.jobs[number]["cancel"] = "done"
        elif status == 409:
            self.jobs[number]["cancel"] = None

    def look(self):
        """All jobs as the controller tells them now; checks that final states stay. None: no answer."""
        status, answer = self.hospital.ask("GET", "/api/v1/jobs?state=all&limit=1000")
        if status != 200:
            return None
        for job in answer["jobs"]:
            before = self.states.get(job["id"])
            if before in FINAL and job["state"] != before:
                self.broken.append(f"job {job['id']} was {before} and is {job['state']}")
            self.states[job["id"]] = job["state"]
        return answer["jobs"]


# ---- the run ---------------------------------------------------------------------------------------------------------


def kill_and_wait(hospital, report):
    pid = hospital.daemon()
    if not pid:
        raise Failure("there is no orderlyd to kill")
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    new = 0
    while not new or new == pid:
        if time.monotonic() - killed > 30:
            raise Failure("orderlyd was not started again")
        time.sleep(0.002)
        new = hospital.daemon()
    started = time.monotonic()
    hospital.wait_ready(30)
    report["restart_s"].append(time.monotonic() - started)
    report["outage_s"].append(time.monotonic() - killed)
    if hospital.wait_online(5) is not None:
        report["control_s"].append(time.monotonic() - started)


def judge(ledger, robots, exact):
    wrong = list(ledger.broken)
    jobs = ledger.look()
    by_number = {j["id"]: j for j in jobs}
    done, broken = robots.done()
    wrong += broken
    if len(jobs) != len(ledger.jobs):
        unknown = sorted(set(by_number) - set(ledger.jobs))
        # A request that was still unanswered when we stopped asking may have been taken.
        wrong += [f"the controller has jobs nobody asked for: {unknown}"] if len(unknown) > 1 else []
    for number, promise in sorted(ledger.jobs.items()):
        job = by_number.get(number)
        if not job:
            wrong.append(f"job {number} was accepted and is gone")
            continue
        if job["item"] != promise["key"]:
            wrong.append(f"job {number} carries {job['item']}, asked for was {promise['key']}")
        asked = promise["cancel"]
        if job["state"] != "delivered" and not (job["state"] == "cancelled" and asked):
            wrong.append(f"job {number} is {job['state']}")
        if asked == "done" and job["state"] != "cancelled":
            wrong.append(f"job {number} was cancelled with a 200 and is {job['state']}")
        acts = done.get(f"j{number}", {"pick": set(), "drop": set()})
        want = 1 if job["state"] == "delivered" else 0
        for kind in ("pick", "drop"):
            n = len(acts[kind])
            if n > want or (exact and n != want):
                wrong.append(f"job {number} ({job['state']}): {n} times {kind}, {sorted(acts[kind])}")
    return wrong


def round_of(options, rng, kills, own_broker, report):
    data = tempfile.mkdtemp(prefix="orderly-crash-")
    broker = hospital = robots = None
    port, password = 0, ""
    try:
        if own_broker:
            port = free_port()
            broker = subprocess.Popen([find_mosquitto(), "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.3)
        hospital = Hospital(options, data, port)
        hospital.wait_ready(60)
        hospital.wait_online(60)
        if not own_broker:
            with open(os.path.join(data, "broker/port")) as f:
                port = int(f.read())
            with open(os.path.join(data, "broker/passwords/orderly-watch")) as f:
                password = f.read().strip()
        robots = Robots(port, password)
        robots.start()
        if not robots.connected.wait(10):
            raise Failure("cannot listen to the broker")
        site = hospital.ask("GET", "/api/v1/site")[1]
        # Goods of no stated kind count as clean: to stores on dirty ways nobody would ever carry them.
        clean = [s["id"] for s in site["stations"] if "waste" not in s["id"] and "dirty" not in s["id"]]
        ledger = Ledger(hospital, rng, clean, options.pace)
        ledger.start()
        time.sleep(5)
        for i in range(kills):
            time.sleep(rng.uniform(0.2, 3.0))
            for job in ledger.look() or []:
                report["states"][job["state"]] = report["states"].get(job["state"], 0) + 1
            kill_and_wait(hospital, report)
            print(f"kill {i + 1}: back after {report['restart_s'][-1] * 1000:.0f} ms, {len(ledger.jobs)} jobs accepted so far", flush=True)
        ledger.stopped = True
        ledger.join(60)
        until = time.time() + options.drain
        while time.time() < until:
            jobs = ledger.look()
            if jobs is not None and all(j["state"] in FINAL for j in jobs):
                break
            time.sleep(0.5)
        time.sleep(1)
        wrong = judge(ledger, robots, own_broker)
        report["jobs"] += len(ledger.jobs)
        report["delivered"] += sum(1 for s in ledger.states.values() if s == "delivered")
        report["repeats"] += ledger.repeats
        robots.stopped = True
        hospital.stop()
        replay = subprocess.run([os.path.join(options.bin, "orderly"), "sim", "replay", os.path.join(data, "journal.db"), "--json"],
                                capture_output=True, text=True, timeout=300, check=False)
        if replay.returncode != 0:
            wrong.append(f"the journal does not replay: {replay.stderr.strip() or replay.stdout.strip()}")
        else:
            report["replay"].append(json.loads(replay.stdout))
        if wrong:
            options.keep = True
        return wrong
    finally:
        if robots:
            robots.stopped = True
        if hospital:
            hospital.stop()
        if broker:
            broker.kill()
            broker.wait()
        if options.keep or sys.exc_info()[0]:
            print(f"kept: {data}", flush=True)
        else:
            shutil.rmtree(data, ignore_errors=True)


def find_mosquitto():
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def main():
    p = argparse.ArgumentParser(description="kill orderlyd at random moments; every promise must hold")
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--speed", type=int, default=20, help="hospital seconds per second")
    p.add_argument("--robots", type=int, default=20)
    p.add_argument("--pace", type=float, default=1, help="requests come so many times slower: no more than robots and elevators can do")
    p.add_argument("--drain", type=float, default=240, help="seconds that the last jobs may take")
    p.add_argument("--restart-limit", type=float, default=RESTART_LIMIT_S)
    p.add_argument("--keep", action="store_true", help="keep the data folders")
    options = p.parse_args()
    missing = [n for n in ("orderly", "orderlyd", "orderly-agent") if not os.access(os.path.join(options.bin, n), os.X_OK)]
    if missing or not find_mosquitto():
        print(f"skipped: {', '.join(missing) or 'mosquitto'} is not there")
        return 77
    print(f"seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    report = {"restart_s": [], "outage_s": [], "control_s": [], "states": {}, "jobs": 0, "delivered": 0, "repeats": 0, "replay": []}
    private = max(1, options.kills // 4) if options.kills > 1 else 0
    wrong = []
    try:
        wrong = round_of(options, rng, options.kills - private, True, report)
        if private and not wrong:
            wrong = round_of(options, rng, private, False, report)
    except Failure as e:
        wrong.append(str(e))
    slowest = max(report["restart_s"], default=0)
    if slowest > options.restart_limit:
        wrong.append(f"a restart took {slowest:.2f} s, allowed are {options.restart_limit} s")
    for line in wrong[:40]:
        print("WRONG:", line)
    heard = sorted(report["control_s"])
    if heard:
        print(f"every robot heard after {heard[len(heard) // 2] * 1000:.0f} ms (median), {heard[-1] * 1000:.0f} ms (slowest), "
              f"{len(heard)} of {len(report['restart_s'])} times within 5 s")
    seen = ", ".join(f"{k} {v}" for k, v in sorted(report["states"].items()))
    print(f"states of jobs at the kills: {seen}")
    for r in report["replay"]:
        print(f"replayed {r.get('inputs')} inputs, state {r.get('state_hash')}")
    print(f"{len(report['restart_s'])} kills, {report['jobs']} jobs accepted, {report['delivered']} delivered, "
          f"{report['repeats']} requests repeated, slowest restart {slowest * 1000:.0f} ms: {'FAILED' if wrong else 'all promises held'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
