#!/usr/bin/env python3
"""Judges recorded VDA 5050 messages by the official JSON schemas, with python3-jsonschema.

  tests/e2e/wire_check.py [--schemas ../shared/data/vda5050] FILE...

FILE: what went over the broker, a line each: {"topic": .., "text": ..} or "TOPIC PAYLOAD" (mosquitto_sub -F '%t %p').
Each message is judged by the schema of the version in its header; 2.0 by that of 2.1, which only added to it (there is no
license to keep the schemas of 2.0 here). Of every kind of message seen one copy is then spoilt in several ways, and each
fault must be found: a judge that finds nothing would prove nothing.
Exit code 0: no violation; 1: violations, or a planted one was missed; 77: schemas or jsonschema are not there.
"""
import argparse
import collections
import copy
import json
import os
import re
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    if os.path.exists("/usr/bin/python3") and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
    print("skipped: python3-jsonschema is not there (script/bootstrap --test)")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINDS = ("order", "instantActions", "state", "visualization", "connection", "factsheet")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def messages(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("{"):
                m = json.loads(line)
                yield m["topic"], m["text"]
            elif " " in line:
                yield line.split(" ", 1)


class Judge:
    def __init__(self, folder):
        self.folder, self.cache, self.known = folder, {}, {}

    def validator(self, version, kind):
        key = (version, kind)
        if key not in self.cache:
            with open(os.path.join(self.folder, version, f"{kind}.schema"), encoding="utf-8") as f:
                schema = json.load(f)
            if version == "2.1.0" and kind == "state":  # the text has PAUSED, the schema forgot it; the text prevails
                schema["properties"]["actionStates"]["items"]["properties"]["actionStatus"]["enum"].append("PAUSED")
            self.cache[key] = Draft202012Validator(schema)
        return self.cache[key]

    def faults(self, version, kind, m):
        """Judging is slow and robots repeat themselves: what differs only in its header is judged once."""
        shape = (version, kind, json.dumps({k: v for k, v in m.items() if k not in ("headerId", "timestamp")}, sort_keys=True))
        if shape not in self.known:
            found = [f"{'/'.join(map(str, e.absolute_path)) or '(message)'}: {e.message[:160]}" for e in self.validator(version, kind).iter_errors(m)]
            self.known[shape] = found
        found = list(self.known[shape])
        if not isinstance(m.get("headerId"), int) or m["headerId"] < 0:
            found.append("headerId: not a counter")
        if not isinstance(m.get("timestamp"), str) or not TIME.fullmatch(m["timestamp"]):
            found.append(f"timestamp: {m.get('timestamp')!r} is not ISO 8601 in UTC")
        return found


def version_of(m):
    said = str(m.get("version", ""))
    return {"2.0": "2.1.0", "2.1": "2.1.0", "3.0": "3.0.0"}.get(said[:3])


def spoilt(m, required):
    """Copies with one fault each."""
    if "serialNumber" in required:  # 2.1 forgot to require it of visualization
        yield "a header field is missing", {k: v for k, v in m.items() if k != "serialNumber"}
    yield "the clock speaks another format", {**m, "timestamp": "yesterday"}
    for key, value in m.items():
        if isinstance(value, list):
            yield f"{key} is no list", {**m, key: "none"}
        elif isinstance(value, dict):
            yield f"{key} is no object", {**m, key: 7}
        elif key.endswith(("State", "Mode")) and isinstance(value, str):
            yield f"{key} is an unknown word", {**m, key: value.lower()}
    if m.get("nodes"):
        other = copy.deepcopy(m)
        del other["nodes"][0]["released"]
        yield "a node does not say whether it is released", other


def main():
    p = argparse.ArgumentParser(description="recorded messages against the official schemas")
    p.add_argument("--schemas", default=os.path.join(ROOT, "../shared/data/vda5050"))
    p.add_argument("files", nargs="+")
    options = p.parse_args()
    if not os.path.isdir(options.schemas):
        print(f"skipped: {os.path.relpath(options.schemas)} is not there")
        return 77
    judge, seen, bad, samples, elsewhere = Judge(options.schemas), collections.Counter(), [], {}, 0
    for path in options.files:
        for topic, text in messages(path):
            kind = topic.rsplit("/", 1)[-1]
            if kind not in KINDS or not text or topic.startswith("orderly/v1/"):
                continue
            try:
                m = json.loads(text, parse_constant=lambda c: (_ for _ in ()).throw(ValueError(c)))
            except ValueError as e:
                bad.append(f"{topic}: not JSON: {e}")
                continue
            version = version_of(m)
            if version is None:
                bad.append(f"{topic}: version {m.get('version')!r}")
            elif kind == "instantActions" and "instantActions" in m:
                elsewhere += 1  # the list name of 1.1, asked for in the fleet file: no schema here has it
            else:
                seen[(str(m["version"])[:3], kind)] += 1
                samples.setdefault((version, kind), m)
                bad += [f"{topic} {f}" for f in judge.faults(version, kind, m)]
    missed, planted = [], 0
    for (version, kind), m in samples.items():
        for what, other in spoilt(m, judge.validator(version, kind).schema.get("required", [])):
            planted += 1
            if not judge.faults(version, kind, other):
                missed.append(f"{version} {kind}: {what}")
    for line in bad[:20] + [f"planted and not found: {x}" for x in missed]:
        print(f"WRONG {line}")
    kinds = ", ".join(f"{v} {k} {n}" for (v, k), n in sorted(seen.items()))
    print(f"wire: {sum(seen.values())} messages ({kinds}), {elsewhere} under the key of 1.1, {len(bad)} violations; "
          f"{planted - len(missed)} of {planted} planted faults found")
    return 1 if bad or missed or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
