#include "broker_acl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"
#include "common/vda/vda_codec.h"

#define ROUNDS 101 /* of PBKDF2: what mosquitto_passwd takes; our passwords are random, not words of people */
#define SALT_BYTES 12

static const char *const fixed[] = { BROKER_CONTROLLER, BROKER_BUILDING, BROKER_WATCH, BROKER_PROBE };

size_t broker_users(const struct fleet_spec *f) { return COUNT_OF(fixed) + f->robots; }

void broker_robot_user(const struct fleet_robot *r, char out[BROKER_USER_MAX])
{
    snprintf(out, BROKER_USER_MAX, "%s.%s", r->manufacturer, r->serial);
    for (char *s = out; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr(".-_", *s)) *s = '_';
}

void broker_user(const struct fleet_spec *f, size_t i, char out[BROKER_USER_MAX])
{
    if (i < COUNT_OF(fixed)) text_copy(out, BROKER_USER_MAX, fixed[i]);
    else broker_robot_user(&f->robot[i - COUNT_OF(fixed)], out);
}

void broker_probe_topic(const struct fleet_spec *f, bool other, char out[FLEET_TOPIC_MAX])
{
    const struct fleet_robot *usual = &f->robot[0];
    for (uint16_t r = f->robots; r-- > 0;)
        if (!f->robot[r].topic[0]) usual = &f->robot[r];
    snprintf(out, FLEET_TOPIC_MAX, "%s/v%c/orderly/orderly-%s", usual->interface_name, usual->version[0],
             other ? "other" : "probe");
}

/* ---- rules ---- */
static void put_rule(FILE *out, const char *right, const char *levels, enum vda_topic last)
{
    fprintf(out, "topic %s %s/%s\n", right, levels, vda_topic_name[last]);
}

static const enum vda_topic told[] = { VDA_T_ORDER, VDA_T_INSTANT };
static const enum vda_topic heard[] = { VDA_T_STATE, VDA_T_CONNECTION, VDA_T_FACTSHEET, VDA_T_VISUALIZATION };

static void put_robot(FILE *out, const char *user, const char *levels)
{
    fprintf(out, "\nuser %s\n", user);
    for (size_t i = 0; i < COUNT_OF(told); i++) put_rule(out, "read", levels, told[i]);
    for (size_t i = 0; i < COUNT_OF(heard); i++) put_rule(out, "write", levels, heard[i]);
}

/* The controller may speak to every robot of an interface. The probe is one of them: it tests these very rules. */
static void put_controller(FILE *out, const struct fleet_spec *f)
{
    char levels[FLEET_TOPIC_MAX];
    bool usual = false;
    fprintf(out, "user %s\ntopic read orderly/v1/+/+/state\ntopic write orderly/v1/+/+/request\n", BROKER_CONTROLLER);
    for (uint16_t r = 0; r < f->robots; r++) {
        const struct fleet_robot *s = &f->robot[r];
        bool first = true;
        usual |= !s->topic[0];
        for (uint16_t q = 0; q < r && first && !s->topic[0]; q++)
            first = f->robot[q].topic[0] || f->robot[q].version[0] != s->version[0] ||
                    strcmp(f->robot[q].interface_name, s->interface_name) != 0;
        if (!first) continue;
        if (s->topic[0]) text_copy(levels, sizeof levels, s->topic);
        else snprintf(levels, sizeof levels, "%s/v%c/+/+", s->interface_name, s->version[0]);
        for (size_t i = 0; i < COUNT_OF(told); i++) put_rule(out, "write", levels, told[i]);
        for (size_t i = 0; i < COUNT_OF(heard); i++) put_rule(out, "read", levels, heard[i]);
    }
    if (usual) return;
    broker_probe_topic(f, false, levels); /* no rule is for all robots: the probe needs its own */
    put_rule(out, "write", levels, VDA_T_ORDER);
    put_rule(out, "read", levels, VDA_T_STATE);
}

void broker_acl_write(FILE *out, const struct fleet_spec *f)
{
    char user[BROKER_USER_MAX], levels[FLEET_TOPIC_MAX];
    fputs("# Who may say and hear what: an acl_file of mosquitto. Everybody else: nothing.\n\n", out);
    put_controller(out, f);
    fprintf(out, "\nuser %s\ntopic read orderly/v1/+/+/request\ntopic write orderly/v1/+/+/state\n", BROKER_BUILDING);
    fprintf(out, "\nuser %s\ntopic read #\n", BROKER_WATCH);
    broker_probe_topic(f, false, levels);
    put_robot(out, BROKER_PROBE, levels);
    for (uint16_t r = 0; r < f->robots; r++) {
        broker_robot_user(&f->robot[r], user);
        fleet_robot_topic(&f->robot[r], levels);
        put_robot(out, user, levels);
    }
}

/* ---- passwords ---- */

/* PBKDF2 with HMAC-SHA-512 (RFC 8018), one block long: what mosquitto 2 keeps as "$7$". */
static void pbkdf2(const char *password, const unsigned char salt[SALT_BYTES], unsigned char out[64])
{
    static const unsigned char one[4] = { 0, 0, 0, 1 };
    unsigned char u[64];
    crypto_auth_hmacsha512_state h;
    for (int i = 0; i < ROUNDS; i++) {
        crypto_auth_hmacsha512_init(&h, (const unsigned char *)password, strlen(password));
        if (i == 0) {
            crypto_auth_hmacsha512_update(&h, salt, SALT_BYTES);
            crypto_auth_hmacsha512_update(&h, one, sizeof one);
            memset(out, 0, 64);
        } else {
            crypto_auth_hmacsha512_update(&h, u, sizeof u);
        }
        crypto_auth_hmacsha512_final(&h, u);
        for (size_t k = 0; k < sizeof u; k++) out[k] ^= u[k];
    }
}

static void put_hashed(FILE *out, const char *user, const char *password)
{
    unsigned char salt[SALT_BYTES], hash[64];
    char salt_text[32], hash_text[128];
    randombytes_buf(salt, sizeof salt);
    pbkdf2(password, salt, hash);
    sodium_bin2base64(salt_text, sizeof salt_text, salt, sizeof salt, sodium_base64_VARIANT_ORIGINAL);
    sodium_bin2base64(hash_text, sizeof hash_text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    fprintf(out, "%s:$7$%d$%s$%s\n", user, ROUNDS, salt_text, hash_text);
}

int broker_password(const char *path, char out[BROKER_PASSWORD_MAX], struct err_note *note)
{
    FILE *f = fopen(path, "re");
    bool got = f && fgets(out, BROKER_PASSWORD_MAX, f);
    int why = errno;
    if (f) fclose(f);
    if (got) out[strcspn(out, "\r\n")] = 0;
    if (got && *out) return ORD_OK;
    return err_at(note, ORD_EIO, path, f ? "holds no password in its first line" : "cannot be read: %s", strerror(why));
}

static int new_password(const char *path, char out[BROKER_PASSWORD_MAX], struct err_note *note)
{
    unsigned char raw[18];
    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(out, BROKER_PASSWORD_MAX, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, out, strlen(out)) == (ssize_t)strlen(out) && write(fd, "\n", 1) == 1;
    int why = errno;
    if (fd >= 0) close(fd);
    if (!ok && fd >= 0) unlink(path);
    return ok ? ORD_OK : err_at(note, ORD_EIO, path, "cannot be written: %s", strerror(why));
}

int broker_passwords(const char *dir, const struct fleet_spec *f, FILE *hashed, struct err_note *note)
{
    char user[BROKER_USER_MAX], path[1024], password[BROKER_PASSWORD_MAX];
    if (mkdir(dir, 0700) && errno != EEXIST) return err_at(note, ORD_EIO, dir, "cannot be made: %s", strerror(errno));
    for (size_t i = 0; i < broker_users(f); i++) {
        broker_user(f, i, user);
        if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, user) >= sizeof path)
            return err_at(note, ORD_EFULL, dir, "the path is too long");
        int err = access(path, F_OK) == 0 ? broker_password(path, password, note) : new_password(path, password, note);
        if (err) return err;
        put_hashed(hashed, user, password);
    }
    sodium_memzero(password, sizeof password);
    return ORD_OK;
}
