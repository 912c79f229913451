#!/usr/bin/env python3
"""What the live controller takes: many robots, many readers, many requests. Reports, judges nothing.

  tests/bench/load.py [--bin build/release/bin] [--robots 200] [--seconds 60] [--listeners 50] [--jobs 3000] [--clients 8]

First a hospital of 1,500 beds runs live (`orderly up --speed 2`: each robot speaks at least twice a second) with people who
listen to the event stream and a request every second: CPU and memory of orderlyd, and from its own last word the time from a
state received to the order sent because of it. Then a controller of its own takes requests as fast as clients can send them, each
answered after its commit: accepted a second, and how long the slowest in a hundred waited.
"""
import argparse
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/e2e"))
import crash  # noqa: E402


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        cells = f.read().rsplit(")", 1)[1].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmRSS"))


class Listener(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.bytes = port, 0

    def run(self):
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            while got := s.recv(65536):
                self.bytes += len(got)


class Hospital(crash.Hospital):
    def files(self, options, data):
        site, fleet = os.path.join(data, "big.site.json"), os.path.join(data, "big.fleet.json")
        small = str(options.robots // 4)
        for command in (["generate", "--preset", "h1500", "-o", site],
                        ["fleet", "--preset", "h1500", "--heavy", str(options.robots - int(small)), "--cabinet", small, "-o", fleet]):
            subprocess.run([self.program, "map"] + command, check=True, stdout=subprocess.DEVNULL)
        return [site, fleet]


def live(options):
    data = tempfile.mkdtemp(prefix="orderly-load-")
    options.speed = 2
    port = crash.free_port()
    broker = subprocess.Popen([crash.find_mosquitto(), "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    hospital = None
    try:
        time.sleep(0.5)
        hospital = Hospital(options, data, port)
        hospital.wait_ready(120)
        came = hospital.wait_online(180)
        site = hospital.ask("GET", "/api/v1/site", timeout=30)[1]
        stations = [s["id"] for s in site["stations"] if "waste" not in s["id"] and "dirty" not in s["id"]]
        listeners = [Listener(hospital.port) for _ in range(options.listeners)]
        for one in listeners:
            one.start()
        pid, rng = hospital.daemon(), random.Random(1)
        for n in range(10):
            hospital.ask("POST", "/api/v1/jobs", dict(zip(("from", "to"), rng.sample(stations, 2)), quantity=1, item="x"), f"warm-{n}")
        cpu, rss, since = cpu_s(pid), rss_mb(pid), time.monotonic()
        while time.monotonic() - since < options.seconds:
            hospital.ask("POST", "/api/v1/jobs", dict(zip(("from", "to"), rng.sample(stations, 2)), quantity=1, item="x"), f"n-{time.monotonic()}")
            time.sleep(1)
        took = time.monotonic() - since
        print(f"{options.robots} robots ({'all' if came else 'not all'} heard), {options.listeners} listeners, {took:.0f} s: orderlyd "
              f"{100 * (cpu_s(pid) - cpu) / took:.1f} % of a core, memory {rss:.1f} -> {rss_mb(pid):.1f} MB, "
              f"{sum(one.bytes for one in listeners) / took / 1000:.0f} kB/s of events; load average {os.getloadavg()[0]:.1f}", flush=True)
        hospital.stop()
        with open(os.path.join(data, "orderlyd.log")) as f:
            stops = [json.loads(line) for line in f if '"STOPPED"' in line]
        print(f"orderlyd: {stops[-1].get('detail') if stops else 'said nothing'}", flush=True)
    finally:
        if hospital:
            hospital.stop()
        broker.kill()
        broker.wait()
        shutil.rmtree(data, ignore_errors=True)


def client(port, first, count, waits, refused):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for n in range(first, first + count):
        since = time.monotonic()
        c.request("POST", "/api/v1/jobs", '{"from":"kitchen","to":"ward-3a","quantity":1,"item":"x"}',
                  {"Content-Type": "application/json", "Idempotency-Key": f"bench-{n}"})
        r = c.getresponse()
        r.read()
        (waits if r.status == 201 else refused).append(time.monotonic() - since)
    c.close()


def requests(options):
    data = tempfile.mkdtemp(prefix="orderly-load-")
    daemon = subprocess.Popen(
        [os.path.join(options.bin, "orderlyd"), "--site", os.path.join(ROOT, "maps/sites/demo.site.json"), "--fleet",
         os.path.join(ROOT, "maps/sites/demo.fleet.json"), "--data", data, "--listen", "127.0.0.1:0", "--broker", "none", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(json.loads(daemon.stdout.readline())["url"].rsplit(":", 1)[1])
        waits, refused, share = [], [], options.jobs // options.clients
        threads = [threading.Thread(target=client, args=(port, i * share, share, waits, refused)) for i in range(options.clients)]
        cpu, since = cpu_s(daemon.pid), time.monotonic()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        took = time.monotonic() - since
        waits.sort()
        print(f"{len(waits)} requests accepted by {options.clients} clients in {took:.1f} s, {len(waits) / took:.0f} a second, "
              f"p50 {1000 * waits[len(waits) // 2]:.1f} ms, p99 {1000 * waits[len(waits) * 99 // 100]:.1f} ms, {len(refused)} refused; "
              f"orderlyd used {1e6 * (cpu_s(daemon.pid) - cpu) / max(1, len(waits)):.0f} us of CPU for each", flush=True)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        shutil.rmtree(data, ignore_errors=True)


def main():
    p = argparse.ArgumentParser(description="load on the live controller; reports, judges nothing")
    p.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    p.add_argument("--robots", type=int, default=200)
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--listeners", type=int, default=50)
    p.add_argument("--jobs", type=int, default=3000)
    p.add_argument("--clients", type=int, default=8)
    options = p.parse_args()
    requests(options)
    if options.robots:
        live(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
