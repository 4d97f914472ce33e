#include "app/harmless_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NOT_UTF8 UINT32_MAX

/* Decodes the character at `at` and moves behind it; one byte that fits nowhere is NOT_UTF8. */
static uint32_t next_character(const char **at, const char *end)
{
    const unsigned char *p = (const unsigned char *)*at;
    size_t length = p[0] < 0x80   ? 1
                    : p[0] < 0xC2 ? 0
                    : p[0] < 0xE0 ? 2
                    : p[0] < 0xF0 ? 3
                    : p[0] < 0xF5 ? 4
                                  : 0;
    uint32_t c = length < 2 ? p[0] : p[0] & (0x7Fu >> length);
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };

    if (length == 0 || (size_t)(end - *at) < length) {
        ++*at;
        return NOT_UTF8;
    }
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            ++*at;
            return NOT_UTF8;
        }
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (c < smallest[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        ++*at;
        return NOT_UTF8;
    }
    *at += length;
    return c;
}

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

#define IS_IN(c, ranges) is_in(c, ranges, sizeof(ranges) / sizeof *(ranges))

/* Controls, and what is invisible or turns the direction of writing. */
static bool is_escaped(uint32_t c)
{
    static const struct range ranges[] = {
        { 0x00, 0x1F },     { 0x7F, 0x9F },     { 0xAD, 0xAD },     { 0x061C, 0x061C }, { 0x200B, 0x200F },
        { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE0FFF },
    };

    return IS_IN(c, ranges);
}

/* Columns that a character takes on a terminal: near enough for carets. */
static size_t width_of(uint32_t c)
{
    static const struct range wide[] = {
        { 0x1100, 0x115F },   { 0x2E80, 0xA4CF },   { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
        { 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 },   { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F },
        { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD },
    };
    static const struct range combining[] = { { 0x0300, 0x036F }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F } };

    if (c < 0x300)
        return 1;
    return IS_IN(c, combining) ? 0 : IS_IN(c, wide) ? 2 : 1;
}

size_t harmless_character(char cell[HARMLESS_CELL_SIZE], const char **at, const char *end)
{
    const char *from = *at;
    uint32_t c = next_character(at, end);
    size_t length = (size_t)(*at - from);

    if (c == NOT_UTF8)
        return (size_t)sprintf(cell, "\\x%02X", (unsigned char)*from);
    if (c == '\n' || c == '\r' || c == '\t')
        return (size_t)sprintf(cell, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    if (is_escaped(c))
        return (size_t)sprintf(cell, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    memcpy(cell, from, length);
    cell[length] = '\0';
    return width_of(c);
}

bool harmless_text(char *shown, size_t shown_size, const char *text, size_t length)
{
    const char *end = text + length;
    size_t used = 0, cut = 0; /* cut: the longest beginning that leaves room for the mark */

    shown[0] = '\0';
    while (text < end) {
        char cell[HARMLESS_CELL_SIZE];
        size_t size;

        harmless_character(cell, &text, end);
        size = strlen(cell);
        if (used + size >= shown_size) {
            memcpy(shown + cut, "...", sizeof "...");
            return false;
        }
        memcpy(shown + used, cell, size + 1);
        used += size;
        if (used + sizeof "..." <= shown_size)
            cut = used;
    }
    return true;
}
