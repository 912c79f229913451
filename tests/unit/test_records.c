/* Accounts, keys, and a record of acts that shows when somebody has been at it. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "edge/cmd_ctl.h"
#include "edge/records.h"
#include "edge/session.h"
#include "edge_host.h"

static char folder[64];

static int folder_up(void **state)
{
    (void)state;
    test_folder_make(folder);
    setenv("LC_ALL", "C", 1);
    return 0;
}

static int folder_down(void **state)
{
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static struct records *opened(void)
{
    struct records *r;
    struct err_note note = { .where = "" };
    int err = records_open(&r, folder, &note);
    if (err) print_error("%s: %s\n", note.where, note.what);
    assert_int_equal(err, ORD_OK);
    return r;
}

static void act(struct records *r, const char *who, const char *what)
{
    struct audit_entry e = { .at_ms = 1772418000000, .status = 200 };
    snprintf(e.who, sizeof e.who, "%s", who);
    snprintf(e.act, sizeof e.act, "%s", what);
    assert_int_equal(audit_append(r, &e), ORD_OK);
}

static void tamper(const char *sql)
{
    sqlite3 *db;
    char path[128];
    snprintf(path, sizeof path, "%s/records.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static struct audit_verdict judged(void)
{
    struct records *r = opened();
    struct audit_verdict v;
    assert_int_equal(audit_verify(r, &v), ORD_OK);
    records_close(r);
    return v;
}

static void R60_a_changed_removed_or_added_act_breaks_the_chain_there(void **state)
{
    static const struct {
        const char *sql;
        uint64_t broken;
    } crime[] = {
        { "UPDATE audit SET who = 'somebody else' WHERE seq = 3", 3 },
        { "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 2", 2 },
        { "UPDATE audit SET status = 403 WHERE seq = 5", 5 },
        { "UPDATE audit SET detail = 'x' WHERE seq = 1", 1 },
        { "DELETE FROM audit WHERE seq = 4", 4 },
        { "DELETE FROM audit WHERE seq = 1", 1 },
        { "UPDATE audit SET act = (SELECT act FROM audit WHERE seq = 2), hash = (SELECT hash FROM audit WHERE seq = 2)"
          " WHERE seq = 3",
          3 },
        { "INSERT INTO audit SELECT 7, at_ms, 'late', role, origin, act, status, detail, hash FROM audit WHERE seq = 6",
          7 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof crime / sizeof crime[0]; i++) {
        if (i) tamper("DELETE FROM audit");
        struct records *r = opened();
        for (int k = 0; k < 6; k++) act(r, k % 2 ? "王" : "李", "POST /api/v1/operate");
        records_close(r);
        struct audit_verdict v = judged();
        assert_true(v.whole);
        assert_int_equal(v.entries, 6);
        tamper(crime[i].sql);
        v = judged();
        assert_false(v.whole);
        assert_int_equal(v.broken, crime[i].broken);
    }
}

static void a_record_cut_short_shows_by_the_last_hash(void **state)
{
    (void)state;
    tamper("DELETE FROM audit");
    struct records *r = opened();
    for (int k = 0; k < 3; k++) act(r, "a", "b");
    records_close(r);
    struct audit_verdict before = judged();
    tamper("DELETE FROM audit WHERE seq = 3");
    struct audit_verdict after = judged();
    assert_true(after.whole); /* the chain alone cannot know: the log keeps number and hash of the last entry */
    assert_int_not_equal(after.entries, before.entries);
    assert_string_not_equal(after.last, before.last);
}

static void two_programs_write_one_chain(void **state)
{
    (void)state;
    tamper("DELETE FROM audit");
    struct records *a = opened(), *b = opened();
    for (int k = 0; k < 10; k++) act(k % 2 ? a : b, "x", "y");
    records_close(a);
    records_close(b);
    struct audit_verdict v = judged();
    assert_true(v.whole);
    assert_int_equal(v.entries, 10);
}

static void accounts_are_kept_with_role_and_wards(void **state)
{
    struct records *r = opened();
    struct account a = { .name = "李护士", .role = ROLE_NURSE, .secret = "s" }, b;
    (void)state;
    assert_true(account_wards_parse(&a, "ward-3a,ward-3b"));
    assert_int_equal(records_put(r, ACCOUNT_PERSON, &a), ORD_OK);
    records_close(r);
    r = opened();
    assert_true(records_find(r, ACCOUNT_PERSON, "李护士", &b));
    assert_int_equal(b.role, ROLE_NURSE);
    assert_int_equal(b.wards, 2);
    assert_string_equal(b.ward[1], "ward-3b");
    assert_false(records_find(r, ACCOUNT_KEY, "李护士", &b));
    assert_int_equal(records_count(r, ACCOUNT_PERSON), 1);
    assert_true(records_drop(r, ACCOUNT_PERSON, "李护士"));
    assert_false(records_drop(r, ACCOUNT_PERSON, "李护士"));
    records_close(r);
    static const char *const bad[] = { "", " x", "x ", "a/b", "a\"b", "a\nb", "\xff" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(account_name_valid(bad[i]));
    static const char *const lists[] = { ",", "a,,b", "a b", "1,2,3,4,5,6,7,8,9" };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) assert_false(account_wards_parse(&a, lists[i]));
}

static void a_foreign_file_is_refused_by_name(void **state)
{
    struct records *r;
    struct err_note note = { .where = "" };
    char other[64], path[128];
    (void)state;
    test_folder_make(other);
    snprintf(path, sizeof path, "%s/records.db", other);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 100; i++) fputs("this is not a database, it is a text. ", f);
    fclose(f);
    assert_int_equal(records_open(&r, other, &note), ORD_ECORRUPT);
    assert_non_null(strstr(note.where, "records.db"));
    test_folder_remove(other);
    struct stat st;
    snprintf(path, sizeof path, "%s/records.db", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0); /* its owner's alone */
}

static void passwords_are_argon2id_and_fit_only_themselves(void **state)
{
    char hash[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
    (void)state;
    assert_int_equal(password_hash("open sesame", hash), ORD_OK);
    assert_int_equal(password_hash("open sesame", again), ORD_OK);
    assert_memory_equal(hash, "$argon2id$", 10);
    assert_string_not_equal(hash, again); /* salted */
    assert_true(password_fits(hash, "open sesame"));
    assert_false(password_fits(hash, "open sesam"));
    assert_false(password_fits("", "open sesame"));
}

static void tries_wait_longer_and_longer_and_are_forgotten(void **state)
{
    struct sessions *s;
    ms_t now = 1000000, before = 0;
    (void)state;
    assert_int_equal(sessions_open(&s), ORD_OK);
    for (int i = 0; i < 4; i++) login_failed(s, "a", "10.0.0.1", now);
    assert_int_equal(login_wait(s, "a", "10.0.0.1", now), 0);
    for (int i = 0; i < 8; i++) {
        login_failed(s, "a", "10.0.0.1", now);
        ms_t wait = login_wait(s, "a", "10.0.0.9", now);
        assert_true(wait > before || wait == 15 * MS_MINUTE);
        before = wait;
    }
    assert_int_equal(before, 15 * MS_MINUTE);
    assert_int_equal(login_wait(s, "b", "10.0.0.9", now), 0);
    assert_int_equal(login_wait(s, "a", "10.0.0.9", now + 15 * MS_MINUTE), 0);
    for (int i = 0; i < 30; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        login_failed(s, name, "10.0.0.2", now); /* one address that tries many names */
    }
    assert_true(login_wait(s, "fresh", "10.0.0.2", now) > 0);
    login_succeeded(s, "a");
    assert_int_equal(login_wait(s, "a", "10.0.0.9", now), 0);
    for (int i = 0; i < 2000; i++) { /* the table is small; what is full forgets the oldest and stays whole */
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        login_failed(s, name, name, now + i);
    }
    assert_int_equal(login_wait(s, "m1999", "m1999", now + 2000), 0);
    sessions_close(s);
}

static void sessions_end_in_time_and_make_room(void **state)
{
    struct sessions *s;
    struct account a = { .name = "x", .secret = "one" }, changed = { .name = "x", .secret = "two" };
    char token[TOKEN_MAX], csrf[TOKEN_MAX], first[TOKEN_MAX];
    (void)state;
    assert_int_equal(sessions_open(&s), ORD_OK);
    session_begin(s, &a, 1000, first, csrf);
    const struct session *one = session_find(s, first, 1000 + SESSION_MS - 1);
    assert_non_null(one);
    assert_true(session_fits(one, &a));
    assert_false(session_fits(one, &changed));
    assert_true(session_csrf_fits(one, csrf));
    assert_false(session_csrf_fits(one, first));
    assert_false(session_csrf_fits(one, NULL));
    assert_null(session_find(s, first, 1000 + SESSION_MS));
    assert_null(session_find(s, "", 1000));
    for (int i = 0; i < SESSIONS_MAX; i++) session_begin(s, &a, 2000 + i, token, csrf);
    assert_null(session_find(s, first, 2000));
    assert_non_null(session_find(s, token, 4000));
    session_end(s, token);
    assert_null(session_find(s, token, 4000));
    sessions_close(s);
}

/* ---- the command line ---- */
static int ctl(const char *line, const char *typed, char *said, size_t size)
{
    char words[256], *argv[16];
    int argc = 0, old[3] = { dup(0), dup(1), dup(2) };
    FILE *in = tmpfile(), *out = tmpfile();
    fputs(typed, in);
    rewind(in);
    snprintf(words, sizeof words, "ctl --data %s %s", folder, line);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) argv[argc++] = w;
    argv[argc] = NULL;
    fflush(stdout);
    clearerr(stdin);
    dup2(fileno(in), 0);
    dup2(fileno(out), 1);
    dup2(fileno(out), 2);
    int code = cmd_ctl(argc, argv);
    fflush(stdout);
    for (int i = 0; i < 3; i++) {
        dup2(old[i], i);
        close(old[i]);
    }
    rewind(out);
    said[fread(said, 1, size - 1, out)] = 0;
    fclose(in);
    fclose(out);
    return code;
}

static void the_first_account_and_the_record_are_kept_by_the_command_line(void **state)
{
    char said[4096];
    (void)state;
    setvbuf(stdin, NULL, _IONBF, 0);
    tamper("DELETE FROM audit");
    assert_int_equal(ctl("user add boss manager", "open sesame\n", said, sizeof said), 0);
    assert_non_null(strstr(said, "boss may log in as manager"));
    assert_int_equal(ctl("user add ward 护士 --wards ward-3a", "open sesame\n", said, sizeof said), 0);
    assert_int_equal(ctl("user list", "", said, sizeof said), 0);
    assert_non_null(strstr(said, "ward-3a"));
    assert_null(strstr(said, "argon2"));
    assert_int_equal(ctl("user add x king", "open sesame\n", said, sizeof said), 2);
    assert_non_null(strstr(said, "no role king"));
    assert_int_equal(ctl("user add x nurse", "short\n", said, sizeof said), 1);
    assert_int_equal(ctl("user remove nobody", "", said, sizeof said), 1);
    assert_int_equal(ctl("key add his porter", "", said, sizeof said), 0);
    said[strcspn(said, "\n")] = 0;
    struct records *r = opened();
    struct account a;
    assert_true(records_by_key(r, said, &a));
    assert_string_equal(a.name, "his");
    assert_true(records_find(r, ACCOUNT_PERSON, "boss", &a));
    assert_true(password_fits(a.secret, "open sesame"));
    records_close(r);
    assert_int_equal(ctl("audit verify", "", said, sizeof said), 0);
    assert_non_null(strstr(said, "3 entries, the chain is whole"));
    assert_int_equal(ctl("audit verify --json", "", said, sizeof said), 0);
    assert_non_null(strstr(said, "{\"whole\":true,\"entries\":3,\"broken\":null"));
    tamper("UPDATE audit SET detail = 'boss viewer' WHERE seq = 1");
    assert_int_equal(ctl("audit verify", "", said, sizeof said), 1);
    assert_non_null(strstr(said, "BROKEN at entry 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R60_a_changed_removed_or_added_act_breaks_the_chain_there),
        cmocka_unit_test(a_record_cut_short_shows_by_the_last_hash),
        cmocka_unit_test(two_programs_write_one_chain),
        cmocka_unit_test(accounts_are_kept_with_role_and_wards),
        cmocka_unit_test(a_foreign_file_is_refused_by_name),
        cmocka_unit_test(passwords_are_argon2id_and_fit_only_themselves),
        cmocka_unit_test(tries_wait_longer_and_longer_and_are_forgotten),
        cmocka_unit_test(sessions_end_in_time_and_make_room),
        cmocka_unit_test(the_first_account_and_the_record_are_kept_by_the_command_line),
    };
    return cmocka_run_group_tests_name("records", tests, folder_up, folder_down);
}
