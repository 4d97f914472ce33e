#include "models/call_params.h"

static const struct param_row rows[] = {
    PARAM_DURATION(struct call_config, timeout, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX,
                   .min = 1, .max = PARAM_WORD_MAX,
                   .help = "How long one attempt may take before the caller gives it up. What was called "
                           "goes on working."),
    PARAM_COUNT(struct call_config, retries, .default_text = "0", .max = 100,
                .help = "Further attempts after one that failed for any cause but an error of the "
                        "application."),
    PARAM_DURATION(struct call_config, backoff, .default_text = "\"0s\"", .max = PARAM_WORD_MAX,
                   .help = "Pause before the first retry; it doubles before each further one."),
    PARAM_DURATION(struct call_config, backoff_max, .default_text = "\"10s\"", .max = PARAM_WORD_MAX,
                   .help = "The pause grows up to this."),
    PARAM_BOOL(struct call_config, backoff_jitter, .default_text = "true",
               .help = "Draw each pause between zero and its length, so that callers do not come back all at "
                       "once.",
               .source = "Brooker, Exponential Backoff And Jitter, 2015"),
    PARAM_END
};

const struct param_table call_params = PARAM_TABLE(struct call_config, rows);

struct call_policy call_policy_of(const struct call_config *config)
{
    struct call_policy policy = CALL_POLICY_NONE;

    policy.timeout_ns = config->timeout;
    policy.retries_max = (uint32_t)config->retries;
    policy.backoff_ns = config->backoff;
    policy.backoff_max_ns = config->backoff_max;
    policy.backoff_jitter = config->backoff_jitter;
    return policy;
}
