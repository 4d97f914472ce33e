#include "app/number.h"

#include <math.h>
#include <stdlib.h>

#include "sim/time.h"

#define DIGITS_MIN 6
#define DIGITS_EXACT 17 /* of any double */

bool number_write(FILE *file, double value)
{
    char text[40];

    if (!isfinite(value))
        return false;
    for (int digits = DIGITS_MIN; digits <= DIGITS_EXACT; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, file);
    return true;
}

void number_write_seconds(FILE *file, int64_t ns)
{
    char text[40];
    int length = snprintf(text, sizeof text, "%lld.%09lld", (long long)(ns / SIM_NS_PER_S),
                          (long long)(ns % SIM_NS_PER_S));

    while (text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    fprintf(file, "%.*s", length, text);
}
