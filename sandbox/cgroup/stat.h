/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stat.h - the formats of the kernel's cgroup files: pure functions on their text
 *
 * Formats: cgroups(7), the kernel's Documentation/admin-guide/cgroup-v2.rst, "Interface
 * Files", and cgroup-v1/{memory,cpuacct,blkio-controller,pids}.rst; accounting/psi.rst.
 * All take any bytes with a NUL behind them and answer UINT64_MAX for what is not there.
 */
#ifndef NOOK_CGROUP_STAT_H
#define NOOK_CGROUP_STAT_H

#include <stdint.h>

/** stat_number() - The number that a file with one value begins with; "max", a negative
 * one and one beyond 64 bits are UINT64_MAX */
uint64_t stat_number(const char *text);
/** stat_key() - The number behind "KEY " at the start of a line (memory.events, cpu.stat,
 * memory.oom_control) */
uint64_t stat_key(const char *text, const char *key);
/** stat_io() - The sum over all devices of the number behind a word, which ends as in the
 * file: "rbytes=" and "wbytes=" in io.stat, "Read " and "Write " in v1's
 * "MAJOR:MINOR Read 4096". 0 for an empty file: nothing was read or written yet */
uint64_t stat_io(const char *text, const char *word);
/** stat_pressure() - avg10 of the line "some" in 1/100 %: "some avg10=1.53 ..." is 153 */
uint64_t stat_pressure(const char *text);

#endif
