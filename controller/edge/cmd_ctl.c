#include "cmd_ctl.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "ctl.h"
#include "log.h"

/* Options that take a text, and where it goes. */
static const struct {
    const char *name;
    size_t at;
} text_option[] = {
    { "url", offsetof(struct ctl, url) },
    { "key-file", offsetof(struct ctl, key_file) },
    { "ca", offsetof(struct ctl, ca) },
    { "quantity", offsetof(struct ctl, quantity) },
    { "priority", offsetof(struct ctl, priority) },
    { "item", offsetof(struct ctl, item) },
    { "goods", offsetof(struct ctl, goods) },
    { "ready", offsetof(struct ctl, ready) },
    { "due", offsetof(struct ctl, due) },
    { "return", offsetof(struct ctl, back) },
    { "day", offsetof(struct ctl, day) },
    { "limit", offsetof(struct ctl, limit) },
    { "after", offsetof(struct ctl, after) },
    { "state", offsetof(struct ctl, state) },
    { "data", offsetof(struct ctl, data) },
    { "wards", offsetof(struct ctl, wards) },
};
enum { TEXTS = COUNT_OF(text_option), OPT_JSON = 100, OPT_PRINT, OPT_HELP };

static void fill_options(struct option out[TEXTS + 4])
{
    for (int i = 0; i < TEXTS; i++) out[i] = (struct option){ text_option[i].name, required_argument, NULL, i };
    out[TEXTS] = (struct option){ "json", no_argument, NULL, OPT_JSON };
    out[TEXTS + 1] = (struct option){ "print", no_argument, NULL, OPT_PRINT };
    out[TEXTS + 2] = (struct option){ "help", no_argument, NULL, OPT_HELP };
    out[TEXTS + 3] = (struct option){ NULL, 0, NULL, 0 };
}

/* The first line of the file. False: said why not. */
static bool read_key(struct ctl *c, char *out, int size)
{
    FILE *f = fopen(c->key_file, "r");
    bool got = f && fgets(out, size, f);
    if (f) fclose(f);
    if (got) {
        out[strcspn(out, "\r\n")] = 0;
        c->key = out;
        return true;
    }
    fprintf(stderr, log_tr("orderly ctl: %s: holds no key that can be read\n", "orderly ctl：%s：读不到密钥\n"),
            c->key_file);
    return false;
}

int cmd_ctl(int argc, char **argv)
{
    struct option options[TEXTS + 4];
    char key[128];
    struct ctl c = { .url = "http://127.0.0.1:8080", .key = getenv("ORDERLY_KEY") };
    int option;
    fill_options(options);
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option >= 0 && option < TEXTS) {
            *(const char **)((char *)&c + text_option[option].at) = optarg;
        } else if (option == OPT_JSON) {
            c.json = true;
        } else if (option == OPT_PRINT) {
            c.print = true;
        } else if (option == OPT_HELP) {
            fputs(log_tr(ctl_help_en, ctl_help_zh), stdout);
            return 0;
        } else {
            fprintf(stderr, "orderly ctl: %s: %s\n", argv[optind - 1],
                    option == ':' ? log_tr("this option needs a value", "该选项需要一个值")
                                  : log_tr("no such option", "没有这个选项"));
            return CTL_USAGE;
        }
    }
    for (; optind < argc && c.args < CTL_ARGS_MAX; optind++) c.arg[c.args++] = argv[optind];
    if (optind < argc) c.args = 0;
    if (c.key_file && !read_key(&c, key, sizeof key)) return CTL_USAGE;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = ctl_run(&c);
    curl_global_cleanup();
    return code;
}
