/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.h - a plan as a command line of another tool
 *
 * Each tool is one file that exports a function for the table in export.c. It reads the plan,
 * adds words, and adds a note for everything that the tool cannot express: a command line that
 * is weaker than the box must say where.
 */
#ifndef NOOK_CMD_EXPORT_H
#define NOOK_CMD_EXPORT_H

#include "base/text.h"
#include "plan.h"

struct host;

/**
 * struct export - A command line while it is made
 * @pl:		What to say
 * @host:	Whether a path exists, where a tool refuses paths that do not
 * @notes:	Comment lines
 * @before:	Words in front of the tool: prlimit, timeout
 * @words:	The tool and its options
 * @files:	Here-documents behind the command, for tools that read from descriptors
 * @next_fd:	Number of the next one
 */
struct export {
	const struct plan *pl;
	struct host *host;
	struct text notes;
	struct text before;
	struct text words;
	struct text redirects;
	struct text files;
	int next_fd;
};

/** export_note() - Say what the tool cannot express */
void export_note(struct export *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** export_option() - Add an option with its words, each quoted, on a line of its own; ends
 * with NULL */
void export_option(struct export *x, const char *option, ...) __attribute__((sentinel));
/** export_optionf() - Add an option whose only word is made from a format */
void export_optionf(struct export *x, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** export_data() - Give @content to the tool on a descriptor. Return: its number as text in
 * @fd */
void export_data(struct export *x, const char *content, char fd[12]);
/** export_common() - What every tool needs in the same way: umask and the limits of a
 * process by prlimit(1), the wall clock by timeout(1) */
void export_common(struct export *x);
/** export_attrs() - "ro,nosuid,nodev" for MOUNT_ATTR_* */
void export_attrs(struct text *t, uint64_t attr);
/** export_is_dev() - Whether a step only builds the /dev that every tool makes by itself */
bool export_is_dev(const struct export *x, const struct plan_mount *m);
/** export_exists() - Whether a path exists on this machine */
bool export_exists(const struct export *x, const char *path);

void export_bwrap(struct export *x);
void export_podman(struct export *x);
void export_systemd(struct export *x);

#endif
