#include "fleet_state.h"

enum hygiene hygiene_of(const struct fleet *f, const struct job_view *v)
{
    return v->infectious ? HYGIENE_INFECTIOUS : site_goods_of(f->cfg.site, v->goods)->hygiene;
}

bool hygiene_together(const struct fleet *f, const struct robot *r, enum hygiene next)
{
    const struct hygiene_rules *rules = &f->cfg.site->hygiene;
    for (uint8_t i = 0; i < r->loads; i++) {
        if (!(rules->together[hygiene_of(f, job_seen(f, r->load[i]))] & hygiene_bit(next))) return false;
    }
    return true;
}

enum hygiene_after hygiene_follows(const struct fleet *f, hygiene_set before, enum hygiene next)
{
    enum hygiene_after worst = AFTER_FREELY;
    for (enum hygiene h = 0; h < HYGIENE_COUNT; h++) {
        if (!(before & hygiene_bit(h))) continue;
        enum hygiene_after rule = (enum hygiene_after)f->cfg.site->hygiene.after[h][next];
        if (rule > worst) worst = rule;
    }
    return worst;
}
