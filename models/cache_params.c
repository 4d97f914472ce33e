/* cache_params.c - what a scenario can say about a cache, and what is wrong with it beyond the rows; see
 * cache.c. */
#include "models/cache.h"

static const struct param_choice ttl_from_choices[] = {
    { "fetch_start", TTL_FROM_FETCH_START,
      "from when the request that missed came in; a put counts from its own arrival" },
    { "fetch_end", TTL_FROM_FETCH_END, "from when the copy was put into the cache" },
    { NULL, 0, NULL },
};

static const struct param_choice writes_choices[] = {
    { "around", WRITES_AROUND, "to the store, then the copy is dropped: the next read fetches it" },
    { "through", WRITES_THROUGH, "to the store, then the new row is kept as well" },
    { NULL, 0, NULL },
};

static const struct param_choice start_choices[] = {
    { "cold", CACHE_COLD, "empty: everything misses at first" },
    { "warm", CACHE_WARM, "filled with the most popular rows of warm_data, at random ages if they expire" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_REFERENCE(struct cache_config, host, .default_text = "\"small\"", .word = "none",
                    .refers_to = PARAM_REFERS_HOST,
                    .help = "Machine that it runs on; none: a service without a machine to fill, which is "
                            "bought at `price`."),
    PARAM_DISTRIBUTION(
        struct cache_config, lookup_time, .default_text = "\"10us\"",
        .help = "Time of one operation: work for the CPU of the host, or a plain delay where there is none.",
        .source = "Redis benchmark, 74,000 to 114,000 commands/s by one core without pipelining"),
    PARAM_COUNT(struct cache_config, capacity_entries, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 4e9,
                .help = "Keys that fit, whatever their size."),
    PARAM_BYTES(struct cache_config, memory, .default_text = "\"host\"", .word = "host", .word_value = 0,
                .min = 1, .max = 1e15,
                .help = "Bytes of copies that fit; host: three quarters of the host's memory, and unlimited "
                        "without a host."),
    PARAM_BYTES(struct cache_config, entry_size, .default_text = "\"row\"", .word = "row", .word_value = 0,
                .min = 1, .max = 4e9,
                .help = "What one copy takes; row: the rows that it holds, or the message where the key is "
                        "of no data set."),
    PARAM_CHOICE(struct cache_config, eviction, .default_text = "\"lru\"", .choices = eviction_choices,
                 .help = "Who makes room for a new key when the cache is full."),
    PARAM_DURATION(struct cache_config, ttl, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .min = 1, .max = PARAM_WORD_MAX,
                   .help = "Time to live: a copy counts as absent after it."),
    PARAM_FRACTION(struct cache_config, ttl_jitter, .default_text = "\"0%\"", .max = 1,
                   .help = "Each time to live is drawn from so much below to so much above it, so that keys "
                           "do not expire together."),
    PARAM_BOOL(struct cache_config, ttl_reset_on_hit, .default_text = "false",
               .help = "Whether a hit starts the time to live anew, as sliding expiration does."),
    PARAM_CHOICE(struct cache_config, ttl_from, .default_text = "\"fetch_end\"", .choices = ttl_from_choices,
                 .help = "Date from which the time to live counts."),
    PARAM_REFERENCE(struct cache_config, store, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_STORE,
                    .help =
                        "What it reads itself on a miss and writes to; none: its callers do (cache-aside)."),
    PARAM_CHOICE(struct cache_config, writes, .default_text = "\"around\"", .choices = writes_choices,
                 .help = "Way of a write that comes through this cache to its store."),
    PARAM_CHOICE(struct cache_config, start, .default_text = "\"cold\"", .choices = start_choices,
                 .help = "What is in it when the run begins."),
    PARAM_REFERENCE(struct cache_config, warm_data, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_DATA, .help = "Data set that a warm cache is filled from."),
    PARAM_MONEY_RATE(struct cache_config, price, .default_text = "\"$0/h\"", .max = 1e9,
                     .help = "Bill of one instance on top of its host's."),
    PARAM_END
};

const struct param_table cache_params = { .rows = rows,
                                          .size = sizeof(struct cache_config),
                                          .also = &call_params,
                                          .also_offset = offsetof(struct cache_config, call) };

void cache_check(const void *configuration, struct param_problems *problems)
{
    const struct cache_config *config = configuration;

    if (config->start == CACHE_WARM && !config->warm_data)
        param_problem(problems, "start", "name the data set in warm_data, or start cold",
                      "a warm cache needs rows to be filled with");
    if (config->ttl_reset_on_hit && config->ttl == SIM_TIME_NEVER)
        param_problem(problems, "ttl_reset_on_hit", "give it a ttl",
                      "there is no time to live that a hit could start anew");
    if (config->writes == WRITES_THROUGH && !config->store)
        param_problem(problems, "writes", "name its store",
                      "there is no store that writes could go through to");
}
