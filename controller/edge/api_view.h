/* api_view - what the API shows: jobs, robots, elevators and the site as JSON text (HTTP API v1). Reads only. */
#ifndef EDGE_API_VIEW_H
#define EDGE_API_VIEW_H

#include "common/text.h"
#include "loop.h"
#include "store.h"

struct view {              /* all borrowed */
    const struct names *names;
    const struct loop *loop;
    const struct store *store;
};

void view_job(struct text *t, const struct view *v, const struct job_view *j);
void view_robot(struct text *t, const struct view *v, robot_id r);
void view_elevator(struct text *t, const struct view *v, elevator_id e);
void view_site(struct text *t, const struct site *s);
bool view_robot_online(const struct view *v, robot_id r);

#endif
