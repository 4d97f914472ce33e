#include "sim/outcome.h"

const struct outcome_row outcome_rows[OUTCOME_COUNT] = {
    [OUTCOME_OK] = { "ok", "answered" },
    [OUTCOME_TIMEOUT] = { "timeout", "the caller's time limit passed before the answer came" },
    [OUTCOME_REFUSED] = { "refused", "a bounded waiting line was full" },
    [OUTCOME_UNAVAILABLE] = { "unavailable", "there was no server to send it to" },
    [OUTCOME_CRASHED] = { "crashed", "the server died with the request inside" },
    [OUTCOME_LOST] = { "lost", "the network gave up resending it" },
    [OUTCOME_NOT_FOUND] = { "not_found", "the row it asked for is not there" },
    [OUTCOME_ERROR] = { "error", "the application answered with an error" },
};
