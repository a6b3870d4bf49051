/* A disk that takes SLOW_SYNC_MS milliseconds longer to sync: preloaded into a process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_of)(int);

static int late(const char *name, int file)
{
    const char *told = getenv("SLOW_SYNC_MS");
    long ms = told ? atol(told) : 0;
    struct timespec more = {ms / 1000, ms % 1000 * 1000000L};

    nanosleep(&more, NULL);
    return ((sync_of)dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file)
{
    return late("fsync", file);
}

int fdatasync(int file)
{
    return late("fdatasync", file);
}
