/* queue_lag.c - how much waits, and for how long; see queue_subscription.h.
 *
 * The age of the oldest message that waits grows with time, so its integral is brought up to date whenever
 * something comes or goes, and once a second. Cost: O(partitions) a look.
 */
#include "models/queue_subscription.h"

/* ---- age ---- */

/* Date of the oldest message that waits; -1: none. */
static int64_t oldest_ns(const struct subscription *subscription)
{
    int64_t oldest = -1;

    for (uint32_t i = 0; i < subscription->queue->partition_count; i++) {
        const struct part *part = &subscription->parts[i];
        const struct message_log *log = &subscription->queue->partitions[i];

        if (part->place < log->next) {
            int64_t date_ns = message_log_at(log, part->place)->published_ns;

            oldest = oldest < 0 || date_ns < oldest ? date_ns : oldest;
        }
        if (part->back.first) {
            int64_t date_ns = slot_at(subscription, part->back.first)->message.published_ns;

            oldest = oldest < 0 || date_ns < oldest ? date_ns : oldest;
        }
    }
    return oldest;
}

/* Of several subscriptions the greatest; the only one's is exact. */
static void age_of_all(struct queue *queue, int64_t now_ns)
{
    struct queue_metrics *all = component_state(queue->face);
    int64_t greatest = 0;

    for (uint32_t i = 0; i < queue->subscription_count; i++) {
        const struct queue_metrics *one = component_state(queue->subscriptions[i]);

        if (one->age.level > greatest)
            greatest = one->age.level;
    }
    if (queue->subscription_count == 1)
        all->age = ((struct queue_metrics *)component_state(queue->subscriptions[0]))->age;
    else
        amount_set(&all->age, greatest, now_ns);
}

/* Since the last look the age grew with time, if something waited. */
static void bring_age_up(struct component *self)
{
    struct subscription *subscription = subscription_state(self);
    struct amount *age = &subscription->metrics.age;
    int64_t now_ns = self->sim->now_ns, passed_ns = now_ns - subscription->aged_ns;

    subscription->aged_ns = now_ns;
    if (subscription->ages) {
        age->area += (__int128)passed_ns * passed_ns / 2;
        amount_add(age, passed_ns, now_ns);
    }
}

/* Something has come, or gone. */
void lag_look(struct component *self)
{
    struct subscription *subscription = subscription_state(self);
    int64_t now_ns = self->sim->now_ns, oldest = oldest_ns(subscription);

    bring_age_up(self);
    subscription->ages = oldest >= 0;
    amount_set(&subscription->metrics.age, oldest < 0 ? 0 : now_ns - oldest, now_ns);
    age_of_all(subscription->queue, now_ns);
}

void lag_changes(struct component *self)
{
    if (!subscription_state(self)->queue->ordered)
        lag_look(self);
}

/* ---- levels ---- */

void lag_add_waiting(struct component *self, int64_t n)
{
    struct subscription *subscription = subscription_state(self);
    struct queue_metrics *all = component_state(subscription->queue->face);

    amount_add(&subscription->metrics.waiting, n, self->sim->now_ns);
    amount_add(&all->waiting, n, self->sim->now_ns);
    if (n > 0 && !subscription->looking) {
        subscription->looking = true;
        sim_tick_at(self, subscription->look, self->sim->now_ns + LOOK_NS);
    }
}

void lag_add_out(struct component *self, int64_t n)
{
    struct subscription *subscription = subscription_state(self);
    struct queue_metrics *all = component_state(subscription->queue->face);

    amount_add(&subscription->metrics.in_flight, n, self->sim->now_ns);
    amount_add(&all->in_flight, n, self->sim->now_ns);
}
