// SPDX-License-Identifier: GPL-3.0-or-later
/* mkseccomp.c - build-time program: prints build/gen/seccomp_tables.h
 *
 *	mkseccomp		the header: filters as instructions, names of capabilities
 *	mkseccomp --list N	what variant N answers to every call, for the golden test
 *
 * What is printed depends on gen/sets.def, the architecture and libcap's names alone,
 * so two builds agree. Before a filter is printed it is compared with what libseccomp
 * makes of the same table: one wrong verdict stops the build.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <unistd.h>

#include "layer/bpf_run.h"
#include "layer/seccomp.h"

static struct sock_filter ours[SECCOMP_MOST], theirs[SECCOMP_MOST];

/* The same table through libseccomp. Calls with an argument check are only "allowed"
 * here: tests/unit/seccomp.c tries those on the kernel. Return: instructions, or -1 */
static int reference(const struct verdicts *v)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int fd = memfd_create("reference", MFD_CLOEXEC), rc;
	ssize_t len = -1;

	rc = !ctx || fd < 0 || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) ||
	     seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (int i = 0; i < SECCOMP_CALLS && !rc; i++) {
		if (v->of[i] >= VERDICT_CHECK)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, i, 0);
		else if (v->of[i] != ENOSYS)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(v->of[i]), i, 0);
	}
	if (!rc && !seccomp_export_bpf(ctx, fd))
		len = pread(fd, theirs, sizeof(theirs), 0);
	seccomp_release(ctx);
	close(fd);
	return len > 0 ? (int)(len / (ssize_t)sizeof(theirs[0])) : -1;
}

static bool agrees(const struct verdicts *v, int count, int their_count)
{
	static const uint32_t odd[] = {
		SECCOMP_CALLS, 4096,	   0x3fffffff, 0x40000000,
		0x40000027,    0x7fffffff, 0xfffffffe, 0xffffffff
	};
	const size_t odd_count = sizeof(odd) / sizeof(odd[0]);

	for (size_t i = 0; i < SECCOMP_CALLS + odd_count; i++) {
		uint32_t nr = i < SECCOMP_CALLS ? (uint32_t)i : odd[i - SECCOMP_CALLS];
		struct seccomp_data call = { .nr = (int)nr,
					     .arch = seccomp_arch_native() };
		uint32_t a, b;

		if (i < SECCOMP_CALLS && v->of[i] >= VERDICT_CHECK &&
		    v->of[i] < VERDICT_KILL)
			continue;
		a = bpf_run(ours, (size_t)count, &call);
		b = bpf_run(theirs, (size_t)their_count, &call);
		call.arch ^= 1;
		if (a != b ||
		    bpf_run(ours, (size_t)count, &call) != SECCOMP_RET_KILL_PROCESS) {
			fprintf(stderr, "mkseccomp: call %#x: %#x, libseccomp says %#x\n",
				nr, a, b);
			return false;
		}
	}
	return true;
}

static int make(unsigned int flags, struct verdicts *v)
{
	const char *wrong = verdicts_default(v, flags);
	int count, their_count;

	if (wrong) {
		fprintf(stderr, "mkseccomp: gen/sets.def: nobody knows '%.40s'\n", wrong);
		return -1;
	}
	count = seccomp_compile(v, ours, SECCOMP_MOST);
	their_count = reference(v);
	if (count < 0 || their_count < 0 || !agrees(v, count, their_count)) {
		fprintf(stderr, "mkseccomp: cannot make the filter, variant %u\n", flags);
		return -1;
	}
	return count;
}

static int print_filters(void)
{
	struct verdicts v;
	int count;

	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags++) {
		if ((count = make(flags, &v)) < 0)
			return -1;
		printf("static const struct sock_filter seccomp_filter_%u[] = {", flags);
		for (int i = 0; i < count; i++)
			printf("%s{ %#x, %u, %u, %#x },", i % 4 ? " " : "\n\t",
			       ours[i].code, ours[i].jt, ours[i].jf, ours[i].k);
		puts("\n};");
	}
	puts("static const struct { const struct sock_filter *v; size_t count; }\n"
	     "seccomp_filters[] = {");
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags++)
		printf("\t{ seccomp_filter_%u, sizeof(seccomp_filter_%u) / "
		       "sizeof(struct sock_filter) },\n",
		       flags, flags);
	puts("};");
	return 0;
}

static int print_list(unsigned int flags)
{
	struct verdicts v;

	if (make(flags, &v) < 0)
		return -1;
	for (int i = 0; i < SECCOMP_CALLS; i++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
		const char *check = verdicts_check_text(v.of[i]);

		if (name || v.of[i] != ENOSYS)
			printf("%s: %s\n", name ? name : "newer",
			       check			 ? check
			       : v.of[i] == VERDICT_PASS ? "allowed"
			       : v.of[i] == EPERM	 ? "EPERM"
							 : "ENOSYS");
		free(name);
	}
	return 0;
}

/* A name and a bit for every capability that libcap knows */
static int print_caps(void)
{
	puts("static const struct name cap_names[] = {");
	for (cap_value_t c = 0; c < cap_max_bits(); c++) {
		char *name = cap_to_name(c);

		if (!name)
			return -1;
		if (!strncmp(name, "cap_", 4)) {
			printf("\t{ \"");
			for (const char *s = name; *s; s++)
				putchar(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
			printf("\", %d },\n", c);
		}
		cap_free(name);
	}
	puts("\t{ NULL, 0 },\n};");
	return 0;
}

int main(int argc, char **argv)
{
	int rc;

	/* say what libseccomp may use instead of letting it try the running kernel */
	seccomp_api_set(4);
	if (argc == 3 && !strcmp(argv[1], "--list"))
		return print_list((unsigned int)strtoul(argv[2], NULL, 10)) < 0;
	puts("/* Generated by gen/mkseccomp: do not edit. */");
	puts("#ifdef WANT_SECCOMP_FILTERS");
	rc = print_filters();
	puts("#endif\n#ifdef WANT_CAP_NAMES");
	rc = rc < 0 ? rc : print_caps();
	puts("#endif");
	return rc < 0 || fflush(stdout) != 0;
}
