#!/usr/bin/env bash
# The LIF file of the demo hospital against the schema of the VDMA. Skipped where the schema or a validator is absent.
#   lif_schema.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?usage: lif_schema.sh BUILD_DIR}
schema=../shared/data/lif/LIF-1.0.0.schema.json
[ -f "$schema" ] || { echo "lif_schema: skipped, $schema is not here"; exit 77; }
python3 -c 'import jsonschema' 2>/dev/null || { echo "lif_schema: skipped, python3-jsonschema is not installed"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$build"/bin/orderly map export --to lif maps/sites/demo.site.json --fleet maps/sites/demo.fleet.json -o "$out/demo.lif.json"
python3 - "$schema" "$out/demo.lif.json" <<'EOF'
import json, sys
import jsonschema
schema, lif = (json.load(open(p)) for p in sys.argv[1:3])
jsonschema.Draft7Validator(schema).validate(lif)
bad = json.loads(json.dumps(lif))
del bad["layouts"][0]["edges"][0]["vehicleTypeEdgeProperties"]
try:
    jsonschema.Draft7Validator(schema).validate(bad)
    sys.exit("lif_schema: the validator finds nothing wrong in an edge without vehicle types")
except jsonschema.ValidationError:
    pass
ids = [n["nodeId"] for l in lif["layouts"] for n in l["nodes"]]
assert len(ids) == len(set(ids)) > 0
print("lif_schema: %d layouts, %d nodes, %d edges are as the schema wants" %
      (len(lif["layouts"]), len(ids), sum(len(l["edges"]) for l in lif["layouts"])))
EOF
