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
    { "back", WRITES_BACK,
      "kept and answered at once, and written to the store later; a crash loses what was not" },
    { NULL, 0, NULL },
};

static const struct param_choice nodes_choices[] = {
    { "consistent_hash", NODES_CONSISTENT_HASH,
      "a ring: a node that leaves moves its own keys and no others" },
    { "modulo", NODES_MODULO,
      "the hash of the key modulo the number of nodes: when that changes, nearly all keys move" },
    { NULL, 0, NULL },
};

static const struct param_choice start_choices[] = {
    { "cold", CACHE_COLD, "empty: everything misses at first" },
    { "warm", CACHE_WARM, "filled with the most popular rows of warm_data, at random ages if they expire" },
    { NULL, 0, NULL },
};

static const struct param_row copy_rows[] = {
    PARAM_REFERENCE(struct cache_copy_config, cache, .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_CACHE,
                    .help = "A cache that holds copies of the same rows."),
    PARAM_END
};

static const struct param_table copy_params = { .rows = copy_rows,
                                                .size = sizeof(struct cache_copy_config),
                                                .help = "a cache in another place, which is told of writes" };

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
                    .help = "What it reads itself on a miss and writes to; none: its callers do "
                            "(cache-aside)."),
    PARAM_CHOICE(struct cache_config, writes, .default_text = "\"around\"", .choices = writes_choices,
                 .help = "Way of a write that comes through this cache to its store."),
    PARAM_DURATION(struct cache_config, write_back_interval, .default_text = "\"1s\"", .min = 1,
                   .max = PARAM_WORD_MAX,
                   .help = "With writes back: time between two turns, each of which writes to the store what "
                           "is dirty then."),
    PARAM_COUNT(struct cache_config, write_back_batch, .default_text = "100", .min = 1, .max = 10000,
                .help = "With writes back: dirty copies that a turn writes at once; then the next so many."),
    PARAM_BOOL(struct cache_config, single_flight, .default_text = "false",
               .help = "Whether requests that miss one key while it is being fetched from the store wait for "
                       "that answer, failures too, instead of each fetching it (a stampede)."),
    PARAM_CHOICE(struct cache_config, nodes, .default_text = "\"consistent_hash\"", .choices = nodes_choices,
                 .help = "With a count above 1: which node has a key."),
    PARAM_COUNT(struct cache_config, virtual_nodes, .default_text = "100", .min = 1, .max = 10000,
                .help = "Places of each node on the ring of consistent hashing: the more, the more even are "
                        "their parts."),
    PARAM_DURATION(struct cache_config, dead_node_leaves, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .max = PARAM_WORD_MAX,
                   .help =
                       "How long after a crash all callers know that a node is dead and look for its keys on "
                           "the others, until it is back; before that, and always if never, "
                           "what they ask of it "
                           "fails."),
    PARAM_LIST(struct cache_config, copies, .default_text = "[]", .table = &copy_params,
               .help = "Caches that are told of what is written or put here, as of other regions: they keep "
                       "the new row (write-through, write-back, a put) or drop it. Nobody waits for them; "
                       "until the message is there they hand out the old one."),
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
    if (config->ttl_jitter > 0.0 && config->ttl == SIM_TIME_NEVER)
        param_problem(problems, "ttl_jitter", "give it a ttl",
                      "there is no time to live that could be drawn around");
    if (config->writes != WRITES_AROUND && !config->store)
        param_problem(problems, "writes", "name its store", "there is no store that writes could go %s to",
                      config->writes == WRITES_BACK ? "back" : "through");
    if (config->single_flight && !config->store)
        param_problem(problems, "single_flight", "name its store",
                      "callers beside a store fetch by themselves: there is no fetch here to share");
}
