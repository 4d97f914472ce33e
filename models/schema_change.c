#include "models/schema_change.h"

#include <stdio.h>

#include "models/database_kind.h"

#define CHUNK_BYTES (UINT64_C(1) << 20)

/* A disk whose line is full is asked again after this. */
#define ASK_AGAIN_NS (SIM_NS_PER_S / 1000)

static const struct param_choice methods[] = {
    { "lock", SCHEMA_LOCK,
      "the table is written anew; reads and writes of it wait (PostgreSQL, a change of type)" },
    { "copy", SCHEMA_COPY, "the table is copied; writes of it wait (MySQL, ALGORITHM=COPY)" },
    { "online", SCHEMA_ONLINE,
      "the table is copied, and what is written meanwhile is caught up with at the end, under a lock (MySQL, "
      "ALGORITHM=INPLACE)" },
    { "instant", SCHEMA_INSTANT,
      "only the catalogue is changed (a column at the end with a default, in databases that can)" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_DURATION(struct schema_change_config, at, .max = 1e18,
                   .help = "When it begins; dates count from the beginning of the run, its warm-up "
                           "included."),
    PARAM_REFERENCE(struct schema_change_config, data, .refers_to = PARAM_REFERS_DATA,
                    .help = "The table that is changed."),
    PARAM_CHOICE(struct schema_change_config, method, .default_text = "\"copy\"", .choices = methods,
                 .help = "What happens to the table, and who waits."),
    PARAM_END
};

const struct param_table schema_change_params = { .rows = rows,
                                                  .size = sizeof(struct schema_change_config),
                                                  .help = "a new column for a table in use" };

void schema_changes_check(const struct param_list *list, const char *path, struct param_problems *problems)
{
    const struct schema_change_config *items = list->items;

    for (size_t i = 1; i < list->count; i++) {
        char place[64];

        if (items[i].at >= items[i - 1].at)
            continue;
        snprintf(place, sizeof place, "%s[%zu].at", path, i);
        param_problem(problems, place, "write them in the order of their dates", "is before the one above");
    }
}

/* ---- one change ---- */

static const struct schema_change_config *present(const struct schema_changes *changes)
{
    return (const struct schema_change_config *)changes->list->items + changes->next;
}

static void sleep_until(struct schema_changes *changes, int64_t date_ns)
{
    int64_t now_ns = changes->owner->sim->now_ns;

    sim_tick_at(changes->owner, changes->ticker, date_ns > now_ns ? date_ns : now_ns);
}

/* Asks the disk; when its line is full, again a little later in the same phase. */
static void use_disk(struct schema_changes *changes, enum schema_phase phase, uint64_t bytes)
{
    struct component *owner = changes->owner;

    changes->phase = (uint8_t)phase;
    changes->chunk = bytes;
    if (!host_disk(changes->host, owner, changes->ticker, bytes)) {
        changes->chunk = 0;
        sleep_until(changes, owner->sim->now_ns + ASK_AGAIN_NS);
    }
}

static void lock(struct schema_changes *changes)
{
    changes->blocks_reads = changes->blocks_writes = true;
}

static void copy_chunk(struct schema_changes *changes, enum schema_phase phase)
{
    use_disk(changes, phase, changes->left < CHUNK_BYTES ? changes->left : CHUNK_BYTES);
}

/* Pages that are all in memory need not be read. */
static void next_chunk(struct schema_changes *changes)
{
    copy_chunk(changes, changes->pages->pool.tracked ? SCHEMA_READS : SCHEMA_WRITES);
}

static void begin(struct schema_changes *changes)
{
    const struct schema_change_config *config = present(changes);
    struct component *owner = changes->owner;
    const struct stored *stored;

    changes->data = environment_data_set(environment_of(owner->sim), config->data);
    changes->method = (uint8_t)config->method;
    changes->know(owner, changes->data);
    stored = &changes->pages->stored[changes->data];
    changes->left = (stored->pages + stored->pages_added) * stored->page_bytes;
    changes->log_bytes = 0;
    changes->blocks_reads = config->method == SCHEMA_LOCK;
    changes->blocks_writes = config->method != SCHEMA_ONLINE;
    amount_set(&changes->running, 1, owner->sim->now_ns);
    next_chunk(changes);
}

/* Whoever waited for the table goes on. */
static void end(struct schema_changes *changes)
{
    struct sim *sim = changes->owner->sim;
    uint32_t index;

    changes->done++;
    amount_set(&changes->running, 0, sim->now_ns);
    changes->blocks_reads = changes->blocks_writes = false;
    if (changes->line.count)
        for (index = row_locks_release_line(&changes->line, sim, changes->data); index;) {
            struct request *request = sim_request(sim, index);

            index = request->next;
            sim_wake(sim, request);
        }
    changes->data = 0;
    changes->phase = SCHEMA_IDLE;
}

/* Goes on to the next change that means work, when it is due. */
static void look_for_next(struct schema_changes *changes)
{
    const struct database_config *config = changes->owner->group->config;

    for (; changes->next < changes->list->count; changes->next++) {
        if (present(changes)->at > changes->owner->sim->now_ns) {
            sleep_until(changes, present(changes)->at);
            return;
        }
        if (present(changes)->method != SCHEMA_INSTANT && !database_kind_of(config)->dynamic_schema) {
            begin(changes);
            return;
        }
        changes->done++;
    }
    changes->ticker->resume = NULL;
}

static void end_and_go_on(struct schema_changes *changes)
{
    end(changes);
    changes->next++;
    look_for_next(changes);
}

static void has_written(struct schema_changes *changes)
{
    changes->copied += changes->chunk;
    changes->left -= changes->chunk;
    if (changes->left) {
        next_chunk(changes);
    } else if (changes->method == SCHEMA_ONLINE && changes->log_bytes) {
        lock(changes);
        use_disk(changes, SCHEMA_CATCHES_UP, changes->log_bytes);
    } else {
        end_and_go_on(changes);
    }
}

void schema_changes_on_timer(struct schema_changes *changes)
{
    enum schema_phase phase = (enum schema_phase)changes->phase;

    if (phase == SCHEMA_IDLE)
        look_for_next(changes);
    else if (!changes->chunk && phase == SCHEMA_CATCHES_UP) /* the disk had refused */
        use_disk(changes, phase, changes->log_bytes);
    else if (!changes->chunk)
        copy_chunk(changes, phase);
    else if (phase == SCHEMA_READS)
        copy_chunk(changes, SCHEMA_WRITES);
    else if (phase == SCHEMA_WRITES)
        has_written(changes);
    else
        end_and_go_on(changes);
}

/* ---- the owner ---- */

void schema_changes_start(struct schema_changes *changes, struct component *owner, struct host *host,
                          const struct database_pages *pages, const struct param_list *list,
                          void (*know)(struct component *owner, uint16_t data))
{
    changes->owner = owner;
    changes->host = host;
    changes->pages = pages;
    changes->list = list;
    changes->know = know;
    row_locks_init(&changes->line, &owner->sim->memory, NULL);
    changes->ticker = sim_ticker(owner);
    sleep_until(changes, present(changes)->at);
}

void schema_changes_crash(struct schema_changes *changes)
{
    if (!changes->owner)
        return;
    row_locks_clear(&changes->line, changes->owner->sim);
    amount_set(&changes->running, 0, changes->owner->sim->now_ns);
    changes->blocks_reads = changes->blocks_writes = false;
    changes->data = 0;
    changes->phase = SCHEMA_IDLE;
    changes->ticker = NULL;
}

void schema_changes_restart(struct schema_changes *changes)
{
    if (!changes->owner)
        return;
    changes->ticker = sim_ticker(changes->owner);
    changes->ticker->resume = NULL; /* nothing is scheduled for it: a crash ends it at once */
    look_for_next(changes);
}

static bool is_about(const struct schema_changes *changes, const struct request *request)
{
    const struct query *query = query_of(changes->owner->sim, request);

    return request->data == changes->data ||
           (query && query->found && query_data(query, request) == changes->data);
}

bool schema_changes_let_pass(struct schema_changes *changes, struct request *request)
{
    bool blocked = database_writes(request) ? changes->blocks_writes : changes->blocks_reads;

    if (!changes->data || !blocked || !is_about(changes, request))
        return true;
    if (!changes->line.count) /* the change holds it from now on */
        row_locks_acquire(&changes->line, changes->owner, changes->ticker, changes->data);
    changes->waits++;
    row_locks_acquire(&changes->line, changes->owner, request, changes->data);
    return false;
}
