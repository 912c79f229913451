#!/usr/bin/env python3
"""R58: the network goes away for robots, levels and everybody, the broker dies, and all comes back by itself.

  tests/e2e/network.py [--bin build/release/bin] [--robots 8] [--speed 20] [--rounds 4] [--longest 15] [--seed S]

A whole hospital (`orderly up`) talks to its broker through a proxy of ours that can lose a robot, a level or all robots as
Wi-Fi does: packets stop, connections stay. Jobs are asked for all the time. Each round: one robot, one level, all robots, then
the broker itself is killed with its queues (kill -9) and started again. Outages last 50 ms up to --longest seconds; at --speed
20 that is 1 s to 5 min of the hospital's time. Judged from outside:
  - a robot that was cut off has gone no further than it had been released, and stands still when it was long
  - after each outage every robot is heard again, nobody touching anything; how long that took is told
  - at the end every accepted job is delivered, its load picked once and dropped once (the books of crash.py)
Exit code 0 when everything held, 77 when a program is missing.
"""
import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crash  # noqa: E402


# ---- Wi-Fi -----------------------------------------------------------------------------------------------------------


class Wifi(threading.Thread):
    """Forwards MQTT connections to the broker; those of clients whose name `lost` likes stop moving until it does not."""

    def __init__(self, broker_port):
        super().__init__(daemon=True)
        self.broker_port, self.port = broker_port, crash.free_port()
        self.lost = lambda client: False
        self.ready = threading.Event()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        server = await asyncio.start_server(self.client, "127.0.0.1", self.port)
        self.ready.set()
        async with server:
            await server.serve_forever()

    async def gate(self, name):
        while self.lost(name):
            await asyncio.sleep(0.02)

    @staticmethod
    def client_name(packet):
        """The client id of an MQTT CONNECT packet."""
        at = 1
        while packet[at] & 128:
            at += 1
        at += 1
        at += 2 + int.from_bytes(packet[at : at + 2], "big") + 4
        return packet[at + 2 : at + 2 + int.from_bytes(packet[at : at + 2], "big")].decode(errors="replace")

    async def client(self, reader, writer):
        other = None
        try:
            first = await reader.read(65536)
            if len(first) < 14:
                return
            name = self.client_name(first)
            await self.gate(name)
            back, other = await asyncio.open_connection("127.0.0.1", self.broker_port)
            other.write(first)
            await asyncio.wait([asyncio.create_task(self.pump(name, reader, other)), asyncio.create_task(self.pump(name, back, writer))],
                               return_when=asyncio.FIRST_COMPLETED)
        except (OSError, IndexError):
            pass
        finally:
            for w in (writer, other):
                if w:
                    w.close()

    async def pump(self, name, reader, writer):
        try:
            while data := await reader.read(65536):
                await self.gate(name)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass


# ---- what robots were released, and where they say they are ----------------------------------------------------------


class Watch(crash.Robots):
    """The robots' books of crash.py, and how far each was released in its present order."""

    def __init__(self, port):
        super().__init__(port)
        self.released = {}  # serial -> {order: highest released sequence number}
        self.heard = {}  # serial -> when its last state came

    def message(self, topic, m):
        robot, kind = topic.split("/")[3:5]
        with self.lock:
            if kind == "order":
                far = max(n["sequenceId"] for n in m["nodes"] if n["released"])
                orders = self.released.setdefault(robot, {})
                orders[m["orderId"]] = max(far, orders.get(m["orderId"], 0))
            else:
                self.heard[robot] = time.monotonic()
                far = self.released.get(robot, {}).get(m["orderId"])
                if far is not None and m["lastNodeSequenceId"] > far:
                    self.broken.append(f"{robot} is at {m['lastNodeSequenceId']} of order {m['orderId']}, released was {far}")
        super().message(topic, m)


# ---- the run ---------------------------------------------------------------------------------------------------------


class Run:
    def __init__(self, options, rng):
        self.options, self.rng = options, rng
        self.data = tempfile.mkdtemp(prefix="orderly-network-")
        self.port = crash.free_port()
        self.broker = None
        self.start_broker()
        self.wifi = Wifi(self.port)
        self.wifi.start()
        self.wifi.ready.wait(10)
        self.hospital = crash.Hospital(options, self.data, self.wifi.port)
        self.healed, self.wrong = [], []

    def start_broker(self):
        self.broker = subprocess.Popen([crash.find_mosquitto(), "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_broker(self):
        self.broker.kill()
        self.broker.wait()

    def robots(self):
        status, answer = self.hospital.ask("GET", "/api/v1/robots", timeout=10)
        if status != 200:
            raise crash.Failure("the controller does not answer")
        return answer["robots"]

    def heal(self, what, since):
        """Everybody speaks and is heard, and the controller can answer; how long that took after the network was back."""
        robots = {r["id"] for r in self.robots()}
        while time.monotonic() - since < 60:
            speaks = all(self.watch.heard.get(r, 0) > since for r in robots)
            health = self.hospital.ask("GET", "/healthz", timeout=2)[1] or {}
            if speaks and health.get("mqtt") == "connected" and all(r["link"] == "online" for r in self.robots()):
                self.healed.append((time.monotonic() - since, what))
                print(f"{what}: {len(robots)} robots speak and are heard again after {self.healed[-1][0]:.2f} s", flush=True)
                return
            time.sleep(0.02)
        silent = [r for r in robots if self.watch.heard.get(r, 0) <= since]
        away = [r["id"] for r in self.robots() if r["link"] != "online"]
        self.wrong.append(f"60 s after {what}: {silent} do not speak, {away} are not heard")

    def outage(self, what, lost, seconds):
        self.wifi.lost = lost
        time.sleep(seconds)
        if seconds * self.options.speed > 60:  # long enough to have reached the end of any released stretch
            self.standing(lost)
        self.wifi.lost = lambda client: False
        self.heal(f"{what} away for {seconds * self.options.speed:.0f} s", time.monotonic())

    def standing(self, lost):
        """The controller must not have released more to those who cannot hear it."""
        before = {r: dict(o) for r, o in self.watch.released.items() if lost(r)}
        time.sleep(0.5)
        for robot, orders in before.items():
            now = self.watch.released[robot]
            if any(now.get(o, 0) > far for o, far in orders.items()):
                self.wrong.append(f"{robot} was released more while it was cut off")

    def length(self):
        low, high = 0.05, self.options.longest
        return low * (high / low) ** self.rng.random()

    def round(self):
        robots = self.robots()
        one = self.rng.choice(robots)["id"]
        self.outage(f"robot {one}", lambda client: one in client, self.length())
        level = self.rng.choice([r["level"] for r in robots if r["level"]])
        there = [r["id"] for r in self.robots() if r["level"] == level]
        self.outage(f"level {level} ({len(there)} robots)", lambda client: any(r in client for r in there), self.length())
        everyone = [r["id"] for r in robots]
        self.outage("all robots", lambda client: any(r in client for r in everyone), self.length())
        self.outage("everything", lambda client: True, self.length())
        self.kill_broker()
        time.sleep(self.length() / 4)
        self.start_broker()
        self.heal("broker killed", time.monotonic())

    def run(self):
        self.hospital.wait_ready(60)
        if self.hospital.wait_online(60) is None:
            raise crash.Failure("the robots do not come")
        self.watch = Watch(self.port)
        self.watch.start()
        if not self.watch.connected.wait(10):
            raise crash.Failure("cannot listen to the broker")
        site = self.hospital.ask("GET", "/api/v1/site")[1]
        clean = [s["id"] for s in site["stations"] if "waste" not in s["id"] and "dirty" not in s["id"]]
        ledger = crash.Ledger(self.hospital, self.rng, clean)
        ledger.start()
        time.sleep(3)
        for _ in range(self.options.rounds):
            self.round()
        ledger.stopped = True
        ledger.join(60)
        until = time.time() + self.options.drain
        while time.time() < until:
            jobs = ledger.look()
            if jobs is not None and all(j["state"] in crash.FINAL for j in jobs):
                break
            time.sleep(0.5)
        time.sleep(1)
        # What robots said while nobody could hear it is missing from the books: at most once is what can be judged.
        self.wrong += crash.judge(ledger, self.watch, False)
        return ledger

    def close(self, keep):
        self.hospital.stop()
        if self.broker:
            self.kill_broker()
        if keep:
            print(f"kept: {self.data}", flush=True)
        else:
            shutil.rmtree(self.data, ignore_errors=True)


def main():
    p = argparse.ArgumentParser(description="R58: lose the network in every way; everything comes back by itself")
    p.add_argument("--bin", default=os.path.join(crash.ROOT, "build/release/bin"))
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--robots", type=int, default=8)
    p.add_argument("--speed", type=int, default=20, help="hospital seconds per second")
    p.add_argument("--rounds", type=int, default=4)
    p.add_argument("--longest", type=float, default=15, help="seconds of the longest outage")
    p.add_argument("--drain", type=float, default=240, help="seconds that the last jobs may take")
    p.add_argument("--keep", action="store_true", help="keep the data folder")
    options = p.parse_args()
    missing = [n for n in ("orderly", "orderlyd", "orderly-agent") if not os.access(os.path.join(options.bin, n), os.X_OK)]
    if missing or not crash.find_mosquitto():
        print(f"skipped: {', '.join(missing) or 'mosquitto'} is not there")
        return 77
    print(f"seed {options.seed}", flush=True)
    run = Run(options, random.Random(options.seed))
    ledger = None
    try:
        ledger = run.run()
    except crash.Failure as e:
        run.wrong.append(str(e))
    finally:
        run.close(options.keep or bool(run.wrong))
    for line in run.wrong[:40]:
        print("WRONG:", line)
    slowest = max(run.healed, default=(0, "nothing"))
    delivered = sum(1 for s in ledger.states.values() if s == "delivered") if ledger else 0
    print(f"{len(run.healed)} outages, slowest to come back: {slowest[0]:.2f} s after {slowest[1]}")
    print(f"{len(ledger.jobs) if ledger else 0} jobs accepted, {delivered} delivered: {'FAILED' if run.wrong else 'everything came back by itself'}")
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
