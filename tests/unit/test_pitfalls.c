/* Robots of other makers, as they are: every quirk and every pitfall of VDA 5050 practice that docs/vda5050.md lists,
 * by its number there. A robot speaks in whole state messages; facts.c and the core are those of the controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/vda/vda_codec.h"
#include "core/facts.h"
#include "core/order.h"
#include "tiny_fleet.h"

#define EPOCH 0xabcdefu

static struct tiny tiny;
static uint8_t memory[1 << 16];

struct talk { /* the fleet, and robots that speak with it */
    struct tf *t;
    struct facts *facts;
    struct vda_state s[2];  /* what each would say now */
    struct vda_order order; /* scratch */
};
static struct talk talk;

/* ---- the controller hears ---- */

static void hear_facts(struct talk *k)
{
    struct in_fact fact;
    while (facts_next(k->facts, &fact)) tf_in(k->t, (struct fleet_in){ .kind = IN_FACT, .fact = fact });
}

static void say_as(struct talk *k, robot_id r, uint32_t header)
{
    k->s[r].head.header_id = header;
    facts_state(k->facts, r, &k->s[r], k->t->now_ms);
    hear_facts(k);
}
static void say(struct talk *k, robot_id r) { say_as(k, r, k->s[r].head.header_id + 1); }

static void connection(struct talk *k, robot_id r, enum vda_connection_state c)
{
    facts_connection(k->facts, r, c, k->t->now_ms);
    hear_facts(k);
}

/* A robot stands in the bay below node r, or where it is told. */
static void stand(struct talk *k, robot_id r, node_id n)
{
    const struct site_node *at = &tiny.site.node[n];
    struct vda_state *s = &k->s[r];
    snprintf(s->last_node, sizeof s->last_node, "%s", at->id);
    snprintf(s->map_id, sizeof s->map_id, "%s", tiny.site.level[at->level].id);
    s->has_position = s->localized = true;
    s->x_mm = at->x_mm;
    s->y_mm = at->y_mm;
}

static struct talk *begin_on(void **state, struct site *site, uint16_t robots)
{
    struct arena mem;
    struct facts_config cfg = { .site = site, .robots = robots, .epoch = EPOCH };
    memset(&talk, 0, sizeof talk);
    arena_init(&mem, memory, sizeof memory);
    assert_int_equal(facts_open(&talk.facts, &mem, &cfg), ORD_OK);
    *state = talk.t = tf_open(site, robots);
    tf_host_starts(talk.t, EPOCH);
    for (robot_id r = 0; r < robots; r++) talk.s[r].battery_permille = 900;
    return &talk;
}

/* A corridor of eight with bays at the first four; robot r at home in bay r, heard once. */
static struct talk *begin(void **state, uint16_t robots)
{
    struct talk *k = begin_on(state, tiny_corridor(&tiny, 8, 4), robots);
    for (robot_id r = 0; r < robots; r++) {
        stand(k, r, (node_id)(8 + r));
        say(k, r);
    }
    return k;
}

static int teardown(void **state)
{
    if (*state) tf_close(*state);
    *state = NULL;
    return 0;
}

/* ---- the robot acts; it speaks only when told to ---- */

/* The last order or update arrives: nodeStates and actionStates as a plain robot keeps them. */
static void take(struct talk *k, robot_id r)
{
    struct vda_state *s = &k->s[r];
    order_to_vda(&tiny.site, EPOCH, &k->t->order[r], false, &k->order);
    bool update = strcmp(s->order_id, k->order.order_id) == 0;
    if (update && s->update_id == k->order.update_id) return; /* a repeat */
    if (!update) s->action_states = 0;
    uint16_t n = 0;
    while (update && n < s->node_states && s->node_state[n].released) n++;
    snprintf(s->order_id, sizeof s->order_id, "%s", k->order.order_id);
    s->update_id = k->order.update_id;
    if (!update) s->last_seq = 0;
    for (uint8_t i = 1; i < k->order.nodes; i++, n++) {
        const struct vda_node *v = &k->order.node[i];
        memcpy(s->node_state[n].id, v->id, sizeof v->id);
        s->node_state[n].seq = v->seq;
        s->node_state[n].released = v->released;
    }
    s->node_states = s->edge_states = n;
    for (uint8_t i = 0; i < k->order.actions; i++) {
        struct vda_action_state *a = &s->action_state[s->action_states++];
        memset(a, 0, sizeof *a);
        memcpy(a->id, k->order.action[i].id, sizeof a->id);
    }
    s->errors = 0;
}

static bool drive(struct talk *k, robot_id r)
{
    struct vda_state *s = &k->s[r];
    if (s->node_states == 0 || !s->node_state[0].released) return false;
    node_id n = site_node_by_id(&tiny.site, s->node_state[0].id);
    uint32_t seq = s->node_state[0].seq;
    memmove(&s->node_state[0], &s->node_state[1], sizeof s->node_state[0] * (size_t)(s->node_states - 1));
    s->node_states--;
    s->edge_states = s->node_states;
    stand(k, r, n);
    s->last_seq = seq;
    return true;
}

static void end_actions(struct talk *k, robot_id r, enum vda_status how)
{
    for (uint16_t i = 0; i < k->s[r].action_states; i++)
        if (!vda_ended(k->s[r].action_state[i].status)) k->s[r].action_state[i].status = how;
}

/* Takes, drives and works until nothing is left to do, or `steps` are over. */
static void serve(struct talk *k, robot_id r, int steps)
{
    uint32_t taken = 0;
    for (int i = 0; i < steps; i++) {
        if (k->t->orders[r] != taken) {
            taken = k->t->orders[r];
            take(k, r);
        }
        while (drive(k, r)) say(k, r);
        if (k->s[r].node_states == 0 || !k->s[r].node_state[0].released) end_actions(k, r, VDA_FINISHED);
        say(k, r);
        tf_after(k->t, 1000);
    }
}

/* Drives until it stands where something is to be done. */
static void arrive(struct talk *k, robot_id r)
{
    for (int i = 0; i < 60; i++) {
        take(k, r);
        while (drive(k, r)) say(k, r);
        for (uint16_t n = 0; n < k->s[r].action_states; n++)
            if (!vda_ended(k->s[r].action_state[n].status)) return;
        say(k, r);
        tf_after(k->t, 1000);
    }
    fail();
}

static uint32_t asked_for(const struct talk *k, robot_id r, enum order_action_kind kind)
{
    return k->t->instants[r] > 0 && k->t->instant[r].action.kind == kind ? k->t->instants[r] : 0;
}

/* The robot shows an instant action of ours. */
static void show_instant(struct talk *k, robot_id r, enum vda_status status)
{
    struct vda_instant_actions m;
    instant_to_vda(&tiny.site, EPOCH, &k->t->instant[r], &m);
    struct vda_state *s = &k->s[r];
    uint16_t i = 0;
    while (i < s->action_states && strcmp(s->action_state[i].id, m.action[0].id) != 0) i++;
    if (i == s->action_states) s->action_states++;
    memcpy(s->action_state[i].id, m.action[0].id, VDA_ID_MAX);
    s->action_state[i].status = status;
}

static void refuse(struct talk *k, robot_id r, const char *type)
{
    struct vda_error *e = &k->s[r].error[0];
    order_to_vda(&tiny.site, EPOCH, &k->t->order[r], false, &k->order);
    memset(e, 0, sizeof *e);
    snprintf(e->type, sizeof e->type, "%s", type);
    e->refs = 2;
    strcpy(e->ref[0].key, "orderId");
    memcpy(e->ref[0].value, k->order.order_id, VDA_ID_MAX);
    strcpy(e->ref[1].key, "orderUpdateId");
    snprintf(e->ref[1].value, VDA_ID_MAX, "%u", k->order.update_id);
    k->s[r].errors = 1;
}

static void forget(struct talk *k, robot_id r)
{
    struct vda_state *s = &k->s[r];
    s->order_id[0] = '\0';
    s->update_id = s->last_seq = 0;
    s->node_states = s->edge_states = s->action_states = 0;
}

/* ---- quirks of a widely used library (docs/vda5050.md) ---- */

static void quirk_1_a_robot_that_never_says_online_again_is_online_when_it_speaks(void **state)
{
    struct talk *k = begin(state, 1);
    connection(k, 0, VDA_CONNECTION_BROKEN); /* its will, retained, and nothing after it */
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_OFFLINE);
    say(k, 0);
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_ONLINE);
    connection(k, 0, VDA_CONNECTION_BROKEN); /* delivered again when we subscribe anew */
    say(k, 0);
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_ONLINE);
}

static void quirk_2_a_connection_message_lost_at_qos_0_is_made_good_by_silence_and_states(void **state)
{
    struct talk *k = begin(state, 1);
    k->t->now_ms += 10000; /* it broke off and its will did not arrive */
    facts_tick(k->facts, k->t->now_ms);
    hear_facts(k);
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_SILENT);
    say(k, 0);
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_ONLINE);
}

static void quirk_3_instant_actions_go_out_under_the_key_the_robot_reads(void **state)
{
    (void)state;
    static char text[4096];
    struct vda_instant_actions m = { .head.version = "2.0.0", .actions = 1 };
    strcpy(m.action[0].id, "x");
    m.action[0].type = VDA_CANCEL_ORDER;
    assert_true(vda_instant_encode(&m, text, sizeof text) > 0);
    assert_non_null(strstr(text, ",\"actions\":["));
    m.old_key = true;
    assert_true(vda_instant_encode(&m, text, sizeof text) > 0);
    assert_non_null(strstr(text, ",\"instantActions\":["));
    strcpy(m.head.version, "3.0.0"); /* which never had it */
    assert_true(vda_instant_encode(&m, text, sizeof text) > 0);
    assert_non_null(strstr(text, ",\"actions\":["));
}

static void quirk_4_a_message_holds_one_instant_action(void **state)
{
    (void)state;
    tiny_corridor(&tiny, 4, 2);
    for (uint8_t kind = ACT_STOP_CHARGING; kind <= ACT_STATE_REQUEST; kind++) {
        struct out_instant o = { .robot = 0, .action = { .kind = kind, .number = 9 } };
        struct vda_instant_actions m;
        instant_to_vda(&tiny.site, EPOCH, &o, &m);
        assert_int_equal(m.actions, 1);
    }
}

static void quirk_5_actions_of_the_decision_point_are_said_again_only_where_the_robot_wants_it(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    uint32_t number = 0;
    bool from_pick = false;
    for (int i = 0; i < 60 && !from_pick; i++) { /* until an update begins where it loaded */
        take(k, 0);
        while (drive(k, 0)) say(k, 0);
        end_actions(k, 0, VDA_FINISHED);
        say(k, 0);
        tf_after(k->t, 1000);
        const struct out_order *m = &k->t->order[0];
        for (uint16_t n = 1; n < m->nodes; n++)
            if (m->node[n].action.kind == ACT_PICK) number = m->node[n].action.number;
        from_pick = m->update > 0 && m->node[0].action.kind == ACT_PICK;
    }
    assert_true(from_pick && number > 0);
    assert_int_equal(k->t->order[0].node[0].action.number, number);
    order_to_vda(&tiny.site, EPOCH, &k->t->order[0], false, &k->order);
    assert_int_equal(k->order.node[0].actions, 0);
    order_to_vda(&tiny.site, EPOCH, &k->t->order[0], true, &k->order);
    assert_int_equal(k->order.node[0].actions, 1);
    assert_int_equal(k->order.action[0].type, VDA_PICK);
}

static void quirk_6_online_alone_brings_no_order_and_a_lost_one_comes_again(void **state)
{
    struct talk *k = begin_on(state, tiny_corridor(&tiny, 8, 4), 1);
    tf_job(k->t, 1, 0);
    stand(k, 0, 8);
    connection(k, 0, VDA_ONLINE); /* it has not subscribed to its orders yet */
    tf_after(k->t, 5000);
    assert_int_equal(k->t->orders[0], 0);
    say(k, 0);
    assert_int_equal(k->t->orders[0], 1);
    struct out_order first = k->t->order[0];
    tf_after(k->t, 2000); /* lost */
    assert_int_equal(k->t->orders[0], 2);
    assert_memory_equal(&first, &k->t->order[0], sizeof first);
}

static void quirk_8_a_number_set_to_0_by_init_position_does_not_hide_where_it_is(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    assert_true(drive(k, 0) && drive(k, 0));
    node_id at = site_node_by_id(&tiny.site, k->s[0].last_node);
    k->s[0].last_seq = 0; /* and the states in between were lost */
    say(k, 0);
    assert_int_equal(tf_view(k->t, 0).at, at);
    serve(k, 0, 60); /* and the job goes on */
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void quirk_9_header_versions_are_written_in_full(void **state)
{
    (void)state; /* its factsheetRequest works for exactly "2.0.0" */
    struct vda_connection c = { .head = { .version = "2.0.0" } };
    static char text[1024];
    assert_true(vda_connection_encode(&c, text, sizeof text) > 0);
    assert_non_null(strstr(text, "\"version\":\"2.0.0\""));
}

/* ---- pitfalls from public issue threads ---- */

static void pitfall_1_a_lost_update_is_repeated_as_it_was(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    struct out_order first = k->t->order[0];
    for (int i = 0; i < 4; i++) { /* each state that does not show it */
        tf_after(k->t, 2000);
        say(k, 0);
        assert_memory_equal(&k->t->order[0], &first, sizeof first);
    }
    uint32_t sent = k->t->orders[0];
    assert_int_equal(sent, 5);
    take(k, 0);
    say(k, 0);
    tf_after(k->t, 10000);
    say(k, 0);
    assert_int_equal(k->t->orders[0], sent); /* shown: no more */
}

static void pitfall_2_updates_stitch_at_the_last_released_node_and_go_on_counting(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    uint32_t updates = 0;
    for (int i = 0; i < 80; i++) {
        struct out_order before = k->t->order[0];
        uint16_t last = 0;
        while (last + 1 < before.nodes && before.node[last + 1].released) last++;
        take(k, 0);
        say(k, 0);
        drive(k, 0);
        if (k->s[0].node_states == 0 || !k->s[0].node_state[0].released) end_actions(k, 0, VDA_FINISHED);
        say(k, 0);
        tf_after(k->t, 1000);
        const struct out_order *m = &k->t->order[0];
        if (m->order != before.order || m->update == before.update) continue;
        updates++;
        assert_int_equal(m->node[0].seq, before.node[last].seq); /* not the last of the horizon */
        assert_int_equal(m->node[0].node, before.node[last].node);
        for (uint16_t n = 1; n < m->nodes; n++) assert_int_equal(m->node[n].seq, m->node[n - 1].seq + 2);
    }
    assert_true(updates > 0);
}

static void pitfall_3_nothing_new_is_asked_at_a_node_where_it_waits(void **state)
{
    struct talk *k = begin(state, 1);
    bool given[200] = { false };
    for (int j = 0; j < 3; j++) tf_job(k->t, 1, 0);
    uint32_t seen = 0;
    for (int i = 0; i < 200; i++) {
        const struct out_order *m = &k->t->order[0];
        for (uint16_t n = 0; n < m->nodes && k->t->orders[0] != seen; n++) {
            uint32_t number = m->node[n].action.number;
            if (m->node[n].action.kind == ACT_NONE) continue;
            assert_true(n > 0 || m->update == 0 || given[number]); /* a repeat, never a new one */
            given[number] = true;
        }
        seen = k->t->orders[0];
        serve(k, 0, 1);
    }
}

/* Something is left of an order that nobody wants any more. */
static void foreign(struct talk *k, robot_id r)
{
    struct vda_state *s = &k->s[r];
    strcpy(s->order_id, "somebody-else-1");
    s->node_states = s->edge_states = 1;
    strcpy(s->node_state[0].id, "n5");
    s->node_state[0].seq = 2;
    s->node_state[0].released = true;
}

static void pitfall_4_no_order_before_cancel_has_ended_and_no_second_cancel_once_it_is_shown(void **state)
{
    struct talk *k = begin(state, 1);
    foreign(k, 0);
    say(k, 0);
    tf_job(k->t, 1, 0);
    tf_tick(k->t);
    assert_int_equal(asked_for(k, 0, ACT_CANCEL_ORDER), 1);
    uint32_t number = k->t->instant[0].action.number;
    tf_after(k->t, 2000); /* lost: the same again */
    assert_int_equal(asked_for(k, 0, ACT_CANCEL_ORDER), 2);
    assert_int_equal(k->t->instant[0].action.number, number);
    show_instant(k, 0, VDA_RUNNING); /* it brakes */
    say(k, 0);
    for (int i = 0; i < 10; i++) {
        tf_after(k->t, 2000);
        say(k, 0);
    }
    assert_int_equal(k->t->instants[0], 2);
    assert_int_equal(k->t->orders[0], 0);
    show_instant(k, 0, VDA_FINISHED);
    k->s[0].node_states = k->s[0].edge_states = 0;
    say(k, 0);
    tf_after(k->t, 1000);
    assert_int_equal(k->t->orders[0], 1);
    assert_int_equal(k->t->order[0].update, 0);
}

static void pitfall_4_the_first_node_of_the_next_order_contains_the_robot(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    order_to_vda(&tiny.site, EPOCH, &k->t->order[0], false, &k->order);
    const struct vda_node *n = &k->order.node[0];
    order_widen(&k->order, n->map_id, n->x_mm + 100, n->y_mm);
    assert_int_equal(n->deviation_mm, 200); /* it is on the node */
    order_widen(&k->order, n->map_id, n->x_mm, n->y_mm + 1400);
    assert_in_range(n->deviation_mm, 1400, 2000); /* it was stopped on its way from there */
    order_widen(&k->order, n->map_id, n->x_mm + 900000, n->y_mm);
    assert_in_range(n->deviation_mm, 1400, 2000); /* so far off it is not there at all */
    order_widen(&k->order, "another floor", n->x_mm + 3000, n->y_mm);
    assert_in_range(n->deviation_mm, 1400, 2000);
    k->order.update_id = 1; /* updates say nothing new of their first node */
    order_widen(&k->order, n->map_id, n->x_mm + 3000, n->y_mm);
    assert_in_range(n->deviation_mm, 1400, 2000);
}

static void pitfall_5_refusals_are_tied_by_references_and_final_only_when_repeated(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    say(k, 0);
    while (k->t->order[0].update == 0) { /* an update comes, and is refused under a name of the maker's own */
        assert_true(drive(k, 0));
        say(k, 0);
        tf_after(k->t, 1000);
    }
    struct out_order update = k->t->order[0];
    refuse(k, 0, "E4711");
    say(k, 0);
    assert_int_equal(k->t->events[EVENT_ROBOT_REJECTED_ORDER], 1);
    tf_after(k->t, 5000);
    assert_memory_equal(&k->t->order[0], &update, sizeof update); /* transient: the same again */
    take(k, 0);
    say(k, 0); /* taken at the second try */
    assert_int_equal(k->t->instants[0], 0);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void pitfall_5_what_was_refused_for_good_never_counts_as_done(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    for (int i = 0; i < 20; i++) {
        refuse(k, 0, "noRouteError");
        say(k, 0);
        tf_after(k->t, 3000);
    }
    assert_int_not_equal(tf_state(k->t, 1), JOB_DELIVERED);
    assert_int_not_equal(tf_state(k->t, 1), JOB_LOADED);
    assert_int_equal(tf_view(k->t, 0).at, 8);
    assert_true(k->t->events[EVENT_ROBOT_REJECTED_ORDER] > 1);
}

static void pitfall_6_old_headers_on_connection_are_accepted_and_a_retained_online_proves_nothing(void **state)
{
    struct talk *k = begin(state, 1);
    k->s[0].head.header_id = 5000;
    say(k, 0);
    connection(k, 0, VDA_OFFLINE); /* whatever header it carried: the will was written at connect time */
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_OFFLINE);
    connection(k, 0, VDA_ONLINE); /* retained since yesterday */
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_OFFLINE);
    say_as(k, 0, 1); /* a new connection counts from wherever it likes */
    assert_int_equal(tf_view(k->t, 0).link, ROBOT_ONLINE);
}

static void pitfall_7_clocks_wrong_by_years_and_counters_set_back_do_not_matter(void **state)
{
    static const char *const clocks[] = { "1970-01-01T00:00:00.000Z", "2099-12-31T23:59:59Z", "", "no clock" };
    struct talk *k = begin(state, 1);
    for (int i = 0; i < 4; i++) {
        strcpy(k->s[0].head.timestamp, clocks[i]);
        k->s[0].battery_permille = 500 + 10 * i;
        say(k, 0);
        assert_int_equal(tf_view(k->t, 0).battery_permille, 500 + 10 * i);
    }
    k->s[0].head.header_id = 90000;
    say(k, 0);
    k->s[0].battery_permille = 300; /* it was rebooted and nobody said so */
    for (uint32_t id = 1; id < 12; id++) {
        k->t->now_ms += 1000;
        say_as(k, 0, id);
    }
    assert_int_equal(tf_view(k->t, 0).battery_permille, 300);
}

static void pitfall_8_an_order_cleared_without_a_word_is_noticed_and_given_anew(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    say(k, 0);
    assert_true(drive(k, 0));
    say(k, 0);
    uint32_t order = k->t->order[0].order;
    end_actions(k, 0, VDA_FAILED); /* MANUAL and back again, and both states were lost */
    k->s[0].node_states = k->s[0].edge_states = 0;
    say(k, 0);
    tf_after(k->t, 3000);
    assert_int_equal(k->t->events[EVENT_ROBOT_LOST_ORDER], 1);
    assert_true(k->t->order[0].order > order && k->t->order[0].update == 0);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
    assert_int_equal(k->t->events[EVENT_JOB_FAILED],
                     0); /* a WAITING action failed with the order: nothing was dropped */
}

static void pitfall_8_manual_mode_clears_the_order_and_automatic_brings_a_new_one(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    drive(k, 0);
    say(k, 0);
    uint32_t sent = k->t->orders[0], order = k->t->order[0].order;
    k->s[0].mode = VDA_MANUAL;
    end_actions(k, 0, VDA_FAILED);
    k->s[0].node_states = k->s[0].edge_states = 0;
    say(k, 0);
    tf_after(k->t, 20000);
    say(k, 0);
    assert_int_equal(k->t->orders[0], sent); /* nothing is sent to it (I-28) */
    k->s[0].mode = VDA_AUTOMATIC;
    say(k, 0);
    tf_after(k->t, 3000);
    assert_true(k->t->order[0].order > order);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void pitfall_8_a_person_who_intervenes_does_not_cost_the_order(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    drive(k, 0);
    say(k, 0);
    uint32_t order = k->t->order[0].order, sent = k->t->orders[0];
    k->s[0].mode = VDA_INTERVENED; /* 3.0: the order stays */
    say(k, 0);
    tf_after(k->t, 20000);
    say(k, 0);
    assert_int_equal(k->t->orders[0], sent);
    k->s[0].mode = VDA_AUTOMATIC;
    say(k, 0);
    assert_int_equal(k->t->order[0].order, order);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void pitfall_9_a_robot_switched_on_upon_a_claimed_stretch_stops_further_releases(void **state)
{
    struct talk *k = begin_on(state, tiny_corridor(&tiny, 8, 4), 2);
    stand(k, 0, 8);
    say(k, 0);
    tf_job(k->t, 1, 0);
    tf_after(k->t, 5000); /* the other one has had time to say where it stands */
    assert_true(k->t->orders[0] > 0);
    take(k, 0);
    say(k, 0);
    struct robot_view v = tf_view(k->t, 0);
    assert_true(v.claimed_nodes > 1);
    const struct out_order *m = &k->t->order[0];
    uint16_t last = 0;
    while (last + 1 < m->nodes && m->node[last + 1].released) last++;
    uint32_t released = k->t->released;
    stand(k, 1, m->node[last].node); /* somebody puts it there and turns the key */
    say(k, 1);
    assert_int_equal(k->t->events[EVENT_ROBOT_ON_CLAIM], 1);
    drive(k, 0);
    say(k, 0);
    for (int i = 0; i < 10; i++) {
        tf_after(k->t, 2000);
        say(k, 0);
        say(k, 1);
    }
    assert_int_equal(k->t->released, released);
    stand(k, 1, 11); /* a person takes it away, into a bay */
    say(k, 1);
    tf_after(k->t, 2000);
    assert_int_equal(tf_view(k->t, 1).at, 11);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void pitfall_10_a_failed_action_ends_its_job_with_words_and_the_robot_goes_on(void **state)
{
    struct talk *k = begin(state, 1);
    job_id lost = tf_job(k->t, 1, 0);
    arrive(k, 0);
    end_actions(k, 0, VDA_FAILED); /* nobody gave it the load; the order itself goes on */
    say(k, 0);
    assert_int_equal(tf_state(k->t, lost), JOB_FAILED);
    assert_int_equal(k->t->events[EVENT_JOB_FAILED], 1);
    job_id next = tf_job(k->t, 1, 0);
    serve(k, 0, 90);
    assert_int_equal(tf_state(k->t, next), JOB_DELIVERED);
}

static void pitfall_11_a_robot_with_only_a_horizon_left_is_freed_by_cancel(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    say(k, 0);
    while (k->t->order[0].update == 0) {
        assert_true(drive(k, 0));
        say(k, 0);
        tf_after(k->t, 1000);
    }
    while (drive(k, 0)) {}
    assert_true(k->s[0].node_states > 0);                   /* unreleased ones: it never looks idle */
    for (int i = 0; i < 8 && k->t->instants[0] == 0; i++) { /* updates are refused for good */
        refuse(k, 0, "orderUpdateError");
        say(k, 0);
        tf_after(k->t, 5000);
    }
    assert_true(asked_for(k, 0, ACT_CANCEL_ORDER) > 0);
    uint32_t order = k->t->order[0].order, sent = k->t->orders[0];
    tf_after(k->t, 1000);
    assert_int_equal(k->t->orders[0], sent); /* nothing before that has ended */
    show_instant(k, 0, VDA_FINISHED);
    k->s[0].node_states = k->s[0].edge_states = 0;
    k->s[0].errors = 0;
    say(k, 0);
    tf_after(k->t, 6000);
    assert_true(k->t->order[0].order > order && k->t->order[0].update == 0);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void pitfall_11_critical_errors_cost_the_order_and_not_the_robot(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    drive(k, 0);
    say(k, 0);
    k->s[0].errors = 1;
    memset(&k->s[0].error[0], 0, sizeof k->s[0].error[0]);
    strcpy(k->s[0].error[0].type, "NODE_UNREACHABLE");
    k->s[0].error[0].level = VDA_CRITICAL;
    say(k, 0);
    assert_true(asked_for(k, 0, ACT_CANCEL_ORDER) > 0);
    show_instant(k, 0, VDA_FINISHED);
    end_actions(k, 0, VDA_FAILED);
    k->s[0].node_states = k->s[0].edge_states = 0;
    uint32_t order = k->t->order[0].order;
    say(k, 0);
    tf_after(k->t, 3000);
    assert_true(k->t->order[0].order > order);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void pitfall_12_what_was_passed_is_freed_though_the_robot_keeps_listing_it(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    say(k, 0);
    struct vda_node_state first = k->s[0].node_state[0];
    assert_true(drive(k, 0) && drive(k, 0));
    node_id at = site_node_by_id(&tiny.site, k->s[0].last_node);
    memmove(&k->s[0].node_state[1], &k->s[0].node_state[0], sizeof first * k->s[0].node_states);
    k->s[0].node_state[0] = first; /* never removed */
    k->s[0].node_states++;
    say(k, 0);
    assert_int_equal(tf_view(k->t, 0).at, at);
    assert_int_equal(tf_view(k->t, 0).claim[0], at); /* and it keeps what it stands on */
}

static void pitfall_13_the_base_reaches_beyond_the_next_node(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    uint16_t base = 0;
    for (uint16_t i = 0; i < k->t->order[0].nodes; i++) base += k->t->order[0].node[i].released;
    assert_true(base > 2); /* it need not stop at every node */
}

static void pitfall_14_unknown_fields_are_no_reason_to_refuse_a_state(void **state)
{
    (void)state;
    static struct vda_state s;
    const char *text =
        "{\"headerId\":1,\"timestamp\":\"now\",\"version\":\"2.1.0\",\"manufacturer\":\"M\",\"serialNumber\":\"S\","
        "\"orderId\":\"\",\"orderUpdateId\":0,\"lastNodeId\":\"n1\",\"lastNodeSequenceId\":0,\"driving\":false,"
        "\"batteryState\":{\"batteryCharge\":80,\"charging\":false,\"makersOwn\":{\"deep\":[1,2]}},"
        "\"operatingMode\":\"AUTOMATIC\",\"safetyState\":{\"eStop\":\"NONE\",\"fieldViolation\":false},"
        "\"firmware\":\"7\",\"zoneSetId\":null}";
    struct err_note note;
    assert_int_equal(vda_state_decode(text, strlen(text), &s, &note), ORD_OK);
    assert_string_equal(s.last_node, "n1");
}

static void pitfall_15_action_states_that_pile_up_hide_nothing(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    arrive(k, 0);
    for (int i = 0; i < 40; i++) { /* instant actions of other tools, never cleared in 2.x */
        struct vda_action_state *a = &k->s[0].action_state[k->s[0].action_states++];
        memset(a, 0, sizeof *a);
        snprintf(a->id, sizeof a->id, "other-%d", i);
        a->status = VDA_FINISHED;
    }
    end_actions(k, 0, VDA_FINISHED);
    say(k, 0);
    assert_int_equal(tf_state(k->t, 1), JOB_MOVING);
}

static void pitfall_16_states_that_overtake_each_other_never_lead_back(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    say(k, 0);
    struct vda_state old = k->s[0];
    assert_true(drive(k, 0) && drive(k, 0));
    say_as(k, 0, old.head.header_id + 9);
    node_id at = tf_view(k->t, 0).at;
    struct vda_state now = k->s[0];
    for (uint32_t id = old.head.header_id + 8; id > old.head.header_id; id--) { /* the ones before it come in reverse */
        k->s[0] = old;
        say_as(k, 0, id);
    }
    assert_int_equal(tf_view(k->t, 0).at, at);
    k->s[0] = now;
}

/* ---- reboots ---- */

static void a_robot_that_rebooted_and_forgot_gets_its_order_anew_where_it_stands(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    drive(k, 0);
    say(k, 0);
    uint32_t order = k->t->order[0].order;
    connection(k, 0, VDA_CONNECTION_BROKEN);
    forget(k, 0);
    connection(k, 0, VDA_ONLINE);
    say_as(k, 0, 1);
    tf_after(k->t, 3000);
    assert_true(k->t->order[0].order > order && k->t->order[0].update == 0);
    assert_string_equal(tiny.site.node[k->t->order[0].node[0].node].id, k->s[0].last_node);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void a_controller_that_comes_back_finds_its_order_under_way(void **state)
{
    struct talk *k = begin(state, 1);
    tf_job(k->t, 1, 0);
    take(k, 0);
    drive(k, 0);
    say(k, 0);
    uint32_t order = k->t->order[0].order;
    struct arena mem; /* facts are forgetful, the core was replayed */
    struct facts_config cfg = { .site = &tiny.site, .robots = 1, .epoch = EPOCH };
    arena_init(&mem, memory, sizeof memory);
    assert_int_equal(facts_open(&k->facts, &mem, &cfg), ORD_OK);
    tf_host_starts(k->t, EPOCH);
    connection(k, 0, VDA_ONLINE);
    say(k, 0);
    assert_int_equal(k->t->instants[0], 0);
    assert_int_equal(k->t->order[0].order, order);
    serve(k, 0, 60);
    assert_int_equal(tf_state(k->t, 1), JOB_DELIVERED);
}

static void in_3_0_a_robot_that_lost_its_node_is_found_by_where_it_stands(void **state)
{
    struct talk *k = begin(state, 1);
    stand(k, 0, 9);
    k->s[0].last_node[0] = '\0'; /* it was in SERVICE */
    k->s[0].x_mm += 120;
    say(k, 0);
    assert_int_equal(tf_view(k->t, 0).at, 9);
    k->s[0].x_mm += 1000;
    say(k, 0);
    assert_int_equal(k->t->events[EVENT_ROBOT_OFF_GRAPH], 1);
}

static void a_robot_whose_factsheet_contradicts_its_class_gets_no_orders(void **state)
{
    struct talk *k = begin(state, 1);
    tf_fact(k->t, 0, FACT_SHEET, ID_NONE, 0, 1);
    assert_int_equal(k->t->events[EVENT_ROBOT_SHEET_DIFFERS], 1);
    tf_job(k->t, 1, 0);
    tf_after(k->t, 5000);
    assert_int_equal(k->t->orders[0], 0);
    tf_fact(k->t, 0, FACT_SHEET, ID_NONE, 0, 1);
    assert_int_equal(k->t->events[EVENT_ROBOT_SHEET_DIFFERS], 1); /* told once */
    tf_fact(k->t, 0, FACT_SHEET, ID_NONE, 0, 0);
    assert_int_equal(k->t->events[EVENT_ROBOT_SHEET_AGREES], 1);
    tf_after(k->t, 5000);
    assert_true(k->t->orders[0] > 0);
}

#define T(name) cmocka_unit_test_teardown(name, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(quirk_1_a_robot_that_never_says_online_again_is_online_when_it_speaks),
        T(quirk_2_a_connection_message_lost_at_qos_0_is_made_good_by_silence_and_states),
        T(quirk_3_instant_actions_go_out_under_the_key_the_robot_reads),
        T(quirk_4_a_message_holds_one_instant_action),
        T(quirk_5_actions_of_the_decision_point_are_said_again_only_where_the_robot_wants_it),
        T(quirk_6_online_alone_brings_no_order_and_a_lost_one_comes_again),
        T(quirk_8_a_number_set_to_0_by_init_position_does_not_hide_where_it_is),
        T(quirk_9_header_versions_are_written_in_full),
        T(pitfall_1_a_lost_update_is_repeated_as_it_was),
        T(pitfall_2_updates_stitch_at_the_last_released_node_and_go_on_counting),
        T(pitfall_3_nothing_new_is_asked_at_a_node_where_it_waits),
        T(pitfall_4_no_order_before_cancel_has_ended_and_no_second_cancel_once_it_is_shown),
        T(pitfall_4_the_first_node_of_the_next_order_contains_the_robot),
        T(pitfall_5_refusals_are_tied_by_references_and_final_only_when_repeated),
        T(pitfall_5_what_was_refused_for_good_never_counts_as_done),
        T(pitfall_6_old_headers_on_connection_are_accepted_and_a_retained_online_proves_nothing),
        T(pitfall_7_clocks_wrong_by_years_and_counters_set_back_do_not_matter),
        T(pitfall_8_an_order_cleared_without_a_word_is_noticed_and_given_anew),
        T(pitfall_8_manual_mode_clears_the_order_and_automatic_brings_a_new_one),
        T(pitfall_8_a_person_who_intervenes_does_not_cost_the_order),
        T(pitfall_9_a_robot_switched_on_upon_a_claimed_stretch_stops_further_releases),
        T(pitfall_10_a_failed_action_ends_its_job_with_words_and_the_robot_goes_on),
        T(pitfall_11_a_robot_with_only_a_horizon_left_is_freed_by_cancel),
        T(pitfall_11_critical_errors_cost_the_order_and_not_the_robot),
        T(pitfall_12_what_was_passed_is_freed_though_the_robot_keeps_listing_it),
        T(pitfall_13_the_base_reaches_beyond_the_next_node),
        T(pitfall_14_unknown_fields_are_no_reason_to_refuse_a_state),
        T(pitfall_15_action_states_that_pile_up_hide_nothing),
        T(pitfall_16_states_that_overtake_each_other_never_lead_back),
        T(a_robot_that_rebooted_and_forgot_gets_its_order_anew_where_it_stands),
        T(a_controller_that_comes_back_finds_its_order_under_way),
        T(in_3_0_a_robot_that_lost_its_node_is_found_by_where_it_stands),
        T(a_robot_whose_factsheet_contradicts_its_class_gets_no_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
