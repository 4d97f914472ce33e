#!/bin/bash
# label: docs
# docs/scenario.schema.json, which editors read, judges as `scalesim check` does; schema.py says how. It asks a
# validator that knows nothing of scalesim, Debian's python3-jsonschema. Without one the test is skipped, not passed.
set -u
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}"
for python in python3 /usr/bin/python3; do
    "$python" -c 'from jsonschema import Draft7Validator' 2>/dev/null || continue
    PYTHONDONTWRITEBYTECODE=1 exec "$python" "$SCALESIM_SOURCE_DIR/tests/docs/schema.py"
done
echo "skipped: no validator of JSON schemas; install python3-jsonschema"
exit 77
