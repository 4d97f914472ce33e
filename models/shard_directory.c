#include "models/shard_directory.h"

#include "models/host.h"
#include "sim/call.h"

#define ANSWER_BYTES 100

static const struct param_row rows[] = {
    PARAM_REFERENCE(
        struct directory_config, host, .default_text = "\"small\"", .refers_to = PARAM_REFERS_HOST,
        .help = "Machine of the directory: a size of the catalog, or a host of the scenario that is "
                "shared."),
    PARAM_DISTRIBUTION(struct directory_config, time,
                       .default_text = "{ \"law\": \"exponential\", \"mean\": \"0.1ms\" }",
                       .help = "CPU time of a look-up."),
    PARAM_DURATION(struct directory_config, kept, .default_text = "\"never\"", .word = "never",
                   .word_value = 0, .max = 1e18,
                   .help =
                       "How long a calling instance keeps where a value is before it asks again; never: it "
                       "asks each time."),
    PARAM_END
};

const struct param_table directory_params = { .rows = rows,
                                              .size = sizeof(struct directory_config),
                                              .help = "a server that says where a value is" };

struct directory_shared {
    struct duration time;
};

struct directory_state {
    struct host *host;
};

static void directory_wire_group(struct group *group)
{
    const struct directory_config *config = group->config;
    struct directory_shared *shared = group->shared;

    duration_init(&shared->time, group, "look_up", &config->time);
}

static void directory_wire(struct component *self)
{
    const struct directory_config *config = self->group->config;
    struct directory_state *state = component_state(self);

    state->host = host_of(self, config->host);
}

static void answer(struct component *self, struct request *request, enum outcome outcome)
{
    request->bytes = ANSWER_BYTES;
    sim_reply(self, request, outcome);
}

static void directory_on_request(struct component *self, struct request *request)
{
    const struct directory_shared *shared = self->shared;
    struct directory_state *state = component_state(self);

    if (!host_compute(state->host, self, request,
                      duration_sample(&shared->time, request_frame(request)->number)))
        answer(self, request, OUTCOME_REFUSED);
}

static void directory_on_timer(struct component *self, struct request *request)
{
    answer(self, request, OUTCOME_OK);
}

/* ---- what callers keep ---- */

/* The frame below is the caller's. */
static uint64_t name_of(const struct request *request, uint64_t value)
{
    return rng_hash(request->frames[request->top - 1].component, value);
}

bool shard_directory_is_asked(struct shard_directory *directory, const struct request *request,
                              uint64_t value, int64_t now_ns)
{
    const struct cookie *kept =
        directory->keeps ? sticky_peek(&directory->kept, name_of(request, value)) : NULL;

    return !kept || now_ns - kept->used_ns >= directory->kept.lifetime_ns;
}

void shard_directory_keep(struct shard_directory *directory, const struct request *request, uint64_t value,
                          int64_t now_ns)
{
    if (directory->keeps)
        sticky_set(&directory->kept, name_of(request, value), 0, now_ns);
}

struct shard_directory *shard_directory_make(struct group *store, const struct directory_config *config)
{
    struct memory *memory = &store->sim->memory;
    struct shard_directory *directory = memory_alloc(memory, sizeof *directory);
    struct group *part =
        sim_add_part(store, &shard_directory_model.component, SHARD_DIRECTORY_PART, 1, config);

    directory->link = sim_link(store, part, 0, NULL);
    directory->keeps = config->kept > 0;
    if (directory->keeps)
        sticky_init(&directory->kept, memory, config->kept, rng_key(store->sim->seed, store->name, "kept"));
    return directory;
}

const struct model_type shard_directory_model = {
    .component = {
        .name = "directory",
        .shared_size = sizeof(struct directory_shared),
        .state_size = sizeof(struct directory_state),
        .wire_group = directory_wire_group,
        .wire = directory_wire,
        .on_request = directory_on_request,
        .on_timer = directory_on_timer,
    },
    .summary = "the server that says on which shard a value of the shard key is",
    .stands_for = "A look-up table in a small database or a configuration service.",
    .leaves_out = "Several servers of it, and how it learns what has moved.",
    .misleads = "When callers keep answers that have become wrong.",
    .params = &directory_params,
    .hidden = true,
};
