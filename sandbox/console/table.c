// SPDX-License-Identifier: GPL-3.0-or-later
/* table.c - the words of the console: help, completion and nook(1) read this table */
#include <string.h>

#include "base/text.h"
#include "cmd/summary.h"
#include "console/console.h"
#include "console/say.h"

static const struct word table[] = {
	{ .name = "new",
	  .usage = "NAME [from PROFILE]",
	  .summary = "begin a draft: a process without walls, or a profile",
	  .help = "A draft is a box that is not there yet. Every command runs in a box "
		  "made anew from it, so words can be taken back at no cost. Without "
		  "'from' it begins with no wall at all: another process of this "
		  "machine, with your rights.",
	  .example = "new web\nnew web from dev",
	  .complete = COMPLETE_PROFILE,
	  .run = say_new },
	{ .name = "add",
	  .usage = "LAYER [WORD...]",
	  .summary = "put on a layer, and see what it changes",
	  .help = "'layers' lists the layers and what may follow each. A layer that you "
		  "may not have alone names the one to add first. Several can stand "
		  "behind each other.",
	  .example = "add user\nadd pid mount\nadd root system\nadd net none",
	  .complete = COMPLETE_LAYER,
	  .run = say_add },
	{ .name = "drop",
	  .usage = "LAYER...",
	  .summary = "take layers off again",
	  .help = "Their values go back to those of a process without walls.",
	  .example = "drop net",
	  .complete = COMPLETE_LAYER,
	  .run = say_drop },
	{ .name = "set",
	  .usage = "KEY VALUE...",
	  .summary = "set any key of a profile",
	  .help = "nook-profile(5) has the keys. A value that begins with a bracket is "
		  "YAML; '+KEY' adds to a list.",
	  .example = "set hostname web\nset +mounts '{tmpfs: /scratch, size: 16M}'",
	  .complete = COMPLETE_FIELD,
	  .run = say_set },
	{ .name = "unset",
	  .usage = "KEY...",
	  .summary = "give a key its default again",
	  .help = "The default is that of profiles, as nook-profile(5) has it.",
	  .example = "unset hostname",
	  .complete = COMPLETE_FIELD,
	  .run = say_unset },
	{ .name = "limit",
	  .usage = "WHAT VALUE",
	  .summary = "limit memory, cpus, pids, wall, ...; none takes it off",
	  .help = "'limit WHAT' is 'set limits.WHAT'.",
	  .example = "limit memory 64M\nlimit cpus 20%\nlimit memory none",
	  .complete = COMPLETE_LIMIT_NAME,
	  .run = say_limit },
	{ .name = "layers",
	  .usage = "",
	  .summary = "the layers, those that are on marked",
	  .help = "Says what each separates, and what may follow its name in 'add'.",
	  .example = "layers",
	  .run = say_layers },
	{ .name = "view",
	  .usage = "[BOX|--tree]",
	  .summary = "every fact, inside and outside side by side",
	  .help = "A box is made from the draft and asked; nothing is taken from the "
		  "profile. '-' stands where there is nothing of the kind. With a word "
		  "it is the command 'nook view', about a box that runs, or with "
		  "--tree about all boxes.",
	  .example = "view\nview --tree",
	  .complete = COMPLETE_BOX,
	  .only_draft = true,
	  .run = say_view },
	{ .name = "explain",
	  .usage = "[LAYER]",
	  .summary = "system calls and plain commands that make the draft",
	  .help = "As 'nook explain', for the draft. With another word it is that "
		  "command: 'explain dev'.",
	  .example = "explain pid",
	  .complete = COMPLETE_LAYER,
	  .only_draft = true,
	  .run = say_explain },
	{ .name = "run",
	  .usage = "COMMAND [ARGUMENT...]",
	  .summary = "run a command in a fresh box; also !COMMAND",
	  .help = "Its exit code is the command's. Nothing of the box stays. 'nook run "
		  "PROFILE -- COMMAND' is the command of that name.",
	  .example = "run id\n!ps aux\nrun sh -c 'ps aux | wc -l'",
	  .complete = COMPLETE_PROGRAM,
	  .only_draft = true,
	  .is_job = true,
	  .run = say_run },
	{ .name = "enter",
	  .usage = "[SHELL [ARGUMENT...]]",
	  .summary = "a shell in a fresh box",
	  .help = "It ends, and the box with it, by 'exit' or ^D.",
	  .example = "enter\nenter /bin/bash",
	  .complete = COMPLETE_PROGRAM,
	  .run = say_enter },
	{ .name = "start",
	  .usage = "",
	  .summary = "make the draft a box that lives, under its name",
	  .help = "'run --detach' of nook, with the draft's values; without a command "
		  "it is 'sleep infinity'. The draft "
		  "stays; 'exec', 'stop', 'rm' and all others are for the box from "
		  "then on. Words that change the draft do not change the box: they say "
		  "how to, by 'update' or a new start. To have a command brought into it "
		  "the box needs an init: 'add init'. With a word behind it is the "
		  "command: 'start BOX'.",
	  .example = "start",
	  .complete = COMPLETE_BOX,
	  .only_draft = true,
	  .run = say_start },
	{ .name = "undo",
	  .usage = "[COUNT]",
	  .summary = "take the last word back",
	  .help = "Words that changed the draft, as 'history' lists them.",
	  .example = "undo\nundo 2",
	  .run = say_undo },
	{ .name = "redo",
	  .usage = "[COUNT]",
	  .summary = "say again what was taken back",
	  .help = "Until another word changes the draft.",
	  .example = "redo",
	  .run = say_redo },
	{ .name = "history",
	  .usage = "",
	  .summary = "the words that made the draft",
	  .help = "A '>' is in front of the last that counts; those below it were taken "
		  "back.",
	  .example = "history",
	  .run = say_history },
	{ .name = "diff",
	  .usage = "[PATH...]",
	  .summary = "what the commands of the draft have changed",
	  .help = "As 'diff' of nook shows it of a box that stays, which it is with a "
		  "name of one in place of a path. What overlays hold lasts from one "
		  "command to the next, as long as the draft is there; nothing on the "
		  "host is changed.",
	  .example = "diff\ndiff /etc",
	  .only_draft = true,
	  .run = say_diff },
	{ .name = "snapshot",
	  .usage = "[TAG]",
	  .summary = "copy the files of the draft under a tag, or list the tags",
	  .help = "'rollback TAG' has them back. With two words it is the command of "
		  "nook, for a box that stays.",
	  .example = "snapshot before",
	  .only_draft = true,
	  .run = say_snapshot },
	{ .name = "rollback",
	  .usage = "[TAG]",
	  .summary = "take back what the commands of the draft have changed",
	  .help = "All of it, or what came behind 'snapshot TAG'. Words are taken back "
		  "by 'undo'. With two words it is the command of nook, for a box that "
		  "stays.",
	  .example = "rollback\nrollback before",
	  .only_draft = true,
	  .run = say_rollback },
	{ .name = "branch",
	  .usage = "NAME",
	  .summary = "go on with a copy under another name",
	  .help = "The old one stays as it is: 'switch' goes back to it.",
	  .example = "branch web2",
	  .complete = COMPLETE_DRAFT,
	  .run = say_branch },
	{ .name = "switch",
	  .usage = "NAME",
	  .summary = "go to another draft",
	  .help = "'drafts' lists them.",
	  .example = "switch web",
	  .complete = COMPLETE_DRAFT,
	  .run = say_switch },
	{ .name = "drafts",
	  .usage = "",
	  .summary = "list the drafts",
	  .help = "The one at hand is marked.",
	  .example = "drafts",
	  .run = say_drafts },
	{ .name = "compare",
	  .usage = "[DRAFT [DRAFT]|OPTION...]",
	  .summary = "what two drafts differ in: keys and facts",
	  .help = "With one name the other is the draft at hand. Without a name, or with "
		  "an option first, it is the command 'nook compare': what each layer "
		  "costs and keeps out.",
	  .example = "compare web\ncompare web web2\ncompare --rungs process,full",
	  .complete = COMPLETE_DRAFT,
	  .run = say_compare },
	{ .name = "show",
	  .usage = "",
	  .summary = "the draft as a profile",
	  .help = "What 'save' would write.",
	  .example = "show",
	  .run = say_show },
	{ .name = "save",
	  .usage = "[NAME|FILE]",
	  .summary = "write the draft as a profile",
	  .help = "Into your own profiles, under the draft's name where none is given, "
		  "or into a file where the word has a slash. A file that is there is "
		  "left alone, and a name that another profile has is refused.",
	  .example = "save\nsave ./web.yaml",
	  .complete = COMPLETE_FILE,
	  .run = say_save },
	{ .name = "load",
	  .usage = "PROFILE [NAME]",
	  .summary = "begin a draft with a profile",
	  .help = "The same as 'new NAME from PROFILE'.",
	  .example = "load web\nload ./web.yaml mine",
	  .complete = COMPLETE_PROFILE,
	  .run = say_load },
	{ .name = "cd",
	  .usage = "[DIRECTORY]",
	  .summary = "go to another directory of this machine",
	  .help = "Without one to your home.",
	  .example = "cd /srv",
	  .complete = COMPLETE_DIR,
	  .run = say_cd },
	{ .name = "jobs",
	  .usage = "",
	  .summary = "what was stopped by ^Z, or runs in the background",
	  .help = "The newest first. A '&' behind 'run' or a command of nook leaves it "
		  "in the background, with nothing to read.",
	  .example = "jobs",
	  .run = say_jobs },
	{ .name = "fg",
	  .usage = "[JOB]",
	  .summary = "go on with a job, at the terminal",
	  .help = "The newest, or the one with this number in 'jobs'.",
	  .example = "fg\nfg %1",
	  .complete = COMPLETE_JOB,
	  .run = say_fg },
	{ .name = "bg",
	  .usage = "[JOB]",
	  .summary = "go on with a job in the background",
	  .help = "What 'run' began without a '&' needs the terminal, and stops again "
		  "at once: 'fg' goes on with it.",
	  .example = "bg",
	  .complete = COMPLETE_JOB,
	  .run = say_bg },
	{ .name = "kill",
	  .usage = "%JOB...|WORD...",
	  .summary = "end jobs; else the command, for boxes",
	  .help = "A job is asked to end as by 'nook stop'. 'nook help kill' has what "
		  "there is for boxes.",
	  .example = "kill %1\nkill web",
	  .complete = COMPLETE_BOX,
	  .is_job = true,
	  .run = say_kill },
	{ .name = "help",
	  .usage = "[WORD]",
	  .summary = "list the words, or explain one",
	  .help = "Commands of nook are explained as by 'nook help'.",
	  .example = "help add",
	  .complete = COMPLETE_WORD,
	  .run = say_help },
	{ .name = "quit",
	  .usage = "",
	  .summary = "end the console; also exit, ^D",
	  .help = "Drafts that were not saved are gone. Jobs are ended.",
	  .example = "quit",
	  .run = say_quit },
};

const struct word *word_at(size_t i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

const struct word *word_find(const char *name)
{
	if (!strcmp(name, "exit"))
		name = "quit";
	for (size_t i = 0; word_at(i); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

void word_help(const struct word *w, struct text *out)
{
	const char *p = w->example;

	text_addf(out, "%s%s%s - %s\n\n", w->name, *w->usage ? " " : "", w->usage,
		  w->summary);
	words_wrap(out, w->help, 2, 0);
	text_addc(out, '\n');
	while (*p) {
		size_t n = strcspn(p, "\n");

		text_addf(out, "    %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
}
