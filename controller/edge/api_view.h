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
void view_round(struct text *t, const struct view *v, uint16_t round); /* of the timetable; view_day.c from here */
void view_stock(struct text *t, const struct view *v, uint16_t par);
void view_modes(struct text *t, const struct view *v);
void view_reason(struct text *t, const struct view *v, const struct job_view *j); /* "why":{...} or null */
void view_why(struct text *t, const struct view *v, const struct job_view *j);    /* the reason, the robot, its tour, the queue */
void view_time(struct text *t, const struct view *v, const char *name, ms_t at_ms); /* MS_NEVER or less than 0: null */
void view_site(struct text *t, const struct site *s);
bool view_robot_online(const struct view *v, robot_id r);

#endif
