/* database_pages.h - the data of one node as pages: which are in memory, who reads them from disk, what goes
 * back.
 *
 * An operation uses the page of its row and, for further rows, the next ones; rows that are joined (query.h)
 * lie anywhere in their table, a page each. Where only some columns of a row are read, a row larger than a
 * page lies in several, of which those with the first columns are used. A page that is not in memory
 * costs an operation of the disk; requests that want the same page meanwhile wait for that one. Changed pages
 * that have to leave memory are written by a cleaner, one after the other; when too many wait for it, whoever
 * makes one leave writes it first.
 *
 * While all pages fit into memory and it was warm at the start, every use is a hit and nothing is remembered.
 * Rows of a node that shares a data set with others lie densely: where one of N nodes keeps each row, the
 * rows of a page are neighbours in a range of numbers N times as wide.
 *
 * The request's frame: `step` counts pages used, `note` says what it waits for; both belong to the pages from
 * database_pages_use() until it answers PAGES_HERE or PAGES_REFUSED.
 * Cost: O(1) expected a page; see buffer_pool.h. A warm start of a pool that is too small: O(pages), with
 * Zipf's law O(rows walked).
 */
#ifndef MODELS_DATABASE_PAGES_H
#define MODELS_DATABASE_PAGES_H

#include "models/buffer_pool.h"
#include "models/database.h"
#include "models/host.h"
#include "models/row_locks.h"

/* A data set as one node holds it. */
struct stored {
    uint64_t rows; /* of the whole data set at the start; 0: not known to the node yet */
    uint64_t row_bytes;
    uint64_t rows_a_page;      /* at least 1 */
    uint64_t pages;            /* of this node at the start, or when it holds most */
    uint64_t page_end;         /* above the highest page */
    uint64_t pages_added;      /* by new rows */
    double pages_a_row;        /* of all rows, whoever holds them */
    uint32_t page_bytes;       /* several pages when a row takes several at once */
    uint32_t pages_of_row;     /* read one by one; 0: a row is read at once */
    bool repeats;              /* rows of another table */
    uint64_t appended;         /* rows with automatic numbers, handed out */
    uint64_t appended_visible; /* and committed */
};

/* Writes pages that had to leave memory, one after the other. */
struct page_cleaner {
    struct request *ticker;
    uint32_t pages; /* that wait */
    uint64_t bytes;
    bool busy;
};

struct database_pages {
    struct stored *stored; /* by number of the data set, 0: none */
    uint64_t hits;         /* pages, in the window */
    struct buffer_pool pool;
    struct component *owner;
    struct host *host;
    const struct database_parts *parts;
    bool warm;
    bool splits_rows;       /* a row larger than a page is read page by page, as far as it is asked for */
    uint64_t bytes;         /* of all pages */
    struct row_locks reads; /* pages that are being read */
    struct page_cleaner cleaner;
    uint64_t misses, written; /* pages, in the window */
};

enum pages_wait { PAGES_WAIT_OTHER, PAGES_WAIT_READ, PAGES_WAIT_WRITE, PAGES_WAIT_COUNT };

enum pages_grant {
    PAGES_HERE,
    PAGES_WAIT,   /* it comes back in on_timer: hand it to database_pages_resume() */
    PAGES_REFUSED /* by the disk */
};

/* For the owner's wire(). Parts and host outlive the run. */
void database_pages_init(struct database_pages *pages, struct component *owner, struct host *host,
                         const struct database_parts *parts, bool warm);

/* For the owner's start(): the pool has that many bytes. */
void database_pages_start(struct database_pages *pages, uint64_t capacity_bytes);

/* From now on the node holds its part of the data set. Returns the bytes of its rows. */
int64_t database_pages_adopt(struct database_pages *pages, uint16_t data, uint64_t page_size);

/* The page of a row will be used soon. */
void database_pages_expect(const struct database_pages *pages, uint16_t data, uint64_t row);

/* The pages of the request's rows, from the frame's step on; written to when the operation changes them. */
enum pages_grant database_pages_use(struct database_pages *pages, struct request *request);

/* What the request waited for has come. */
enum pages_grant database_pages_resume(struct database_pages *pages, struct request *request);

/* A new row lies in a page that begins with it, or that is the last one: in memory without reading. */
void database_pages_extend(struct database_pages *pages, uint16_t data, uint64_t row);

/* All pages up to the last one of the request's rows: new ones are in memory. */
void database_pages_extend_by(struct database_pages *pages, const struct request *request);

/* True when the row's page is beyond all there are. */
bool database_pages_is_new(const struct database_pages *pages, uint16_t data, uint64_t row);

/* The owner has died: memory is empty, and nobody waits. database_pages_restart() makes its clock again. */
void database_pages_crash(struct database_pages *pages);
void database_pages_restart(struct database_pages *pages);

/* A turn of the cleaner's ticker. */
void database_pages_on_timer(struct database_pages *pages);

#endif
