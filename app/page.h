/* page.h - text for a terminal: wrapped at a width, with colour and signs that the stream can show.
 *
 * Columns are counted in characters, so a sign such as ± counts as one.
 */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PAGE_WIDTH 80

enum page_tone { PAGE_PLAIN, PAGE_BOLD, PAGE_GOOD, PAGE_BAD, PAGE_WARN, PAGE_DIM };

struct page {
    FILE *file;
    bool colour; /* ANSI sequences are fine */
    bool unicode;
    int column; /* from 0 */
    int indent; /* of wrapped lines */
    bool listing; /* the next listed item needs a comma before it */
};

/* Looks at the stream and the environment: colour only on a terminal, never with NO_COLOR or TERM=dumb. */
void page_init(struct page *page, FILE *file);

/* Colour for messages on a stream, by the same rules. */
bool page_colour(FILE *file);

/* Begins a line with a label in columns 0..indent-1; what page_item() adds is wrapped behind it. */
void page_label(struct page *page, int indent, const char *label);

/* One unbreakable piece, after a space if the line has something; goes to the next line when it
 * does not fit. */
void page_item(struct page *page, enum page_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One piece of a list: with a comma behind it if another one follows on this label. One that is longer than a
 * line is wrapped between words. */
void page_listed(struct page *page, enum page_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A sentence: wrapped between words. */
void page_words(struct page *page, enum page_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Text as it is, no wrapping; pads with spaces up to `width` columns (0: none), to the
 * left when right_aligned. */
void page_cell(struct page *page, enum page_tone tone, int width, bool right_aligned, const char *text);

void page_end_line(struct page *page);

/* Signs with what stands for them where they cannot be shown. */
const char *page_plus_minus(const struct page *page);
const char *page_tick(const struct page *page);
const char *page_cross(const struct page *page);

/* Columns that a UTF-8 text takes. */
int page_columns(const char *text);

#endif
