/* summary_instances.c - the instances of a tier side by side, where one has more to do than another, or has
 * died. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/assess.h"
#include "app/instance_name.h"
#include "app/summary_forms.h"
#include "app/summary_text.h"

#define INSTANCES_SHOWN 16
#define TOLD_TOGETHER 3 /* in a row, from so many on */
/* Most over least requests of an instance: worth telling. Rows are never spread as evenly as what a balancer
 * spreads. */
#define UNEVEN 1.1
#define UNEVEN_PARTS 1.25

static struct tier instance_of(const struct tier *tier, int index, char *name)
{
    struct tier instance = *tier;

    instance_name(tier->results, tier->component, index, name);
    instance.component = name;
    return instance;
}

/* The busiest resource of an instance that works; one that is only held if there is no other. */
static double busiest(const struct tier *tier)
{
    const struct results *results = tier->results;
    double most[2] = { NAN, NAN };

    for (const struct result_entry *entry = results_component(results, tier->component); entry;
         entry = results_next(results, entry))
        if (result_is_resource(entry))
            most[entry->held] = fmax(most[entry->held], results_interval(results, entry).mean);
    return isnan(most[0]) ? most[1] : most[0];
}

static bool is_uneven(const struct tier *tier, int count)
{
    double most = 0, least = 1, down[2] = { INFINITY, 0 }; /* least and most */
    char name[INSTANCE_NAME_SIZE];

    for (int i = 0; i < count; i++) {
        struct tier instance = instance_of(tier, i, name);
        double share = tier_value(&instance, "requests.share"), down_s = tier_value(&instance, "downtime");

        most = fmax(most, share);
        least = fmin(least, share);
        down[0] = fmin(down[0], isnan(down_s) ? 0 : down_s);
        down[1] = fmax(down[1], down_s);
    }
    return most > (strchr(tier->component, '.') ? UNEVEN_PARTS : UNEVEN) * least || down[1] > down[0];
}

/* What there is to say of an instance besides its name. */
struct instance_words {
    char text[4 * SUMMARY_TEXT_SIZE];
    enum page_tone tone;
};

static struct instance_words words_of(const struct tier *instance)
{
    double utilisation = busiest(instance), hits = tier_value(instance, "hit_ratio"),
           down_s = tier_value(instance, "downtime");
    char share[SUMMARY_TEXT_SIZE], text[SUMMARY_TEXT_SIZE],
        own[SUMMARY_TEXT_SIZE + 16] = "", dead[SUMMARY_TEXT_SIZE + 16] = "";
    struct instance_words words = { .tone = down_s > 0 || utilisation > ASSESS_FULL ? PAGE_BAD
                                            : utilisation > 0.8                     ? PAGE_WARN
                                                                                    : PAGE_PLAIN };

    if (!isnan(utilisation))
        snprintf(own, sizeof own, " %s busy", text_busy(utilisation, text));
    else if (!isnan(hits))
        snprintf(own, sizeof own, " hits %s", text_busy(hits, text));
    if (down_s > 0)
        snprintf(dead, sizeof dead, " (dead for %s)", text_seconds(down_s, text));
    snprintf(words.text, sizeof words.text, "%s of requests%s%s",
             text_busy(tier_value(instance, "requests.share"), share), own, dead);
    return words;
}

/* From `first` on, how many instances in a row there is the same to say of. */
static int count_alike(const struct tier *tier, int first, int count, const struct instance_words *words)
{
    char name[INSTANCE_NAME_SIZE];
    int alike = 1;

    while (first + alike < count) {
        struct tier instance = instance_of(tier, first + alike, name);

        if (strcmp(words_of(&instance).text, words->text) != 0)
            break;
        alike++;
    }
    return alike;
}

/* Instances in a row that are told together, or one. */
struct told {
    int first, count;
    double weight; /* the dead come first, then who has most to do */
};

static struct told told_from(const struct tier *tier, int first, int count)
{
    char name[INSTANCE_NAME_SIZE];
    struct tier instance = instance_of(tier, first, name);
    struct instance_words words = words_of(&instance);
    struct told told = { .first = first, .count = count_alike(tier, first, count, &words) };

    if (told.count < TOLD_TOGETHER)
        told.count = 1;
    told.weight = tier_value(&instance, "downtime") > 0 ? INFINITY : tier_value(&instance, "requests.share");
    return told;
}

/* Puts it among the others, which are in order of their weight, and of their places where that is the same. */
static int keep_heaviest(struct told *kept, int count, struct told told)
{
    int place = count < INSTANCES_SHOWN ? count : INSTANCES_SHOWN - 1;

    if (count == INSTANCES_SHOWN && !(told.weight > kept[place].weight))
        return count;
    for (; place > 0 && told.weight > kept[place - 1].weight; place--)
        kept[place] = kept[place - 1];
    kept[place] = told;
    return count < INSTANCES_SHOWN ? count + 1 : count;
}

static int by_place(const void *a, const void *b)
{
    return ((const struct told *)a)->first - ((const struct told *)b)->first;
}

static void write_told(const struct tier *tier, const struct told *told)
{
    char name[INSTANCE_NAME_SIZE], last[INSTANCE_NAME_SIZE];
    struct tier instance = instance_of(tier, told->first, name);
    struct instance_words words = words_of(&instance);

    if (told->count == 1) {
        page_listed(tier->page, words.tone, "%s %s", strchr(name, '['), words.text);
        return;
    }
    instance_of(tier, told->first + told->count - 1, last);
    page_listed(tier->page, words.tone, "%s to %s %s each", strchr(name, '['), strchr(last, '['), words.text);
}

/* Each one's share of the requests and how busy it is: a hot shard shows, and a dead machine. Several in a
 * row that are alike are told together; of too many, those that stand out. */
void tier_write_instances(const struct tier *tier)
{
    int count = tier_has(tier, "instances.mean") ? 1 : tier_instances(tier), kept = 0, left = count;
    struct told heaviest[INSTANCES_SHOWN];

    if (count < 2 || !is_uneven(tier, count))
        return;
    for (int next = 0; next < count;) {
        struct told told = told_from(tier, next, count);

        kept = keep_heaviest(heaviest, kept, told);
        next += told.count;
    }
    qsort(heaviest, (size_t)kept, sizeof *heaviest, by_place);
    page_label(tier->page, tier->width, "");
    for (int i = 0; i < kept; i++) {
        write_told(tier, &heaviest[i]);
        left -= heaviest[i].count;
    }
    if (left)
        page_listed(tier->page, PAGE_DIM, "and %d more, none with more to do", left);
    page_end_line(tier->page);
}
