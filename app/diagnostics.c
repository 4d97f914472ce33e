#include "app/diagnostics.h"

#include "app/harmless_text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "scalesim"
#define TEXT_SIZE_MAX 1024     /* of a message, path or help, bytes */
#define LINE_BEFORE_MAX 60     /* columns of a source line before the place */
#define LINE_WIDTH_MAX 100     /* columns of a source line that are shown */
#define LINE_BYTES_MAX 500     /* the same, bytes on either side of the place */
#define RENDERED_SIZE_MAX 4096 /* of a rendered line, bytes */

struct severity_row {
    const char *name;
    const char *colour;
};

static const struct severity_row severity_rows[DIAGNOSTIC_SEVERITY_COUNT] = {
    [DIAGNOSTIC_ERROR] = { "error", "\033[1;31m" },
    [DIAGNOSTIC_WARNING] = { "warning", "\033[1;35m" },
};

#define COLOUR_PLACE "\033[1m"
#define COLOUR_MARKERS "\033[1;32m"
#define COLOUR_NONE "\033[0m"

/* A text of bounded size that can be appended to; what does not fit is dropped. */
struct buffer {
    char bytes[RENDERED_SIZE_MAX];
    size_t length;
};

static void append(struct buffer *buffer, const char *text)
{
    size_t length = strlen(text);

    if (buffer->length + length < sizeof buffer->bytes) {
        memcpy(buffer->bytes + buffer->length, text, length + 1);
        buffer->length += length;
    }
}

/* ---- adding ---- */

static char *copy(struct diagnostics *d, const char *text)
{
    char *copied = strdup(text);

    if (!copied)
        d->out_of_memory = true;
    return copied;
}

/* A harmless copy of what may hold anything, cut when it is long; NULL and "" become NULL. */
static char *copy_harmless(struct diagnostics *d, const char *text)
{
    char shown[TEXT_SIZE_MAX];

    if (!text || !*text)
        return NULL;
    harmless_text(shown, sizeof shown, text, strlen(text));
    return copy(d, shown);
}

static void free_item(struct diagnostic *item)
{
    free(item->file);
    free(item->path);
    free(item->message);
    free(item->help);
    free(item->source_line);
    free(item->markers);
}

/* The piece of a line that is shown. */
struct window {
    const char *start, *end; /* of the piece */
    const char *place;
    const char *place_end; /* on the same line */
    bool is_cut_before;
};

/* Goes back from `place` by LINE_BEFORE_MAX columns at most, to the start of the line if it is near. */
static const char *find_start(const char *text, const char *place)
{
    const char *start = place;
    size_t width = 0;

    while (start > text && start[-1] != '\n') {
        char cell[HARMLESS_CELL_SIZE];
        const char *before = start - 1, *behind;

        while (before > text && place - before < LINE_BYTES_MAX && ((unsigned char)*before & 0xC0) == 0x80)
            before--;
        behind = before;
        width += harmless_character(cell, &behind, start);
        if (width > LINE_BEFORE_MAX || place - before >= LINE_BYTES_MAX)
            break;
        start = before;
    }
    return start;
}

static struct window find_window(const struct source_text *text, size_t offset, size_t length)
{
    const char *text_end = text->bytes + text->size;
    const char *place = text->bytes + (offset < text->size ? offset : text->size);
    const char *newline = memchr(place, '\n', (size_t)(text_end - place));
    const char *line_end = newline ? newline : text_end;
    struct window window = { .start = find_start(text->bytes, place), .end = line_end, .place = place };

    window.is_cut_before = window.start > text->bytes && window.start[-1] != '\n';
    window.place_end = length < (size_t)(line_end - place) ? place + length : line_end;
    if (line_end > place && line_end[-1] == '\r')
        window.end = line_end - 1;
    return window;
}

/* Below a character of that many columns: blank, "^" or "~". */
static void append_markers(struct buffer *markers, struct window window, const char *from, const char *to,
                           size_t columns)
{
    bool is_place = from <= window.place && window.place < to;
    bool is_inside = is_place || (from > window.place && from < window.place_end);

    if (is_place && columns == 0)
        columns = 1;
    for (size_t i = 0; i < columns; i++)
        if (is_inside)
            append(markers, is_place && i == 0 ? "^" : "~");
        else if (from < window.place)
            append(markers, *from == '\t' ? "\t" : " ");
}

/* Renders the line and, below it, where the place is: ^~~~. Tabs stay tabs in both. */
static void render_line(struct diagnostics *d, struct diagnostic *item, struct window window)
{
    struct buffer line = { .length = 0 }, markers = { .length = 0 };
    const char *at = window.start;
    size_t width = 0;

    if (window.is_cut_before) {
        append(&line, "...");
        append(&markers, "   ");
    }
    while (at < window.end && width < LINE_WIDTH_MAX && at - window.start < 2 * LINE_BYTES_MAX) {
        const char *from = at;
        char cell[HARMLESS_CELL_SIZE];
        size_t columns = harmless_character(cell, &at, window.end);

        if (*from == '\t') {
            columns = 1;
            memcpy(cell, "\t", sizeof "\t");
        }
        append(&line, cell);
        append_markers(&markers, window, from, at, columns);
        width += columns;
    }
    if (at < window.end)
        append(&line, "...");
    if (window.place >= window.end)
        append(&markers, "^");
    item->source_line = copy(d, line.bytes);
    item->markers = copy(d, markers.bytes);
}

/* Characters from `at` to `end`, at least one. */
static size_t count_characters(const char *at, const char *end)
{
    size_t count = 0;

    for (; at < end; at++)
        count += ((unsigned char)*at & 0xC0) != 0x80;
    return count ? count : 1;
}

static void place_item(struct diagnostics *d, struct diagnostic *item, struct source_span where)
{
    struct source_position position = source_position(where.text->bytes, where.text->size, where.offset);
    struct window window = find_window(where.text, where.offset, where.length);

    item->offset = where.offset;
    item->line = position.line;
    item->column = position.column;
    item->column_end = position.column + count_characters(window.place, window.place_end);
    item->file = copy_harmless(d, where.text->name);
    render_line(d, item, window);
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_known(const struct diagnostics *d, const struct diagnostic *item)
{
    for (size_t i = 0; i < d->item_count; i++) {
        const struct diagnostic *other = &d->items[i];

        if (other->severity == item->severity && other->offset == item->offset &&
            is_same(other->file, item->file) && is_same(other->path, item->path) &&
            is_same(other->message, item->message))
            return true;
    }
    return false;
}

/* All texts that one should have. */
static bool is_whole(const struct diagnostic *item, const char *path, const char *help)
{
    return item->message && (item->path || !path || !*path) && (item->help || !help || !*help) &&
           (!item->line || (item->file && item->source_line && item->markers));
}

/* Room for one more item. */
static bool reserve(struct diagnostics *d)
{
    size_t capacity = d->item_capacity ? 2 * d->item_capacity : 16;
    struct diagnostic *items;

    if (d->item_count < d->item_capacity)
        return true;
    items = realloc(d->items, capacity * sizeof *items);
    if (!items) {
        d->out_of_memory = true;
        return false;
    }
    d->items = items;
    d->item_capacity = capacity;
    return true;
}

void diagnostics_init(struct diagnostics *diagnostics)
{
    *diagnostics = (struct diagnostics){ 0 };
}

void diagnostics_deinit(struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->item_count; i++)
        free_item(&diagnostics->items[i]);
    free(diagnostics->items);
    diagnostics_init(diagnostics);
}

void diagnostics_add(struct diagnostics *diagnostics, enum diagnostic_severity severity,
                     struct source_span where, const char *path, const char *help, const char *format, ...)
{
    struct diagnostics *d = diagnostics;
    struct diagnostic item = { .severity = severity, .sequence = d->item_count };
    char message[TEXT_SIZE_MAX + 8]; /* a little longer, so that copy_harmless() marks the cut */
    va_list arguments;

    if (d->kept[severity] == DIAGNOSTICS_MAX || !reserve(d)) {
        d->counts[severity]++;
        return;
    }
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    item.message = copy_harmless(d, message);
    item.path = copy_harmless(d, path);
    item.help = copy_harmless(d, help);
    if (where.text && where.text->bytes)
        place_item(d, &item, where);
    if (!is_whole(&item, path, help)) { /* half of it would mislead */
        free_item(&item);
        d->counts[severity]++;
        return;
    }
    if (is_known(d, &item)) {
        free_item(&item);
        return;
    }
    d->counts[severity]++;
    d->kept[severity]++;
    d->items[d->item_count++] = item;
}

size_t diagnostics_error_count(const struct diagnostics *diagnostics)
{
    return diagnostics->counts[DIAGNOSTIC_ERROR];
}

size_t diagnostics_warning_count(const struct diagnostics *diagnostics)
{
    return diagnostics->counts[DIAGNOSTIC_WARNING];
}

/* ---- printing ---- */

static int compare_items(const void *a, const void *b)
{
    const struct diagnostic *x = a, *y = b;
    int order;

    if (!x->file != !y->file)
        return x->file ? 1 : -1;
    order = x->file ? strcmp(x->file, y->file) : 0;
    if (order)
        return order;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void print_text(const struct diagnostic *item, FILE *file, bool colour)
{
    const struct severity_row *row = &severity_rows[item->severity];
    const char *none = colour ? COLOUR_NONE : "";

    fputs(colour ? COLOUR_PLACE : "", file);
    if (item->file)
        fprintf(file, "%s:%zu:%zu: ", item->file, item->line, item->column);
    else
        fputs(PROGRAM ": ", file);
    fprintf(file, "%s%s%s: %s", none, colour ? row->colour : "", row->name, none);
    if (item->path)
        fprintf(file, "%s: ", item->path);
    fputs(item->message, file);
    if (item->help)
        fprintf(file, "; %s", item->help);
    fputc('\n', file);
    if (item->source_line && item->markers) {
        fprintf(file, "%5zu | %s\n", item->line, item->source_line);
        fprintf(file, "      | %s%s%s\n", colour ? COLOUR_MARKERS : "", item->markers, none);
    }
}

/* A JSON string, or null. Kept texts have neither control characters nor broken UTF-8. */
static void print_json_string(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\":", name);
    if (!text) {
        fputs("null", file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void print_json_number(FILE *file, const char *name, size_t number)
{
    if (number)
        fprintf(file, "\"%s\":%zu,", name, number);
    else
        fprintf(file, "\"%s\":null,", name);
}

static void print_json(const struct diagnostic *item, FILE *file)
{
    fputc('{', file);
    print_json_string(file, "severity", severity_rows[item->severity].name);
    fputc(',', file);
    print_json_string(file, "file", item->file);
    fputc(',', file);
    print_json_number(file, "line", item->line);
    print_json_number(file, "column", item->column);
    print_json_number(file, "end_column", item->column_end);
    print_json_string(file, "path", item->path);
    fputc(',', file);
    print_json_string(file, "message", item->message);
    fputc(',', file);
    print_json_string(file, "help", item->help);
    fputs("}\n", file);
}

/* Told without allocating anything. */
static char out_of_memory_text[] = "out of memory";
static const struct diagnostic out_of_memory = { .severity = DIAGNOSTIC_ERROR,
                                                 .message = out_of_memory_text };

/* What was counted but not kept. */
static void print_rest(const struct diagnostics *d, enum diagnostic_severity severity, FILE *file,
                       enum diagnostics_format format)
{
    size_t rest = d->counts[severity] - d->kept[severity];
    char message[80];
    struct diagnostic item = { .severity = severity, .message = message };

    if (rest == 0)
        return;
    snprintf(message, sizeof message, "and %zu more %s%s", rest, severity_rows[severity].name,
             rest > 1 ? "s" : "");
    if (format == DIAGNOSTICS_JSON)
        print_json(&item, file);
    else
        fprintf(file, PROGRAM ": %s\n", message);
}

/* Whether somebody has said it of a file already. */
static bool tells_out_of_memory(const struct diagnostics *d)
{
    for (size_t i = 0; i < d->item_count; i++)
        if (strstr(d->items[i].message, out_of_memory.message))
            return true;
    return false;
}

static void print_item(const struct diagnostic *item, FILE *file, enum diagnostics_format format, bool colour)
{
    if (format == DIAGNOSTICS_JSON)
        print_json(item, file);
    else
        print_text(item, file, colour);
}

void diagnostics_print(struct diagnostics *diagnostics, FILE *file, enum diagnostics_format format,
                       bool colour)
{
    if (diagnostics->item_count > 1)
        qsort(diagnostics->items, diagnostics->item_count, sizeof *diagnostics->items, compare_items);
    for (size_t i = 0; i < diagnostics->item_count; i++)
        print_item(&diagnostics->items[i], file, format, colour);
    if (diagnostics->out_of_memory) { /* what could not be kept was mostly the message that says so */
        if (!tells_out_of_memory(diagnostics))
            print_item(&out_of_memory, file, format, colour);
        return;
    }
    for (int severity = 0; severity < DIAGNOSTIC_SEVERITY_COUNT; severity++)
        print_rest(diagnostics, (enum diagnostic_severity)severity, file, format);
}
