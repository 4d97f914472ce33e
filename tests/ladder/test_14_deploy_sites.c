/* Step 14: a version goes to two sites, together or one after the other. Half of the servers of a site stop
 * at a time and the other half when these are back, so that a site as a whole has the version or has not:
 * from the first half's return on, and until the first half's return from the rollback. Arrivals are regular.
 * */
#include <math.h>

#include "tests/ladder/ladder.h"

#define SITES 2
#define REQUEST_S 0.5 /* what a server still has when it is to stop takes no longer: a request, and a look */

static double restart_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "deploy.restart_time");
}

static double site_rate(const struct ladder_run *run)
{
    return ladder_rate(run, "users.arrivals") / SITES;
}

/* ---- a bug ---- */

static double with_it_s(const struct ladder_run *run)
{
    return ladder_seconds(run, "deploy.rollback.after") + restart_s(run);
}

static double struck_in_a_site(const struct ladder_run *run)
{
    return site_rate(run) * ladder_share(run, "deploy.versions.v2.defects[0].fails") * with_it_s(run);
}

static double struck_everywhere(const struct ladder_run *run)
{
    return SITES * struck_in_a_site(run);
}

/* What is late by a drain, of the time that it lasts. */
static double struck_near(const struct ladder_run *run)
{
    return REQUEST_S / with_it_s(run);
}

/* ---- rows in a new form ---- */

/* From the first site's half that has it to the other site's. */
static double alone_s(const struct ladder_run *run)
{
    return restart_s(run) + ladder_seconds(run, "deploy.between") + restart_s(run);
}

static double mixed(const struct ladder_run *run)
{
    return alone_s(run) / ladder_seconds(run, "time.measure");
}

static double mixed_near(const struct ladder_run *run)
{
    return 2 * REQUEST_S / alone_s(run);
}

static double reads_of_a_site(const struct ladder_run *run)
{
    return site_rate(run) * ladder_share(run, "users.requests.view.share");
}

/* Both sites write each row so often, in their own forms: the share in the new one nears a half at twice that
 * rate. */
static double writes_of_a_row(const struct ladder_run *run)
{
    return SITES * site_rate(run) * ladder_share(run, "users.requests.edit.share") /
           ladder_number(run, "data.posts.rows");
}

static double share_in_new_form(const struct ladder_run *run, double time_s)
{
    return 0.5 * (1 - exp(-writes_of_a_row(run) * time_s));
}

/* Its integral from 0 on. */
static double shared_s(const struct ladder_run *run, double time_s)
{
    return 0.5 * time_s - share_in_new_form(run, time_s) / writes_of_a_row(run);
}

static double unreadable(const struct ladder_run *run)
{
    return reads_of_a_site(run) * shared_s(run, alone_s(run));
}

static double unreadable_near(const struct ladder_run *run)
{
    return reads_of_a_site(run) * share_in_new_form(run, alone_s(run)) * REQUEST_S / unreadable(run);
}

/* After it was taken back all write in the old form, and all read. */
static double unreadable_taken_back(const struct ladder_run *run)
{
    double rest_s = ladder_seconds(run, "time.measure") - ladder_seconds(run, "deploy.versions.v2.at") -
                    restart_s(run) - with_it_s(run),
           rate = writes_of_a_row(run);

    return reads_of_a_site(run) *
           (shared_s(run, with_it_s(run)) +
            SITES * share_in_new_form(run, with_it_s(run)) * (1 - exp(-rate * rest_s)) / rate);
}

static double unreadable_taken_back_near(const struct ladder_run *run)
{
    return SITES * reads_of_a_site(run) * share_in_new_form(run, with_it_s(run)) * REQUEST_S /
           unreadable_taken_back(run);
}

static double none(const struct ladder_run *run)
{
    (void)run;
    return 0;
}

static const struct ladder_step step = {
    .file = "14_deploy_sites.json",
    .others = { { "users.arrivals=44/s", "data.posts.rows=900" },
                { "deploy.between=100s", "deploy.restart_time=15s" } },
    .wrong = { "users.arrivals=54/s", "deploy.between=130s" },
    .often = { { "site_by_site", 12 }, { "new_form", 36 }, { "new_form_together", 2 },
               { "new_form_taken_back", 24 } },
    .claims = {
        { "struck, both sites together", "", OF(NULL, "deploy", "requests.struck"),
          .predict = struck_everywhere, .near = struck_near },
        { "struck, one site first", "", OF("site_by_site", "deploy", "requests.struck"),
          .predict = struck_in_a_site, .near = struck_near },
        { "share of the time with two versions", "%", OF("new_form", "deploy", "skew.mean"),
          .predict = mixed, .near = mixed_near },
        { "reads of rows in a form not known there", "", OF("new_form", "deploy", "reads.unreadable"),
          .predict = unreadable, .near = unreadable_near },
        { "the same when both sites have it together", "",
          OF("new_form_together", "deploy", "reads.unreadable"),
          .predict = none, .unmoved = true },
        { "the same when it is taken back", "", OF("new_form_taken_back", "deploy", "reads.unreadable"),
          .predict = unreadable_taken_back, .near = unreadable_taken_back_near },
    },
};

LADDER_MAIN(step)
