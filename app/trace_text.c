#include "app/trace_text.h"

#include "app/quantity.h"
#include "app/trace_labels.h"

#define INDENT 2 /* columns a level */

enum column {
    COLUMN_AT,
    COLUMN_IN_ALL,
    COLUMN_THERE,
    COLUMN_WAITING,
    COLUMN_SERVICE,
    COLUMN_BACK,
    COLUMN_COUNT
};

/* Lengths in the last digit that is shown. */
struct amounts {
    int64_t there, waiting, service, back;
    bool counted;
};

struct writer {
    struct page *page;
    const struct trace *trace;
    int64_t end_ns;   /* of the latency, or of what was seen */
    int64_t grain_ns; /* the last digit */
    int decimals;
    const char *unit;
    int width; /* of a column, without the gap before it and the place of a bracket behind it */
    struct amounts sum;
    bool has_brackets;
};

/* ---- dates and lengths ---- */

/* Three decimals of a unit in which the latency has few digits before them. */
static void choose_unit(struct writer *writer)
{
    static const struct {
        int64_t below_ns, grain_ns;
        const char *unit;
    } units[] = {
        { SIM_NS_PER_S / 1000, 1, "us" },
        { 100 * SIM_NS_PER_S, 1000, "ms" },
        { SIM_TIME_NEVER, 1000000, "s" },
    };
    int64_t latency_ns = writer->end_ns - writer->trace->start_ns;
    size_t i = 0;
    char text[40];

    while (latency_ns >= units[i].below_ns && i < 2)
        i++;
    writer->grain_ns = units[i].grain_ns;
    writer->unit = units[i].unit;
    writer->width =
        snprintf(text, sizeof text, "%lld", (long long)(latency_ns / units[i].grain_ns / 1000)) + 4;
    if (writer->width < 7) /* the words above the columns */
        writer->width = 7;
}

/* A date after the request was sent, in the last digit shown. */
static int64_t rounded(const struct writer *writer, int64_t date_ns)
{
    if (date_ns > writer->end_ns && date_ns == TRACE_OPEN)
        date_ns = writer->trace->sim->now_ns;
    return (date_ns - writer->trace->start_ns + writer->grain_ns / 2) / writer->grain_ns;
}

static void add_step(const struct writer *writer, struct amounts *amounts, const struct trace_step *step)
{
    int64_t from = rounded(writer, step->from_ns), to = rounded(writer, step->to_ns);

    if (step->kind == TRACE_NETWORK_OUT)
        amounts->there += to - from;
    else if (step->kind == TRACE_NETWORK_BACK)
        amounts->back += to - from;
    else if (step->kind == TRACE_WAIT)
        amounts->waiting += to - from;
    else if (step->kind == TRACE_SERVICE)
        amounts->service += to - from;
    if (step->kind == TRACE_SHARED) {
        int64_t served = rounded(writer, step->from_ns + step->service_ns);

        amounts->service += served - from;
        amounts->waiting += to - served;
    }
}

static void add_to_sum(struct writer *writer, const struct amounts *amounts)
{
    if (!amounts->counted)
        return;
    writer->sum.there += amounts->there;
    writer->sum.waiting += amounts->waiting;
    writer->sum.service += amounts->service;
    writer->sum.back += amounts->back;
}

/* ---- cells ---- */

static void write_blank(struct writer *writer)
{
    page_cell(writer->page, PAGE_PLAIN, writer->width + 2, false, "");
}

/* In brackets: not part of the latency. */
static void write_length(struct writer *writer, int64_t length, bool in_brackets)
{
    char text[48];

    snprintf(text, sizeof text, in_brackets ? "(%lld.%03lld)" : "%lld.%03lld ", (long long)(length / 1000),
             (long long)(length % 1000));
    writer->has_brackets |= in_brackets;
    page_cell(writer->page, in_brackets ? PAGE_DIM : PAGE_PLAIN, writer->width + 2, true, text);
}

static void write_amount(struct writer *writer, int64_t length, const struct amounts *amounts)
{
    if (length)
        write_length(writer, length, !amounts->counted);
    else
        write_blank(writer);
}

static void write_amounts(struct writer *writer, const struct amounts *amounts)
{
    write_amount(writer, amounts->there, amounts);
    write_amount(writer, amounts->waiting, amounts);
    write_amount(writer, amounts->service, amounts);
    write_amount(writer, amounts->back, amounts);
}

static void write_label(struct writer *writer, enum page_tone tone, int depth, const char *label)
{
    char indented[TRACE_LABEL_SIZE + FRAMES_MAX * 2 * INDENT];

    snprintf(indented, sizeof indented, " %*s%s", depth * INDENT, "", label);
    page_cell(writer->page, tone, 0, false, indented);
    page_end_line(writer->page);
}

static void write_head(struct writer *writer)
{
    static const char *const heads[COLUMN_COUNT] = { "at", "in all", "there", "waiting", "service", "back" };
    char text[TRACE_NAME_SIZE];

    for (int i = 0; i < COLUMN_COUNT; i++) {
        snprintf(text, sizeof text, "%s ", heads[i]);
        page_cell(writer->page, PAGE_BOLD, writer->width + 2, true, text);
    }
    snprintf(text, sizeof text, " times in %s", writer->unit);
    page_cell(writer->page, PAGE_BOLD, 0, false, text);
    page_end_line(writer->page);
}

/* ---- a hop ---- */

static bool is_network(const struct trace_step *step)
{
    return step->kind == TRACE_NETWORK_OUT || step->kind == TRACE_NETWORK_BACK;
}

/* What the network took for a visit: what counts, or if nothing does the rest. */
static struct amounts network_of(const struct writer *writer, uint32_t visit)
{
    struct amounts counted = { .counted = true }, others = { .counted = false };

    for (uint32_t i = 0; i < writer->trace->step_count; i++) {
        const struct trace_step *step = &writer->trace->steps[i];

        if (step->visit == visit && is_network(step))
            add_step(writer, step->counted ? &counted : &others, step);
    }
    return counted.there || counted.back ? counted : others;
}

/* The user's visit is the request itself: it lasts from when it was meant to be sent. */
static void write_visit(struct writer *writer, uint32_t index, int depth)
{
    const struct trace_visit *visit = &writer->trace->visits[index];
    struct amounts network = network_of(writer, index);
    char label[TRACE_LABEL_SIZE];

    write_length(writer, rounded(writer, visit->sent_ns), false);
    write_length(writer, rounded(writer, visit->ended_ns) - rounded(writer, visit->sent_ns), false);
    write_amounts(writer, &network);
    add_to_sum(writer, &network);
    trace_describe_visit(writer->trace, index, label);
    write_label(writer, visit->outcome == OUTCOME_OK ? PAGE_PLAIN : PAGE_BAD, depth, label);
}

/* ---- the tree ---- */

static bool goes_on(const struct trace_step *step, const struct trace_step *next)
{
    return next->visit == step->visit && next->strand == step->strand && next->name == step->name &&
           next->resource == step->resource && next->counted == step->counted &&
           next->from_ns == step->to_ns && next->kind != TRACE_BRANCHES && !is_network(next);
}

/* A step, with what goes on from it: the line and then the service at one station are one row. Returns the
 * last of them. */
static uint32_t write_step(struct writer *writer, uint32_t index, int depth)
{
    const struct trace *trace = writer->trace;
    const struct trace_step *step = &trace->steps[index];
    struct amounts amounts = { .counted = step->counted };
    uint32_t last = index;
    char name[TRACE_NAME_SIZE];

    add_step(writer, &amounts, step);
    for (uint32_t i = index + 1; i < trace->step_count; i++)
        if (goes_on(&trace->steps[last], &trace->steps[i])) {
            add_step(writer, &amounts, &trace->steps[i]);
            last = i;
        }
    if (step->from_ns == trace->steps[last].to_ns)
        return last;
    write_length(writer, rounded(writer, step->from_ns), false);
    write_blank(writer);
    write_amounts(writer, &amounts);
    add_to_sum(writer, &amounts);
    write_label(writer, PAGE_DIM, depth, trace_step_name(step, name));
    return last;
}

/* The earliest step of the visit that began at `order` or later, and is no message. */
static uint32_t next_step(const struct trace *trace, uint32_t visit, uint32_t order)
{
    uint32_t next = TRACE_NONE;

    for (uint32_t i = 0; i < trace->step_count; i++) {
        const struct trace_step *step = &trace->steps[i];

        if (step->visit == visit && step->order >= order && !is_network(step) &&
            step->kind != TRACE_BRANCHES && (next == TRACE_NONE || step->order < trace->steps[next].order))
            next = i;
    }
    return next;
}

static uint32_t next_visit(const struct trace *trace, uint32_t parent, uint32_t order)
{
    uint32_t next = TRACE_NONE;

    for (uint32_t i = 0; i < trace->visit_count; i++) {
        const struct trace_visit *visit = &trace->visits[i];

        if (visit->parent == parent && visit->order >= order &&
            (next == TRACE_NONE || visit->order < trace->visits[next].order))
            next = i;
    }
    return next;
}

static void write_tree(struct writer *writer, uint32_t visit, int depth)
{
    const struct trace *trace = writer->trace;
    uint32_t step = next_step(trace, visit, 0), below = next_visit(trace, visit, 0);

    write_visit(writer, visit, depth);
    while (step != TRACE_NONE || below != TRACE_NONE) {
        if (below == TRACE_NONE ||
            (step != TRACE_NONE && trace->steps[step].order < trace->visits[below].order)) {
            step = write_step(writer, step, depth + 1);
            step = next_step(trace, visit, trace->steps[step].order + 1);
        } else {
            write_tree(writer, below, depth + 1);
            below = next_visit(trace, visit, trace->visits[below].order + 1);
        }
    }
}

static void write_sum(struct writer *writer)
{
    const struct amounts *sum = &writer->sum;
    const int64_t lengths[COLUMN_COUNT] = { 0,
                                            sum->there + sum->waiting + sum->service + sum->back,
                                            sum->there,
                                            sum->waiting,
                                            sum->service,
                                            sum->back };

    write_blank(writer);
    for (int i = COLUMN_IN_ALL; i < COLUMN_COUNT; i++)
        write_length(writer, lengths[i], false);
    write_label(writer, PAGE_BOLD, 0, "sum: there + waiting + service + back = in all");
}

/* ---- what took most ---- */

/* One thing that time went to: a resource of a component, or the network in front of it. */
struct share {
    const struct trace_step *step;
    int64_t waiting_ns, service_ns, network_ns;
};

static bool same_thing(const struct trace *trace, const struct trace_step *a, const struct trace_step *b)
{
    const struct component *first = trace->visits[a->visit].component,
                           *second = trace->visits[b->visit].component;

    return first == second && is_network(a) == is_network(b) &&
           (is_network(a) || (a->name == b->name && a->resource == b->resource));
}

static struct share share_of(const struct trace *trace, const struct trace_step *step)
{
    struct share share = { .step = step };

    for (uint32_t i = 0; i < trace->step_count; i++) {
        const struct trace_step *other = &trace->steps[i];

        if (!other->counted || !same_thing(trace, step, other))
            continue;
        share.waiting_ns += other->waiting_ns;
        share.service_ns += other->service_ns;
        share.network_ns += other->network_ns;
    }
    return share;
}

static void describe_share(const struct trace *trace, const struct trace_step *step, bool waits, char *text)
{
    const struct trace_visit *visit = &trace->visits[step->visit];
    const struct component *caller =
        visit->parent == TRACE_NONE ? visit->component : trace->visits[visit->parent].component;
    char here[TRACE_NAME_SIZE], there[TRACE_NAME_SIZE], name[TRACE_NAME_SIZE];

    trace_component_name(visit->component, here);
    *text = '\0';
    if (is_network(step))
        trace_append(text, "the network between %s and %s", trace_component_name(caller, there), here);
    else if (step->resource)
        trace_append(text, "%s %s", waits ? "waiting for" : "service by", trace_step_name(step, name));
    else
        trace_append(text, waits ? "waiting at %s: %s" : "service at %s: %s", here,
                     trace_step_name(step, name));
}

static void write_most(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    int64_t most_ns = 0, latency_ns = writer->end_ns - trace->start_ns;
    char share_text[QUANTITY_TEXT_SIZE], length[QUANTITY_TEXT_SIZE], what[TRACE_LABEL_SIZE] = "";

    for (uint32_t i = 0; i < trace->step_count; i++) {
        struct share share = share_of(trace, &trace->steps[i]);
        const int64_t lengths[] = { share.waiting_ns, share.service_ns, share.network_ns };

        for (int k = 0; k < 3 && trace->steps[i].counted; k++)
            if (lengths[k] > most_ns) {
                most_ns = lengths[k];
                describe_share(trace, share.step, k == 0, what);
            }
    }
    if (!most_ns)
        return;
    quantity_format_duration(most_ns, length, sizeof length);
    quantity_format_percent((double)most_ns / (double)latency_ns, share_text, sizeof share_text);
    page_words(writer->page, PAGE_BOLD, "What took most: %s, %s or %s of the time.", what, length,
               share_text);
    page_end_line(writer->page);
}

/* ---- the whole ---- */

static uint32_t attempt_count(const struct trace *trace)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < trace->visit_count; i++)
        count += trace->visits[i].parent == 0 &&
                 !(trace->visits[i].flags & (TRACE_VISIT_HANDED_ON | TRACE_VISIT_BRANCH));
    return count;
}

static void write_title(struct writer *writer, const struct trace_note *note)
{
    struct page *page = writer->page;
    const struct trace *trace = writer->trace;
    uint32_t attempts = attempt_count(trace);
    char text[TRACE_NAME_SIZE], sent[QUANTITY_TEXT_SIZE], latency[QUANTITY_TEXT_SIZE];

    page->indent = 2;
    page_words(page, PAGE_BOLD, "Request %llu of %s:", (unsigned long long)trace->ordinal, note->variant);
    page_words(page, PAGE_PLAIN, "%s,", trace->sim->classes[trace->request_class]->name);
    if (trace->data)
        page_words(page, PAGE_PLAIN, "%s,", trace_row_name(trace, trace->data, trace->key, text));
    page_words(page, PAGE_PLAIN, "user %llu,", (unsigned long long)trace->user);
    page_words(page, PAGE_PLAIN, "sent at %s", quantity_format_duration(trace->start_ns, sent, sizeof sent));
    page_words(page, PAGE_PLAIN, "of replication 1;");
    quantity_format_duration(writer->end_ns - trace->start_ns, latency, sizeof latency);
    if (trace->end_ns == TRACE_OPEN)
        page_words(page, PAGE_BAD, "no answer when the run ended%s, %s later",
                   note->is_cut ? " at its limit" : "", latency);
    else if (trace->outcome == OUTCOME_OK)
        page_words(page, PAGE_PLAIN, "answered after %s", latency);
    else
        page_words(page, PAGE_BAD, "failed after %s: %s", latency, outcome_rows[trace->outcome].name);
    if (attempts > 1)
        page_words(page, PAGE_PLAIN, "in %u attempts", attempts);
    page_end_line(page);
}

static void write_warm_up(struct writer *writer, const struct trace_note *note)
{
    struct page *page = writer->page;
    char warm_up[QUANTITY_TEXT_SIZE];

    if (writer->trace->start_ns >= note->warm_up_ns)
        return;
    quantity_format_duration(note->warm_up_ns, warm_up, sizeof warm_up);
    page_words(page, PAGE_WARN, "It belongs to the warm-up of %s, which no figure counts.", warm_up);
    if (note->first_measured)
        page_words(page, PAGE_WARN, "Measuring begins with request %llu.",
                   (unsigned long long)note->first_measured);
    page_end_line(page);
}

static void write_legend(struct writer *writer)
{
    struct page *page = writer->page;

    page->indent = 0;
    page_words(page, PAGE_DIM,
               "at: since it was sent. in all: until the caller went on. there, back: question and answer on "
               "the network. waiting: in "
               "line, or slowed by others at the same cpu. service: worked on.");
    if (writer->has_brackets)
        page_words(page, PAGE_DIM, "In brackets: did not delay the answer, so it is not added.");
    page_end_line(page);
}

void trace_text_write(struct page *page, const struct trace *trace, const struct trace_note *note)
{
    struct writer writer = { .page = page, .trace = trace, .end_ns = trace->end_ns };

    if (trace->end_ns == TRACE_OPEN)
        writer.end_ns = trace->sim->now_ns;
    writer.sum.counted = true;
    choose_unit(&writer);
    page_end_line(page);
    write_title(&writer, note);
    write_warm_up(&writer, note);
    write_head(&writer);
    write_tree(&writer, 0, 0);
    write_sum(&writer);
    write_most(&writer);
    write_legend(&writer);
}
