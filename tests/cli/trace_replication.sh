#!/bin/sh
# label: unit
# The way of a read and of a write through a name, a balancer, a web server and a database with replicas.
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}"
failed=0

# way N: the names of those whom the N-th request visits, in order
way() {
    "$SCALESIM" run "$SCALESIM_SOURCE_DIR/scenarios/ladder/07_balancer_and_replication.json" --variant base \
        --trace-request "$1" -n 1 -q |
        grep -Eo '(users: [a-z]+|name(\.authority)?|lb|web\[[01]\]|db(\.[a-z]+(\[[01]\])?)? (read|write))$' |
        sed 's/\[[01]\]/[i]/' | paste -sd, -
}

# expect N WAY
expect() {
    got=$(way "$1")
    [ "$got" = "$2" ] || {
        echo "request $1 went: $got"
        echo "instead of:     $2"
        failed=1
    }
}

expect 5 'users: view,name,name.authority,lb,web[i],db read,db.replica[i] read'
expect 8 'users: edit,name,name.authority,lb,web[i],db write,db.primary write'
exit $failed
