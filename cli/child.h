/* child - the programs that `orderly up` runs: started, watched, started again with growing pauses, stopped.
 *
 *             child_start            ended by itself
 *   STOPPED ------------> RUNNING ------------------> WAITING --(pause over)--> RUNNING
 *
 * (1) A child gets SIGTERM when its parent dies, however it dies.  (2) what it writes to stderr goes to its log file.
 * (3) a child that ran well for a while starts again at once; one that keeps dying waits up to 10 s. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/units.h"

#define CHILD_ARGS_MAX 48

struct child {
    char name[64], log[512];
    char *arg[CHILD_ARGS_MAX + 1]; int args; /* owned; arg[0] is the program */
    bool want_out;                 /* its stdout comes to us through out_fd, which never blocks */
    int out_fd;                    /* -1 */
    pid_t pid;                     /* 0: not running */
    ms_t started_ms, again_ms, pause_ms; /* wall clock of the owner; again_ms MS_NEVER: not waiting */
    int restarts;
};

void child_init(struct child *c, const char *name, const char *log);
bool child_arg(struct child *c, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* false: too many, or no memory */
void child_set(struct child *c, const char *flag, const char *value); /* replace the value after an existing flag */
int child_start(struct child *c, ms_t now_ms);      /* ORD_EIO with errno set */
/* After waitpid() named it: decides when it starts again. */
void child_ended(struct child *c, ms_t now_ms);
void child_close(struct child *c);

#endif
