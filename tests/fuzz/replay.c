/* Runs a fuzz target over files and over the files of folders, named as arguments: what libFuzzer does with -runs=0. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return -1;
    }
    static uint8_t bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
    if (!exact) return -1;
    memcpy(exact, bytes, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 1;
}

static int run_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        perror(path);
        return -1;
    }
    int ran = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char name[1024];
        if (e->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        int r = run_file(name);
        if (r < 0) ran = -1;
        if (ran >= 0) ran += r;
    }
    closedir(d);
    return ran;
}

int main(int argc, char **argv)
{
    int ran = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        int r = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
        if (r < 0) return 1;
        ran += r;
    }
    printf("%d inputs ran\n", ran);
    return ran > 0 ? 0 : 1;
}
