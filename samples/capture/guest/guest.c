/*
 * The guest side of the capture: one static program, several commands.  kernel.c and
 * children.c have what some of the hogs do.
 *
 *   guest hog [options]        take memory step by step, as asked
 *   guest probe [-s] [FILE...] take readings of /proc when asked (-s: send each one)
 *   guest ask [send]           ask the probe for one reading and wait for it
 *   guest go                   open the gate the hogs started with -g wait at
 *   guest send NAME            send standard input as one frame
 *   guest kmsg                 copy /dev/kmsg, record by record, to standard output
 *
 * Frames go to the second serial port: "@@ NAME LENGTH\n", the bytes, "\n".
 * Hog and probe run in lockstep over one shared page: the hog asks for a
 * reading, waits until it is taken, then touches its next chunk.  The probe
 * keeps the latest reading and sends it once the kernel's oom_kill counter has
 * moved, so that what is sent is the state just before a kill.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define PORT "/dev/ttyS1"
#define SHARED "/run/probe"
#define MPOL_BIND_MODE 2

struct shared {
    atomic_uint asked;   /* number of readings asked for */
    atomic_uint taken;   /* number of readings taken */
    atomic_uint send;    /* send the next reading in any case */
    atomic_uint gate;    /* set once the gate is open */
};

void fail(const char *what)
{
    fprintf(stderr, "guest: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void nap(long milliseconds)
{
    struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static struct shared *attach(void)
{
    int fd = open(SHARED, O_RDWR | O_CREAT, 0666);
    struct shared *page;

    if (fd < 0 || ftruncate(fd, 4096) < 0)
        fail(SHARED);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        fail("mmap");
    close(fd);
    return page;
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno != EINTR && errno != EAGAIN)
            fail("write");
        if (done > 0) {
            data += done;
            size -= (size_t)done;
        }
    }
}

static int open_port(void)
{
    struct termios mode;
    int fd = open(PORT, O_WRONLY | O_NOCTTY);

    if (fd < 0 || tcgetattr(fd, &mode) < 0)
        fail(PORT);
    cfmakeraw(&mode);
    tcsetattr(fd, TCSANOW, &mode);
    return fd;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail(path);
    close(fd);
}

/* ---- asking for a reading ------------------------------------------------ */

static void ask(struct shared *page)
{
    unsigned ticket = atomic_fetch_add(&page->asked, 1) + 1;
    while ((int)(atomic_load(&page->taken) - ticket) < 0)
        nap(1);
}

/* ---- probe --------------------------------------------------------------- */

struct reading {
    size_t used;
    long kills;
    char data[MIB];
};

static struct reading readings[2];
static char scratch[256 * KIB];

static void add_frame(struct reading *r, const char *data, size_t size, const char *format, ...)
{
    char name[512];
    va_list args;
    int head;

    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    if (r->used + size + sizeof name + 32 > sizeof r->data)
        return;
    head = sprintf(r->data + r->used, "@@ %s %zu\n", name, size);
    memcpy(r->data + r->used + head, data, size);
    r->used += (size_t)head + size;
    r->data[r->used++] = '\n';
}

static ssize_t slurp(const char *path)
{
    size_t used = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY);

    if (fd < 0)
        return -1;
    while ((got = read(fd, scratch + used, sizeof scratch - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    scratch[used] = 0;
    return got < 0 ? -1 : (ssize_t)used;
}

static long kill_count(void)
{
    const char *found;

    if (slurp("/proc/vmstat") < 0)
        return -1;
    found = strstr(scratch, "\noom_kill ");
    return found ? atol(found + 10) : -1;
}

static void add_process(struct reading *r, const char *pid)
{
    static const char *const files[] = {
        "comm", "status", "oom_score", "oom_score_adj", "cgroup",
    };
    char path[64];
    ssize_t size;

    snprintf(path, sizeof path, "/proc/%.16s/status", pid);
    if (slurp(path) < 0 || !strstr(scratch, "\nVmSize:"))
        return; /* a kernel thread, or gone */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "/proc/%.16s/%s", pid, files[i]);
        size = slurp(path);
        if (size >= 0)
            add_frame(r, scratch, (size_t)size, "process/%s/%s", pid, files[i]);
    }
}

static void take(struct reading *r, char **files)
{
    struct timespec now;
    struct dirent *entry;
    ssize_t size;
    DIR *proc = opendir("/proc");

    r->used = 0;
    r->kills = kill_count();
    clock_gettime(CLOCK_MONOTONIC, &now);
    size = sprintf(scratch, "%ld.%06ld %ld", (long)now.tv_sec, now.tv_nsec / 1000, r->kills);
    add_frame(r, scratch, (size_t)size, "reading");
    while (proc && (entry = readdir(proc)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            add_process(r, entry->d_name);
    if (proc)
        closedir(proc);
    for (; *files; files++)
        if ((size = slurp(*files)) >= 0)
            add_frame(r, scratch, (size_t)size, "file%s", *files);
    add_frame(r, "", 0, "end");
}

static _Noreturn void probe(char **argv)
{
    struct shared *page = attach();
    int port = open_port(), always = 0, current = 0;

    argv++;
    if (*argv && !strcmp(*argv, "-s")) {
        always = 1;
        argv++;
    }
    write_file("/proc/self/oom_score_adj", "-1000");
    memset(readings, 0, sizeof readings);
    memset(scratch, 0, sizeof scratch);
    mlockall(MCL_CURRENT | MCL_FUTURE);
    readings[1].kills = -1;
    for (;;) {
        unsigned wanted = atomic_load(&page->asked);
        struct reading *now = &readings[current], *before = &readings[!current];

        if (wanted == atomic_load(&page->taken)) {
            nap(1);
            continue;
        }
        take(now, argv);
        if (!always && before->used && before->kills != now->kills)
            write_all(port, before->data, before->used);
        if (always || atomic_exchange(&page->send, 0)) {
            write_all(port, now->data, now->used);
            tcdrain(port);
        }
        current = !current;
        atomic_store(&page->taken, wanted);
    }
}

/* ---- hog -----------------------------------------------------------------
 *
 * -n NAME     its name (any byte as \xNN)    -c DIR    go into this cgroup
 * -a N        oom_score_adj                  -u UID    user and group
 * -m MIB      anonymous memory               -s MIB    shared anonymous memory
 * -v MIB      System V shared memory         -b NODE   bind to a NUMA node
 * -p FILE -P MIB  write a file               -f FILE -M MIB  map a file and read it
 * -e          data that does not compress
 * -k KIB      size of a step
 * -S MIB      ask for a reading before each step from this size on
 * -d MS       pause before each step that a reading is asked for
 * -T NAME     a thread of this name takes the memory
 * -D FILE     the main thread opens FILE meanwhile (and hangs there if that fs is frozen)
 * -r FILE     make FILE when done            -h        allow transparent huge pages
 * -W FILE     then wait for the gate and write to a page of FILE with the address space locked
 *             (and hang there if that fs is frozen by then)
 * -g          wait for the gate ("guest go") first
 * -F N        fork children, N at most, that take what is asked for; end when one is killed
 * -l          lock what is taken (mlockall)
 *
 * What the kernel holds for the process; with these -k is a step of that memory (kernel.c):
 * -q MIB      data in pipes                  -x MIB    data in sockets
 * -o MIB      sockets                        -t MIB    page tables
 * -w MIB      data in pipes, every second page given back; then blocks of 32 KiB
 */

struct plan {
    struct shared *page;
    unsigned long anon, shared_anon, sysv, tmpfs, file_map; /* bytes */
    unsigned long pipes, socket_data, sockets, page_tables, fragmented; /* bytes */
    unsigned long chunk, sync_from;
    long delay;
    const char *tmpfs_path, *map_path, *thread_comm, *stuck_path;
};

static unsigned long taken_bytes;
static unsigned long long seed = 88172645463325252ULL;

/* What a page has of data; it compresses to about a third: neither zero nor all the same. */
static size_t filled = 1024;

static void fill(char *at, size_t size)
{
    for (size_t page = 0; page < size; page += 4096)
        for (size_t i = 0; i < filled; i += 8) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            memcpy(at + page + i, &seed, 8);
        }
}

void before_chunk(const struct plan *p)
{
    if (p->sync_from != ~0UL && taken_bytes >= p->sync_from) {
        ask(p->page);
        nap(p->delay);
    }
    taken_bytes += p->chunk;
}

unsigned long chunk_of(const struct plan *p)
{
    return p->chunk;
}

static void touch(const struct plan *p, char *area, unsigned long size)
{
    for (unsigned long at = 0; at < size; at += p->chunk) {
        before_chunk(p);
        fill(area + at, size - at < p->chunk ? size - at : p->chunk);
    }
}

static void *map(unsigned long size, int flags, int fd)
{
    void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    return area;
}

static void fill_tmpfs(const struct plan *p)
{
    int fd = open(p->tmpfs_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char *block = malloc(p->chunk);

    if (fd < 0 || !block)
        fail(p->tmpfs_path);
    fill(block, p->chunk);
    for (unsigned long at = 0; at < p->tmpfs; at += p->chunk) {
        before_chunk(p);
        if (write(fd, block, p->chunk) < 0)
            _exit(3); /* ENOMEM; exit() would write to pages of its own */
    }
}

void *take_memory(void *argument)
{
    const struct plan *p = argument;

    if (p->thread_comm)
        prctl(PR_SET_NAME, p->thread_comm);
    if (p->map_path) {
        int fd = open(p->map_path, O_RDONLY);
        volatile char sum = 0;
        char *area = mmap(NULL, p->file_map, PROT_READ, MAP_SHARED, fd, 0);
        if (fd < 0 || area == MAP_FAILED)
            fail(p->map_path);
        for (unsigned long at = 0; at < p->file_map; at += 4096)
            sum += area[at];
    }
    if (p->sysv) {
        int id = shmget(IPC_PRIVATE, p->sysv, IPC_CREAT | 0600);
        char *area = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
        if (area == (char *)-1)
            fail("shm");
        shmctl(id, IPC_RMID, NULL);
        touch(p, area, p->sysv);
    }
    if (p->shared_anon)
        touch(p, map(p->shared_anon, MAP_SHARED | MAP_ANONYMOUS, -1), p->shared_anon);
    if (p->tmpfs)
        fill_tmpfs(p);
    if (p->pipes)
        fill_pipes(p, p->pipes);
    if (p->socket_data)
        fill_sockets(p, p->socket_data);
    if (p->sockets)
        open_sockets(p, p->sockets);
    if (p->page_tables)
        fill_page_tables(p, p->page_tables);
    if (p->fragmented)
        fragment(p, p->fragmented);
    if (p->anon)
        touch(p, map(p->anon, MAP_PRIVATE | MAP_ANONYMOUS, -1), p->anon);
    return NULL;
}

/* Decode \xNN so that any byte can be given on the command line. */
static char *decode(char *text)
{
    char *from = text, *to = text;

    while (*from)
        if (from[0] == '\\' && from[1] == 'x' && from[2] && from[3]) {
            char digits[3] = {from[2], from[3], 0};
            *to++ = (char)strtol(digits, NULL, 16);
            from += 4;
        } else {
            *to++ = *from++;
        }
    *to = 0;
    return text;
}

static void wait_for_gate(struct shared *page)
{
    while (!atomic_load(&page->gate))
        nap(1);
}

/* A page of the file.  It is read, so that writing to it needs nothing but the file system's consent. */
static char *map_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    volatile char *area;

    if (fd < 0 || ftruncate(fd, 4096) < 0)
        fail(path);
    area = map(4096, MAP_SHARED, fd);
    close(fd);
    (void)*area;
    return (char *)area;
}

/*
 * Writing through the kernel, which locks the address space for as long as that takes; since
 * 6.4 an ordinary fault locks no more than the mapping.
 */
static void write_locked(char *area)
{
    char byte = 1;
    struct iovec from = {&byte, 1}, to = {area, 1};

    if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1)
        fail("process_vm_writev");
}

static void lock_memory(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

    if (setrlimit(RLIMIT_MEMLOCK, &all) < 0 || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        fail("mlockall");
}

static unsigned long number(const char *text, unsigned long unit)
{
    return strtoul(text, NULL, 10) * unit;
}

static int hog(int argc, char **argv)
{
    struct plan p = {.chunk = 256 * KIB, .sync_from = ~0UL};
    const char *ready = NULL;
    char path[1024], *file = NULL;
    int option, huge = 0, gate = 0, uid = 0;
    unsigned long nodes, children = 0;

    p.page = attach();
    while ((option = getopt(argc, argv, "n:c:a:u:m:s:v:P:p:f:M:k:S:d:b:T:D:r:W:ehgF:lq:x:o:t:w:")) != -1)
        switch (option) {
        case 'n': prctl(PR_SET_NAME, decode(optarg)); break;
        case 'c':
            snprintf(path, sizeof path, "%s/cgroup.procs", optarg);
            write_file(path, "0");
            break;
        case 'a': write_file("/proc/self/oom_score_adj", optarg); break;
        case 'u': uid = atoi(optarg); break;
        case 'm': p.anon = number(optarg, MIB); break;
        case 's': p.shared_anon = number(optarg, MIB); break;
        case 'v': p.sysv = number(optarg, MIB); break;
        case 'p': p.tmpfs_path = optarg; break;
        case 'P': p.tmpfs = number(optarg, MIB); break;
        case 'f': p.map_path = optarg; break;
        case 'M': p.file_map = number(optarg, MIB); break;
        case 'k': p.chunk = number(optarg, KIB); break;
        case 'S': p.sync_from = number(optarg, MIB); break;
        case 'd': p.delay = atol(optarg); break;
        case 'b':
            nodes = 1UL << atoi(optarg);
            if (syscall(SYS_set_mempolicy, MPOL_BIND_MODE, &nodes, 64UL) < 0)
                fail("set_mempolicy");
            break;
        case 'T': p.thread_comm = optarg; break;
        case 'D': p.stuck_path = optarg; break;
        case 'r': ready = optarg; break;
        case 'W': file = map_file(optarg); break;
        case 'e': filled = 4096; break;
        case 'h': huge = 1; break;
        case 'g': gate = 1; break;
        case 'F': children = number(optarg, 1); break;
        case 'l': lock_memory(); break;
        case 'q': p.pipes = number(optarg, MIB); break;
        case 'x': p.socket_data = number(optarg, MIB); break;
        case 'o': p.sockets = number(optarg, MIB); break;
        case 't': p.page_tables = number(optarg, MIB); break;
        case 'w': p.fragmented = number(optarg, MIB); break;
        default: return 2;
        }
    if (!huge)
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    if (p.pipes || p.socket_data || p.sockets || p.fragmented)
        allow_many_files();
    seed += (unsigned long long)getpid() * 2654435761ULL;
    if (uid && (setgid((gid_t)uid) < 0 || setuid((uid_t)uid) < 0))
        fail("setuid");
    if (gate)
        wait_for_gate(p.page);
    if (children)
        fork_children(&p, children);
    if (p.thread_comm || p.stuck_path) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, take_memory, &p))
            fail("pthread_create");
        if (p.stuck_path)
            open(p.stuck_path, O_WRONLY | O_CREAT, 0600); /* blocks: that fs is frozen */
        pthread_join(thread, NULL);
    } else {
        take_memory(&p);
    }
    if (ready)
        close(open(ready, O_WRONLY | O_CREAT, 0666));
    if (file) {
        wait_for_gate(p.page);
        write_locked(file);
    }
    for (;;)
        pause();
}

/* ---- sending ------------------------------------------------------------- */

static int send_frame(const char *name)
{
    size_t room = 16 * MIB, used = 0;
    char *data = malloc(room), head[512];
    int port = open_port();
    ssize_t got;

    while (data && used < room && (got = read(0, data + used, room - used)) > 0)
        used += (size_t)got;
    write_all(port, head, (size_t)snprintf(head, sizeof head, "@@ %s %zu\n", name, used));
    write_all(port, data, used);
    write_all(port, "\n", 1);
    tcdrain(port);
    return 0;
}

static int copy_kmsg(void)
{
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    ssize_t got;

    if (fd < 0)
        fail("/dev/kmsg");
    for (;;) {
        got = read(fd, scratch, sizeof scratch);
        if (got < 0 && errno == EPIPE)
            continue; /* a record was overwritten while reading */
        if (got <= 0)
            return 0;
        write_all(1, scratch, (size_t)got);
    }
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (!strcmp(command, "hog"))
        return hog(argc - 1, argv + 1);
    if (!strcmp(command, "probe"))
        probe(argv + 1);
    if (!strcmp(command, "ask")) {
        struct shared *page = attach();
        if (argc > 2)
            atomic_store(&page->send, 1);
        ask(page);
        return 0;
    }
    if (!strcmp(command, "go")) {
        atomic_store(&attach()->gate, 1);
        return 0;
    }
    if (!strcmp(command, "send") && argc > 2)
        return send_frame(argv[2]);
    if (!strcmp(command, "kmsg"))
        return copy_kmsg();
    fprintf(stderr, "guest: unknown command\n");
    return 2;
}
