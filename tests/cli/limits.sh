#!/bin/bash
# More of something than a scenario may have is a mistake that is told, not a bug, and soon.
. "$(dirname "$0")/common.sh"

# many COUNT FORMAT: that many members, with numbers
many() {
    seq -f "$2" -s ', ' "$1"
}

# refused WHAT HOSTS REQUESTS EXPECT
refused() {
    cat >many.json <<END
{
  "hosts": { $2 },
  "components": {
    "users": { "type": "clients", "arrivals": "80/s", "target": "srv", "requests": { $3 } },
    "srv": { "type": "service", "service_time": "1ms" }
  },
  "expect": { $4 }
}
END
    run 2 check many.json
    told "$1"
    [ "$(grep -c ': error: ' stderr)" -eq 1 ] || fail "$1: not one message"
}

request='"view": {}'
refused "4,096 components with their parts" "$(many 4100 '"h%g": { "cores": 1 }')" "$request" ''
refused "4,096 classes of requests" '' "$(many 4100 '"r%g": {}')" ''
refused "too many expectations: 1000 at most" '' "$request" "$(many 1001 '"srv.latency.p%g": "< 1s"')"
finish
