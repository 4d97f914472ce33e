/* scenario_params.c - the rows of a scenario's own fields: what is not a component's. */
#include "app/scenario_params.h"

static const struct param_choice time_kinds[] = {
    { "steady", TIME_STEADY,
      "a long-run answer: the warm-up is not measured, intervals come from replications" },
    { "episode", TIME_EPISODE,
      "a stretch of time with a beginning (a day, a fault, a cold start): all of it is measured" },
    { NULL, 0, NULL },
};

static const struct param_row time_rows[] = {
    PARAM_CHOICE(struct time_config, kind, .default_text = "\"steady\"", .choices = time_kinds,
                 .help = "What the answer is about: the long run, or one stretch of time from its start."),
    PARAM_DURATION(struct time_config, warm_up, .default_text = "\"10s\"", .max = 1e18,
                   .help = "Simulated at first and not measured, until caches and lines are as in the long "
                           "run. An episode has none."),
    PARAM_DURATION(struct time_config, measure, .default_text = "\"60s\"", .min = 1, .max = 1e18,
                   .help = "Simulated and measured after that; of an episode, its length."),
    PARAM_END
};

static const struct param_table time_params = { .rows = time_rows, .size = sizeof(struct time_config),
                                                .help = "how long is simulated and measured" };

static const struct param_row site_rows[] = {
    PARAM_REAL(struct region_config, latitude, .default_text = "\"unknown\"", .word = "unknown",
               .word_value = PARAM_UNKNOWN,
               .min = -90, .max = 90,
               .help = "Degrees north; with it, distances between regions give latencies."),
    PARAM_REAL(struct region_config, longitude, .default_text = "\"unknown\"", .word = "unknown",
               .word_value = PARAM_UNKNOWN,
               .min = -180, .max = 180, .help = "Degrees east."),
    PARAM_END
};

static const struct param_table site_params = { .rows = site_rows, .size = sizeof(struct region_config),
                                                .help = "a place that components are in" };

static const struct param_row round_trip_rows[] = {
    PARAM_TEXT(struct round_trip_config, from, .help = "One of the two regions."),
    PARAM_TEXT(struct round_trip_config, to, .help = "The other one."),
    PARAM_DURATION(struct round_trip_config, round_trip, .max = 1e15,
                   .help = "Time there and back, as ping shows it; a message takes half of it."),
    PARAM_END
};

static const struct param_table round_trip_params = { .rows = round_trip_rows,
                                                      .size = sizeof(struct round_trip_config),
                                                      .help = "a measured round trip between two regions" };

static const struct param_row connection_rows[] = {
    PARAM_COUNT(struct link_rule_config, round_trips, .default_text = "0", .max = 10,
                .help = "Round trips to set up a new connection: TCP 1, with TLS 1.3 2, with TLS 1.2 3; 0: "
                        "connections are not modelled.",
                .source = "RFC 9293, RFC 8446, RFC 5246"),
    PARAM_COUNT(struct link_rule_config, connections, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = PARAM_WORD_MAX,
                .min = 1, .max = 1e9,
                .help = "Connections that each calling instance keeps at most; further calls wait for one."),
    PARAM_DURATION(struct link_rule_config, idle_timeout, .default_text = "\"60s\"", .word = "never",
                   .word_value = PARAM_WORD_MAX,
                   .max = 1e18,
                   .help = "A connection that has been idle for longer is closed and has to be set up "
                           "again."),
    PARAM_TEXT(struct link_rule_config, from, .default_text = "\"any\"",
               .help = "Component or region that calls; any: all of them."),
    PARAM_TEXT(struct link_rule_config, to, .default_text = "\"any\"",
               .help = "Component or region that is called; any: all of them."),
    PARAM_DISTRIBUTION(struct link_rule_config, latency, .default_text = "\"0s\"",
                       .help = "Of one message, one way, drawn anew for each; as the network says elsewhere "
                               "when it is not given."),
    PARAM_BANDWIDTH(struct link_rule_config, bandwidth, .default_text = "\"unlimited\"", .word = "unlimited",
                    .word_value = PARAM_WORD_MAX,
                    .min = 1, .max = 1e15,
                    .help = "Messages leave one after the other at this speed, each way."),
    PARAM_FRACTION(struct link_rule_config, loss, .default_text = "\"0%\"", .max = 1,
                   .help = "Share of messages that are lost and sent again, after 0.2 s, 0.4 s and so on, "
                           "seven times at most.",
                   .source = "RFC 6298; 0.2 s is Linux's least"),
    PARAM_END
};

static const struct param_table link_rule_params = { .rows = connection_rows,
                                                     .size = sizeof(struct link_rule_config),
                                                     .help = "what messages between two places meet; of each "
                                                             "field the last entry that gives it counts: a "
                                                             "default that is written takes away what "
                                                             "entries before say" };

static const struct param_row network_rows[] = {
    PARAM_DISTRIBUTION(struct network_config, latency, .default_text = "\"0s\"",
                       .help = "Of one message, one way, within a region. A machine room: 0.05 ms; the "
                               "default leaves it out."),
    PARAM_REAL(struct network_config, path_stretch, .default_text = "1.5", .min = 1, .max = 10,
               .help = "Length of real routes over the great circle, for regions with coordinates.",
               .source = "measured routes are 1.2 to 2 times longer"),
    PARAM_MAP(struct network_config, regions, .default_text = "{}", .max = 60, .table = &site_params,
              .help = "Places that components are in, by the name that their field region gives."),
    PARAM_LIST(struct network_config, round_trips, .default_text = "[]", .table = &round_trip_params,
               .help = "Round trips between regions where they are known; others follow from the distance."),
    PARAM_LIST(struct network_config, links, .default_text = "[]", .table = &link_rule_params,
               .help = "Bandwidth, loss, latency and connections between single components or regions."),
    PARAM_END
};

static const struct param_table network_params = { .rows = network_rows,
                                                   .size = sizeof(struct network_config),
                                                   .help = "what messages between components meet" };

static const struct param_row fault_member_rows[] = {
    PARAM_REFERENCE(struct fault_member, component, .refers_to = PARAM_REFERS_COMPONENT,
                    .help = "A component of the scenario, with all its instances and parts."),
    PARAM_END
};

static const struct param_table fault_member_params = { .rows = fault_member_rows,
                                                        .size = sizeof(struct fault_member),
                                                        .help = "what is on the same side of a cut" };

static const struct param_row fault_rows[] = {
    PARAM_DURATION(struct fault_config, at, .max = 1e18,
                   .help = "When it happens, from the start of the measured time, which follows the "
                           "warm-up."),
    PARAM_REFERENCE(struct fault_config, crash, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT,
                    .help = "The component that dies, with every request inside; its callers hear "
                            "\"crashed\", later ones \"unavailable\"."),
    PARAM_REFERENCE(struct fault_config, cut, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT,
                    .help = "In place of `crash`: the component, or the part of it, that the network cuts off. "
                            "It lives; what is sent between it and the others is lost, which they hear by "
                            "their timeout or after 25.4 s."),
    PARAM_LIST(struct fault_config, with, .default_text = "[]", .table = &fault_member_params,
               .help = "Components on the same side of a cut: they and what is cut off still reach each "
                       "other, and nobody else."),
    PARAM_TEXT(struct fault_config, part, .default_text = "\"all\"",
               .help = "Which part of it dies, of a component that has some: an edge of a CDN, by its "
                       "region, the primary of a database or its replicas, those of one shard as "
                       "\"shard[3].replica\"; all: the whole of it."),
    PARAM_COUNT(struct fault_config, instance, .default_text = "\"all\"", .word = "all",
                .word_value = PARAM_WORD_MAX, .max = 10000,
                .help = "Which instance of it dies, counted from 0."),
    PARAM_COUNT(struct fault_config, count, .default_text = "1", .min = 1, .max = 10000,
                .help = "How many die at the same instant, from that instance on."),
    PARAM_DURATION(struct fault_config, until, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .max = 1e18,
                   .help = "When it serves again, counted as `at` is; never: not in this run, unless `for` "
                           "says how long it is down."),
    { .name = "for",
      .kind = PARAM_KIND_DURATION,
      .offset = PARAM_OFFSET(struct fault_config, lasts, int64_t),
      .default_text = "\"ever\"",
      .word = "ever",
      .word_value = PARAM_WORD_MAX,
      .min = 1,
      .max = 1e18,
      .help = "How long it is down, in place of `until`." },
    PARAM_BOOL(struct fault_config, silent, .default_text = "false",
               .help = "The machine itself is gone: nobody tells callers, who hear of it by their timeout, "
                       "or after 25.4 s from the network."),
    PARAM_END
};

static const struct param_table fault_params = { .rows = fault_rows, .size = sizeof(struct fault_config),
                                                 .help = "something that breaks at a set time" };

static const struct param_row rows[] = {
    { .name = "$schema", .kind = PARAM_KIND_TEXT,
      .offset = PARAM_OFFSET(struct scenario_config, schema, const char *),
      .default_text = "\"\"",
      .help = "Lets editors complete and check the file: ../docs/scenario.schema.json." },
    PARAM_COUNT(struct scenario_config, format, .default_text = "1", .min = 1, .max = SCENARIO_FORMAT,
                .help = "Version of the file format that the file was written for."),
    PARAM_TEXT(struct scenario_config, title, .default_text = "\"\"",
               .help = "One line that says what the scenario is about."),
    PARAM_TEXT(struct scenario_config, ask, .default_text = "\"\"",
               .help = "The question it answers, printed above the answer."),
    PARAM_TEXT(struct scenario_config, base, .default_text = "\"\"",
               .help = "What the file itself describes, as the titles of the variants say what is different "
                       "in them."),
    PARAM_TEXT(struct scenario_config, description, .default_text = "\"\"",
               .help = "Anything more that a reader of the file should know."),
    PARAM_OBJECT(struct scenario_config, time, struct time_config, .default_text = "{}",
                 .table = &time_params,
                 .help = "How long is simulated, and what of it is measured."),
    PARAM_OBJECT(struct scenario_config, network, struct network_config, .default_text = "{}",
                 .table = &network_params,
                 .help = "Latency, bandwidth and loss between components; without it, messages take no "
                         "time."),
    PARAM_TEXT(struct scenario_config, catalog, .default_text = "\"\"",
               .help = "A file of host sizes that replaces the built-in catalog, relative to the scenario."),
    PARAM_MAP(struct scenario_config, hosts, .default_text = "{}", .table = &host_params,
              .help = "Machines that several components may share, by name: one CPU and one bill each."),
    PARAM_MAP(struct scenario_config, data, .default_text = "{}", .table = &data_set_params,
              .help = "Rows that requests are about, and how popular each is."),
    PARAM_LIST(struct scenario_config, faults, .default_text = "[]", .max = 1000, .table = &fault_params,
               .help = "What breaks, and when: components that crash and come back."),
    PARAM_END
};

const char *const scenario_other_fields[] = { "components", "expect", "variants", NULL };

const struct param_table scenario_params = { .rows = rows, .size = sizeof(struct scenario_config),
                                             .help = "a scenario" };

static const struct param_row component_rows[] = {
    PARAM_TEXT(struct component_common, type,
               .help = "What it is: one of the types that scalesim models lists."),
    PARAM_COUNT(struct component_common, count, .default_text = "1", .min = 1, .max = 10000,
                .help = "How many instances there are."),
    PARAM_TEXT(struct component_common, region, .default_text = "\"none\"",
               .help = "The region of the network that it is in; none: the same as all others."),
    PARAM_END
};

const struct param_table component_params = { .rows = component_rows, .size = sizeof(struct component_common),
                                              .help = "a component" };
