/*
 * Kinds of memory that the kernel holds on behalf of a process: they are in no
 * process's resident set, so the OOM killer does not see whose they are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

#define PAGE 4096UL
#define PIPE_PAGES 16UL          /* what a pipe has room for by default */
#define SOCKETS_OF_A_MIB 512UL   /* a unix socket and its file: about 2 KiB of slab */
#define TABLE_SPAN (2 * MIB)     /* what one page of page table entries maps */
#define BIG_PIPE (2 * MIB)       /* 512 slots of 40 bytes: an allocation of order 3 */

static char block[64 * KIB];

void allow_many_files(void)
{
    struct rlimit many = {1024 * 1024, 1024 * 1024};
    if (setrlimit(RLIMIT_NOFILE, &many) < 0)
        fail("RLIMIT_NOFILE");
}

static void make_pipe(int ends[2])
{
    if (pipe2(ends, O_NONBLOCK) < 0)
        _exit(3); /* as with tmpfs in guest.c: exit() would need memory */
}

static void put_page(int fd)
{
    if (write(fd, block, PAGE) < 0)
        _exit(3);
}

/* Pages in pipes are in none of the counters of Mem-Info. */
void fill_pipes(const struct plan *p, unsigned long size)
{
    int ends[2];

    for (unsigned long at = 0; at < size; at += chunk_of(p)) {
        before_chunk(p);
        for (unsigned long used = 0; used < chunk_of(p); used += PIPE_PAGES * PAGE) {
            make_pipe(ends);
            for (unsigned long page = 0; page < PIPE_PAGES; page++)
                put_page(ends[1]);
        }
    }
}

/* The same with data that nobody reads from sockets. */
void fill_sockets(const struct plan *p, unsigned long size)
{
    int ends[2], room = 128 * KIB;
    unsigned long filled = 0;
    ssize_t done = 0;

    for (unsigned long at = 0; at < size; at += chunk_of(p)) {
        before_chunk(p);
        for (; filled < at + chunk_of(p); filled += done > 0 ? (unsigned long)done : 0) {
            if (done <= 0) {
                if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0)
                    _exit(3);
                setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
            }
            done = write(ends[0], block, sizeof block);
            if (done < 0 && errno != EAGAIN)
                _exit(3);
        }
    }
}

/* Sockets without data: slab. */
void open_sockets(const struct plan *p, unsigned long size)
{
    int ends[2];

    for (unsigned long at = 0; at < size; at += chunk_of(p)) {
        before_chunk(p);
        for (unsigned long n = 0; n < chunk_of(p) * SOCKETS_OF_A_MIB / MIB; n += 2)
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
                _exit(3);
    }
}

/* Reading maps the zero page: each touch costs one page of page tables and nothing else. */
void fill_page_tables(const struct plan *p, unsigned long size)
{
    unsigned long span = size / PAGE * TABLE_SPAN, at = 0;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    volatile char sum = 0;
    char *area = mmap(NULL, span, PROT_READ, flags, -1, 0);

    if (area == MAP_FAILED)
        fail("mmap");
    while (at < span) {
        before_chunk(p);
        for (unsigned long used = 0; used < chunk_of(p); used += PAGE, at += TABLE_SPAN)
            sum += area[at];
    }
}

/*
 * Give every second page back, so that what is free is in single pages (the kernel cannot
 * move those in pipes), then ask for blocks of 32 KiB.
 */
void fragment(const struct plan *p, unsigned long size)
{
    static int given_back[65536];
    size_t count = 0;
    int kept[2], given[2];

    for (unsigned long at = 0; at < size; at += chunk_of(p)) {
        before_chunk(p);
        for (unsigned long used = 0; used < chunk_of(p); used += 2 * PIPE_PAGES * PAGE) {
            make_pipe(kept);
            make_pipe(given);
            for (unsigned long page = 0; page < PIPE_PAGES; page++) {
                put_page(kept[1]);
                put_page(given[1]);
            }
            if (count + 2 > sizeof given_back / sizeof *given_back)
                _exit(4);
            given_back[count++] = given[0];
            given_back[count++] = given[1];
        }
    }
    while (count)
        close(given_back[--count]);
    for (;;) {
        before_chunk(p);
        for (int n = 0; n < 8; n++) {
            make_pipe(kept);
            if (fcntl(kept[1], F_SETPIPE_SZ, (int)BIG_PIPE) < 0)
                _exit(3);
        }
    }
}
