// SPDX-License-Identifier: GPL-3.0-or-later
/* admit.c - which jobs may run at a time by what their limits declare */
#include <string.h>

#include "base/err.h"
#include "job/admit.h"
#include "tap.h"

#define M (1ull << 20)

static struct job job(uint64_t memory, uint64_t cpus)
{
	return (struct job){ .id = "a", .declared = { memory, cpus } };
}

static void test_sums(void)
{
	struct admission a = { .have = { 100 * M, 3000 } };
	struct job small = job(40 * M, 500), large = job(90 * M, 1000);
	struct job wide = job(1, 3000);

	ok(admit_take(&a, &small) && admit_take(&a, &small), "two fit");
	ok(!admit_take(&a, &small), "a third has no memory left");
	ok(!admit_take(&a, &wide), "and a wide one no CPUs");
	is_num((long long)a.used.cpus, 1000, "who did not fit has taken nothing");
	admit_give(&a, &small);
	ok(!admit_take(&a, &large), "a large one waits for both");
	admit_give(&a, &small);
	ok(admit_take(&a, &large), "then it fits");
	admit_give(&a, &large);
	ok(admit_take(&a, &wide), "all of the CPUs fit");
	admit_give(&a, &wide);
	ok(!a.used.memory && !a.used.cpus, "all is given back");
}

static void test_undeclared(void)
{
	struct admission a = { .have = { 100 * M, 2000 } };
	struct job none = job(0, 0);

	ok(admit_take(&a, &none) && admit_take(&a, &none), "no memory, one CPU each");
	ok(!admit_take(&a, &none), "so that two CPUs run two");
	a = (struct admission){ .have = { 100 * M, 500 } };
	ok(admit_take(&a, &none), "half of a CPU runs one");
	ok(!admit_take(&a, &none), "and not two");
	a = (struct admission){ 0 };
	for (int i = 0; i < 3; i++)
		ok(admit_take(&a, &none), "what does not count does not keep from it");
}

static void test_raised(void)
{
	struct admission a = { .have = { 100 * M, 0 } };
	struct job j = job(30 * M, 0), one = job(1, 0);

	j.retry.raise_milli = 2000;
	j.retried[CAUSE_OOM] = 1;
	ok(admit_take(&a, &j), "another try with more");
	is_num((long long)a.used.memory, 60 * M, "takes more");
	admit_give(&a, &j);
	j.retried[CAUSE_OOM] = 2;
	ok(admit_take(&a, &j), "one with more than all can start");
	ok(!admit_take(&a, &one), "alone");
	admit_give(&a, &j);
	is_num((long long)a.used.memory, 0, "and gives back what it took");
}

static void test_never(void)
{
	struct admission a = { .have = { 100 * M, 2000 }, .cpus_are_given = true };
	struct job memory = job(101 * M, 0), cpus = job(0, 2500), none = job(0, 0);
	struct job fits = job(100 * M, 2000);
	struct err e = { 0 };

	is_num(admit_check(&a, &memory, &e), -1, "too large");
	is(e.text,
	   "job 'a' may use 101M of memory (limits.memory), and there is 100M for all "
	   "that run",
	   "with both figures");
	e = (struct err){ 0 };
	is_num(admit_check(&a, &cpus, &e), -1, "too wide");
	is(e.text,
	   "job 'a' may use 2.5 CPUs (limits.cpus), and there are 2 for all that run",
	   "with both figures");
	is_num(admit_check(&a, &fits, &e), 0, "all there is fits");
	a.cpus_are_given = false;
	is_num(admit_check(&a, &cpus, &e), 0, "CPUs that were found are shared");
	ok(admit_take(&a, &cpus), "so that it starts");
	ok(!admit_take(&a, &none), "alone");
	a = (struct admission){ 0 };
	is_num(admit_check(&a, &memory, &e), 0, "without a total all does");
}

static void test_processes(void)
{
	struct admission a = { .have = { .processes = 11 } };
	struct job none = job(0, 0), many = job(0, 0);

	many.declared.processes = 4000;
	ok(admit_take(&a, &none) && admit_take(&a, &none), "five processes each");
	ok(!admit_take(&a, &none), "and no more than there may be");
	admit_give(&a, &none);
	admit_give(&a, &none);
	ok(admit_take(&a, &many), "who may have more than there are starts");
	ok(!admit_take(&a, &none), "alone");
	admit_give(&a, &many);
	is_num((long long)a.used.processes, 0, "all is given back");
}

int main(void)
{
	plan(0);
	test_sums();
	test_undeclared();
	test_raised();
	test_never();
	test_processes();
	return done();
}
