/* database_redo.c - changes of rows that come from a log, and that go again: a replica makes those of its
 * primary, what a crash or a new primary has cut off is taken back. See database_node.h. */
#include "models/database_node.h"

static bool is_there(struct component *self, uint16_t data, uint64_t row, enum row_state state)
{
    const struct database *db = component_state(self);
    const struct stored *stored = &db->pages.stored[data];

    if (state != ROW_UNCHANGED)
        return state == ROW_PRESENT;
    return row < stored->rows || database_is_appended(self, stored, row);
}

bool database_has_row(struct component *self, uint16_t data, uint64_t row)
{
    const struct database *db = component_state(self);

    database_know(self, data);
    return is_there(self, data, row, (enum row_state)row_table_look(&db->rows, row_id(data, row)).state);
}

/* Its place among the rows with automatic numbers of this part. */
static uint64_t place_of_appended(const struct component *self, const struct stored *stored, uint64_t row)
{
    return (row - stored->rows) / database_part_count(self);
}

static void redo_appended(struct component *self, const struct write_log_entry *entry)
{
    struct database *db = component_state(self);
    struct stored *stored = &db->pages.stored[entry->data];
    uint64_t place = place_of_appended(self, stored, entry->row);

    if (place < stored->appended_visible)
        return;
    database_add_storage(self, (int64_t)(stored->row_bytes * (place + 1 - stored->appended_visible)));
    stored->appended_visible = place + 1;
    if (stored->appended < stored->appended_visible)
        stored->appended = stored->appended_visible;
}

static void undo_appended(struct component *self, const struct write_log_entry *entry)
{
    struct database *db = component_state(self);
    struct stored *stored = &db->pages.stored[entry->data];
    uint64_t place = place_of_appended(self, stored, entry->row);

    if (stored->appended > place)
        stored->appended = place;
    if (stored->appended_visible <= place)
        return;
    database_add_storage(self, -(int64_t)(stored->row_bytes * (stored->appended_visible - place)));
    stored->appended_visible = place;
}

static void set_row(struct component *self, const struct write_log_entry *entry, enum row_state before,
                    uint32_t version, enum row_state state)
{
    struct database *db = component_state(self);
    int64_t bytes = (int64_t)db->pages.stored[entry->data].row_bytes;
    bool was_there = is_there(self, entry->data, entry->row, before);
    bool comes = is_there(self, entry->data, entry->row, state);

    row_table_set(&db->rows, &self->sim->memory, row_id(entry->data, entry->row),
                  (struct row_entry){ version, (uint16_t)state });
    if (was_there != comes)
        database_add_storage(self, comes ? bytes : -bytes);
}

void database_redo(struct component *self, const struct write_log_entry *entry)
{
    struct database *db = component_state(self);
    struct row_entry row;

    if (!entry->data)
        return;
    database_know(self, entry->data);
    if (!entry->version) {
        redo_appended(self, entry);
        return;
    }
    row = row_table_look(&db->rows, row_id(entry->data, entry->row));
    if (row.version < entry->version)
        set_row(self, entry, (enum row_state)row.state, entry->version, (enum row_state)entry->state);
}

void database_undo(struct component *self, const struct write_log_entry *entry)
{
    struct database *db = component_state(self);
    struct row_entry row;

    if (!entry->data || !db->pages.stored[entry->data].rows)
        return;
    if (!entry->version) {
        undo_appended(self, entry);
        return;
    }
    row = row_table_look(&db->rows, row_id(entry->data, entry->row));
    if (row.version == entry->version)
        set_row(self, entry, (enum row_state)row.state, entry->previous,
                (enum row_state)entry->previous_state);
}
