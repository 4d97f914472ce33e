/* data_center.c - a site: a region with its own copy of a group of components.
 *
 * The copies are components like all others, named SITE/COMPONENT ("seoul/web"); whoever reads the scenario
 * makes them, and what they name (a database, a host) is the own site's copy where the site has one. This
 * one stands for the site itself: it is what dies in a fault of the whole site, with all copies, and it takes
 * part in no request.
 *
 * Left out: power, cooling, racks and zones within the site. Randomness: none. Errors: none while it runs.
 * Cost: nothing.
 */
#include "models/data_center.h"

#include <string.h>

#include "sim/fault.h"
#include "sim/link.h"
#include "sim/sim.h"

/* clang-format off */
static const struct param_row member_rows[] = {
    PARAM_TEXT(struct data_center_member, component, .help = "A component of the scenario."),
    PARAM_END
};

static const struct param_table member_params = { .rows = member_rows,
                                                  .size = sizeof(struct data_center_member),
                                                  .help = "what the site has a copy of" };

static const struct param_row rows[] = {
    PARAM_LIST(struct data_center_config, components, .min = 1, .max = 200, .table = &member_params,
               .help = "Components that the site has a copy of. A component that data centers name is there "
                       "once in each of them, as \"seoul/web\", and nowhere else; what it names itself is "
                       "the copy of its own site. Others write the whole name."),
    PARAM_END
};
/* clang-format on */

static const struct param_table params = PARAM_TABLE(struct data_center_config, rows);

bool data_center_has(const char *site, const char *component)
{
    size_t length = strlen(site);

    return !strncmp(component, site, length) && component[length] == '/';
}

static bool is_inside(const struct group *site, const struct group *group)
{
    return data_center_has(site->name, group->name);
}

/* Somebody in it sends requests, which are those of its users. */
static bool has_users(const struct group *site)
{
    for (uint16_t i = 0; i < site->sim->group_count; i++)
        if (site->sim->groups[i]->type->is_source && is_inside(site, site->sim->groups[i]))
            return true;
    return false;
}

/* The site has an entry: somebody outside sends something in. */
static void data_center_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct sim *sim = group->sim;

    for (uint16_t i = 1; i < sim->link_count; i++)
        if (is_inside(group, sim->links[i].target->group) && !is_inside(group, sim->links[i].from))
            return;
    if (!has_users(group))
        param_problem(problems, "components", "let a record of a dns name one of them",
                      "nobody outside calls any of them: the site has no entry");
}

static void data_center_on_request(struct component *self, struct request *request)
{
    (void)request;
    SIM_ASSERT(self->sim, self, false);
}

const struct model_type data_center_model = {
    .component = {
        .name = "data_center",
        .on_request = data_center_on_request,
    },
    .summary = "a site with its own copy of a group of components",
    .stands_for = "A data center or a region of a cloud: components that are written once and stand in each "
                  "site, near its users, where they call each other. A whole site can die at one instant.",
    .leaves_out = "Racks and zones within it, its power and its lines to the world; agreement between sites "
                  "about who is in charge.",
    .misleads = "When sites are not alike, or when what is shared by all of them (a name, a deployment) is "
                "what fails.",
    .params = &params,
    .crashes = true,
    .check_wired = data_center_check_wired,
};
