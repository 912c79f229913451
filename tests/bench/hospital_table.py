"""Markdown tables of simulated hospital days: median [least .. most] over the seeds. Called by hospital.sh."""
import json
import sys
from statistics import median


def runs(path):
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.startswith("{")]
    rows = [r for r in rows if not r.get("summary")]
    if not rows:
        sys.exit(f"hospital: {path} holds no run")
    return rows


def cell(values, form="{:.0f}"):
    values = list(values)
    least, most = form.format(min(values)), form.format(max(values))
    middle = form.format(median(values))
    return middle if least == most else f"{middle} [{least} .. {most}]"


def least_stream(run):
    return min((100 * s["on_time"] for s in run["streams"].values()), default=0)


def least_wave(run):
    return min((100 * w["on_time"] for w in run["waves"].values()), default=0)


COLUMNS = {
    "violations": lambda rs: cell(r["violations"] for r in rs),
    "jobs": lambda rs: cell(r["jobs"]["accepted"] for r in rs),
    "not done": lambda rs: cell((r["undone_jobs"] for r in rs)),
    "late": lambda rs: cell(r["late_jobs"] for r in rs),
    "worst stream, % on time": lambda rs: cell((least_stream(r) for r in rs), "{:.1f}"),
    "worst meal wave, %": lambda rs: cell((least_wave(r) for r in rs), "{:.1f}"),
    "km": lambda rs: cell((r["distance_m"] / 1000 for r in rs), "{:.1f}"),
    "elevator wait, %": lambda rs: cell((100 * r["elevator_wait_share"] for r in rs), "{:.2f}"),
    "rides": lambda rs: cell(r["elevator_rides"] for r in rs),
    "stat p95 assigned, s": lambda rs: cell((r["stat"]["assigned_p95_s"] for r in rs), "{:.1f}"),
    "emergency p95, s": lambda rs: cell(r["stat"]["emergency_delivered_p95_s"] for r in rs),
    "emergency arrived p95, s": lambda rs: cell(r["stat"]["emergency_arrived_p95_s"] for r in rs),
    "kWh at the peak": lambda rs: cell((r["kwh"]["peak"] for r in rs), "{:.2f}"),
    "kept": lambda rs: cell(sum(s["kept"] for s in r["streams"].values()) for r in rs),
    "kWh": lambda rs: cell((r["kwh"]["charged"] for r in rs), "{:.0f}"),
    "waits for robots, %": lambda rs: cell((100 * r["use"]["other_wait"] for r in rs), "{:.1f}"),
    "median job, s": lambda rs: cell(r["p50_s"] for r in rs),
    "people wait longer, s": lambda rs: cell((r["people"]["added_wait_mean_s"] for r in rs if "people" in r), "{:.1f}")
    if any("people" in r for r in rs) else "-",
    "CPU s": lambda rs: cell((r["cpu_s"] for r in rs), "{:.2f}"),
}
POLICIES = ["violations", "not done", "late", "kept", "worst stream, % on time", "km", "elevator wait, %", "rides",
            "stat p95 assigned, s", "emergency p95, s"]
CHARGING = ["violations", "not done", "late", "kWh", "kWh at the peak", "km"]
TRAFFIC = ["violations", "not done", "late", "km", "waits for robots, %", "elevator wait, %", "median job, s", "CPU s"]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def streams(name, rs):
    ids = sorted({s for r in rs for s in r["streams"]})
    rows = []
    for s in ids:
        have = [r["streams"][s] for r in rs if s in r["streams"]]
        rows.append([s, cell(h["n"] for h in have), cell((100 * h["on_time"] for h in have), "{:.1f}"),
                     cell(h["p50_s"] for h in have), cell(h["p95_s"] for h in have)])
    for w in sorted({w for r in rs for w in r["waves"]}):
        have = [r["waves"][w] for r in rs if w in r["waves"]]
        rows.append([f"wave {w}", cell(h["n"] for h in have), cell((100 * h["on_time"] for h in have), "{:.1f}"), "", ""])
    table([name, "loads", "on time, %", "median, s", "95 %, s"], rows)


def main():
    what, named = sys.argv[1], [a.split("=", 1) for a in sys.argv[2:]]
    if what == "streams":
        streams(named[0][0], runs(named[0][1]))
        return
    columns = {"policies": POLICIES, "charging": CHARGING, "traffic": TRAFFIC}.get(what, list(COLUMNS))
    table([what] + columns, [[name] + [COLUMNS[c](runs(path)) for c in columns] for name, path in named])


main()
