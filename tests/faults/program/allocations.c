/* allocations.c - linked to the program under test, makes chosen allocations fail.
 *
 * Every allocation of the process passes here, those of the C library, cJSON and GSL too, because a program's
 * own malloc() comes before that of a shared library. It goes on to the allocator of the address sanitizer
 * where that is linked, else to glibc's. Not thread-safe in its counting order: the program has one thread.
 */
#include "tests/faults/faults.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SHARED_WITH_SANITIZER __attribute__((weak))

extern void *__interceptor_malloc(size_t size) SHARED_WITH_SANITIZER;
extern void *__interceptor_calloc(size_t count, size_t size) SHARED_WITH_SANITIZER;
extern void *__interceptor_realloc(void *block, size_t size) SHARED_WITH_SANITIZER;
extern void *__interceptor_memalign(size_t alignment, size_t size) SHARED_WITH_SANITIZER;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static struct faults *faults; /* NULL: nothing fails */

__attribute__((constructor)) static void begin(void)
{
    const char *descriptor = getenv(FAULTS_VARIABLE);
    void *page = descriptor
                     ? mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(descriptor), 0)
                     : MAP_FAILED;

    if (page == MAP_FAILED)
        return;
    faults = page;
    faults->started = 1;
}

static bool fails(void)
{
    if (!faults)
        return false;
    faults->seen++;
    if (!faults->fail_at || faults->seen < faults->fail_at ||
        (faults->seen > faults->fail_at && !faults->and_after))
        return false;
    faults->failed++;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_calloc ? __interceptor_calloc(count, size) : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_realloc ? __interceptor_realloc(block, size) : __libc_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (!__builtin_mul_overflow(count, size, &bytes))
        return realloc(block, bytes);
    errno = ENOMEM;
    return NULL;
}

void *memalign(size_t alignment, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_memalign ? __interceptor_memalign(alignment, size)
                                  : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);

    if (!made)
        return ENOMEM;
    *block = made;
    return 0;
}
