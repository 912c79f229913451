/* job_sheet - open jobs as a page for the printer (R58): what people carry themselves while the network is down.
 *
 * One HTML file that needs nothing else: no script, no style sheet, no picture, so that it can be kept on any computer
 * and printed from there. Urgent jobs first, then by age; loads that are already on a robot say on which one, so that
 * people look for them there. A column each for the hour and the name of who carried it. */
#ifndef EDGE_JOB_SHEET_H
#define EDGE_JOB_SHEET_H

#include <stdio.h>

#include "common/json.h"

/* `jobs`: answer of GET /api/v1/jobs?state=open; `site`: answer of GET /api/v1/site, for the names of stations. Returns how many
 * jobs there are, or a negative error, which the documents hold. */
int job_sheet_write(FILE *out, struct json_at jobs, struct json_at site, const char *printed_at, bool zh);

#endif
