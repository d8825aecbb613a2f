/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_table.c: the table of what is measured of a jail: names, units, kinds, and a line of help each. Tools and
 * manuals follow from it. It may not know where a kernel keeps the figures.
 */
#include <jail.h>

#include "util.h"

#define ROW(id, text, unit_, kind_, help_)                                                                             \
	[JAIL_STAT_##id] = {.name = (text), .unit = JAIL_UNIT_##unit_, .kind = JAIL_KIND_##kind_, .help = (help_)}

static const struct jail_figure_row table[] = {
    ROW(UPTIME, "uptime_usec", USEC, GAUGE, "time since its first process started"),
    ROW(CPU_USAGE, "cpu_usage_usec", USEC, COUNTER, "processor time"),
    ROW(CPU_USER, "cpu_user_usec", USEC, COUNTER, "processor time in programs"),
    ROW(CPU_SYSTEM, "cpu_system_usec", USEC, COUNTER, "processor time in the kernel"),
    ROW(CPU_LIMIT, "cpu_limit", CPU, LIMIT, "processors it may use"),
    ROW(CPU_PERIODS, "cpu_periods", COUNT, COUNTER, "periods in which it ran under its limit"),
    ROW(CPU_THROTTLED_PERIODS, "cpu_throttled_periods", COUNT, COUNTER, "periods in which its limit stopped it"),
    ROW(CPU_THROTTLED, "cpu_throttled_usec", USEC, COUNTER, "time for which its limit stopped it"),
    ROW(MEMORY, "memory_bytes", BYTES, GAUGE, "memory in use"),
    ROW(MEMORY_PEAK, "memory_peak_bytes", BYTES, GAUGE, "the most memory it had in use"),
    ROW(MEMORY_LIMIT, "memory_limit_bytes", BYTES, LIMIT, "memory it may have"),
    ROW(MEMORY_SOFT_LIMIT, "memory_soft_limit_bytes", BYTES, LIMIT, "memory above which it is slowed down"),
    ROW(MEMORY_ANON, "memory_anon_bytes", BYTES, GAUGE, "memory of programs, backed by no file"),
    ROW(MEMORY_FILE, "memory_file_bytes", BYTES, GAUGE, "memory that holds files"),
    ROW(MEMORY_SHARED, "memory_shared_bytes", BYTES, GAUGE, "shared memory and tmpfs"),
    ROW(MEMORY_KERNEL, "memory_kernel_bytes", BYTES, GAUGE, "memory of the kernel on its behalf"),
    ROW(SWAP, "swap_bytes", BYTES, GAUGE, "memory swapped out"),
    ROW(SWAP_LIMIT, "swap_limit_bytes", BYTES, LIMIT, "swap it may have"),
    ROW(MEMORY_HIGH_EVENTS, "memory_high_events", COUNT, COUNTER, "times it was slowed down at its soft limit"),
    ROW(MEMORY_MAX_EVENTS, "memory_max_events", COUNT, COUNTER, "times its memory was at the limit"),
    ROW(OOM_EVENTS, "oom_events", COUNT, COUNTER, "times its memory was at the limit and nothing could be freed"),
    ROW(OOM_KILLS, "oom_kills", COUNT, COUNTER, "processes killed for want of memory"),
    ROW(PROCESSES, "processes", COUNT, GAUGE, "processes"),
    ROW(PROCESSES_LIMIT, "processes_limit", COUNT, LIMIT, "processes it may have"),
    ROW(THREADS, "threads", COUNT, GAUGE, "threads of all its processes"),
    ROW(THREADS_LIMIT, "threads_limit", COUNT, LIMIT, "threads it may have"),
    ROW(THREADS_MAX_EVENTS, "threads_max_events", COUNT, COUNTER, "forks refused by the limit of threads"),
    ROW(IO_READ_BYTES, "io_read_bytes", BYTES, COUNTER, "read from devices"),
    ROW(IO_WRITE_BYTES, "io_write_bytes", BYTES, COUNTER, "written to devices"),
    ROW(IO_READS, "io_reads", COUNT, COUNTER, "read operations of devices"),
    ROW(IO_WRITES, "io_writes", COUNT, COUNTER, "write operations of devices"),
    ROW(NET_RX_BYTES, "net_rx_bytes", BYTES, COUNTER, "received by its network stack"),
    ROW(NET_TX_BYTES, "net_tx_bytes", BYTES, COUNTER, "sent by its network stack"),
    ROW(NET_RX_PACKETS, "net_rx_packets", COUNT, COUNTER, "packets received by its network stack"),
    ROW(NET_TX_PACKETS, "net_tx_packets", COUNT, COUNTER, "packets sent by its network stack"),
    ROW(NET_LOOPBACK_BYTES, "net_loopback_bytes", BYTES, COUNTER, "sent within its network stack"),
    ROW(NET_LOOPBACK_PACKETS, "net_loopback_packets", COUNT, COUNTER, "packets sent within its network stack"),
    ROW(CPU_SOME, "cpu_some_percent", PERCENT, GAUGE, "some tasks waited for a processor, of the last 10 seconds"),
    ROW(CPU_SOME_TOTAL, "cpu_some_usec", USEC, COUNTER, "time in which some tasks waited for a processor"),
    ROW(CPU_FULL, "cpu_full_percent", PERCENT, GAUGE, "all tasks waited for a processor, of the last 10 seconds"),
    ROW(CPU_FULL_TOTAL, "cpu_full_usec", USEC, COUNTER, "time in which all tasks waited for a processor"),
    ROW(MEMORY_SOME, "memory_some_percent", PERCENT, GAUGE, "some tasks waited for memory, of the last 10 seconds"),
    ROW(MEMORY_SOME_TOTAL, "memory_some_usec", USEC, COUNTER, "time in which some tasks waited for memory"),
    ROW(MEMORY_FULL, "memory_full_percent", PERCENT, GAUGE, "all tasks waited for memory, of the last 10 seconds"),
    ROW(MEMORY_FULL_TOTAL, "memory_full_usec", USEC, COUNTER, "time in which all tasks waited for memory"),
    ROW(IO_SOME, "io_some_percent", PERCENT, GAUGE, "some tasks waited for devices, of the last 10 seconds"),
    ROW(IO_SOME_TOTAL, "io_some_usec", USEC, COUNTER, "time in which some tasks waited for devices"),
    ROW(IO_FULL, "io_full_percent", PERCENT, GAUGE, "all tasks waited for devices, of the last 10 seconds"),
    ROW(IO_FULL_TOTAL, "io_full_usec", USEC, COUNTER, "time in which all tasks waited for devices"),
    ROW(RESTARTS, "restarts", COUNT, COUNTER, "times that its command was started again"),
    ROW(HITS, "limit_hits", COUNT, COUNTER, "times that one of its limits was hit"),
};

_Static_assert(ARRAY_SIZE(table) == JAIL_STAT_FIGURES, "a row for each figure");
_Static_assert(JAIL_STAT_FIGURES <= 64, "a bit for each figure");

const struct jail_figure_row *jail_figure_at(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}
