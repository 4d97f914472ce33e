#!/bin/bash
# label: docs
# docs/ladder.md and its pictures are what the steps of scenarios/ladder/ give today. To make them anew:
# tests/docs/ladder.sh --write
#
# A step is three files: scenarios/ladder/NN_NAME.json; tests/ladder/test_NN_NAME.c, whose --figures are the table of
# predictions; and the text scenarios/ladder/NN_NAME.md, in up to four parts with a line --- between:
#
#     diagrams: base apart     variants whose architecture is drawn; plots: latency load_web (or none)
#     beside: scale_up         scenarios/scale_up.json belongs to this step, too
#     scenario: NAME           scenarios/NAME.json is the step's, which has none of its own
#     capacity: OPTIONS        the table and the figures are those of scalesim capacity with these options, not of run
#     ---
#     what to know before, terms in _italics_ where they first appear
#     ---
#     the answer, in two sentences
#     ---
#     NUMBER | how it shows     a claim of scenarios/ladder/claims.md and its figure: rows of the table at the end of the page
#
# Figures in the texts come from the run: {VARIANT COMPONENT.METRIC UNIT}, with a unit of "ms us s % /s $ $/h MB KB x"
# ("x": a bare number), {VARIANT METRIC per VARIANT METRIC}, the quotient, {VARIANT METRIC times N}, {predicted N} or {simulated N} of
# the N-th row of the table.
# One that is not there is an error. Pictures end with a checksum of what they were drawn from, because fonts differ between machines.
#
# The same page in another language, docs/ladder.ko.md, comes from the same runs and texts NN_NAME.ko.md, with the title (title:)
# and the question (ask:) in the first part, the other parts in the same order, and in a fifth part the words of the table's rows:
# "figure of the test | the same in that language"; the claims are in claims.ko.md. tests/docs/korean.sh compares the figures of the pages.
set -u
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}" "${LADDER_TESTS:?folder of the test programs}"
steps=$SCALESIM_SOURCE_DIR/scenarios/ladder
languages='en ko'
pictures=$SCALESIM_SOURCE_DIR/docs/ladder
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export LC_ALL=C.UTF-8
program=$(realpath "$SCALESIM")
write=no
declare -A page=([en]=docs/ladder.md [ko]=docs/ladder.ko.md)
declare -A phrase=(
    [en,architecture]='architecture of %s'
    [en,plot]='%s of the variants'
    [en,predicted]='Predicted by formula, and simulated, with the 99.9% interval of the simulation:'
    [en,answer]='Answer.'
    [en,head]='# The ladder: from one server to many

Made from runs; do not edit. To make it anew: `tests/docs/ladder.sh --write`

Each step asks one question and is a scenario that is read in two minutes. Read it, run it with
`./scalesim scenarios/ladder/NAME.json`, then look at the answer here. The tables compare what a formula predicts with
what came out of the simulated machines; a test does the same with other seeds and other values
(`tests/ladder/`). The words of the summaries are explained in the [guide](guide.md). Numbers that are missing are
steps to come.'
    [en,claims]='## What these steps show

|  | what is said | how it shows | step |'
    [ko,architecture]='%s의 구조'
    [ko,plot]='변형별 %s'
    [ko,predicted]='공식으로 미리 계산한 값과 시뮬레이션 값, 그리고 시뮬레이션의 99.9% 구간:'
    [ko,figures]='| 값 | 변형 | 예측 | 시뮬레이션 | 부터 | 까지 |'
    [ko,answer]='답.'
    [ko,head]='# 사다리: 서버 한 대에서 여러 대로

실행 결과로 만든 페이지이니 고치지 말 것. 다시 만들기: `tests/docs/ladder.sh --write`

각 단계는 질문 하나를 던지는, 이 분이면 읽는 시나리오다. 읽고, `./scalesim scenarios/ladder/NAME.json`으로 실행한 다음, 여기서
답을 보면 된다. 표는 공식이 예측한 값과 시뮬레이션한 기계들에서 나온 값을 비교한다. 테스트가 다른 시드와 다른 값으로 같은 일을
한다(`tests/ladder/`). 요약에 나오는 말은 [안내서](guide.md)에서 설명한다. 빠진 번호는 앞으로 나올 단계다.
영어판: [ladder.md](ladder.md)'
    [ko,claims]='## 이 단계들이 보여 주는 것

|  | 흔히 하는 말 | 여기서 드러나는 모습 | 단계 |'
)
[ "${1-}" != --write ] || write=yes

fail() {
    echo "docs/ladder.md: $*" >>"$work/told"
}

for tool in dot gnuplot; do
    [ "$write" = no ] || command -v "$tool" >/dev/null || {
        echo "$tool, which draws the pictures, is not installed"
        exit 2
    }
done

# part N FILE: the N-th part of a text, from 1
part() {
    awk -v wanted="$1" 'BEGIN { part = 1 } /^---$/ { part++; next } part == wanted' "$2"
}

# word NAME FILE DEFAULT: what the first part says
word() {
    local value

    value=$(part 1 "$2" | sed -n "s/^$1: *//p")
    echo "${value:-$3}"
}

# field NAME FILE: a text of the scenario's top level
field() {
    sed -n 's/^  "'"$1"'": "\(.*\)",$/\1/p' "$2" | sed 's/\\"/"/g' | head -n 1
}

# fill STEM: standard input with its figures filled in; those that are not there are told on standard error
fill() {
    awk -F, -v csv="$work/$1.csv" -v figures="$work/$1.figures" '
        BEGIN {
            while ((getline row <figures) > 0)
                if (split(row, cell, / *\| */) && row !~ /^\|(-|.*\| predicted \|)/)
                    { predicted[++rows] = cell[4]; simulated[rows] = cell[5] }
            while ((getline row <csv) > 0) {
                split(row, cell, ",")
                value[cell[1] " " cell[2] "." cell[3]] = cell[5]
            }
            factor["ms"] = 1e3; factor["us"] = 1e6; factor["%"] = 100; factor["KB"] = 1e-3; factor["MB"] = 1e-6
        }
        function digits(number, unit) { # 12345 as 12,300
            if (number >= 10000)
                number = int(number / 100 + 0.5) * 100
            if (number >= 1000000)
                return int(number / 1000000) "," sprintf("%03d,%03d", number % 1000000 / 1000, number % 1000)
            if (number >= 1000)
                return int(number / 1000) "," sprintf("%03d", number % 1000)
            if (number == int(number) && unit == "") # a count
                return number
            return sprintf(number >= 100 ? "%.0f" : number >= 10 ? "%.1f" : "%.2f", number)
        }
        function get(variant, metric, key) {
            key = variant " " metric
            if (!(key in value) || value[key] == "") {
                print "no figure {" key "}" >"/dev/stderr"
                return 0
            }
            return value[key]
        }
        function figure(text, words, number, unit) {
            split(text, words, " ")
            if (words[1] == "predicted" && words[2] in predicted)
                return predicted[words[2]]
            if (words[1] == "simulated" && words[2] in simulated)
                return simulated[words[2]]
            if (words[3] == "per") {
                number = get(words[4], words[5])
                return digits(number ? get(words[1], words[2]) / number : 0, "x")
            }
            if (words[3] == "times")
                return digits(get(words[1], words[2]) * words[4], "x")
            unit = words[3] == "x" ? "" : words[3]
            number = get(words[1], words[2]) * (unit in factor ? factor[unit] : 1)
            if (unit ~ /^\$/)
                return "$" (number >= 100 ? digits(int(number + 0.5)) : sprintf("%.3f", number)) (unit == "$/h" ? "/h" : "")
            return digits(number, unit) (unit == "" || unit == "%" || unit == "/s" ? "" : " ") unit
        }
        {
            line = line $0
            if (gsub(/\{/, "{", line) > gsub(/\}/, "}", line)) { # a figure goes on in the next one
                line = line " "
                next
            }
            while (match(line, /\{[A-Za-z0-9_]+ [^{}]+\}/)) {
                printf "%s%s", substr(line, 1, RSTART - 1), figure(substr(line, RSTART + 1, RLENGTH - 2))
                line = substr(line, RSTART + RLENGTH)
            }
            print line
            if (line ~ /[{}]/)
                print "no figure in: " line >"/dev/stderr"
            line = ""
        }' 2>"$work/missing"
    if [ -s "$work/missing" ]; then
        cat "$work/missing" >>"$work/all_missing"
    fi
}

# prose N TEXT STEM: the N-th part in lines, figures filled in
prose() {
    part "$1" "$2" | fill "$3" | tr '\n' ' ' | fold -s -w 118 | sed 's/ *$//'
}

# picture NAME SOURCE COMMAND...: docs/ladder/NAME, made by the command, which writes SVG, from what is in SOURCE
picture() {
    local name=$1 sum

    ! grep -qxF "$name" "$work/pictures" || return # of another language
    echo "$name" >>"$work/pictures"
    sum="<!-- of $(cksum <"$2" | tr ' ' '-') -->"
    shift 2
    if [ "$write" = yes ]; then
        mkdir -p "$pictures"
        "$@" >"$work/picture.svg" || fail "$name: cannot be drawn"
        { cat "$work/picture.svg" && echo "$sum"; } >"$pictures/$name"
    elif [ "$(tail -n 1 "$pictures/$name" 2>/dev/null)" != "$sum" ]; then
        fail "docs/ladder/$name is not of today's run; tests/docs/ladder.sh --write draws it anew"
    fi
}

# plot STEM CSV LANGUAGE NAMES...
plot() {
    local stem=$1 csv=$2 language=$3 name

    shift 3
    [ "$write" = no ] || "$program" plot "$csv" --out "$work" --format svg --quiet || fail "$stem: no plot"
    for name; do
        picture "$stem.$name.svg" "$csv" cat "$work/$name.svg"
        printf "![${phrase[$language,plot]}](ladder/%s.%s.svg)\n\n" "${name%%_*}" "$stem" "$name"
    done
}

# run SCENARIO STEM: leaves STEM.csv and STEM.summary
run() {
    "$program" "$1" -n 5 --csv "$work/$2.csv" >"$work/$2.summary" 2>"$work/errors"
    [ $? -le 1 ] || fail "$2: $(cat "$work/errors")"
}

# capacity SCENARIO STEM OPTION...: the same of what each variant bears
capacity() {
    local scenario=$1 stem=$2

    shift 2
    "$program" capacity "$scenario" "$@" --csv "$work/$stem.csv" >"$work/$stem.summary" 2>"$work/errors"
    [ $? -le 1 ] || fail "$stem: $(cat "$work/errors")"
}

# table STEM: the variants as the summary compares them
table() {
    printf '```\n%s\n```\n\n' "$(awk '/^ *variant / { on = 1 } on && /^$/ { exit } on' "$work/$1.summary")"
}

# scenario STEM: path of its file from the root
scenario() {
    local elsewhere

    elsewhere=$(word scenario "$steps/$1.md" "")
    echo "scenarios/${elsewhere:-ladder/$1}.json"
}

# measure STEM: everything about a step that is the same in all languages
measure() {
    local stem=$1 other
    local -a options

    read -ra options <<<"$(word capacity "$steps/$stem.md" "")"
    if [ ${#options[@]} -gt 0 ]; then
        capacity "$SCALESIM_SOURCE_DIR/$(scenario "$stem")" "$stem" "${options[@]}"
    else
        run "$SCALESIM_SOURCE_DIR/$(scenario "$stem")" "$stem"
    fi
    "$LADDER_TESTS/test_ladder_$stem" --figures >"$work/$stem.figures" || fail "$stem: the predictions do not hold"
    for other in $(word beside "$steps/$stem.md" ""); do
        run "$SCALESIM_SOURCE_DIR/scenarios/$other.json" "$other"
    done
}

# figures STEM LANGUAGE TEXT: the table of predictions; a translation's fifth part has the words of its rows, "theirs | ours"
figures() {
    if [ "$2" = en ]; then
        cat "$work/$1.figures"
        return
    fi
    part 5 "$3" >"$work/words"
    awk -v words="$work/words" -v name="${3##*/}" -v head="${phrase[$2,figures]}" '
        BEGIN {
            while ((getline row <words) > 0)
                if (split(row, cell, / +\| +/) == 2)
                    ours[cell[1]] = cell[2]
        }
        NR == 1 { $0 = head }
        NR > 2 {
            split($0, cell, / +\| +/)
            sub(/^\| /, "", cell[1])
            if (cell[1] in ours) {
                rest = substr($0, length(cell[1]) + 3)
                $0 = "| " ours[cell[1]] rest
            } else
                print "no words for \"" cell[1] "\" in " name >"/dev/stderr"
        }
        { print }' "$work/$1.figures" 2>>"$work/all_missing"
}

# section STEM LANGUAGE: a step's section in a language on standard output
section() {
    local stem=$1 scenario=$SCALESIM_SOURCE_DIR/$(scenario "$1") text=$steps/$1.md csv=$work/$1.csv title ask variant other
    local -a names

    title=$(field title "$scenario")
    ask=$(field ask "$scenario")
    if [ "$2" != en ]; then
        text=$steps/$stem.$2.md
        [ -e "$text" ] || { fail "scenarios/ladder/$stem.$2.md is missing"; return; }
        title=$(word title "$text" "")
        ask=$(word ask "$text" "")
        [ -n "$title" ] && [ -n "$ask" ] || fail "scenarios/ladder/$stem.$2.md has no title: or no ask:"
    fi
    printf '\n## %d. %s\n\n' "$((10#${stem%%_*}))" "$title"
    printf '**%s** `%s`\n\n' "$ask" "$(scenario "$stem")"
    prose 2 "$text" "$stem"
    printf '\n\n'
    for variant in $(word diagrams "$steps/$stem.md" base); do
        "$program" diagram "$scenario" --variant "$variant" >"$work/$variant.dot" 2>/dev/null || fail "$stem: no diagram of $variant"
        picture "$stem.$variant.svg" "$work/$variant.dot" dot -Tsvg "$work/$variant.dot"
        printf "![${phrase[$2,architecture]}](ladder/%s.%s.svg)\n\n" "$variant" "$stem" "$variant"
    done
    table "$stem"
    printf '%s\n\n' "${phrase[$2,predicted]}"
    figures "$stem" "$2" "$text"
    echo
    read -ra names <<<"$(word plots "$steps/$stem.md" latency)"
    [ "${names[*]}" = none ] || plot "$stem" "$csv" "$2" "${names[@]}"
    for other in $(word beside "$steps/$stem.md" ""); do
        printf '`scenarios/%s.json`: %s\n\n' "$other" "$(field title "$SCALESIM_SOURCE_DIR/scenarios/$other.json")"
        table "$other"
        plot "$other" "$work/$other.csv" "$2" latency
    done
    printf '**%s** ' "${phrase[$2,answer]}"
    prose 3 "$text" "$stem"
    echo
    part 4 "$text" | fill "$stem" | sed '/^$/d; s/$/ | '"$((10#${stem%%_*}))"'/' >>"$work/claims.$2"
}

# claims LANGUAGE: the table of all claims, each with the figures that show it, or the reason why there is none
claims() {
    local list=$steps/claims.md

    [ "$1" = en ] || list=$steps/claims.$1.md
    printf '\n%s\n|---:|---|---|---:|\n' "${phrase[$1,claims]}"
    awk -F ' [|] ' -v list="${list##*/}" '
        FNR == NR { shown[$1] = shown[$1] $2 "\t" $3 "\n"; next }
        /^[0-9]+[.] / {
            number = $1 + 0
            words = substr($1, index($1, " ") + 1)
            known[number] = 1
            rows = split(shown[number], row, "\n") - 1
            if (rows > 0 && NF > 1)
                print list ": claim " number " is shown and has a reason not to be" >"/dev/stderr"
            if (rows < 1 && NF < 2)
                print list ": claim " number " is shown by no step and has no reason" >"/dev/stderr"
            if (rows < 1)
                print "| " number " | " words " | " $2 " |  |"
            for (i = 1; i <= rows; i++) {
                split(row[i], cell, "\t")
                print "| " (i == 1 ? number " | " words : " | ") " | " cell[1] " | " cell[2] " |"
            }
        }
        END {
            for (number in shown)
                if (!(number in known))
                    print list ": there is no claim \"" number "\"" >"/dev/stderr"
        }' "$work/claims.$1" "$list" 2>>"$work/all_missing"
}

# write_page LANGUAGE: compares the page with the one that is there, or writes it
write_page() {
    local there=$SCALESIM_SOURCE_DIR/${page[$1]}

    cat "$work/page.$1" "$work/table.$1" >"$work/page"
    if [ "$write" = yes ]; then
        cp "$work/page" "$there"
    elif ! diff "$there" "$work/page" >"$work/diff"; then
        head -n 20 "$work/diff"
        fail "${page[$1]} is not what the runs give; tests/docs/ladder.sh --write makes it anew"
    fi
}

touch "$work/pictures" "$work/told" "$work/all_missing"
for language in $languages; do
    echo "${phrase[$language,head]}" >"$work/page.$language"
    : >"$work/claims.$language"
done
for scenario in "$steps"/*.json; do
    text=${scenario%.json}.md
    [ -e "$text" ] || fail "scenarios/ladder/$(basename "$text") is missing"
done
for text in "$steps"/[0-9]*.md; do
    stem=$(basename "$text" .md)
    [ "${stem%.*}" = "$stem" ] || continue # in another language
    measure "$stem"
    for language in $languages; do
        section "$stem" "$language" >>"$work/page.$language"
    done
done
for language in $languages; do
    claims "$language" >"$work/table.$language"
done
sed 's/^/docs\/ladder.md: /' "$work/all_missing" >>"$work/told"
if [ ! -s "$work/told" ]; then
    for language in $languages; do
        write_page "$language"
    done
fi

# No picture is left over.
for file in "$pictures"/*; do
    grep -qxF "$(basename "$file")" "$work/pictures" || {
        if [ "$write" = yes ]; then rm "$file"; else fail "$file belongs to no step"; fi
    }
done
cat "$work/told"
[ -s "$work/told" ] || echo "the ladder is true"
[ ! -s "$work/told" ]
