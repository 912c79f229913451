#!/usr/bin/env python3
"""Judges a finished run from its trace alone (docs/trace.md), sharing no code with the simulator.

  rejudge.py SITE.site.json TRACE.jsonl      prints what it found; exit 0 clean, 3 rules broken, 1 not a whole trace

Checks: footprints of two robots on one level (I-01), nodes and lanes claimed by two robots (I-03), released base inside
the claim (I-04), one robot in a car (I-07), sills crossed only at an open door (I-08), no standing out in a moving car
(I-09), one final state a job (I-12), loads conserved, picked once, dropped once at the right station (I-14, I-15).
Positions are judged where the trace states them; between two lines a robot is taken to be where the last one said.
"""
import json
import math
import sys
from collections import Counter, defaultdict


def corners(robot, size):
    c, s = math.cos(robot["theta"] / 1000), math.sin(robot["theta"] / 1000)
    hl, hw = size["length"] / 2, size["width"] / 2
    return [(robot["x"] + a * hl * c - b * hw * s, robot["y"] + a * hl * s + b * hw * c)
            for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]


def overlap(p, q):
    """Convex polygons, separating axes; touching by a millimetre is rounding."""
    for poly in (p, q):
        for i in range(len(poly)):
            (x1, y1), (x2, y2) = poly[i], poly[(i + 1) % len(poly)]
            n = math.hypot(x2 - x1, y2 - y1)
            ax, ay = (y1 - y2) / n, (x2 - x1) / n
            a = [x * ax + y * ay for x, y in p]
            b = [x * ax + y * ay for x, y in q]
            if max(a) <= min(b) + 1 or max(b) <= min(a) + 1:
                return False
    return True


class Judge:
    def __init__(self, site):
        self.elevators = {e["id"]: e for e in site["elevators"]}
        self.station_at = {s["id"]: s["node"] for s in site["stations"]}
        self.nodes = {n["id"]: n for n in site["nodes"]}
        self.size, self.robot, self.claim, self.car, self.job = {}, {}, {}, {}, {}
        self.found, self.standing, self.claimed = Counter(), set(), set()
        self.last_t, self.closed, self.events = 0, None, Counter()

    def broken(self, t, rule, text):
        self.found[rule] += 1
        if self.found[rule] <= 5:
            print(f"{rule} t={t}: {text}")

    def once(self, t, rule, key, is_broken, text):
        if is_broken and (rule, key) not in self.standing:
            self.broken(t, rule, text)
        (self.standing.add if is_broken else self.standing.discard)((rule, key))

    def line(self, o):
        assert o["t"] >= self.last_t, "time falls"
        if o["t"] > self.last_t:
            self.claims_of_the_moment()
        self.last_t = o["t"]
        self.events[o["e"]] += 1
        getattr(self, "on_" + o["e"], lambda _: None)(o)

    def on_fleet(self, o):
        self.size[o["robot"]] = o

    def on_close(self, o):
        self.closed = o

    def place(self, r):
        car = self.car.get(r["car"])
        return ("car", r["car"]) if car and car["moving"] and self.in_cabin(r) else r["level"]

    def cabin(self, car):
        e = self.elevators[car]
        return corners({"theta": round(1000 * e.get("yaw", 0)), "x": 1000 * e["x"], "y": 1000 * e["y"]},
                       {"length": 1000 * e["width"], "width": 1000 * e["depth"]})

    def in_cabin(self, r):
        """Wholly inside the cabin floor, with 20 mm to spare for drawings."""
        e = self.elevators[r["car"]]
        yaw = e.get("yaw", 0)
        for x, y in corners(r, self.size[r["robot"]]):
            dx, dy = x - 1000 * e["x"], y - 1000 * e["y"]
            u, v = dx * math.cos(yaw) + dy * math.sin(yaw), dy * math.cos(yaw) - dx * math.sin(yaw)
            if abs(u) > 500 * e["width"] + 21 or abs(v) > 500 * e["depth"] + 21:
                return False
        return True

    def on_robot(self, o):
        t, me = o["t"], o["robot"]
        self.robot[me] = o
        shape = corners(o, self.size[me])
        for other, r in self.robot.items():
            if other == me:
                continue
            # The other one's line may be up to half a second old: only two standing robots, or one instant, count.
            fresh = r["t"] == t or r["speed"] == 0
            hit = fresh and self.place(r) == self.place(o) and overlap(shape, corners(r, self.size[other]))
            self.once(t, "I-01", tuple(sorted((me, other))), hit, f"{me} and {other} overlap on {o['level']}")
        riders = [r["robot"] for r in self.robot.values() if o["car"] and r["car"] == o["car"] and self.in_cabin(r)]
        self.once(t, "I-07", o["car"], len(riders) > 1, f"{riders} in {o['car']}")
        if o["car"] and not self.in_cabin(o):
            car = self.car[o["car"]]
            there = car["door"] == "open" and not car["moving"] and car["level"] == o["level"]
            rule = "I-09" if car["moving"] else "I-08"
            self.once(t, rule, me, not there, f"{me} on the sill of {o['car']}: {car}")

    def on_car(self, o):
        self.car[o["car"]] = o
        for r in self.robot.values():
            if r["car"] == o["car"] and r["speed"] == 0 and not self.in_cabin(r):
                self.once(o["t"], "I-09", r["robot"], o["moving"], f"{o['car']} moves with {r['robot']} on its sill")

    def on_claim(self, o):
        self.claim[o["robot"]] = set(o["nodes"]) | set(o["lanes"])
        self.claimed.add(o["robot"])

    def claims_of_the_moment(self):
        """One input may move several claims: their lines share a time and count together."""
        for me in sorted(self.claimed):
            for other, theirs in self.claim.items():
                if other != me and self.claim[me] & theirs:
                    self.broken(self.last_t, "I-03", f"{me} and {other} both claim {self.claim[me] & theirs}")
        self.claimed.clear()

    def on_order(self, o):
        # Nodes already passed are no longer claimed; what counts is that nothing beyond the claim is released.
        base, mine = o["base"], self.claim.get(o["robot"], set())
        ahead = base[max((i for i, n in enumerate(base) if n in mine), default=-1) + 1:]
        if ahead:
            self.broken(o["t"], "I-04", f"{o['robot']} was released {ahead} outside its claim")

    def on_job(self, o):
        if o["state"] == "requested":
            self.job[o["job"]] = {"from": o["from"], "to": o["to"], "state": "requested", "load": "from"}
            return
        j = self.job[o["job"]]
        if j["state"] in ("delivered", "cancelled", "failed") and o["state"] != j["state"]:
            self.broken(o["t"], "I-12", f"job {o['job']} left {j['state']}")
        j["state"] = o["state"]
        if o["state"] == "delivered" and j["load"] != "to":
            self.broken(o["t"], "I-15", f"job {o['job']} delivered, its load is at {j['load']}")

    def at_station(self, robot, station):
        n, r = self.nodes[self.station_at[station]], self.robot[robot]
        return r["level"] == n["level"] and math.hypot(r["x"] - 1000 * n["x"], r["y"] - 1000 * n["y"]) <= 150

    def on_load(self, o):
        j = self.job[o["job"]]
        pick = o["what"] == "pick"
        if j["load"] != ("from" if pick else o["robot"]):
            self.broken(o["t"], "I-15", f"{o['robot']} did {o['what']} job {o['job']}, its load is at {j['load']}")
        if not self.at_station(o["robot"], j["from" if pick else "to"]):
            self.broken(o["t"], "I-15", f"{o['robot']} did {o['what']} job {o['job']} away from its station")
        j["load"] = o["robot"] if pick else "to"

    def end(self):
        self.claims_of_the_moment()
        states = Counter(j["state"] for j in self.job.values())
        if self.closed["delivered"] != states["delivered"] or self.closed["accepted"] != len(self.job):
            self.broken(self.last_t, "I-12", f"the close line counts otherwise: {states}")
        for n, j in self.job.items():
            if j["load"] not in ("from", "to") and j["state"] in ("delivered", "cancelled", "failed"):
                self.broken(self.last_t, "I-14", f"job {n} has ended, its load is on {j['load']}")


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    judge = Judge(json.load(open(sys.argv[1], encoding="utf-8")))
    with open(sys.argv[2], encoding="utf-8") as trace:
        for n, text in enumerate(trace):
            o = json.loads(text)
            if n == 0 and (o.get("e") != "open" or o.get("format") != "orderly-trace/1"):
                print("not an orderly-trace/1")
                return 1
            judge.line(o)
    if not judge.closed:
        print("the trace has no close line: the run did not end")
        return 1
    judge.end()
    print(f"{sum(judge.events.values())} lines, {len(judge.job)} jobs, {judge.closed['delivered']} delivered, "
          f"{sum(judge.found.values())} violations {dict(judge.found)}")
    return 3 if judge.found else 0


if __name__ == "__main__":
    sys.exit(main())
