#include "fleet_state.h"

static enum refusal judge(const struct job *job, enum count_where where)
{
    if (!job) return REFUSAL_UNKNOWN_JOB;
    if (job->v.state == JOB_CANCELLED || job->v.state == JOB_FAILED) return REFUSAL_JOB_ENDED;
    return where == COUNT_AT_DELIVERY && job->v.state < JOB_LOADED ? REFUSAL_NOT_LOADED : REFUSAL_NONE;
}

/* A person may count again: the last number stands, that they once differed does too. */
void custody_count(struct fleet *f, const struct in_count *in)
{
    struct job *job = job_find(f, in->job);
    enum refusal why = judge(job, (enum count_where)in->where);
    if (why != REFUSAL_NONE) {
        job_refuse(f, in->job, why, 0);
        return;
    }
    struct job_view *v = &job->v;
    bool same_again = v->counted[in->where] == in->count;
    v->counted[in->where] = in->count;
    job_tell(f, job, 0);
    uint16_t sent = v->counted[COUNT_AT_PICKUP], got = v->counted[COUNT_AT_DELIVERY];
    if (same_again || sent == COUNT_NONE || got == COUNT_NONE) return;
    if (sent == got && !v->differs) return;
    enum event_no event = sent == got ? EVENT_COUNT_SETTLED : EVENT_COUNT_DIFFERS;
    v->differs = true;
    fleet_event(f, event, v->robot, v->job, (int64_t)got - sent);
}
