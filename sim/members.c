#include "sim/members.h"

#include "sim/fault.h"
#include "sim/link.h"

void members_init(struct group *group, uint32_t start_count)
{
    struct memory *memory = &group->sim->memory;
    struct members *members = memory_alloc(memory, sizeof *members);

    SIM_ASSERT(group->sim, group->instances[0], start_count > 0 && start_count <= group->count);
    members->start_count = start_count;
    members->list = memory_alloc_array(memory, group->count, sizeof *members->list);
    members->states = memory_alloc_array(memory, group->count, sizeof *members->states);
    for (uint32_t i = 0; i < start_count; i++) {
        members->list[members->count++] = i;
        members->states[i].state = MEMBER_IN;
        gauge_rise(&members->states[i].serving, 0);
        gauge_rise(&members->serving, 0);
        gauge_rise(&members->billed, 0);
    }
    for (uint32_t i = 0; i < group->count; i++)
        if (!group->instances[i]->outage)
            group->instances[i]->outage = memory_alloc(memory, sizeof(struct outage));
    group->members = members;
}

void members_window_start(struct group *group)
{
    struct members *members = group->members;

    gauge_window_start(&members->serving, group->sim->now_ns);
    gauge_window_start(&members->billed, group->sim->now_ns);
    for (uint32_t i = 0; i < group->count; i++)
        gauge_window_start(&members->states[i].serving, group->sim->now_ns);
}

static void list_members(struct group *group)
{
    struct members *members = group->members;

    members->count = 0;
    for (uint32_t i = 0; i < group->count; i++)
        if (members->states[i].state == MEMBER_IN)
            members->list[members->count++] = i;
}

/* Everybody who sends to the group, once each, and the group itself. */
static void tell(const struct component *self, bool is_member)
{
    const struct sim *sim = self->sim;
    const struct group *last = NULL;

    if (self->group->type->on_member)
        self->group->type->on_member(self->group, self, is_member);
    if (self->group->members->on_change)
        self->group->members->on_change(self->group->members->observer, self, is_member);
    for (uint32_t i = 1; i < sim->link_count; i++) {
        const struct link *link = &sim->links[i];

        if (link->target != self || link->from == last || !link->from->type->on_member)
            continue;
        last = link->from;
        link->from->type->on_member(link->from, self, is_member);
    }
}

static void set_state(struct component *self, enum member_state from, enum member_state to)
{
    struct member *member = &self->group->members->states[self->instance];

    SIM_ASSERT(self->sim, self, member->state == from);
    member->state = to;
    member->since_ns = self->sim->now_ns;
    member->comes_back = false;
    member->changes++;
}

void member_change_serving(struct component *self, bool is_serving)
{
    struct members *members = self->group->members;
    struct gauge *own = &members->states[self->instance].serving;

    if (is_serving == (own->level > 0))
        return;
    gauge_add(own, is_serving ? 1 : -1, self->sim->now_ns);
    gauge_add(&members->serving, is_serving ? 1 : -1, self->sim->now_ns);
}

void members_begin(struct group *group)
{
    for (uint32_t i = group->members->start_count; i < group->count; i++) {
        fault_put_out(group->instances[i]);
        tell(group->instances[i], false);
    }
}

void member_order(struct component *self)
{
    set_state(self, MEMBER_OUT, MEMBER_ORDERED);
    gauge_rise(&self->group->members->billed, self->sim->now_ns);
}

void member_join(struct component *self)
{
    set_state(self, MEMBER_ORDERED, MEMBER_IN);
    list_members(self->group);
    member_change_serving(self, true);
    fault_put_in(self);
    tell(self, true);
}

void member_leave(struct component *self)
{
    set_state(self, MEMBER_IN, MEMBER_LEAVING);
    list_members(self->group);
    tell(self, false);
}

void member_leave_to_return(struct component *self)
{
    member_leave(self);
    self->group->members->states[self->instance].comes_back = true;
}

void member_return(struct component *self)
{
    set_state(self, MEMBER_LEAVING, MEMBER_IN);
    list_members(self->group);
    tell(self, true);
}

bool member_is_idle(const struct component *self)
{
    const struct sim *sim = self->sim;

    if (component_in_flight(self) || (self->group->type->may_go && !self->group->type->may_go(self)))
        return false;
    for (uint32_t i = 1; i <= sim->request_count; i++) {
        const struct request *request = sim_request(sim, i);

        if (request->state == REQUEST_LIVE && request->flags & REQUEST_IN_TRANSIT &&
            request->frames[request->top].component == self->id)
            return false;
    }
    return true;
}

void member_retire(struct component *self)
{
    enum member_state from = member_state_of(self);

    SIM_ASSERT(self->sim, self, from != MEMBER_OUT);
    if (from == MEMBER_IN)
        member_leave(self);
    set_state(self, member_state_of(self), MEMBER_OUT);
    gauge_fall(&self->group->members->billed, self->sim->now_ns);
    member_change_serving(self, false);
    if (from != MEMBER_ORDERED)
        fault_put_out(self);
}
