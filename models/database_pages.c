#include "models/database_pages.h"

#include <math.h>

#include "models/environment.h"
#include "models/query.h"
#include "models/row_table.h"

/* Changed pages that may wait for the cleaner. */
#define CLEANER_PAGES_MAX 1000

/* A row that is read page by page lies in at most so many; larger ones then. */
#define PAGES_OF_ROW_MAX 1000

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

        if (parts->holds && !parts->holds(parts->context, part_of(pages), walk->data, row))
            return true;
        page = page_of_row(walk->stored, row);
    }
    for (uint32_t i = 0; i < walk->stored->pages_of_row; i++)
        if (!buffer_pool_preload(&pages->pool, &pages->owner->sim->memory, row_id(walk->data, page + i),
                                 walk->stored->page_bytes))
            return false;
    return walk->stored->pages_of_row ||
           buffer_pool_preload(&pages->pool, &pages->owner->sim->memory, row_id(walk->data, page),
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
    pages->pool.roomy = pages->bytes <= pages->pool.capacity_bytes;
    if (pages->pool.tracked || (pages->warm && pages->pool.roomy))
        return;
    pages->pool.tracked = true;
    if (pages->warm)
        load_popular_pages(pages);
}

/* A row that is read page by page: its pages are those of the machine, or larger ones when they are too
 * many. Returns how many. */
static uint32_t split_row(struct stored *stored, uint64_t page_size)
{
    uint64_t pages = (stored->row_bytes + page_size - 1) / page_size;
    uint64_t together = (pages + PAGES_OF_ROW_MAX - 1) / PAGES_OF_ROW_MAX;

    stored->page_bytes = (uint32_t)(together * page_size);
    stored->pages_of_row = (uint32_t)((pages + together - 1) / together);
    return stored->pages_of_row;
}

int64_t database_pages_adopt(struct database_pages *pages, uint16_t data, uint64_t page_size)
{
    const struct data_set_config *config = &environment_of(pages->owner->sim)->data_sets[data - 1];
    struct stored *stored = &pages->stored[data];
    const struct database_parts *parts = pages->parts;
    double share = parts->share ? parts->share(parts->context, part_of(pages), data) : 1.0;
    double rows_here = share > 0 ? fmax(1.0, nearbyint(share * (double)config->rows)) : 0;
    double rows_most = fmax(1.0, rows_here);

    if (pages->parts->rows) {
        uint64_t most;

        rows_here = (double)pages->parts->rows(pages->parts->resharding, pages->owner->instance, data, &most);
        rows_most = fmax(1.0, (double)most);
    }
    stored->rows = (uint64_t)config->rows;
    stored->row_bytes = (uint64_t)config->row_size;
    stored->repeats = config->repeats != NULL;
    stored->rows_a_page = stored->row_bytes < page_size ? page_size / stored->row_bytes : 1;
    stored->page_bytes = (uint32_t)((stored->row_bytes + page_size - 1) / page_size * page_size);
    stored->pages = (uint64_t)ceil(rows_most / (double)stored->rows_a_page);
    if (pages->splits_rows && stored->row_bytes > page_size)
        stored->pages *= split_row(stored, page_size);
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

/* A page that an operation uses. */
struct page_place {
    uint64_t id;
    uint32_t bytes;
};

/* Pages of each of its rows that an operation uses, where rows are read page by page. */
static uint32_t pages_of_each_row(const struct database_pages *pages, const struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];
    const struct sim *sim = pages->owner->sim;
    uint64_t bytes = query_row_bytes(query_of(sim, request),
                                     &environment_of(sim)->data_sets[request->data - 1]);

    if (request->operation == OPERATION_INSERT || request->operation == OPERATION_DELETE)
        bytes = stored->row_bytes;
    return bytes ? (uint32_t)((bytes + stored->page_bytes - 1) / stored->page_bytes) : 1;
}

/* Of the rows of the key: those joined are not among them. */
static uint32_t own_pages(const struct database_pages *pages, const struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];
    uint32_t rows = query_own_rows(query_of(pages->owner->sim, request), request);

    if (!request->data || !rows)
        return 0;
    if (!stored->pages_of_row)
        return 1 + (uint32_t)((rows - 1u) / stored->rows_a_page);
    return rows * pages_of_each_row(pages, request);
}

static uint32_t page_count(const struct database_pages *pages, const struct request *request)
{
    const struct query *query = query_of(pages->owner->sim, request);
    uint32_t count = own_pages(pages, request);

    if (query && query_data(query, request))
        count += query_rows_here(pages->owner->sim, query, request);
    return count < UINT16_MAX ? count : UINT16_MAX;
}

/* What the frame counts up to, at most: the pages, with those that other stores have. */
static uint32_t page_end(const struct database_pages *pages, const struct request *request)
{
    const struct query *query = query_of(pages->owner->sim, request);
    uint32_t end = own_pages(pages, request);

    if (query && query_data(query, request))
        end += query_further_rows(pages->owner->sim, query, request);
    return end < UINT16_MAX ? end : UINT16_MAX;
}

/* The page of a joined row, or one of several that its own row lies in. */
static struct page_place further_page(const struct database_pages *pages, const struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];
    uint32_t step = request->frames[request->top].step, own = own_pages(pages, request), each;
    const struct query *query = query_of(pages->owner->sim, request);
    uint16_t data = request->data;
    uint64_t row;

    if (step < own && !stored->pages_of_row)
        return (struct page_place){ row_id(data, page_of_row(stored, request->key) + step),
                                    stored->page_bytes };
    if (step < own) {
        each = pages_of_each_row(pages, request);
        return (struct page_place){ row_id(data, page_of_row(stored, request->key + step / each) +
                                                     step % each),
                                    stored->page_bytes };
    }
    data = query_data(query, request);
    stored = &pages->stored[data];
    row = query_row(pages->owner->sim, query, request, step - own);
    return (struct page_place){ row_id(data, page_of_row(stored, row)), stored->page_bytes };
}

/* The further row that comes next is at another store. */
static bool is_elsewhere(const struct database_pages *pages, const struct request *request)
{
    const struct query *query = query_of(pages->owner->sim, request);
    const struct database_parts *parts = pages->parts;
    uint32_t step = request->frames[request->top].step, own = own_pages(pages, request);

    if (!query->is_part || !parts->holds || step < own)
        return false;
    return !parts->holds(parts->context, part_of(pages), query_data(query, request),
                         query_row(pages->owner->sim, query, request, step - own));
}

static inline struct page_place current_page(const struct database_pages *pages,
                                             const struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];

    if (__builtin_expect(request->query || stored->pages_of_row, 0))
        return further_page(pages, request);
    return (struct page_place){ row_id(request->data, page_of_row(stored, request->key) +
                                                          request->frames[request->top].step),
                                stored->page_bytes };
}

void database_pages_expect(const struct database_pages *pages, uint16_t data, uint64_t row)
{
    buffer_pool_prefetch(&pages->pool, row_id(data, page_of_row(&pages->stored[data], row)));
}

/* Reads the current page, or waits for whoever reads it already. */
static enum pages_grant read_page(struct database_pages *pages, struct request *request)
{
    struct frame *frame = request_frame(request);
    struct page_place page = current_page(pages, request);

    frame->note = PAGES_WAIT_OTHER;
    if (!row_locks_acquire(&pages->reads, pages->owner, request, page.id))
        return PAGES_WAIT;
    frame->note = PAGES_WAIT_READ;
    if (host_disk(pages->host, pages->owner, request, page.bytes))
        return PAGES_WAIT;
    row_locks_release(&pages->reads, pages->owner->sim, page.id);
    return PAGES_REFUSED;
}

enum pages_grant database_pages_use(struct database_pages *pages, struct request *request)
{
    struct frame *frame = request_frame(request);
    uint32_t end;

    if (!request->data && !request->query) /* its page is nobody else's */
        return PAGES_HERE;
    if (!pages->pool.tracked) {
        pages->hits += page_count(pages, request);
        return PAGES_HERE;
    }
    for (end = page_end(pages, request); frame->step < end; frame->step++) {
        if (__builtin_expect(request->query, 0) && is_elsewhere(pages, request))
            continue;
        if (!buffer_pool_use(&pages->pool, current_page(pages, request).id, database_writes(request)))
            break;
        pages->hits++;
    }
    if (frame->step == end)
        return PAGES_HERE;
    pages->misses++;
    return read_page(pages, request);
}

/* Another request has read it. */
static enum pages_grant other_has_read(struct database_pages *pages, struct request *request)
{
    uint64_t page = current_page(pages, request).id;

    row_locks_release(&pages->reads, pages->owner->sim, page);
    if (!buffer_pool_use(&pages->pool, page, database_writes(request)))
        return read_page(pages, request); /* it has left again already */
    request_frame(request)->step++;
    return database_pages_use(pages, request);
}

static enum pages_grant has_read(struct database_pages *pages, struct request *request)
{
    struct page_place page = current_page(pages, request);
    struct buffer_evicted evicted = buffer_pool_insert(&pages->pool, &pages->owner->sim->memory, page.id,
                                                       page.bytes, database_writes(request));

    row_locks_release(&pages->reads, pages->owner->sim, page.id);
    request_frame(request)->step++;
    if (evicted.pages && pages->cleaner.pages >= CLEANER_PAGES_MAX) {
        request_frame(request)->note = PAGES_WAIT_WRITE;
        pages->written += evicted.pages;
        return host_disk(pages->host, pages->owner, request, evicted.bytes) ? PAGES_WAIT : PAGES_REFUSED;
    }
    leave_to_cleaner(pages, evicted);
    return database_pages_use(pages, request);
}


enum pages_grant database_pages_resume(struct database_pages *pages, struct request *request)
{
    static enum pages_grant (*const resume[PAGES_WAIT_COUNT])(struct database_pages *, struct request *) = {
        [PAGES_WAIT_OTHER] = other_has_read,
        [PAGES_WAIT_READ] = has_read,
        [PAGES_WAIT_WRITE] = database_pages_use,
    };

    return resume[request_frame(request)->note](pages, request);
}

/* ---- new rows ---- */

bool database_pages_is_new(const struct database_pages *pages, uint16_t data, uint64_t row)
{
    return page_of_row(&pages->stored[data], row) >= pages->stored[data].page_end;
}

static void extend_to(struct database_pages *pages, uint16_t data, uint64_t page)
{
    struct stored *stored = &pages->stored[data];

    uint32_t count = stored->pages_of_row ? stored->pages_of_row : 1;

    if (page >= stored->page_end) {
        stored->page_end = page + count;
        stored->pages_added += count;
        pages->bytes += (uint64_t)count * stored->page_bytes;
        track_if_needed(pages);
    }
    for (uint32_t i = 0; pages->pool.tracked && i < count; i++)
        if (!buffer_pool_use(&pages->pool, row_id(data, page + i), true))
            leave_to_cleaner(pages, buffer_pool_insert(&pages->pool, &pages->owner->sim->memory,
                                                       row_id(data, page + i), stored->page_bytes, true));
}

void database_pages_extend(struct database_pages *pages, uint16_t data, uint64_t row)
{
    extend_to(pages, data, page_of_row(&pages->stored[data], row));
}

void database_pages_extend_by(struct database_pages *pages, const struct request *request)
{
    const struct stored *stored = &pages->stored[request->data];
    uint64_t end = page_of_row(stored, request->key) + own_pages(pages, request);

    while (stored->page_end < end)
        extend_to(pages, request->data, stored->page_end);
}
