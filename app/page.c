#include "app/page.h"

#include "app/harmless_text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE 1024

static const char *const tones[] = {
    [PAGE_PLAIN] = "", [PAGE_BOLD] = "\033[1m", [PAGE_GOOD] = "\033[32m", [PAGE_BAD] = "\033[31m",
    [PAGE_WARN] = "\033[33m", [PAGE_DIM] = "\033[2m",
};

bool page_colour(FILE *file)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fileno(file)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

/* By what the environment names, as in LANG=en_US.UTF-8. A locale is not asked, for that could run out of
 * memory, and the program's own stays as it is: numbers keep their decimal point. */
static bool environment_is_utf8(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *name = getenv(variables[i]);

        if (name && *name)
            return strcasestr(name, ".UTF-8") || strcasestr(name, ".utf8");
    }
    return false;
}

void page_init(struct page *page, FILE *file)
{
    *page = (struct page){ .file = file, .colour = page_colour(file), .unicode = environment_is_utf8() };
}

int page_columns(const char *text)
{
    int columns = 0;

    for (; *text; text++)
        columns += (*text & 0xC0) != 0x80;
    return columns;
}

static void put(struct page *page, enum page_tone tone, const char *text)
{
    char shown[PIECE_SIZE];

    harmless_text(shown, sizeof shown, text, strlen(text)); /* titles are somebody's */
    if (page->colour && *tones[tone])
        fprintf(page->file, "%s%s\033[0m", tones[tone], shown);
    else
        fputs(shown, page->file);
    page->column += page_columns(shown);
}

static void pad_to(struct page *page, int column)
{
    while (page->column < column) {
        fputc(' ', page->file);
        page->column++;
    }
}

void page_end_line(struct page *page)
{
    fputc('\n', page->file);
    page->column = 0;
}

void page_label(struct page *page, int indent, const char *label)
{
    page->indent = indent;
    page->listing = false;
    put(page, PAGE_DIM, label);
    pad_to(page, indent);
}

static void put_piece(struct page *page, enum page_tone tone, const char *text)
{
    if (page->column > page->indent) {
        if (page->column + 1 + page_columns(text) > PAGE_WIDTH)
            page_end_line(page);
        else
            put(page, PAGE_PLAIN, " ");
    }
    pad_to(page, page->indent);
    put(page, tone, text);
}

void page_item(struct page *page, enum page_tone tone, const char *format, ...)
{
    char piece[PIECE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    put_piece(page, tone, piece);
}

/* Of a list: with room behind it for the comma that may follow. */
static void put_listed(struct page *page, enum page_tone tone, const char *text)
{
    if (page->column > page->indent && page->column + 2 + page_columns(text) > PAGE_WIDTH)
        page_end_line(page);
    put_piece(page, tone, text);
}

void page_listed(struct page *page, enum page_tone tone, const char *format, ...)
{
    char piece[PIECE_SIZE], *rest = piece, *word;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (page->listing)
        put(page, PAGE_PLAIN, ",");
    page->listing = true;
    if (page->indent + 1 + page_columns(piece) <= PAGE_WIDTH) {
        put_listed(page, tone, piece);
        return;
    }
    while ((word = strsep(&rest, " "))) /* no line has room for it */
        put_listed(page, tone, word);
}

void page_words(struct page *page, enum page_tone tone, const char *format, ...)
{
    char text[PIECE_SIZE], *rest = text, *word;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    while ((word = strsep(&rest, " \t\r\n"))) {
        if (*word && page->listing)
            put_listed(page, tone, word); /* any may be the last one before a comma */
        else if (*word)
            put_piece(page, tone, word);
    }
}

void page_cell(struct page *page, enum page_tone tone, int width, bool right_aligned, const char *text)
{
    int start = page->column, columns = page_columns(text);

    if (right_aligned)
        pad_to(page, start + width - columns);
    put(page, tone, text);
    pad_to(page, start + width);
}

const char *page_plus_minus(const struct page *page)
{
    return page->unicode ? "\u00b1" : "+-";
}

const char *page_tick(const struct page *page)
{
    return page->unicode ? "\u2713" : "ok";
}

const char *page_cross(const struct page *page)
{
    return page->unicode ? "\u2717" : "x";
}
