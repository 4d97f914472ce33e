/* label: slow */
/* Known answers that take more requests than a quick test can have. */
#include "tests/theory/oracle_tests.h"

#define TIMEOUT_S 1200

int main(void)
{
    return oracle_tests_main(oracles_long, TIMEOUT_S, NULL);
}
