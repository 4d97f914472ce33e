/* registry.c - the list of component types. A new one is a line here. */
#include <string.h>

#include "models/host.h"
#include "models/model.h"

extern const struct model_type alert_model;
extern const struct model_type autoscaler_model;
extern const struct model_type business_model;
extern const struct model_type cache_model;
extern const struct model_type cdn_edge_model;
extern const struct model_type cdn_model;
extern const struct model_type clients_model;
extern const struct model_type data_center_model;
extern const struct model_type database_model;
extern const struct model_type deploy_model;
extern const struct model_type dns_authority_model;
extern const struct model_type dns_model;
extern const struct model_type dns_record_model;
extern const struct model_type gathered_log_model;
extern const struct model_type load_balancer_model;
extern const struct model_type monitor_model;
extern const struct model_type queue_broker_model;
extern const struct model_type queue_model;
extern const struct model_type queue_subscription_model;
extern const struct model_type quorum_database_model;
extern const struct model_type replicated_database_model;
extern const struct model_type resharding_model;
extern const struct model_type server_log_model;
extern const struct model_type service_model;
extern const struct model_type sharded_database_model;
extern const struct model_type web_server_model;
extern const struct model_type worker_model;

const struct model_type *const model_registry[] = {
    /* what a scenario names */
    &clients_model,
    &dns_model,
    &load_balancer_model,
    &web_server_model,
    &service_model,
    &cache_model,
    &cdn_model,
    &database_model,
    &sharded_database_model,
    &queue_model,
    &worker_model,
    &autoscaler_model,
    &monitor_model,
    &data_center_model,
    &deploy_model,
    /* parts */
    &host_model,
    &alert_model,
    &business_model,
    &cdn_edge_model,
    &dns_authority_model,
    &dns_record_model,
    &gathered_log_model,
    &queue_broker_model,
    &queue_subscription_model,
    &quorum_database_model,
    &replicated_database_model,
    &resharding_model,
    &server_log_model,
    NULL,
};

const struct model_type *model_find(const char *name)
{
    for (const struct model_type *const *type = model_registry; *type; type++)
        if (!strcmp((*type)->component.name, name))
            return *type;
    return NULL;
}
