/* cmd_ctl - `orderly ctl`: a small HTTP client of the daemon. Tables for people, --json for programs. */
#ifndef EDGE_CMD_CTL_H
#define EDGE_CMD_CTL_H

int cmd_ctl(int argc, char **argv); /* orderly ctl --help lists the verbs */

#endif
