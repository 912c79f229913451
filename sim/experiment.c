#include "experiment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preset.h"

const struct experiment experiments[] = {
    { "h500-normal", "h500", NULL, 14, 5, "h500", "h500", "500 床医院的一天", "a day of the 500-bed hospital" },
    { "h500-lift-down", "h500", NULL, 14, 5, "h500", "h500-lift-down", "洁梯 L1 在 10:00-13:00 停用",
      "clean elevator L1 out of service 10:00-13:00" },
    { "h500-short", "h500", NULL, 10, 5, "h500", "h500", "重载机器人少四台", "four heavy robots fewer" },
    { "h500-onelift", "h500", "L1:mixed", 14, 5, "h500", "h500-onelift", "只有一部电梯，按时段分洁污",
      "one elevator only, clean and dirty by hours" },
    { "h500-fire", "h500", NULL, 14, 5, "h500", "h500-fire", "五层病区 10:50 火警 20 分钟",
      "fire alarm on ward floor 5 at 10:50 for 20 minutes" },
    { "h500-power", "h500", NULL, 14, 5, "h500", "h500-power", "18:10-19:00 停电", "mains lost 18:10-19:00" },
    { "h500-surge", "h500", NULL, 14, 5, "h500", "h500-surge", "08:00-12:00 临时申请加倍",
      "twice the requests 08:00-12:00" },
    { "h1500-normal", "h1500", NULL, 45, 14, "h1500", "h1500", "1500 床医院的一天", "a day of the 1,500-bed hospital" },
    { "h1500-stagger", "h1500", NULL, 45, 14, "h1500-stagger", "h1500", "洁净被服错峰", "clean linen at other hours" },
};
const size_t experiments_count = COUNT_OF(experiments);

const struct experiment *experiment_named(const char *name)
{
    for (size_t i = 0; i < experiments_count; i++)
        if (strcmp(experiments[i].name, name) == 0) return &experiments[i];
    return NULL;
}

/* The bytes decide what the journal and the hash say: so the site goes through its file form. */
static int generated(const struct hospital_options *o, struct site **out, struct err_note *note)
{
    struct import_report r = { 0 };
    struct site *made = NULL;
    char *bytes = NULL;
    size_t n = 0;
    int err = generate_hospital(o, &made, &r, note);
    import_report_close(&r);
    if (err) return err;
    FILE *f = open_memstream(&bytes, &n);
    err = f ? site_write(made, f) : ORD_EMEMORY;
    if (f && fclose(f) != 0) err = ORD_EMEMORY;
    site_close(made);
    err = err ? err_at(note, err, o->id, "%s", err_en(err)) : site_parse(o->id, bytes, n, out, note);
    free(bytes);
    return err;
}

int experiment_open(const struct experiment *e, struct sim_set *set, struct err_note *note)
{
    struct hospital_options o;
    memset(set, 0, sizeof *set);
    if (!hospital_preset(e->hospital, &o))
        return err_at(note, ORD_ENOTFOUND, e->name, "there is no hospital '%s'", e->hospital);
    if (e->elevators) o.elevators = e->elevators;
    int err = fleet_spec_hospital(e->heavy, e->cabinet, &set->fleet);
    if (err) return err_at(note, err, e->name, "%s", err_en(err));
    err = generated(&o, &set->site, note);
    if (!err) err = site_compile(set->site, set->fleet->classes, set->fleet->cls, note);
    return err ? err : sim_set_plans(set, e->rounds, e->demand, note);
}

int sim_set_plans(struct sim_set *set, const char *rounds, const char *demand, struct err_note *note)
{
    size_t n = 0;
    int err = ORD_OK;
    if (rounds) {
        const char *bytes = access(rounds, R_OK) == 0 ? NULL : preset_rounds(rounds, &n);
        err = bytes ? timetable_parse(rounds, bytes, n, set->site, &set->timetable, note)
                    : timetable_open(rounds, set->site, &set->timetable, note);
    }
    if (demand && !err) {
        const char *bytes = access(demand, R_OK) == 0 ? NULL : preset_demand(demand, &n);
        err = bytes ? demand_file_parse(demand, bytes, n, set->site, set->fleet, &set->demand, note)
                    : demand_file_open(demand, set->site, set->fleet, &set->demand, note);
    }
    return err;
}

int64_t experiment_midnight_utc_s(const struct site *s)
{
    return 20514 * (int64_t)86400 - s->calendar.utc_offset_min * 60; /* days since 1970 */
}

void sim_set_close(struct sim_set *set)
{
    site_close(set->site);
    fleet_spec_close(set->fleet);
    timetable_close(set->timetable);
    demand_file_close(set->demand);
    memset(set, 0, sizeof *set);
}
