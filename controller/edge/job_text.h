/* job_text - the core's reasons in the words of a ward: why a request was refused, why a job is where it is. */
#ifndef EDGE_JOB_TEXT_H
#define EDGE_JOB_TEXT_H

#include "core/msg.h"

const char *refusal_en(enum refusal why);
const char *refusal_zh(enum refusal why);

/* One sentence; "%r" stands for the robot of job_view.why_robot. */
const char *job_why_en(enum job_why why);
const char *job_why_zh(enum job_why why);

#endif
