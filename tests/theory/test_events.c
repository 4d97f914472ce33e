/* Known answers for what happens once, and how long it is felt. */
#include "tests/theory/oracle_tests.h"

#define TIMEOUT_S 120

int main(void)
{
    return oracle_tests_main(oracles_events, TIMEOUT_S, NULL);
}
