// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson.c - from one lab to another */
#include "lab/lesson.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "host/host.h"

static int name_dir(struct lesson *s, const char *id, struct err *e)
{
	struct host *h = host_new();
	int rc = h ? 0 : err_set(e, "out of memory");

	text_cut(&s->dir, 0);
	if (h)
		rc = play_dir(h, id, &s->dir, e);
	host_free(h);
	return rc;
}

/* A start that was broken off is cleared away, and is told of once: nobody is at it, for
 * the lock is ours. Return: 0, -1 and @e */
static int clear(struct lesson *s, struct err *e)
{
	struct err told = { 0 };

	err_set(&told, "the start of lab %s was broken off; what it left is removed",
		s->now.id);
	if (name_dir(s, s->now.id, e) < 0 || lesson_stop(s, e) < 0)
		return -1;
	cmd_complain(&told);
	s->has_cleared = true;
	return 0;
}

/* The lab at hand, or none where it has not begun: while another command starts it, too.
 * @write: the lock is held. Return: 1, 0; -1 and @e */
static int find_current(struct lesson *s, bool write, struct err *e)
{
	int rc = current_read(&s->diary, &s->now, e);

	if (rc <= 0 || s->now.has_begun)
		return rc;
	if (write)
		return clear(s, e);
	current_release(&s->now);
	if (!diary_try_lock(&s->diary))
		return 0;
	rc = current_read(&s->diary, &s->now, e);
	if (rc > 0 && !s->now.has_begun)
		rc = clear(s, e);
	diary_unlock(&s->diary);
	return rc;
}

int lesson_open(struct lesson *s, bool write, struct err *e)
{
	int on;

	*s = (struct lesson){ .diary = { .dir = -1 } };
	if (diary_open(&s->diary, write, e) < 0)
		return -1;
	on = find_current(s, write, e);
	if (on <= 0)
		return on;
	s->is_on = true;
	if (name_dir(s, s->now.id, e) < 0)
		return -1;
	if (lab_read(s->now.path, &s->lab, &s->why) == 0 &&
	    strcmp(s->lab->id, s->now.id) != 0) {
		err_set(&s->why, "'%s' is another lab now: %s", s->now.path, s->lab->id);
		lab_free(ptr_take(s->lab));
	}
	if (s->lab)
		needs_choose(&s->needs, s->lab);
	return 0;
}

void lesson_close(struct lesson *s)
{
	diary_close(&s->diary);
	current_release(&s->now);
	lab_set_release(&s->set);
	lab_free(s->lab);
	s->lab = NULL;
	text_release(&s->dir);
	needs_release(&s->needs);
}

int lesson_find(struct lesson *s, const struct args *a, struct err *e)
{
	return lab_find_all(cmd_option(a, "from"), &s->set, e);
}

int lesson_must(const struct lesson *s, struct err *e)
{
	if (!s->is_on) {
		err_set(e, "no lab is started");
		return err_hint(e, "nook lab start; 'nook lab list' lists them");
	}
	if (s->lab)
		return 0;
	*e = s->why;
	return err_hint(e, "'nook lab stop' ends lab %s", s->now.id);
}

/* --- start ------------------------------------------------------------------------- */

/* A hint is one line */
static void add_line(const char *s, struct text *out)
{
	while (*s) {
		size_t n = strcspn(s, " \n");

		text_add(out, n && out->len ? " " : "");
		text_addn(out, s, n);
		s += n + (s[n] != '\0');
	}
}

/* Whether root could do it, who can have cgroups wherever there are any */
static bool is_for_root(const struct lab *l)
{
	for (size_t i = 0; geteuid() && i < l->needs.count; i++)
		if (!strcmp(l->needs.v[i], "root") || !strcmp(l->needs.v[i], "limits"))
			return true;
	return false;
}

/* The next one that can be done here and was not, going round; NULL = there is none */
static const char *another(struct lesson *s, const char *id)
{
	size_t count = s->set.count, at = 0;
	const char *found = NULL;

	while (at < count && strcmp(s->set.v[at].id, id) != 0)
		at++;
	for (size_t i = 1; i < count && !found; i++) {
		const struct lab_place *p = &s->set.v[(at + i) % count];
		struct err none = { 0 };
		struct lab *l = NULL;

		if (diary_of(&s->diary, p->id).state >= LAB_SOLVED ||
		    (s->is_on && !strcmp(p->id, s->now.id)) || lab_open(p, &l, &none) < 0)
			continue;
		found = needs_lacking(&s->needs, &l->needs) ? NULL : p->id;
		lab_free(l);
	}
	return found;
}

static int check_needs(struct lesson *s, const struct lab *l, struct err *e)
{
	const char *lacks = needs_lacking(&s->needs, &l->needs), *other;
	auto_text instead = { 0 };

	if (!lacks)
		return 0;
	if (is_for_root(l))
		text_addf(&instead, "with root's rights: sudo nook lab start %s; ",
			  l->id);
	other = another(s, l->id);
	if (other)
		text_addf(&instead, "instead of it: nook lab %s %s",
			  s->is_on ? "goto" : "start", other);
	else
		text_add(&instead, "nook lab next passes it over");
	if (l->fallback) {
		text_addc(&instead, '.');
		add_line(l->fallback, &instead);
	}
	err_set(e, "lab %s cannot be done here: it needs %s", l->id, lacks);
	return err_hint(e, "%s", text_str(&instead));
}

/* What is the lab's at hand, which its file may say no more. Before it has begun nothing
 * by those names is: what there is by now somebody made since */
static struct lab at_hand(const struct lesson *s)
{
	struct lab l = { .id = s->now.id };

	if (s->now.has_begun) {
		l.targets = s->now.boxes;
		l.networks = s->now.networks;
	}
	return l;
}

int lesson_check(struct lesson *s, const struct lab *l, struct err *e)
{
	struct lab now = at_hand(s);

	if (check_needs(s, l, e) < 0)
		return -1;
	return play_check(l, s->is_on ? &now : NULL, e);
}

int lesson_start(struct lesson *s, struct lab *l, enum deed deed, struct err *e)
{
	char token[TOKEN_SIZE];

	s->lab = l;
	if (name_dir(s, l->id, e) < 0 || play_token(token, e) < 0 ||
	    play_may_start(l, text_str(&s->dir), e) < 0)
		return -1;
	if (current_write(&s->diary, l, token, e) == 0 &&
	    play_start(l, text_str(&s->dir), token, e) == 0 &&
	    current_begun(&s->diary, e) == 0 &&
	    diary_add(&s->diary, l->id, deed, NULL, e) == 0 &&
	    current_read(&s->diary, &s->now, e) > 0) {
		s->is_on = true;
		return 0;
	}
	if (play_end(&(struct lab){ .id = l->id }, text_str(&s->dir), &s->why) == 0)
		current_end(&s->diary, &s->why);
	return -1;
}

int lesson_stop(struct lesson *s, struct err *e)
{
	struct lab now = at_hand(s);

	if (play_end(&now, text_str(&s->dir), e) < 0 || current_end(&s->diary, e) < 0)
		return -1;
	lab_free(ptr_take(s->lab));
	current_release(&s->now);
	s->is_on = false;
	return 0;
}
