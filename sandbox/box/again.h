/* SPDX-License-Identifier: GPL-3.0-or-later */
/* again.h - inside executes itself once more from a read-only mount of its own file
 *
 * Theory of operation. The payload's process is nook's image until exec. A hostile
 * tree can make it execute nook's own file (a script whose first line is
 * `#!/proc/self/exe`), and whoever owns that file inside can then write to it through
 * /proc/PID/exe as soon as nothing runs it: the host's binary, from inside a box. Where
 * the owner of the file is mapped into the box (root with a single id), inside therefore
 * starts over from a detached, read-only clone of the mount of its file: writing through
 * it is EROFS. Elsewhere the owner is nobody inside and nothing is done; nor where the
 * command is a program of the host's own /usr, which no box can have written.
 *
 * Not so for an ordinary user's own build in a box of his: his id is not mapped yet when
 * inside looks, so it does not start over (it would lose its capabilities, too). That
 * file is held by ETXTBSY alone, as long as its keeper runs, which is longer than the box
 * (FD-07).
 *
 * What inside is told by its keeper goes along in a sealed memfd. What joins a box that
 * runs does the same (box/join.h); an ordinary user cannot clone a mount out there,
 * and has a sealed copy of the file instead.
 */
#ifndef NOOK_BOX_AGAIN_H
#define NOOK_BOX_AGAIN_H

#include <stdbool.h>

#include "box/inside.h"
#include "box/join.h"

#define AGAIN_NAME "nook-inside" /* argv[0] of the second start */

/** again_is_needed() - Whether the owner of the running file has an id inside, and the
 * command is none of the host's own */
bool again_is_needed(const struct plan *pl);
/** again_exec() - Start over; returns only on failure, -1 and @e. Must be called with the
 * right to mount and before the root is switched */
int again_exec(const struct inside *in, struct err *e);
/** again_is_mapped() - Whether the owner of the running file has an id inside: all that
 * counts for what joins a box that had time to be changed */
bool again_is_mapped(const struct plan *pl);
/** again_join() - The same as again_exec() for who joins a box (box/join.h): must be
 * called before any of its namespaces is entered */
int again_join(const struct join *j, struct err *e);
/** again_own_file() - The file of this program as nobody can write to it through who runs
 * it: for execveat(2). Return: descriptor; -1 and @e */
int again_own_file(struct err *e);
/** again_main() - The second start: take up where again_exec() or again_join() left;
 * never returns. @argv is main's own */
void again_main(char **argv) __attribute__((noreturn));

#endif
