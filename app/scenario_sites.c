/* scenario_sites.c - data centers: which of their copies a name means, and machines of their own.
 *
 * A component that data centers list is read once for each of them (scenario_components.c). Meanwhile
 * reading->site is that data center, and every name that is read goes through reading_resolve().
 */
#include <stdio.h>
#include <string.h>

#include "app/scenario_reading.h"
#include "app/suggest.h"
#include "models/data_center.h"
#include "models/host.h"

/* ---- who has a copy of what ---- */

static const cJSON *components_of(const struct reading *reading)
{
    return cJSON_GetObjectItemCaseSensitive(reading->node->tree, "components");
}

bool reading_is_site(const cJSON *component)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(component, "type");

    return cJSON_IsString(type) && !strcmp(type->valuestring, data_center_model.component.name);
}

/* An element is a name, or { "component": NAME }. NULL: neither, which the tables tell. */
static const char *member_name(const cJSON *element)
{
    if (cJSON_IsObject(element))
        element = cJSON_GetObjectItemCaseSensitive(element, "component");
    return cJSON_IsString(element) ? element->valuestring : NULL;
}

static bool lists(const cJSON *site, const char *name)
{
    const cJSON *element, *list = cJSON_GetObjectItemCaseSensitive(site, "components");

    if (cJSON_IsArray(list))
        cJSON_ArrayForEach(element, list)
            if (member_name(element) && !strcmp(member_name(element), name))
                return true;
    return false;
}

bool reading_is_copied(const struct reading *reading, const char *name)
{
    const cJSON *site;

    cJSON_ArrayForEach(site, components_of(reading))
        if (reading_is_site(site) && lists(site, name))
            return true;
    return false;
}

size_t reading_copies(const struct reading *reading)
{
    const cJSON *site, *list;
    size_t count = 0;

    cJSON_ArrayForEach(site, components_of(reading))
        if (reading_is_site(site)) {
            list = cJSON_GetObjectItemCaseSensitive(site, "components");
            count += cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
        }
    return count;
}

const char *reading_key(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash ? slash + 1 : name;
}

const char *reading_copy_name(struct reading *reading, const char *site, const char *name)
{
    size_t size = strlen(site) + strlen(name) + 2;
    char *whole = arena_alloc(&reading->scenario->arena, size);

    if (whole)
        snprintf(whole, size, "%s/%s", site, name);
    return whole;
}

/* ---- what a name means ---- */

static bool is_own_host(const struct reading *reading, const char *name)
{
    const struct host_config *hosts = reading->config->hosts.items;

    for (size_t i = 0; i < reading->config->hosts.count; i++)
        if (!strcmp(hosts[i].name, name))
            return true;
    return false;
}

const char *reading_resolve(void *user, const struct param_row *row, const char *name)
{
    struct reading *reading = user;
    bool is_near = false;

    if (!reading->site)
        return name;
    if (row->refers_to == PARAM_REFERS_COMPONENT)
        is_near = reading_is_copied(reading, name);
    else if (row->refers_to == PARAM_REFERS_HOST)
        is_near = is_own_host(reading, name);
    return is_near ? reading_copy_name(reading, reading->site, name) : name;
}

/* "seoul/web", "virginia/web" */
static const char *list_copies(const struct reading *reading, const char *key, char *text, size_t size)
{
    size_t used = 0;
    const cJSON *site;

    text[0] = '\0';
    cJSON_ArrayForEach(site, components_of(reading))
        if (reading_is_site(site) && lists(site, key) && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s\"%.64s/%.64s\"", used ? ", " : "",
                                     site->string, key);
    return text;
}

static bool is_site_name(const struct reading *reading, const char *name, size_t length)
{
    const cJSON *site;

    cJSON_ArrayForEach(site, components_of(reading))
        if (reading_is_site(site) && strlen(site->string) == length && !strncmp(site->string, name, length))
            return true;
    return false;
}

bool reading_explain(void *user, enum param_refers_to what, const char *name, char *message, size_t size,
                     char *help, size_t help_size)
{
    const struct reading *reading = user;
    const char *key = reading_key(name);
    char copies[256];

    if (what != PARAM_REFERS_COMPONENT || !reading_is_copied(reading, key))
        return false;
    list_copies(reading, key, copies, sizeof copies);
    if (key == name) {
        snprintf(message, size, "each data center has a \"%.64s\" of its own", name);
        snprintf(help, help_size, "say which one: %s", copies);
        return true;
    }
    if (!is_site_name(reading, name, (size_t)(key - name - 1))) {
        snprintf(message, size, "there is no data center \"%.*s\"", (int)(key - name - 1), name);
        snprintf(help, help_size, "there %s %s", strchr(copies, ',') ? "are" : "is", copies);
        return true;
    }
    snprintf(message, size, "there is no \"%.64s\" in \"%.*s\"", key, (int)(key - name - 1), name);
    snprintf(help, help_size, "let that data center list it, or name the one of another: %s", copies);
    return true;
}

/* ---- what can be wrong with a list ---- */

static void unknown_member(struct reading *reading, const char *path, const char *name)
{
    const cJSON *other;
    struct suggest suggest;
    char message[128], help[128];

    suggest_init(&suggest, name);
    cJSON_ArrayForEach(other, components_of(reading))
        if (!reading_is_site(other))
            suggest_offer(&suggest, other->string);
    snprintf(message, sizeof message, "no component named \"%.64s\"", name);
    snprintf(help, sizeof help, "did you mean \"%.64s\"?", suggest.best ? suggest.best : "");
    reading_error(reading, path, JSON_PART_VALUE, suggest.best ? help : NULL, message);
}

void reading_check_site(struct reading *reading, const cJSON *site)
{
    const cJSON *element, *list = cJSON_GetObjectItemCaseSensitive(site, "components");
    size_t index = 0;

    if (cJSON_IsArray(list))
        cJSON_ArrayForEach(element, list) {
            const char *name = member_name(element);
            const cJSON *all = components_of(reading);
            const cJSON *member = name ? cJSON_GetObjectItemCaseSensitive(all, name) : NULL;
            char path[160];

            snprintf(path, sizeof path, "components.%.64s.components[%zu]", site->string, index++);
            if (name && !member)
                unknown_member(reading, path, name);
            else if (member && reading_is_site(member))
                reading_error(reading, path, JSON_PART_VALUE, NULL, "a data center has none inside");
            else if (member && cJSON_GetObjectItemCaseSensitive(member, "region"))
                reading_error(reading, path, JSON_PART_VALUE, "take the component's region away",
                              "the data center says where its copies are");
            for (const cJSON *before = list->child; name && before != element; before = before->next)
                if (member_name(before) && !strcmp(member_name(before), name)) {
                    reading_error(reading, path, JSON_PART_VALUE, "use count for many alike",
                                  "it is in the list already");
                    break;
                }
        }
}

const char *reading_site_region(const struct reading *reading, const char *name)
{
    const struct region_config *regions = reading->config->network.regions.items;

    for (size_t i = 0; i < reading->config->network.regions.count; i++)
        if (!strcmp(regions[i].name, name))
            return regions[i].name;
    return NULL;
}

/* ---- machines ---- */

/* Whether a component that was read names the host: a copy of that site; site NULL: one that is no copy. */
static bool is_used(const struct reading *reading, const char *site, const char *host)
{
    const char *wanted = host;
    char whole[160];

    if (site) {
        snprintf(whole, sizeof whole, "%.64s/%.64s", site, host);
        wanted = whole;
    }
    for (const struct param_reference *reference = reading->context.references; reference;
         reference = reference->next)
        if (reference->row->refers_to == PARAM_REFERS_HOST && !strcmp(reference->name, wanted))
            return true;
    return false;
}

void reading_site_hosts(struct reading *reading)
{
    struct environment *environment = &reading->variant->environment;
    const struct host_config *hosts = reading->config->hosts.items;
    size_t count = reading->config->hosts.count, sites = 0;
    struct host_config *all;
    const cJSON *site;

    cJSON_ArrayForEach(site, components_of(reading)) sites += reading_is_site(site);
    if (!sites || !count)
        return;
    all = reading_alloc(reading, count * (sites + 1), sizeof *all);
    if (!all)
        return;
    environment->host_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t before = environment->host_count;

        cJSON_ArrayForEach(site, components_of(reading))
            if (reading_is_site(site) && is_used(reading, site->string, hosts[i].name)) {
                all[environment->host_count] = hosts[i];
                all[environment->host_count].name = reading_copy_name(reading, site->string, hosts[i].name);
                if (!all[environment->host_count++].name)
                    param_no_memory(&reading->context);
            }
        if (environment->host_count == before || is_used(reading, NULL, hosts[i].name))
            all[environment->host_count++] = hosts[i];
    }
    environment->hosts = all;
}
