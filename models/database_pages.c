#include "models/database_pages.h"

#include <math.h>

#include "models/environment.h"
#include "models/row_table.h"

/* Changed pages that may wait for the cleaner. */
#define CLEANER_PAGES_MAX 1000

/* Sizes are whole numbers of bytes up to here: an exabyte. */
#define BYTES_MAX 1e18

void database_pages_init(struct database_pages *pages, struct component *owner, struct host *host,
                         const struct database_parts *parts, bool warm)
{
    struct sim *sim = owner->sim;

    *pages = (struct database_pages){ .owner = owner, .host = host, .parts = parts, .warm = warm };
    pages->stored =
        memory_alloc_array(&sim->memory, environment_of(sim)->data_set_count + 1, sizeof *pages->stored);
    row_locks_init(&pages->reads, &sim->memory, NULL);
}

void database_pages_start(struct database_pages *pages, uint64_t capacity_bytes)
{
    pages->pool.capacity_bytes = capacity_bytes;
    pages->cleaner.ticker = sim_ticker(pages->owner);
}

void database_pages_crash(struct database_pages *pages)
{
    row_locks_clear(&pages->reads, pages->owner->sim);
    buffer_pool_clear(&pages->pool);
    pages->warm = false;
    pages->cleaner = (struct page_cleaner){ .ticker = NULL };
}

void database_pages_restart(struct database_pages *pages)
{
    pages->cleaner.ticker = sim_ticker(pages->owner);
}

static uint32_t part_of(const struct database_pages *pages)
{
    return pages->parts->copies ? pages->owner->instance / pages->parts->copies : pages->owner->instance;
}

static uint64_t page_of_row(const struct stored *stored, uint64_t row)
{
    return (uint64_t)((double)row * stored->pages_a_row);
}

/* ---- warm contents ---- */

/* Walks the pages of a data set from the most popular on. */
struct page_walk {
    const struct stored *stored;
    uint16_t data;
    bool by_rank, shuffled;
    uint64_t position, end;
    struct permutation ranks;
};

static void page_walk_init(struct page_walk *walk, const struct database_pages *pages, uint16_t data)
{
    const struct sim *sim = pages->owner->sim;
    const struct data_set_config *config = &environment_of(sim)->data_sets[data - 1];

    walk->stored = &pages->stored[data];
    walk->data = data;
    walk->by_rank = config->popularity == POPULARITY_ZIPF;
    walk->shuffled = config->ranks == RANKS_SHUFFLED;
    walk->position = 0;
    walk->end = walk->by_rank ? walk->stored->rows : walk->stored->page_end;
    if (!walk->stored->page_end) /* its rows are yet to come */
        walk->end = 0;
    data_set_ranks(&walk->ranks, sim, config);
}

/* Loads the page of the next rank; false: the walk or the room is at its end. */
static bool page_walk_load(struct page_walk *walk, struct database_pages *pages)
{
    const struct database_parts *parts = pages->parts;
    uint64_t page = walk->position;

    if (walk->position == walk->end)
        return false;
    walk->position++;
    if (walk->by_rank) {
        uint64_t row = walk->shuffled ? permutation_map(&walk->ranks, page) : page;

        if (parts->holds && !parts->holds(parts->context, part_of(pages), row))
            return true;
        page = page_of_row(walk->stored, row);
    }
    return buffer_pool_preload(&pages->pool, &pages->owner->sim->memory, row_id(walk->data, page),
                               walk->stored->page_bytes);
}

/* Pages of new rows are the latest to have been used. */
static void load_added_pages(struct database_pages *pages, uint16_t data)
{
    const struct stored *stored = &pages->stored[data];
    struct memory *memory = &pages->owner->sim->memory;

    for (uint64_t i = 1; i <= stored->pages_added; i++)
        if (!buffer_pool_preload(&pages->pool, memory, row_id(data, stored->page_end - i),
                                 stored->page_bytes))
            return;
}

/* Fills the pool with new pages, then with popular ones, of each data set in turn. */
static void load_popular_pages(struct database_pages *pages)
{
    struct sim *sim = pages->owner->sim;
    size_t count = environment_of(sim)->data_set_count;
    struct page_walk *walks = memory_alloc_array(&sim->memory, count, sizeof *walks);
    size_t open = 0;

    for (size_t data = 1; data <= count; data++)
        if (pages->stored[data].rows) {
            load_added_pages(pages, (uint16_t)data);
            page_walk_init(&walks[open++], pages, (uint16_t)data);
        }
    while (open)
        for (size_t i = 0; i < open;)
            if (page_walk_load(&walks[i], pages))
                i++;
            else
                walks[i] = walks[--open];
    memory_free(&sim->memory, walks);
}

/* Not all fits, or memory was empty at the start: from now on each page counts. */
static void track_if_needed(struct database_pages *pages)
{
    if (pages->pool.tracked || (pages->warm && pages->bytes <= pages->pool.capacity_bytes))
        return;
    pages->pool.tracked = true;
    if (pages->warm)
        load_popular_pages(pages);
}

int64_t database_pages_adopt(struct database_pages *pages, uint16_t data, uint64_t page_size)
{
    const struct data_set_config *config = &environment_of(pages->owner->sim)->data_sets[data - 1];
    struct stored *stored = &pages->stored[data];
    double share = pages->parts->shares ? pages->parts->shares[part_of(pages)] : 1.0;
    double rows_here = fmax(1.0, nearbyint(share * (double)config->rows)), rows_most = rows_here;

    if (pages->parts->rows) {
        uint64_t most;

        rows_here = (double)pages->parts->rows(pages->parts->resharding, pages->owner->instance, data, &most);
        rows_most = fmax(1.0, (double)most);
    }
    stored->rows = (uint64_t)config->rows;
    stored->row_bytes = (uint64_t)config->row_size;
    stored->rows_a_page = stored->row_bytes < page_size ? page_size / stored->row_bytes : 1;
    stored->page_bytes = (uint32_t)((stored->row_bytes + page_size - 1) / page_size * page_size);
    stored->pages = (uint64_t)ceil(rows_most / (double)stored->rows_a_page);
    stored->pages_a_row = (double)stored->pages / (double)stored->rows;
    stored->page_end = rows_here > 0 ? stored->pages : 0;
    pages->bytes += (uint64_t)fmin((double)stored->page_end * stored->page_bytes,
                                   BYTES_MAX - fmin((double)pages->bytes, BYTES_MAX));
    track_if_needed(pages);
    return (int64_t)fmin(rows_here * (double)stored->row_bytes, BYTES_MAX);
}

/* ---- what leaves memory ---- */

static void cleaner_write(struct database_pages *pages)
{
    struct page_cleaner *cleaner = &pages->cleaner;
    uint64_t bytes;

    if (cleaner->busy || !cleaner->pages)
        return;
    bytes = cleaner->bytes / cleaner->pages;
    if (!host_disk(pages->host, pages->owner, cleaner->ticker, bytes))
        return;
    cleaner->busy = true;
    cleaner->pages--;
    cleaner->bytes -= bytes;
    pages->written++;
}

static void leave_to_cleaner(struct database_pages *pages, struct buffer_evicted evicted)
{
    pages->cleaner.pages += evicted.pages;
    pages->cleaner.bytes += evicted.bytes;
    cleaner_write(pages);
}

void database_pages_on_timer(struct database_pages *pages)
{
    pages->cleaner.busy = false;
    cleaner_write(pages);
}

/* ---- use ---- */

static uint64_t current_page(const struct stored *stored, const struct request *request)
{
    return row_id(request->data, page_of_row(stored, request->key) + request->frames[request->top].step);
}

static uint32_t page_count(const struct stored *stored, const struct request *request)
{
    return 1 + (uint32_t)((request->rows ? request->rows - 1u : 0) / stored->rows_a_page);
}

/* Reads the current page, or waits for whoever reads it already. */
static enum pages_grant read_page(struct database_pages *pages, const struct stored *stored,
                                  struct request *request)
{
    struct frame *frame = request_frame(request);
    uint64_t page = current_page(stored, request);

    frame->note = PAGES_WAIT_OTHER;
    if (!row_locks_acquire(&pages->reads, pages->owner, request, page))
        return PAGES_WAIT;
    frame->note = PAGES_WAIT_READ;
    if (host_disk(pages->host, pages->owner, request, stored->page_bytes))
        return PAGES_WAIT;
    row_locks_release(&pages->reads, pages->owner->sim, page);
    return PAGES_REFUSED;
}

enum pages_grant database_pages_use(struct database_pages *pages, struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];
    struct frame *frame = request_frame(request);
    uint32_t count;

    if (!request->data) /* its page is nobody else's */
        return PAGES_HERE;
    count = page_count(stored, request);
    if (!pages->pool.tracked) {
        pages->hits += count;
        return PAGES_HERE;
    }
    while (frame->step < count &&
           buffer_pool_use(&pages->pool, current_page(stored, request), database_writes(request))) {
        pages->hits++;
        frame->step++;
    }
    if (frame->step == count)
        return PAGES_HERE;
    pages->misses++;
    return read_page(pages, stored, request);
}

/* Another request has read it. */
static enum pages_grant other_has_read(struct database_pages *pages, const struct stored *stored,
                                       struct request *request)
{
    uint64_t page = current_page(stored, request);

    row_locks_release(&pages->reads, pages->owner->sim, page);
    if (!buffer_pool_use(&pages->pool, page, database_writes(request)))
        return read_page(pages, stored, request); /* it has left again already */
    request_frame(request)->step++;
    return database_pages_use(pages, request);
}

static enum pages_grant has_read(struct database_pages *pages, const struct stored *stored,
                                 struct request *request)
{
    uint64_t page = current_page(stored, request);
    struct buffer_evicted evicted = buffer_pool_insert(&pages->pool, &pages->owner->sim->memory, page,
                                                       stored->page_bytes, database_writes(request));

    row_locks_release(&pages->reads, pages->owner->sim, page);
    request_frame(request)->step++;
    if (evicted.pages && pages->cleaner.pages >= CLEANER_PAGES_MAX) {
        request_frame(request)->note = PAGES_WAIT_WRITE;
        pages->written += evicted.pages;
        return host_disk(pages->host, pages->owner, request, evicted.bytes) ? PAGES_WAIT : PAGES_REFUSED;
    }
    leave_to_cleaner(pages, evicted);
    return database_pages_use(pages, request);
}

static enum pages_grant has_written(struct database_pages *pages, const struct stored *stored,
                                    struct request *request)
{
    (void)stored;
    return database_pages_use(pages, request);
}

enum pages_grant database_pages_resume(struct database_pages *pages, struct request *request)
{
    static enum pages_grant (*const resume[PAGES_WAIT_COUNT])(struct database_pages *, const struct stored *,
                                                              struct request *) = {
        [PAGES_WAIT_OTHER] = other_has_read,
        [PAGES_WAIT_READ] = has_read,
        [PAGES_WAIT_WRITE] = has_written,
    };

    return resume[request_frame(request)->note](pages, &pages->stored[request->data], request);
}

/* ---- new rows ---- */

bool database_pages_is_new(const struct database_pages *pages, uint16_t data, uint64_t row)
{
    return page_of_row(&pages->stored[data], row) >= pages->stored[data].page_end;
}

static void extend_to(struct database_pages *pages, uint16_t data, uint64_t page)
{
    struct stored *stored = &pages->stored[data];

    if (page >= stored->page_end) {
        stored->page_end = page + 1;
        stored->pages_added++;
        pages->bytes += stored->page_bytes;
        track_if_needed(pages);
    }
    if (pages->pool.tracked && !buffer_pool_use(&pages->pool, row_id(data, page), true))
        leave_to_cleaner(pages, buffer_pool_insert(&pages->pool, &pages->owner->sim->memory,
                                                   row_id(data, page), stored->page_bytes, true));
}

void database_pages_extend(struct database_pages *pages, uint16_t data, uint64_t row)
{
    extend_to(pages, data, page_of_row(&pages->stored[data], row));
}

void database_pages_extend_by(struct database_pages *pages, const struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];
    uint64_t end = page_of_row(stored, request->key) + page_count(stored, request);

    while (stored->page_end < end)
        extend_to(pages, request->data, stored->page_end);
}
