#include "app/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)16 << 10) /* bytes */
#define ALIGNMENT _Alignof(max_align_t)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used; /* bytes of `bytes` */
    _Alignas(max_align_t) char bytes[];
};

void arena_deinit(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;

    while (chunk) {
        struct arena_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}

static struct arena_chunk *make_chunk(const struct arena *arena, size_t size)
{
    struct arena_chunk *chunk;

    if (size > SIZE_MAX - sizeof *chunk)
        return NULL;
    chunk = arena->allocate ? arena->allocate(sizeof *chunk + size) : malloc(sizeof *chunk + size);
    if (chunk)
        *chunk = (struct arena_chunk){ .size = size };
    return chunk;
}

/* A chunk with room for `size` bytes. A large block goes behind the chunk in use, which may have room yet. */
static struct arena_chunk *find_chunk(struct arena *arena, size_t size)
{
    struct arena_chunk *first = arena->chunks, *chunk;

    if (first && size <= first->size - first->used)
        return first;
    chunk = make_chunk(arena, size > CHUNK_SIZE / 4 ? size : CHUNK_SIZE);
    if (!chunk)
        return NULL;
    if (first && size > CHUNK_SIZE / 4) {
        chunk->next = first->next;
        first->next = chunk;
    } else {
        chunk->next = first;
        arena->chunks = chunk;
    }
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk;
    char *block;

    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    chunk = find_chunk(arena, size);
    if (!chunk)
        return NULL;
    block = chunk->bytes + chunk->used;
    chunk->used += size;
    return memset(block, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(arena, size);

    return copy ? memcpy(copy, text, size) : NULL;
}
