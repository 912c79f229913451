/* failing_alloc - preloaded into a program: one of its allocations fails. Built and driven by tests/e2e/alloc.py.
 *
 * The file named by ORDERLY_ALLOC is shared with the driver: `count` allocations so far, `fail_at` which one fails
 * (0: none), `hit` whether it has. With ORDERLY_ALLOC_SITES the number of the first allocation of every place, told by
 * the calls that lead to it, is written to that file. Children of the program are left alone. */
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEPTH 10
#define SITES (1u << 16)

struct shared {
    _Atomic uint64_t count, fail_at, hit;
};

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static struct shared *shared;
static int sites_fd = -1;
static uint64_t seen[SITES];
static __thread int inside;

static void note_site(uint64_t number)
{
    void *at[DEPTH];
    uint64_t hash = 14695981039346656037u;
    inside = 1;
    int n = backtrace(at, DEPTH);
    inside = 0;
    for (int i = 2; i < n; i++) hash = (hash ^ (uintptr_t)at[i]) * 1099511628211u;
    for (uint32_t i = (uint32_t)(hash >> 40) % SITES, tries = 0; tries < SITES; i = (i + 1) % SITES, tries++) {
        if (seen[i] == hash) return;
        if (seen[i]) continue;
        seen[i] = hash;
        if (write(sites_fd, &number, sizeof number) != sizeof number) _exit(99);
        return;
    }
}

static int fails(void)
{
    if (!shared || inside) return 0;
    uint64_t number = atomic_fetch_add(&shared->count, 1) + 1;
    if (sites_fd >= 0) note_site(number);
    if (number != atomic_load(&shared->fail_at)) return 0;
    atomic_store(&shared->hit, 1);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t each) { return fails() ? NULL : __libc_calloc(n, each); }
void *realloc(void *p, size_t n) { return fails() ? NULL : __libc_realloc(p, n); }
void *aligned_alloc(size_t align, size_t n) { return fails() ? NULL : __libc_memalign(align, n); }
int posix_memalign(void **out, size_t align, size_t n)
{
    void *p = fails() ? NULL : __libc_memalign(align, n);
    if (!p) return ENOMEM;
    *out = p;
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("ORDERLY_ALLOC"), *sites = getenv("ORDERLY_ALLOC_SITES");
    unsetenv("LD_PRELOAD");
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (at == MAP_FAILED) return;
    if (sites) {
        void *warm[1];
        backtrace(warm, 1); /* loads what it needs, once */
        sites_fd = open(sites, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    shared = at;
}
