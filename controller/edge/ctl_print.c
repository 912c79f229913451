/* `orderly ctl jobs --print` (R58): two questions, one page. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"
#include "job_sheet.h"
#include "log.h"

#define OPEN_JOBS "/api/v1/jobs?state=open&limit=1000"

/* One answer, read. 0: the caller closes `doc` and frees a->bytes. */
static int fetch(const struct ctl *c, const char *path, struct ctl_answer *a, struct json_doc *doc)
{
    int code = ctl_call(c, "GET", path, NULL, a);
    if (code) return code;
    int err = json_open(doc, path, a->bytes ? a->bytes : "", a->n, (struct json_limits){ 0, 16 });
    if (!err && a->status == 200) return 0;
    json_close(doc);
    free(a->bytes);
    a->bytes = NULL;
    return ctl_unreachable(c, log_tr("the answer is not from orderlyd", "答复不是来自 orderlyd"));
}

static int print_page(const struct ctl *c, struct json_doc *jobs, struct json_doc *site)
{
    char now[32];
    log_wall_text(log_wall_ms(), now);
    if (job_sheet_write(stdout, json_root(jobs), json_root(site), now, log_zh()) < 0)
        return ctl_unreachable(c, json_ok(jobs) ? site->note.what : jobs->note.what);
    if (fflush(stdout) == 0) return 0;
    fputs(log_tr("orderly ctl: the page cannot be written\n", "orderly ctl：页面无法写出\n"), stderr);
    return CTL_FAILED;
}

int ctl_print_jobs(const struct ctl *c)
{
    struct ctl_answer jobs, site;
    struct json_doc jobs_doc, site_doc;
    int code = fetch(c, OPEN_JOBS, &jobs, &jobs_doc);
    if (code) return code;
    code = fetch(c, "/api/v1/site", &site, &site_doc);
    if (!code) {
        code = print_page(c, &jobs_doc, &site_doc);
        json_close(&site_doc);
        free(site.bytes);
    }
    json_close(&jobs_doc);
    free(jobs.bytes);
    return code;
}
