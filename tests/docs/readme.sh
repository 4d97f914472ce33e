#!/bin/bash
# label: docs
# README.md is true word for word. To put the figures of today into it: tests/docs/readme.sh --write, and into README.ko.md
# by hand.
exec bash "$(dirname "$0")/page.bash" README.md "$@"
