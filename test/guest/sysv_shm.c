/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* sysv_shm.c - System V's shared memory: finding, attaching where and how, detaching, what is counted, removal
 * while it is in use. */
#include "abi.h"

#include <stdint.h>
#include <sys/ipc.h>
#include <sys/shm.h>

static int id;

#define AT(s, a, f) syscall(SYS_shmat, s, a, f)

static long attached(int seg)
{
    struct shmid_ds ds;
    return shmctl(seg, IPC_STAT, &ds) ? -1 : (long)ds.shm_nattch;
}

static void finding(void)
{
    CLAIM("segments and their keys");
    int a;
    SHOW(shmget(55, 100, 0));
    SHOW(shmget(55, 0, IPC_CREAT | 0600));
    SHOW(shmget(55, -1, IPC_CREAT | 0600));
    SHOW_OK(a = shmget(55, 5000, IPC_CREAT | 0600));
    SHOW(shmget(55, 5001, 0));
    SHOW(shmget(55, 5000, 0) == a);
    SHOW(shmget(55, 0, 0) == a);
    SHOW(shmget(55, 1, IPC_CREAT | IPC_EXCL | 0600));
    SHOW_OK(id = shmget(IPC_PRIVATE, 3 * PAGE, 0600));
    SHOW(shmctl(a, IPC_RMID, NULL));
    SHOW(shmctl(a, IPC_RMID, NULL));
    SHOW(shmget(55, 0, 0));
    SHOW(shmctl(-1, IPC_RMID, NULL));
    SHOW(shmctl(id, 99, NULL));
    SHOW(shmctl(id, -1, NULL));
}

static void attaching(void)
{
    CLAIM("segments are attached");
    char *p1, *p2, *hole;
    SHOW_OK(p1 = (char *)AT(id, NULL, 0));
    SHOW(attached(id));
    SHOW(p1[0] + p1[3 * PAGE - 1]);
    p1[5] = 'x';
    SHOW_OK(p2 = (char *)AT(id, NULL, SHM_RDONLY));
    SHOW(p2[5]);
    SHOW(attached(id));
    SHOW(mprotect(p2, PAGE, PROT_READ | PROT_WRITE));
    SHOW(AT(id, p1 + 1, 0));
    SHOW(AT(id, p1, 0));
    SHOW(AT(id, NULL, SHM_REMAP));
    SHOW(AT(id, (void *)1, SHM_RND | SHM_REMAP));
    SHOW(AT(id, (void *)-PAGE, 0));
    SHOW(AT(-1, NULL, 0));
    SHOW(AT(id + (1 << 20), NULL, 0));
    hole = mmap(NULL, 5 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(AT(id, hole, 0));
    SHOW((char *)AT(id, hole + PAGE + 100, SHM_RND | SHM_REMAP) == hole + PAGE);
    SHOW(hole[PAGE + 5]);
    munmap(hole, PAGE);
    SHOW((char *)AT(id, hole, SHM_RDONLY));
    SHOW(attached(id));
    SHOW(shmdt(hole + PAGE));
    SHOW(shmdt(hole + PAGE));
    SHOW((char *)AT(id, hole, 0) == hole);
    SHOW(shmdt(hole));
    SHOW(shmdt(p2 + 1));
    SHOW(shmdt(p2 + PAGE));
    SHOW(shmdt(p2));
    SHOW(shmdt(NULL));
    SHOW(attached(id));
    SHOW(munmap(p1 + PAGE, PAGE));
    SHOW(attached(id));
    SHOW(p1[2 * PAGE]);
    SHOW(shmdt(p1 + 2 * PAGE));
    SHOW(shmdt(p1));
    SHOW(attached(id));
    p1 = (char *)AT(id, NULL, 0);
    SHOW(p1[5]);
    SHOW(munmap(p1, PAGE));
    SHOW(shmdt(p1));
    SHOW(attached(id));
}

static void told(void)
{
    CLAIM("what shmctl tells and sets");
    struct shmid_ds ds;
    struct shminfo  info;
    struct shm_info usage;
    char           *p1 = (char *)AT(id, NULL, 0);
    p1[0] = p1[2 * PAGE] = 1;
    SHOW(shmctl(id, IPC_STAT, &ds));
    printf("%zu bytes, %lu, %d %d, %o, %d %d\n", ds.shm_segsz, ds.shm_nattch,
           ds.shm_cpid == getpid(), ds.shm_lpid == getpid(), ds.shm_perm.mode, ds.shm_atime > 0,
           ds.shm_dtime > 0);
    ds.shm_perm.mode = 0644;
    ds.shm_perm.gid = 7;
    SHOW(shmctl(id, IPC_SET, &ds));
    SHOW(shmctl(id, SHM_LOCK, NULL));
    SHOW(shmctl(id, IPC_STAT, &ds));
    printf("%o %d\n", ds.shm_perm.mode, ds.shm_perm.gid);
    SHOW(shmctl(id, SHM_UNLOCK, NULL));
    SHOW(shmctl(0, IPC_INFO, (void *)&info));
    printf("%lu %lu %lu %lu\n", info.shmmax, info.shmmin, info.shmmni, info.shmall);
    SHOW(shmctl(0, SHM_INFO, (void *)&usage));
    printf("%d %lu\n", usage.used_ids, usage.shm_tot);
    SHOW(shmctl(1, SHM_STAT, &ds) == id);
    SHOW(shmctl(1, SHM_STAT_ANY, &ds) == id);
    SHOW(shmctl(5, SHM_STAT, &ds));
    SHOW_POINTERS(shmctl(id, IPC_STAT, p));
    SHOW_POINTERS(shmctl(id, IPC_SET, p));
    SHOW(shmctl(id, IPC_SET, &ds));
    SHOW_POINTERS(shmctl(0, SHM_INFO, p));
    char  line[300];
    FILE *f = fopen("/proc/sysvipc/shm", "r");
    printf("%s", fgets(line, sizeof(line), f));
    int  key, number, mode;
    long size;
    while (fgets(line, sizeof(line), f)) {
        sscanf(line, "%d %d %o %ld", &key, &number, &mode, &size);
        printf("%d %d %o %ld\n", key, number == id, mode, size);
    }
    f = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof(line), f))
        if (strstr(line, "SYSV"))
            printf("%s", strchr(line, ' ') + 6 + 8 + 1 + 5 + 1 > line ? strstr(line, "/SYSV") : "");
    /* Removed while it is mapped: it has no key any more, and goes with the last mapping. */
    int   keyed = shmget(66, PAGE, IPC_CREAT | 0600);
    char *k = (char *)AT(keyed, NULL, 0);
    strcpy(k, "stays");
    SHOW(shmctl(keyed, IPC_RMID, NULL));
    SHOW(shmget(66, PAGE, 0));
    SHOW(shmctl(keyed, IPC_STAT, &ds));
    printf("%o %d\n", ds.shm_perm.mode, ds.shm_perm.__key);
    char *again = (char *)AT(keyed, NULL, 0);
    printf("%s\n", again);
    SHOW(shmdt(k));
    SHOW(attached(keyed));
    SHOW(shmdt(again));
    SHOW(attached(keyed));
    SHOW(setresuid(1000, 1000, 0));
    SHOW_OK(AT(id, NULL, SHM_RDONLY));
    SHOW(AT(id, NULL, 0));
    SHOW(shmctl(id, IPC_RMID, NULL));
    SHOW(shmctl(id, SHM_LOCK, NULL));
}

int main(void)
{
    buffer_output();
    finding();
    attaching();
    told();
    return 0;
}
