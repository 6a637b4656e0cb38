/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.h - a plan as a command line of another tool
 *
 * Each tool is one file that exports a function for the table in export.c. It reads the
 * plan, adds words, and adds a note for everything that the tool cannot express: a
 * command line that is weaker than the box must say where.
 */
#ifndef NOOK_CMD_EXPORT_H
#define NOOK_CMD_EXPORT_H

#include "base/text.h"
#include "plan.h"

struct host;

/** enum lack - What tools lack for several paths: one note names them all */
enum lack {
	LACK_CHANGES, /* an overlay whose changes are thrown away */
	LACK_OWNERS,  /* idmapped mounts */
	LACK_MADE,    /* files and symlinks that nook makes */
	LACK_MOUNT,   /* a file system that the tool cannot mount */
	LACK_COUNT
};

/**
 * struct export - A command line while it is made
 * @pl:		What to say
 * @host:	Whether a path exists, where a tool refuses paths that do not
 * @notes:	Comment lines
 * @lacks:	Paths, for notes that name several
 * @setup:	Commands before the one command line
 * @before:	Words in front of the tool: prlimit, timeout
 * @words:	The tool and its options
 * @redirects:	Redirections behind the command, for tools that read from descriptors
 * @files:	Their here-documents
 * @next_fd:	Number of the next one; sh(1) knows 3 to 9
 */
struct export
{
	const struct plan *pl;
	struct host *host;
	struct text notes;
	struct text lacks[LACK_COUNT];
	struct text setup;
	struct text before;
	struct text words;
	struct text redirects;
	struct text files;
	int next_fd;
};

/** export_note() - Say what the tool cannot express */
void export_note(struct export *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** export_lack() - The same for one of several paths; export_notes() makes the note */
void export_lack(struct export *x, enum lack kind, const char *path);
/** export_notes() - Make the notes of export_lack(); a NULL text is not said */
void export_notes(struct export *x, const char *const text[LACK_COUNT]);
/** export_option() - Add an option with its words, each quoted, on a line of its own;
 * ends with NULL */
void export_option(struct export *x, const char *option, ...) __attribute__((sentinel));
/** export_optionf() - Add an option whose only word is made from a format */
void export_optionf(struct export *x, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** export_data() - Give @content to the tool on a descriptor. Return: its number as text
 * in
 * @fd, "" when there are too many */
void export_data(struct export *x, const char *content, char fd[12]);
/** export_filter() - Give the seccomp program to the tool on descriptor 9, as the bytes
 * of struct sock_filter[]. Return: false without one */
bool export_filter(struct export *x);
/** export_common() - What every tool needs in the same way: umask and the limits of a
 * process by prlimit(1), the wall clock by timeout(1) */
void export_common(struct export *x);
enum export_tool { EXPORT_BWRAP, EXPORT_PODMAN, EXPORT_SYSTEMD };

/** export_limits() - The limits of a cgroup, or notes about them */
void export_limits(struct export *x, enum export_tool tool);
/** export_attrs() - "ro,nosuid,nodev" for MOUNT_ATTR_* */
void export_attrs(struct text *t, uint64_t attr);
/** export_is_dev() - Whether a step only builds the /dev that every tool makes by itself
 */
bool export_is_dev(const struct export *x, const struct plan_mount *m);
/** export_exists() - Whether a path exists on this machine */
bool export_exists(const struct export *x, const char *path);

/** export_write() - The whole command line for @tool ("bwrap"). Return: false when there
 * is no such tool */
bool export_write(const struct plan *pl, struct host *h, const char *tool,
		  struct text *out);
/** export_bwrap() - The words of bwrap(1) */
void export_bwrap(struct export *x);
/** export_podman() - The words of podman-run(1) */
void export_podman(struct export *x);
/** export_systemd() - The words of systemd-run(1) */
void export_systemd(struct export *x);

#endif
