/* What the files of the guest program share. */
#include <stddef.h>

#define KIB 1024UL
#define MIB (1024UL * 1024UL)

struct plan;

void fail(const char *what);
void before_chunk(const struct plan *p);
unsigned long chunk_of(const struct plan *p);
void *take_memory(void *argument);

/* kernel.c: memory that the kernel holds for the process; sizes in bytes. */
void fill_pipes(const struct plan *p, unsigned long size);
void fill_sockets(const struct plan *p, unsigned long size);
void open_sockets(const struct plan *p, unsigned long size);
void fill_page_tables(const struct plan *p, unsigned long size);
void fragment(const struct plan *p, unsigned long size);
void allow_many_files(void);

/* children.c */
void fork_children(struct plan *p, unsigned long count);
