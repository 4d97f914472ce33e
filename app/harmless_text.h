/* harmless_text.h - text that somebody else wrote, made fit to be shown on a terminal.
 *
 * Control characters, marks that are invisible or turn the direction of writing, and bytes that are not
 * UTF-8 are shown escaped (\x1b as \u001b, a stray byte as \xE9), so that no text can move the cursor, hide
 * a part of itself or read otherwise than it is ("Trojan Source", N. Boucher and R. Anderson, 2021).
 * All else is shown as it is. Nothing is allocated. Cost: O(n).
 */
#ifndef APP_HARMLESS_TEXT_H
#define APP_HARMLESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define HARMLESS_CELL_SIZE 16 /* bytes that hold any one character as it is shown, with its NUL */

/* Renders the character at `*at` (before `end`) into `cell` and moves behind it. Returns its columns on a
 * terminal: near enough for carets, 0 for combining marks. */
size_t harmless_character(char cell[HARMLESS_CELL_SIZE], const char **at, const char *end);

/* Renders a whole text of `length` bytes into a buffer of at least 8 bytes; what does not fit is cut at a
 * character and marked by "...". Returns whether all of it fitted. */
bool harmless_text(char *shown, size_t shown_size, const char *text, size_t length);

#endif
