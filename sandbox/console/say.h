/* SPDX-License-Identifier: GPL-3.0-or-later */
/* say.h - what each word of the console does: struct word.run */
#ifndef NOOK_CONSOLE_SAY_H
#define NOOK_CONSOLE_SAY_H

struct console;
struct err;

/* Words that change a draft: say_draft.c */

/** say_new() - A draft from nothing, or `from` a profile */
int say_new(struct console *c, char **argv, struct err *e);
/** say_load() - A draft from a profile, of that name or another */
int say_load(struct console *c, char **argv, struct err *e);
/** say_add() - Put layers on */
int say_add(struct console *c, char **argv, struct err *e);
/** say_drop() - Take layers off */
int say_drop(struct console *c, char **argv, struct err *e);
/** say_set() - Set a key */
int say_set(struct console *c, char **argv, struct err *e);
/** say_unset() - Give keys their defaults */
int say_unset(struct console *c, char **argv, struct err *e);
/** say_limit() - Set a limit */
int say_limit(struct console *c, char **argv, struct err *e);
/** say_undo() - Take words back */
int say_undo(struct console *c, char **argv, struct err *e);
/** say_redo() - Say them again */
int say_redo(struct console *c, char **argv, struct err *e);
/** say_snapshot() - Copy the files of a draft under a tag */
int say_snapshot(struct console *c, char **argv, struct err *e);
/** say_rollback() - Take files back */
int say_rollback(struct console *c, char **argv, struct err *e);
/** say_diff() - What its commands have changed */
int say_diff(struct console *c, char **argv, struct err *e);
/** say_branch() - Go on with a copy */
int say_branch(struct console *c, char **argv, struct err *e);
/** say_switch() - Go to another draft */
int say_switch(struct console *c, char **argv, struct err *e);

/* Words that look at drafts, and use them: say_look.c */

/** say_history() - The steps */
int say_history(struct console *c, char **argv, struct err *e);
/** say_drafts() - The drafts */
int say_drafts(struct console *c, char **argv, struct err *e);
/** say_layers() - The layers there are */
int say_layers(struct console *c, char **argv, struct err *e);
/** say_view() - Every fact */
int say_view(struct console *c, char **argv, struct err *e);
/** say_compare() - Two drafts, or the command of that name */
int say_compare(struct console *c, char **argv, struct err *e);
/** say_explain() - The plan in words */
int say_explain(struct console *c, char **argv, struct err *e);
/** say_show() - The draft as a profile */
int say_show(struct console *c, char **argv, struct err *e);
/** say_save() - The same into a file */
int say_save(struct console *c, char **argv, struct err *e);
/** say_run() - A command in a box */
int say_run(struct console *c, char **argv, struct err *e);
/** say_start() - A box that lives */
int say_start(struct console *c, char **argv, struct err *e);
/** say_enter() - A shell in a box */
int say_enter(struct console *c, char **argv, struct err *e);

/* The rest: say_other.c */

/** say_cd() - Change the directory */
int say_cd(struct console *c, char **argv, struct err *e);
/** say_jobs() - What is stopped */
int say_jobs(struct console *c, char **argv, struct err *e);
/** say_fg() - Go on with it */
int say_fg(struct console *c, char **argv, struct err *e);
/** say_bg() - Let one go on in the background */
int say_bg(struct console *c, char **argv, struct err *e);
/** say_kill() - End jobs; what is none is for the command of that name */
int say_kill(struct console *c, char **argv, struct err *e);
/** say_help() - Words, or one */
int say_help(struct console *c, char **argv, struct err *e);
/** say_quit() - End */
int say_quit(struct console *c, char **argv, struct err *e);

#endif
