/* Known answers for caches and a CDN. */
#include "tests/theory/oracle_tests.h"

#define TIMEOUT_S 120

int main(void)
{
    return oracle_tests_main(oracles_caches, TIMEOUT_S, NULL);
}
