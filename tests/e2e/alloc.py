#!/usr/bin/env python3
"""Allocations of orderlyd fail, one at a time: no silent crash, no accepted job lost.

  tests/e2e/alloc.py [--bin build/release/bin] [--stride 1] [--jobs 400]

First every place of start-up that allocates (found by its chain of calls) fails once: the program must end with a message,
or live. Then the program is up and, request by request, the k-th allocation after the request was sent fails:
the answer must be an accepted job, a refusal in words, or a closed connection; whoever got a 2xx must find the job after the
next start. `--stride n` takes every n-th place. Exit code 0 when all held, 77 when a program is missing.
"""
import argparse
import http.client
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Control:
    """The numbers shared with the program under test."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.write(bytes(24))
        self.path = path
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 24)

    def get(self, i):
        return struct.unpack_from("<Q", self.map, 8 * i)[0]

    def set(self, i, v):
        struct.pack_into("<Q", self.map, 8 * i, v)

    count = property(lambda self: self.get(0))
    hit = property(lambda self: self.get(2))

    def arm(self, at):
        self.set(2, 0)
        self.set(1, at)

    def reset(self, at):
        self.set(0, 0)
        self.arm(at)


class Daemon:
    def __init__(self, options, folder, control, sites=None):
        env = dict(os.environ, LD_PRELOAD=os.path.join(folder, "failing_alloc.so"), ORDERLY_ALLOC=control.path, LC_ALL="C")
        if sites:
            env["ORDERLY_ALLOC_SITES"] = sites
        self.data = os.path.join(folder, "data")
        self.process = subprocess.Popen(
            [os.path.join(options.bin, "orderlyd"), "--site", os.path.join(ROOT, "maps/sites/demo.site.json"), "--fleet",
             os.path.join(ROOT, "maps/sites/demo.fleet.json"), "--data", self.data, "--listen", "127.0.0.1:0", "--broker", "none",
             "--json"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(json.loads(line)["url"].rsplit(":", 1)[1]) if line else 0

    def ask(self, method, path, body=None, key=None):
        headers = {"Content-Type": "application/json"} if body else {}
        if key:
            headers["Idempotency-Key"] = key
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            c.request(method, path, json.dumps(body) if body else None, headers)
            r = c.getresponse()
            return r.status, r.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            c.close()

    def end(self, how=signal.SIGTERM):
        """(exit code, what it said)."""
        if self.process.poll() is None and how:
            self.process.send_signal(how)
        try:
            _, err = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, err = self.process.communicate()
            return "hung", err
        return self.process.returncode, err


def start_up(options, folder, control, wrong):
    sites = os.path.join(folder, "sites")
    control.reset(0)
    d = Daemon(options, folder, control, sites)
    d.end()
    total = control.count
    with open(sites, "rb") as f:
        raw = f.read()
    places = sorted(struct.unpack(f"<{len(raw) // 8}Q", raw))[:: options.stride]
    refused = lived = 0
    for number in places:
        shutil.rmtree(d.data, ignore_errors=True)
        control.reset(number)
        d = Daemon(options, folder, control)
        if d.port:
            lived += 1
            status, text = d.ask("GET", "/healthz")
            if not status: # that was the allocation: the connection was closed, the next one is served
                status, text = d.ask("GET", "/healthz")
            code, said = d.end()
            if code != 0 or status == 0:
                wrong.append(f"start-up, allocation {number}: answered {status} {text[:80]}, ended with {code}: {said[-200:]}")
        else:
            refused += 1
            code, said = d.end(None)
            if code not in (1, -signal.SIGABRT) or not said.strip():
                wrong.append(f"start-up, allocation {number}: exit {code}, said {said[-300:]!r}")
    print(f"start-up: {total} allocations, {len(places)} places failed once: {refused} ended with a message, {lived} lived", flush=True)


def job_path(options, folder, control, wrong):
    body = {"from": "kitchen", "to": "ward-3a", "quantity": 1, "item": "lunch"}
    shutil.rmtree(os.path.join(folder, "data"), ignore_errors=True)
    control.reset(0)
    d = Daemon(options, folder, control)
    promised, answers, starts, k, quiet = {}, {}, 1, 1, 0
    for n in range(options.jobs):
        control.arm(control.count + k)
        status, text = d.ask("POST", "/api/v1/jobs", body, f"alloc-{n}")
        answers[status] = answers.get(status, 0) + 1
        if status in (200, 201):
            promised[json.loads(text)["id"]] = f"alloc-{n}"
        elif status and (status < 500 or "title" not in text): # a good request is never called a bad one
            wrong.append(f"job path, allocation {k}: {status}: {text[:100]}")
        # The k-th allocation was not reached by this request: its path has been walked to the end.
        quiet = quiet + 1 if not control.hit else 0
        k = 1 if quiet else k + options.stride
        control.arm(0)
        health, _ = d.ask("GET", "/healthz")
        if health not in (200, 503) or status == 503 or d.process.poll() is not None:
            code, said = d.end()
            if code not in (0, 1, -signal.SIGABRT) or not said.strip():
                wrong.append(f"job path, allocation {k}: ended with {code}: {said[-200:]!r}")
            d = Daemon(options, folder, control)
            starts += 1
            if not d.port:
                wrong.append("job path: it does not start again: " + d.end(None)[1][-300:])
                return
    d.end()
    d = Daemon(options, folder, control)
    for job, key in promised.items():
        status, text = d.ask("GET", f"/api/v1/jobs/{job}")
        if status != 200:
            wrong.append(f"job {job} ({key}) was accepted and is gone: {status}")
    d.end()
    told = ", ".join(f"{v} x {k or 'closed'}" for k, v in sorted(answers.items()))
    print(f"job path: {options.jobs} requests with one allocation failing: {told}; {starts} starts, {len(promised)} accepted, all there")


def main():
    p = argparse.ArgumentParser(description="allocations fail, one at a time")
    p.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    p.add_argument("--stride", type=int, default=1)
    p.add_argument("--jobs", type=int, default=400)
    options = p.parse_args()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler or not os.access(os.path.join(options.bin, "orderlyd"), os.X_OK):
        print("skipped: no compiler or no orderlyd")
        return 77
    folder, wrong, since = tempfile.mkdtemp(prefix="orderly-alloc-"), [], time.time()
    try:
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", os.path.join(folder, "failing_alloc.so"),
                        os.path.join(HERE, "failing_alloc.c")], check=True)
        control = Control(os.path.join(folder, "control"))
        start_up(options, folder, control, wrong)
        job_path(options, folder, control, wrong)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in wrong[:40]:
        print("WRONG:", line)
    print(f"allocations: {len(wrong)} broken promises, {time.time() - since:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
