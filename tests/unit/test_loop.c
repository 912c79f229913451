/* The live host of the core: stamps, journal before outputs, the same state after every kind of stop. Also the links
 * that feed it: a message of a stranger or a torn one changes nothing. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common/journal.h"
#include "common/state_hash.h"
#include "common/vda/vda_codec.h"
#include "edge/elevator_link.h"
#include "edge/loop.h"
#include "edge/vda_link.h"
#include "edge_host.h"

struct seen {
    unsigned outputs, orders, jobs, elevators;
    uint64_t committed;
    unsigned failures;
    job_id known;
    char note[64];
};

struct bench {
    uv_loop_t uv;
    char folder[64], path[96];
    struct site *site;
    struct fleet_spec *fleet;
    struct names names;
    struct loop *loop;
    struct seen seen;
    bool keeps; /* something beside the core */
};

static void on_output(void *ctx, const struct fleet_out *o)
{
    struct bench *b = ctx;
    b->seen.outputs++;
    b->seen.orders += o->kind == OUT_ORDER;
    b->seen.jobs += o->kind == OUT_JOB;
    b->seen.elevators += o->kind == OUT_ELEVATOR;
}
static void on_committed(void *ctx, uint64_t seq) { ((struct bench *)ctx)->seen.committed = seq; }
static void on_failed(void *ctx, const char *why)
{
    assert_non_null(why);
    ((struct bench *)ctx)->seen.failures++;
}
static void on_job_known(void *ctx, job_id job, const char *note)
{
    struct bench *b = ctx;
    b->seen.known = job;
    snprintf(b->seen.note, sizeof b->seen.note, "%s", note);
}

static void snap_known(void *ctx, struct snap *s);

static int open_at(struct bench *b, int32_t clock, struct err_note *note)
{
    static const char bytes[] = "kept for replay";
    memset(&b->seen, 0, sizeof b->seen);
    struct loop_config cfg = { .uv = &b->uv,
                               .names = &b->names,
                               .journal_path = b->path,
                               .site_bytes = bytes,
                               .site_len = sizeof bytes,
                               .fleet_bytes = bytes,
                               .fleet_len = sizeof bytes,
                               .clock = clock,
                               .window_ms = 2,
                               .sink = { on_output, on_committed, on_failed, on_job_known, b->keeps ? snap_known : NULL,
                                         b } };
    return loop_open(&b->loop, &cfg, note);
}

static void up(struct bench *b, int32_t clock)
{
    struct err_note note = { .where = "" };
    int err = open_at(b, clock, &note);
    if (err) print_error("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    assert_int_equal(loop_start(b->loop), ORD_OK);
}

static void down(struct bench *b)
{
    loop_finish(b->loop);
    loop_close(b->loop);
    b->loop = NULL;
}

static int bench_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct err_note note = { .where = "" };
    test_folder_make(b->folder);
    snprintf(b->path, sizeof b->path, "%s/journal.db", b->folder);
    uv_loop_init(&b->uv);
    assert_int_equal(fleet_spec_open(DEMO_FLEET, &b->fleet, &note), ORD_OK);
    assert_int_equal(site_open(DEMO_SITE, &b->site, &note), ORD_OK);
    assert_int_equal(site_compile(b->site, b->fleet->classes, b->fleet->cls, &note), ORD_OK);
    struct lint_report report;
    assert_int_equal(site_lint(b->site, b->fleet->robots, &report), ORD_OK);
    lint_close(&report);
    b->names = (struct names){ b->site, b->fleet, NULL };
    *state = b;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *b = *state;
    assert_int_equal(uv_loop_close(&b->uv), 0);
    site_close(b->site);
    fleet_spec_close(b->fleet);
    test_folder_remove(b->folder);
    free(b);
    return 0;
}

static void run_until_committed(struct bench *b)
{
    for (int i = 0; i < 5000 && loop_committed(b->loop) < loop_seq(b->loop) && !loop_error(b->loop); i++) {
        uv_run(&b->uv, UV_RUN_NOWAIT);
        test_pause_ms(1);
    }
}

static struct fleet_in job(const struct bench *b, const char *from, const char *to)
{
    return (struct fleet_in){ .kind = IN_JOB,
                              .job = { .ref = loop_next_seq(b->loop),
                                       .from = site_station_by_id(b->site, from),
                                       .to = site_station_by_id(b->site, to),
                                       .quantity = 1,
                                       .priority = 3 } };
}

static void put_job(struct bench *b, const char *note)
{
    struct fleet_in in = job(b, "kitchen", "ward-3a");
    struct out_job news;
    assert_int_equal(loop_input(b->loop, &in, note, &news), ORD_OK);
    assert_int_equal(news.state, JOB_REQUESTED);
    assert_true(news.job > 0);
    assert_true(news.ref == in.job.ref);
}

static void snap_it(struct snap *s, void *f) { fleet_snap(s, f); }
static uint64_t state_of(const struct bench *b)
{
    union {
        const struct fleet *in;
        struct fleet *out;
    } cast = { .in = loop_fleet(b->loop) }; /* saving only reads */
    return state_hash_of(snap_it, cast.out);
}

/* ---- stamp, commit, output ---- */
static void no_output_leaves_before_its_commit(void **state)
{
    struct bench *b = *state;
    up(b, 1);
    run_until_committed(b);
    unsigned before = b->seen.jobs;
    put_job(b, NULL);
    assert_int_equal(b->seen.jobs, before);
    assert_true(loop_committed(b->loop) < loop_seq(b->loop));
    run_until_committed(b);
    assert_true(b->seen.jobs > before);
    assert_true(b->seen.committed == loop_seq(b->loop));
    down(b);
}

static void time_goes_on_after_a_restart_and_never_back(void **state)
{
    struct bench *b = *state;
    up(b, 1000);
    put_job(b, NULL);
    test_pause_ms(50);
    put_job(b, NULL);
    ms_t last = loop_now(b->loop);
    assert_true(last >= 50000); /* a fast clock */
    int64_t wall = loop_wall(b->loop, last) - loop_wall(b->loop, last - 50000);
    assert_in_range(wall, 49, 51);
    down(b);
    up(b, 1);
    ms_t again = loop_now(b->loop);
    assert_true(again >= last - 1000 && again < last + MS_HOUR);
    down(b);

    struct journal_reader *r;
    struct journal_row row;
    struct err_note note;
    ms_t before = 0;
    uint64_t seq = 0;
    assert_int_equal(journal_read(&r, b->path, &note), ORD_OK);
    while (journal_next(r, &row, &note) == 1) {
        assert_true(row.at_ms >= before && row.seq == seq + 1);
        before = row.at_ms;
        seq = row.seq;
    }
    journal_read_close(r);
    assert_true(seq >= 6);
}

/* ---- recovery ---- */
static void a_restart_finds_state_and_epoch_again(void **state)
{
    struct bench *b = *state;
    up(b, 1);
    put_job(b, "{\"n\":1}");
    uint64_t epoch = loop_epoch(b->loop);
    loop_finish(b->loop);
    uint64_t hash = state_of(b), seq = loop_seq(b->loop);
    loop_close(b->loop);
    struct err_note note;
    assert_int_equal(open_at(b, 1, &note), ORD_OK);
    assert_true(loop_recovered(b->loop) == seq);
    assert_true(state_of(b) == hash);
    assert_true(loop_epoch(b->loop) == epoch);
    assert_int_equal(b->seen.outputs, 0); /* what was said then is not said again */
    loop_close(b->loop);
}

static void only_what_was_not_committed_is_lost_by_a_kill(void **state)
{
    struct bench *b = *state;
    int fd[2], status;
    uint64_t promised = 0, one;
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        up(b, 1);
        for (;;) {
            put_job(b, "x");
            run_until_committed(b);
            one = loop_committed(b->loop);
            if (write(fd[1], &one, sizeof one) != sizeof one) _exit(1);
            put_job(b, "y"); /* one more that nobody was promised */
        }
    }
    close(fd[1]);
    for (int i = 0; i < 20; i++) assert_int_equal(read(fd[0], &promised, sizeof promised), sizeof promised);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    while (read(fd[0], &one, sizeof one) == sizeof one) promised = one;
    close(fd[0]);
    struct err_note note = { .where = "" };
    int err = open_at(b, 1, &note);
    if (err) print_error("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    assert_true(loop_recovered(b->loop) >= promised);
    loop_close(b->loop);
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ---- snapshots ---- */
static void tick(struct bench *b, unsigned times)
{
    struct fleet_in in = { .kind = IN_TICK };
    for (unsigned i = 0; i < times; i++) assert_int_equal(loop_input(b->loop, &in, NULL, NULL), ORD_OK);
}

/* A life with `snapshots` of them and some inputs after the last; stopped as by a power cut. The hash of its state. */
static uint64_t a_life(struct bench *b, unsigned snapshots)
{
    up(b, 1);
    put_job(b, "{\"n\":1}");
    for (unsigned i = 0; i < snapshots; i++) {
        tick(b, SNAPSHOT_EVERY);
        put_job(b, NULL);
    }
    tick(b, 37);
    uint64_t hash = state_of(b);
    loop_close(b->loop);
    return hash;
}

static void comes_back(struct bench *b, uint64_t hash, uint64_t replayed_least, uint64_t replayed_most)
{
    struct err_note note = { .where = "" };
    int err = open_at(b, 1, &note);
    if (err) print_error("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    assert_true(state_of(b) == hash);
    assert_true(loop_recovered(b->loop) == loop_seq(b->loop));
    assert_in_range(loop_replayed(b->loop), replayed_least, replayed_most);
    loop_close(b->loop);
}

static void a_start_replays_only_what_came_after_the_newest_snapshot(void **state)
{
    struct bench *b = *state;
    uint64_t hash = a_life(b, 2);
    comes_back(b, hash, 37, 60);
    sql(b->path,
        "DELETE FROM input WHERE seq < (SELECT max(seq) FROM snapshot) - 1000"); /* it does not even look there */
    comes_back(b, hash, 37, 60);
}

static void after_a_stop_in_good_order_nothing_is_replayed(void **state)
{
    struct bench *b = *state;
    up(b, 1);
    put_job(b, NULL);
    loop_finish(b->loop);
    uint64_t hash = state_of(b);
    loop_close(b->loop);
    comes_back(b, hash, 0, 0);
}

static void a_damaged_snapshot_gives_way_to_the_one_before(void **state)
{
    struct bench *b = *state;
    uint64_t hash = a_life(b, 2);
    sql(b->path, "UPDATE snapshot SET state = CAST(substr(state, 1, 999) || x'ff' || substr(state, 1001) AS BLOB)"
                 " WHERE seq = (SELECT max(seq) FROM snapshot)");
    comes_back(b, hash, SNAPSHOT_EVERY + 37, SNAPSHOT_EVERY + 60);
    sql(b->path, "UPDATE snapshot SET state = substr(state, 1, length(state) / 2)");
    comes_back(b, hash, 2 * SNAPSHOT_EVERY + 37, 2 * SNAPSHOT_EVERY + 60);
}

static void a_snapshot_of_another_program_gives_way_to_the_whole_journal(void **state)
{
    struct bench *b = *state;
    uint64_t hash = a_life(b, 1);
    sql(b->path, "UPDATE snapshot SET layout = layout + 1");
    comes_back(b, hash, SNAPSHOT_EVERY + 37, SNAPSHOT_EVERY + 60);
    assert_int_equal(b->seen.known, 1); /* and so are the notes */
}

static void snap_known(void *ctx, struct snap *s)
{
    struct bench *b = ctx;
    snap_u32(s, &b->seen.known);
    snap_bytes(s, b->seen.note, sizeof b->seen.note);
}

static void what_the_host_knows_comes_back_with_the_snapshot(void **state)
{
    struct bench *b = *state;
    b->keeps = true;
    up(b, 1);
    put_job(b, NULL);
    b->seen.known = 7;
    snprintf(b->seen.note, sizeof b->seen.note, "seven");
    down(b);
    up(b, 1);
    assert_int_equal(b->seen.known, 7);
    assert_string_equal(b->seen.note, "seven");
    assert_true(loop_replayed(b->loop) == 0);
    down(b);
}

static void a_state_that_does_not_match_its_mark_is_refused(void **state)
{
    struct bench *b = *state;
    struct err_note note = { .where = "" };
    up(b, 1);
    put_job(b, NULL);
    loop_close(b->loop); /* no snapshot */
    sql(b->path, "INSERT OR REPLACE INTO mark VALUES((SELECT max(seq) FROM input), 1)");
    assert_int_equal(open_at(b, 1, &note), ORD_ECORRUPT);
    assert_non_null(strstr(note.what, "--data"));
    assert_non_null(strstr(note.what, ORDERLY_VERSION)); /* whose program to take instead */
}

static void a_row_that_cannot_be_read_is_named(void **state)
{
    struct bench *b = *state;
    struct err_note note = { .where = "" };
    up(b, 1);
    put_job(b, NULL);
    loop_close(b->loop);
    sql(b->path, "UPDATE input SET body = x'00' WHERE seq = 2");
    assert_int_equal(open_at(b, 1, &note), ORD_ECORRUPT);
    assert_non_null(strstr(note.what, "2"));
}

static void another_map_is_refused(void **state)
{
    struct bench *b = *state;
    struct err_note note = { .where = "" };
    up(b, 1);
    down(b);
    b->site->hash ^= 1;
    assert_int_equal(open_at(b, 1, &note), ORD_EREFUSED);
    b->site->hash ^= 1;
}

static void a_failed_disk_lets_nothing_more_in_or_out(void **state)
{
    struct bench *b = *state;
    struct rlimit old, none;
    up(b, 1);
    run_until_committed(b);
    unsigned outputs = b->seen.outputs;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    none = (struct rlimit){ 1, old.rlim_max };
    setrlimit(RLIMIT_FSIZE, &none);
    put_job(b, NULL);
    for (int i = 0; i < 5000 && !loop_error(b->loop); i++) {
        uv_run(&b->uv, UV_RUN_NOWAIT);
        test_pause_ms(1);
    }
    setrlimit(RLIMIT_FSIZE, &old);
    struct fleet_in in = job(b, "kitchen", "lab");
    assert_int_equal(loop_input(b->loop, &in, NULL, NULL), ORD_EIO);
    assert_int_equal(b->seen.failures, 1);
    assert_int_equal(b->seen.outputs, outputs);
    down(b);
}

/* ---- links ---- */
static struct mqtt_item message(const char *topic, const char *payload)
{
    return (
        struct mqtt_item){ .kind = MQTT_MESSAGE, .topic = topic, .payload = payload, .payload_len = strlen(payload) };
}

static void strangers_and_torn_messages_change_nothing(void **state)
{
    struct bench *b = *state;
    struct vda_link *robots;
    struct elevator_link *building;
    up(b, 1);
    assert_int_equal(vda_link_open(&robots, &(struct vda_link_config){ &b->names, b->loop }), ORD_OK);
    assert_int_equal(elevator_link_open(&building, &(struct elevator_link_config){ &b->names, b->loop }), ORD_OK);
    const struct fleet_robot *r = &b->fleet->robot[0];
    char known[300];
    snprintf(known, sizeof known, "%s/v2/%s/%s/state", r->interface_name, r->manufacturer, r->serial);
    const struct {
        const char *topic, *payload;
    } bad[] = {
        { "uagv/v2/nobody/1/state", "{}" },
        { known, "{}" },
        { known, "{\"headerId\":" },
        { known, "\xff" },
        { known, "" },
        { "orderly/v1/elevator/E1/state", "{" },
        { "orderly/v1/elevator/E9/state", "{\"elevator\":\"E9\"}" },
        { "orderly/v1/door/x/state", "[]" },
        { "orderly/v1", "" },
        { "a/v2/b/c/d/e", "" },
        { "", "" },
    };
    uint64_t before = loop_seq(b->loop);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mqtt_item m = message(bad[i].topic, bad[i].payload);
        if (!elevator_link_message(building, &m)) vda_link_message(robots, &m);
    }
    assert_true(loop_seq(b->loop) == before);
    assert_true(vda_link_counts(robots).unknown == 3); /* topics of nobody, too */
    assert_true(vda_link_counts(robots).unreadable == 4);
    vda_link_close(robots);
    elevator_link_close(building);
    down(b);
}

static void a_robot_that_speaks_is_online(void **state)
{
    struct bench *b = *state;
    struct vda_link *robots;
    static struct vda_state s;
    static char text[VDA_MESSAGE_MAX];
    char topic[300];
    struct robot_view v;
    struct robot_pose pose;
    up(b, 1);
    assert_int_equal(vda_link_open(&robots, &(struct vda_link_config){ &b->names, b->loop }), ORD_OK);
    const struct fleet_robot *r = &b->fleet->robot[2];
    const struct site_node *n =
        &b->site->node[site_station_by_id(b->site, "kitchen") == ID_NONE ? 0 : b->site->station[0].node];
    s.head.header_id = 1;
    snprintf(s.head.timestamp, sizeof s.head.timestamp, "2026-01-01T00:00:00.000Z");
    snprintf(s.head.version, sizeof s.head.version, "%s", r->version);
    snprintf(s.head.manufacturer, sizeof s.head.manufacturer, "%s", r->manufacturer);
    snprintf(s.head.serial, sizeof s.head.serial, "%s", r->serial);
    snprintf(s.last_node, sizeof s.last_node, "%s", n->id);
    snprintf(s.map_id, sizeof s.map_id, "%s", b->site->level[n->level].id);
    s.has_position = s.localized = true;
    s.x_mm = n->x_mm;
    s.y_mm = n->y_mm;
    s.battery_permille = 730;
    assert_true(vda_state_encode(&s, text, sizeof text) > 0);
    snprintf(topic, sizeof topic, "%s/v2/%s/%s/state", r->interface_name, r->manufacturer, r->serial);
    struct mqtt_item m = message(topic, text);
    assert_true(vda_link_message(robots, &m));
    assert_true(vda_link_counts(robots).unreadable == 0);
    fleet_robot(loop_fleet(b->loop), 2, &v);
    assert_int_equal(v.link, ROBOT_ONLINE);
    assert_int_equal(v.at, (node_id)(n - b->site->node));
    assert_true(loop_pose(b->loop, 2, &pose));
    assert_int_equal(pose.x_mm, n->x_mm);
    uint64_t before = loop_seq(b->loop);
    s.head.header_id = 2; /* says the same again: no new fact, no new input */
    assert_true(vda_state_encode(&s, text, sizeof text) > 0);
    m = message(topic, text);
    assert_true(vda_link_message(robots, &m));
    assert_true(loop_seq(b->loop) == before);
    vda_link_close(robots);
    down(b);
}

static void sheet(struct vda_link *robots, const struct fleet_robot *r, mm_t length_mm, int32_t speed_mm_s)
{
    static char text[VDA_MESSAGE_MAX];
    char topic[300];
    struct vda_factsheet f = { .speed_max_mm_s = speed_mm_s, .length_mm = length_mm, .width_mm = 100 };
    snprintf(f.head.version, sizeof f.head.version, "%s", r->version);
    snprintf(f.head.manufacturer, sizeof f.head.manufacturer, "%s", r->manufacturer);
    snprintf(f.head.serial, sizeof f.head.serial, "%s", r->serial);
    assert_true(vda_factsheet_encode(&f, text, sizeof text) > 0);
    snprintf(topic, sizeof topic, "%s/v2/%s/%s/factsheet", r->interface_name, r->manufacturer, r->serial);
    struct mqtt_item m = message(topic, text);
    assert_true(vda_link_message(robots, &m));
}

static void a_factsheet_that_contradicts_the_class_becomes_one_input(void **state)
{
    struct bench *b = *state;
    struct vda_link *robots;
    up(b, 1);
    assert_int_equal(vda_link_open(&robots, &(struct vda_link_config){ &b->names, b->loop }), ORD_OK);
    const struct fleet_robot *r = &b->fleet->robot[1];
    const struct robot_class *c = &b->fleet->cls[r->cls];
    uint64_t before = loop_seq(b->loop);
    for (int i = 0; i < 3; i++) sheet(robots, r, c->length_mm, c->speed_mm_s);
    assert_true(loop_seq(b->loop) == before + 1);
    sheet(robots, r, c->length_mm + 1, c->speed_mm_s); /* too large */
    assert_true(loop_seq(b->loop) == before + 2);
    sheet(robots, r, c->length_mm + 9, c->speed_mm_s);
    assert_true(loop_seq(b->loop) == before + 2);
    sheet(robots, r, c->length_mm, c->speed_mm_s);
    sheet(robots, r, c->length_mm, c->speed_mm_s - 1); /* too slow */
    sheet(robots, r, 0, 0);                            /* states nothing: nothing to contradict */
    assert_true(loop_seq(b->loop) == before + 5);
    vda_link_close(robots);
    down(b);
}

static void a_car_that_repeats_itself_is_one_input(void **state)
{
    struct bench *b = *state;
    struct elevator_link *building;
    struct elevator_view v;
    char text[512];
    up(b, 1);
    assert_int_equal(elevator_link_open(&building, &(struct elevator_link_config){ &b->names, b->loop }), ORD_OK);
    struct elevator_state_msg m = { .motion = CAR_STOPPED, .door = DOOR_CLOSED, .mode = ELEVATOR_AGV };
    snprintf(m.elevator, sizeof m.elevator, "%s", b->site->elevator[0].id);
    snprintf(m.level, sizeof m.level, "%s", b->site->level[1].id);
    assert_true(elevator_state_encode(&m, text, sizeof text) > 0);
    uint64_t before = loop_seq(b->loop);
    struct mqtt_item item = message("orderly/v1/elevator/E1/state", text);
    for (int i = 0; i < 5; i++) assert_true(elevator_link_message(building, &item));
    assert_true(loop_seq(b->loop) == before + 1);
    fleet_elevator(loop_fleet(b->loop), 0, &v);
    assert_true(v.heard);
    assert_int_equal(v.level, 1);
    elevator_link_close(building);
    down(b);
}

/* The demo hospital with a fire zone on its lowest level. */
static zone_id add_fire_zone(struct bench *b)
{
    static const char zone[] =
        ", \"zones\": [{\"id\":\"F1\",\"kind\":\"fire\",\"level\":\"B1\",\"name\":{\"zh\":\"甲\",\"en\":\"A\"},"
        "\"corners\":[[0,0],[6,0],[6,20],[0,20]]}]}";
    static char text[1 << 18];
    struct err_note note = { .where = "" };
    FILE *f = fopen(DEMO_SITE, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - sizeof zone, f);
    fclose(f);
    strcpy(strrchr((text[n] = 0, text), '}'), zone);
    site_close(b->site);
    int err = site_parse("demo with a zone", text, strlen(text), &b->site, &note);
    if (err) fail_msg("%s: %s", note.where, note.what);
    assert_int_equal(site_compile(b->site, b->fleet->classes, b->fleet->cls, &note), ORD_OK);
    struct lint_report report;
    assert_int_equal(site_lint(b->site, b->fleet->robots, &report), ORD_OK);
    lint_close(&report);
    b->names.site = b->site;
    return site_zone_by_id(b->site, "F1");
}

static void a_fire_panel_that_alarms_or_falls_silent_is_a_fire_until_a_person_ends_it(void **state)
{
    struct bench *b = *state;
    struct elevator_link *building;
    char normal[160], fire[160], topic[160];
    zone_id z = add_fire_zone(b);
    assert_int_not_equal(z, ID_NONE);
    snprintf(topic, sizeof topic, "orderly/v1/zone/%s/state", b->site->zone[z].id);
    snprintf(normal, sizeof normal, "{\"zone\":\"%s\",\"state\":\"normal\"}", b->site->zone[z].id);
    snprintf(fire, sizeof fire, "{\"zone\":\"%s\",\"state\":\"fire\"}", b->site->zone[z].id);
    struct mqtt_item calm = message(topic, normal), alarm = message(topic, fire);
    struct fleet_in over = { .kind = IN_OPERATE, .operate = { .op = OP_FIRE_OVER, .target = z } };
    up(b, 1);
    assert_int_equal(elevator_link_open(&building, &(struct elevator_link_config){ &b->names, b->loop }), ORD_OK);
    elevator_link_look(building, uv_hrtime() + 60000000000u); /* never heard: there may be none */
    assert_int_equal(fleet_zone(loop_fleet(b->loop), z), 0);
    assert_true(elevator_link_message(building, &calm));
    elevator_link_look(building, uv_hrtime() + 5000000000u);
    assert_int_equal(fleet_zone(loop_fleet(b->loop), z), 0);
    assert_true(elevator_link_message(building, &alarm));
    assert_int_equal(fleet_zone(loop_fleet(b->loop), z), 1);
    uint64_t before = loop_seq(b->loop);
    assert_true(elevator_link_message(building, &alarm)); /* repeated */
    assert_true(elevator_link_message(building, &calm));  /* the panel cannot end it */
    assert_true(loop_seq(b->loop) == before);
    assert_int_equal(fleet_zone(loop_fleet(b->loop), z), 1);
    assert_int_equal(loop_input(b->loop, &over, NULL, NULL), ORD_OK);
    assert_int_equal(fleet_zone(loop_fleet(b->loop), z), 0);
    elevator_link_look(building, uv_hrtime() + 11000000000u); /* silent now */
    assert_int_equal(fleet_zone(loop_fleet(b->loop), z), 1);
    elevator_link_close(building);
    down(b);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, bench_up, bench_down)
    const struct CMUnitTest tests[] = {
        CASE(no_output_leaves_before_its_commit),
        CASE(time_goes_on_after_a_restart_and_never_back),
        CASE(a_restart_finds_state_and_epoch_again),
        CASE(only_what_was_not_committed_is_lost_by_a_kill),
        CASE(a_start_replays_only_what_came_after_the_newest_snapshot),
        CASE(after_a_stop_in_good_order_nothing_is_replayed),
        CASE(a_damaged_snapshot_gives_way_to_the_one_before),
        CASE(a_snapshot_of_another_program_gives_way_to_the_whole_journal),
        CASE(what_the_host_knows_comes_back_with_the_snapshot),
        CASE(a_state_that_does_not_match_its_mark_is_refused),
        CASE(a_row_that_cannot_be_read_is_named),
        CASE(another_map_is_refused),
        CASE(a_failed_disk_lets_nothing_more_in_or_out),
        CASE(strangers_and_torn_messages_change_nothing),
        CASE(a_robot_that_speaks_is_online),
        CASE(a_factsheet_that_contradicts_the_class_becomes_one_input),
        CASE(a_car_that_repeats_itself_is_one_input),
        CASE(a_fire_panel_that_alarms_or_falls_silent_is_a_fire_until_a_person_ends_it),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
