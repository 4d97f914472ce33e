#!/bin/bash
# label: docs
# docs/guide.md is true word for word. To put the figures of today into it: tests/docs/guide.sh --write
exec bash "$(dirname "$0")/page.bash" docs/guide.md "$@"
