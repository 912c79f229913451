/* ctl - what the files of `orderly ctl` share: the command line as read, one HTTP call, one answer shown.
 *
 * cmd_ctl.c reads the command line, ctl_verbs.c knows the verbs, ctl_show.c prints tables, ctl_http.c talks,
 * ctl_print.c makes the page for the printer. */
#ifndef EDGE_CTL_H
#define EDGE_CTL_H

#include "common/json.h"

#define CTL_FAILED 1
#define CTL_USAGE 2
#define CTL_ARGS_MAX 6

struct ctl {
    const char *url, *key;       /* key: of a machine; NULL: none. Never from the command line, which others can see */
    const char *ca, *key_file, *data, *wards; /* data: the controller's folder, for what is done without the controller */
    const char *quantity, *priority, *item, *goods, *due, *ready, *back, *day, *limit, *after, *state;
    bool json, print;
    char *arg[CTL_ARGS_MAX];
    int args;
};

/* ---- ctl_http.c ---- */
struct ctl_answer { char *bytes; size_t n; long status; };
/* 0, or the exit code after it has said why. The caller frees bytes. */
int ctl_call(const struct ctl *c, const char *method, const char *path, const char *body, struct ctl_answer *a);
int ctl_unreachable(const struct ctl *c, const char *why);
int ctl_watch(const struct ctl *c);

/* ---- ctl_show.c ---- */
enum ctl_kind { TEXT, NUMBER, TIME, NAME, WORD, DOOR, COUNTS };
struct ctl_column { const char *key, *en, *zh; enum ctl_kind kind; int width; };
struct ctl_show { const char *list; const struct ctl_column *col; size_t cols; }; /* list NULL: the answer is one object */
void ctl_table(struct json_at rows, const struct ctl_column *col, size_t cols);
void ctl_fields(struct json_at object, const struct ctl_column *col, size_t cols);
const char *ctl_word(const char *s);      /* the API's words are for programs; people read theirs */
const char *ctl_door_word(const char *s); /* "moving" is also a state of jobs */
const char *ctl_clock(const char *rfc3339, char out[16]); /* hours, minutes, seconds of the reader's own clock */
const char *ctl_string(struct json_at object, const char *key); /* "" when absent or not text */

/* Asks, then shows the answer, or the problem. */
int ctl_ask(const struct ctl *c, const char *method, const char *path, const char *body, struct ctl_show show);
/* The same for an answer that needs more than a table. */
int ctl_ask_with(const struct ctl *c, const char *method, const char *path, const char *body, void (*show)(struct json_at root));

/* ---- ctl_print.c ---- */
int ctl_print_jobs(const struct ctl *c); /* open jobs as a page for the printer */

/* ---- ctl_records.c ---- */
int ctl_records(const struct ctl *c); /* user, key, audit verify */

/* ---- ctl_verbs.c ---- */
int ctl_run(const struct ctl *c);
int ctl_usage(void);
extern const char ctl_help_en[], ctl_help_zh[];

#endif
