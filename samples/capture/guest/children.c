/*
 * A process that forks until the OOM killer takes one of its children.
 *
 * What became of those that died by SIGKILL goes to FATES, since init.sh knows the parent
 * only.  The others are ended before the parent itself ends, so that there is memory to
 * send what was seen.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define FATES "/run/children"
#define MOST 1000UL

static void child(struct plan *p, int done)
{
    take_memory(p);
    close(done);
    for (;;)
        pause();
}

/* Children that died by SIGKILL are noted. */
static int killed_children(void)
{
    int status, killed = 0;
    FILE *fates;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
            fates = fopen(FATES, "a");
            if (!fates || fprintf(fates, "%d 137\n", pid) < 0 || fclose(fates))
                fail(FATES);
            killed++;
        }
    return killed;
}

void fork_children(struct plan *p, unsigned long count)
{
    pid_t pids[MOST];
    unsigned long made = 0;
    int done[2];
    char byte;

    while (made < count && made < MOST && !killed_children()) {
        before_chunk(p);
        if (pipe(done) < 0)
            fail("pipe");
        pids[made] = fork();
        if (pids[made] < 0)
            fail("fork");
        if (!pids[made]) {
            close(done[0]);
            child(p, done[1]);
        }
        made++;
        close(done[1]);
        if (read(done[0], &byte, 1) < 0) /* until it has its memory, or is dead */
            fail("read");
        close(done[0]);
    }
    while (made)
        kill(pids[--made], SIGTERM);
    while (wait(NULL) > 0)
        ;
    _exit(0);
}
