// SPDX-License-Identifier: GPL-3.0-or-later
/* exam.c - `nook exam`: labs behind the questions; and what a placement says of labs
 *
 * Theory of operation. The labs are chosen before the first question, so that their time
 * is known. Each is begun and ended as `nook lab start` and `nook lab stop` do it, and is
 * the lab at hand in between: the learner works in a shell of the playground or in
 * another terminal, where the words of `nook lab` are at hand too. So the progress is not
 * locked while the learner works; a look reads anew how things stand, and whether there
 * was a hint or a solution. Whatever ends the exam, a pipe that nobody reads any more
 * too, the lab at hand is looked at once more and then ended, and so is the shell.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "lab/judge.h"
#include "lab/lesson.h"
#include "lab/self.h"
#include "quiz/quiz.h"

/* --- which ones -------------------------------------------------------------------- */

/* Unless it cannot be done here */
static int add_lab(struct quiz *z, struct lesson *s, const struct lab_place *at,
		   struct err *e)
{
	struct quiz_lab *to = &z->labs[z->lab_count];
	struct err why = { 0 };
	struct lab *l = NULL;

	if (lab_open(at, &l, e) < 0)
		return -1;
	if (lesson_check(s, l, &why) < 0) {
		lab_free(l);
		return 0;
	}
	*to = (struct quiz_lab){ .lab = l };
	for (size_t i = 0; i < l->objectives.count; i++) {
		int o = bank_objective(z->bank, l->objectives.v[i]);

		to->about |= o < 0 ? 0 : 1u << o;
	}
	z->lab_count++;
	return 0;
}

static int refuse(const struct lesson *s, struct err *e)
{
	err_set(e, "lab %s is at hand, and an exam needs its playground", s->now.id);
	return err_hint(e, "nook lab stop");
}

int exam_draw(struct quiz *z, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	size_t *v;
	int rc = 0;

	if (lesson_open(&s, false, e) < 0)
		return -1;
	if (s.is_on)
		return refuse(&s, e);
	if (lab_find_all(NULL, &s.set, e) < 0)
		return -1;
	v = calloc(s.set.count + 1, sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < s.set.count; i++)
		v[i] = i;
	quiz_shuffle(z, v, s.set.count);
	for (size_t i = 0; i < s.set.count && z->lab_count < QUIZ_LABS && !rc; i++)
		rc = add_lab(z, &s, &s.set.v[v[i]], e);
	free(v);
	if (rc < 0)
		exam_release(z);
	return rc;
}

void exam_release(struct quiz *z)
{
	while (z->lab_count)
		lab_free(z->labs[--z->lab_count].lab);
}

/* --- one lab ----------------------------------------------------------------------- */

static int begin(const char *id, struct text *out, struct err *e)
{
	const char *const words[] = { "lab", "start", id, NULL };
	auto_lesson s = { .diary = { .dir = -1 } };

	if (self_must(words, -1, e) < 0 || lesson_open(&s, false, e) < 0 ||
	    lesson_must(&s, e) < 0)
		return -1;
	say_statement(s.lab, text_str(&s.dir), out);
	text_add(out, "exam       check and next are words here; who takes a hint or the "
		      "solution\n           has not solved it\n");
	return 0;
}

/* Return: 0; -1 and @e: some of it stays */
static int end(const char *id, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };

	if (lesson_open(&s, true, e) < 0)
		return -1;
	return s.is_on && !strcmp(s.now.id, id) ? lesson_stop(&s, e) : 0;
}

/* Which ones hold; what was found instead would be help */
static void say_facts(const struct lab *l, const struct verdict *v, struct text *said)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct lab_fact *f = &l->check.v[i];

		text_add(said, v->found[i].holds ? "  ok   " : "  NO   ");
		text_safe(said, f->says ? f->says : f->line);
		text_addc(said, '\n');
	}
}

static void say_look(const struct quiz_lab *l, const struct verdict *v, struct text *said)
{
	size_t hold = 0;

	for (size_t i = 0; i < v->count; i++)
		hold += v->found[i].holds;
	if (!v->solved) {
		text_addf(said, "Not yet: %zu of %zu facts hold.\n", hold, v->count);
		say_facts(l->lab, v, said);
	} else if (l->is_assisted) {
		text_add(said, "It is solved with help, which does not count.\n");
	} else {
		text_add(said, "It is solved.\n");
	}
}

/* How it stands is what counts from now on. Return: 1 = it is over; 0 = it goes on; -1
 * and @e */
static int look(struct quiz_lab *l, struct text *said, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	struct lab_record r;
	struct verdict v;
	struct play play;
	bool solved;
	int rc;

	l->state = QUIZ_WRONG;
	if (lesson_open(&s, true, e) < 0)
		return -1;
	if (!s.is_on || strcmp(s.now.id, l->lab->id) != 0) {
		text_add(said, "It was ended from elsewhere, and is not solved.\n");
		return 1;
	}
	if (lesson_must(&s, e) < 0)
		return -1;
	play_look(s.lab, text_str(&s.dir), s.now.token, &play);
	if (!play.scene.init) {
		text_add(said, "The playground has ended; 'nook lab reset' makes it "
			       "anew.\n");
		return 0;
	}
	rc = judge(s.lab, &play.scene, &v, e);
	play_release(&play);
	if (rc < 0)
		return -1;
	r = diary_of(&s.diary, s.now.id);
	l->is_assisted = r.hints || r.has_solution;
	solved = v.solved;
	if (solved && !l->is_assisted)
		l->state = QUIZ_RIGHT;
	say_look(l, &v, said);
	verdict_release(&v);
	if (!r.is_over)
		rc = diary_add(&s.diary, s.now.id, solved ? DEED_SOLVED : DEED_FAILED,
			       NULL, e);
	return rc < 0 ? -1 : solved;
}

/* What cannot be looked at is said, and may be mended */
static bool look_and_say(const struct quiz *z, struct quiz_lab *l)
{
	auto_text said = { 0 };
	struct err e = { 0 };
	int rc = look(l, &said, &e);

	if (rc < 0 || asker_say(&z->asker, &said, &e) < 0)
		cmd_complain(&e);
	return rc == 1;
}

/* The score says it, when the terminal is not the shell's any more */
static void last_look(struct quiz_lab *l)
{
	auto_text said = { 0 };
	struct err e = { 0 };

	if (look(l, &said, &e) < 0)
		cmd_complain(&e);
}

/* --- a shell in the playground ----------------------------------------------------- */

static void become_shell(const struct asker *a) __attribute__((noreturn));

static void become_shell(const struct asker *a)
{
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &a->before, NULL);
	if (dup2(a->out, STDOUT_FILENO) >= 0)
		execl("/proc/self/exe", "nook", "exec", "-t", PLAY_BOX, (char *)NULL);
	_exit(125);
}

/* Until it is left. Return: ASKED_LINE, or what ends the exam while it goes on, @pid */
static enum asked shell(struct quiz *z, pid_t *pid, struct err *e)
{
	auto_fd fd = -1;
	enum asked got;

	*pid = fork();
	if (!*pid)
		become_shell(&z->asker);
	fd = *pid < 0 ? -1 : sys_pidfd_open(*pid, 0);
	if (fd < 0) {
		err_sys(e, "cannot start a shell");
		return ASKED_FAILED;
	}
	got = asker_wait(&z->asker, fd);
	if (got == ASKED_LINE) {
		waitpid(*pid, NULL, 0);
		*pid = 0;
	}
	return got;
}

/* --- the dialogue ------------------------------------------------------------------ */

static enum asked ask_word(struct quiz *z, struct text *word, struct err *e)
{
	auto_text prompt = { 0 };

	text_addc(&prompt, '\n');
	quiz_say_left(z, &prompt);
	text_addf(&prompt, "; check, next, %sgive up, q = end: ",
		  z->asker.is_tty ? "shell, " : "");
	return asker_ask(&z->asker, &prompt, word, e);
}

static int say_words(const struct quiz *z, const char *word, struct err *e)
{
	auto_text out = { 0 };

	text_addc(&out, '\'');
	text_safe(&out, word);
	text_addf(&out,
		  "' is no word here. There are\n"
		  "  check    says which facts hold\n"
		  "  next     goes on, when it is solved\n"
		  "%s"
		  "  give up  goes on without\n"
		  "  q        ends the exam\n",
		  z->asker.is_tty ? "  shell    opens one in the playground\n" : "");
	return asker_say(&z->asker, &out, e);
}

/* Return: ASKED_LINE = on to the next one, or what ends the exam */
static enum asked work(struct quiz *z, struct quiz_lab *l, pid_t *pid, struct err *e)
{
	auto_text word = { 0 };
	enum asked got;
	bool is_shell;

	for (;;) {
		got = ask_word(z, &word, e);
		is_shell = z->asker.is_tty && !strcmp(text_str(&word), "shell");
		if (got == ASKED_LINE && is_shell)
			got = shell(z, pid, e);
		if (got == ASKED_LINE && !strcmp(text_str(&word), "q"))
			got = ASKED_END;
		if (got != ASKED_LINE) {
			last_look(l);
			return got;
		}
		if (!strcmp(text_str(&word), "give up")) {
			l->state = QUIZ_WRONG;
			return ASKED_LINE;
		}
		if (!strcmp(text_str(&word), "next") ||
		    !strcmp(text_str(&word), "check")) {
			if (look_and_say(z, l) && *text_str(&word) == 'n')
				return ASKED_LINE;
		} else if (word.len && !is_shell && say_words(z, text_str(&word), e)) {
			return ASKED_FAILED;
		}
	}
}

/* What this machine refuses is not the learner's fault */
static void leave_out(struct quiz *z, size_t i)
{
	lab_free(z->labs[i].lab);
	z->lab_count--;
	memmove(&z->labs[i], &z->labs[i + 1], (z->lab_count - i) * sizeof(z->labs[i]));
}

/* Return: whether it could be begun; @z->end */
static bool one(struct quiz *z, size_t i, struct err *e)
{
	struct quiz_lab *l = &z->labs[i];
	auto_text out = { 0 };
	struct err why = { 0 };
	pid_t pid = 0;
	bool begun;
	int rc;

	text_addf(&out, "\nlab %zu of %zu   ", i + 1, z->lab_count);
	quiz_say_left(z, &out);
	text_add(&out, "\n\n");
	begun = begin(l->lab->id, &out, &why) == 0;
	if (!begun) {
		cmd_complain(&why);
		text_addf(&out, "%s cannot begin, and is left out.\n", l->lab->id);
	}
	if (asker_say(&z->asker, &out, e))
		z->end = ASKED_FAILED;
	else if (begun)
		z->end = work(z, l, &pid, e);
	rc = end(l->lab->id, &why);
	if (rc < 0)
		cmd_complain(&why);
	/* It ends with the playground, and leaves the terminal as it was */
	else if (pid > 0)
		waitpid(pid, NULL, 0);
	if (!begun)
		leave_out(z, i);
	return begun;
}

int exam_labs(struct quiz *z, struct err *e)
{
	uint64_t start = asker_now();
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;

	sigaction(SIGPIPE, &ignore, &before);
	for (size_t i = 0; i < z->lab_count && z->end == ASKED_LINE;)
		i += one(z, i, e);
	sigaction(SIGPIPE, &before, NULL);
	z->took_ns += asker_now() - start;
	return z->end == ASKED_FAILED ? -1 : 0;
}

/* --- placement --------------------------------------------------------------------- */

int placement_skip(const char *chapter, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	int n = 0;

	if (lesson_open(&s, true, e) < 0 || lab_find_all(NULL, &s.set, e) < 0)
		return -1;
	for (size_t i = 0; i < s.set.count; i++) {
		const char *id = s.set.v[i].id;
		struct lab *l = NULL;
		bool skip;

		if (lab_open(&s.set.v[i], &l, e) < 0)
			return -1;
		skip = !strcmp(l->chapter, chapter) &&
		       diary_of(&s.diary, id).state < LAB_SOLVED;
		lab_free(l);
		if (skip && diary_add(&s.diary, id, DEED_SKIP, "placement", e) < 0)
			return -1;
		n += skip;
	}
	return n;
}
