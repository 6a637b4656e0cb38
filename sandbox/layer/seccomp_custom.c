// SPDX-License-Identifier: GPL-3.0-or-later
/* seccomp_custom.c - a profile's own filter, and the sets as text
 *
 * What is wrong in a deny list is an error: a wall that was asked for would be missing.
 * What is unknown in an allow list is a warning: the call stays refused, and a profile
 * may name calls that only other kernels or architectures have.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "layer/seccomp.h"
#include "profile/profile.h"

/* --- the nearest known name --------------------------------------------------------- */

/* All names one after the other, each ended by a NUL, an empty one at the end */
static const char *next_name(size_t i, const void *arg)
{
	const char *p = arg;

	while (i-- && *p)
		p += strlen(p) + 1;
	return *p ? p : NULL;
}

static void add_near(const char *word, struct text *out)
{
	auto_text names = { 0 };
	const char *near;
	char call[64];

	for (const struct seccomp_set *s = seccomp_sets(); s->name; s++) {
		const char *at = s->calls;

		text_addf(&names, "@%s", s->name);
		text_addc(&names, '\0');
		while (seccomp_each_call(&at, call))
			if (call[0] != '@')
				text_addn(&names, call, strlen(call) + 1);
	}
	text_addc(&names, '\0');
	near = names.failed ? NULL : name_near(word, next_name, names.s);
	if (near)
		text_addf(out, ", nearest is '%s'", near);
}

/* --- allow and deny ----------------------------------------------------------------- */

static void add_warning(struct text *warning, const char *word, const char *why)
{
	if (warning->len)
		text_add(warning, "; ");
	text_addf(warning, "'%s' %s", word, why);
}

/* The members of a set; those whose arguments are checked stay checked */
static void allow_set(struct verdicts *v, const struct seccomp_set *s)
{
	const char *at = s->calls;
	char call[64];

	while (seccomp_each_call(&at, call)) {
		int n = call[0] == '@' ? CALL_ELSEWHERE : seccomp_number(call);
		const struct seccomp_set *member = seccomp_set_find(call + 1);

		if (call[0] == '@' && member)
			allow_set(v, member);
		else if (n >= 0 && !verdicts_check_text(v->of[n]))
			v->of[n] = VERDICT_PASS;
	}
}

/* What happens when a call is named whose arguments the default filter looks at */
static void allow_checked(struct verdicts *v, int n, const char *word,
			  struct text *warning)
{
	static const char *const lifted[] = { "socket", "socketpair", "personality",
					      "keyctl" };

	for (size_t i = 0; i < ARRAY_SIZE(lifted); i++) {
		if (strcmp(word, lifted[i]))
			continue;
		v->of[n] = VERDICT_PASS;
		add_warning(warning, word, "is allowed with all arguments");
		return;
	}
	add_warning(warning, word,
		    "is allowed already, but for the arguments that are always refused");
}

static void allow(struct verdicts *v, const char *word, struct text *warning)
{
	const struct seccomp_set *s = *word == '@' ? seccomp_set_find(word + 1) : NULL;
	int n = *word == '@' ? CALL_UNKNOWN : seccomp_number(word);

	if (s) {
		allow_set(v, s);
	} else if (n == CALL_UNKNOWN) {
		add_warning(warning, word, "is no known system call or set");
		add_near(word, warning);
	} else if (n == CALL_ELSEWHERE) {
		add_warning(warning, word, "is a call of another architecture");
	} else if (verdicts_check_text(v->of[n])) {
		allow_checked(v, n, word, warning);
	} else {
		v->of[n] = VERDICT_PASS;
		if (!strcmp(word, "clone3"))
			add_warning(warning, word,
				    "hides its flags: it can make namespaces");
	}
}

/* clone3 stays absent: C libraries go on with clone after ENOSYS, and after nothing
 * else */
static void deny_number(struct verdicts *v, const char *call, int error)
{
	int n = seccomp_number(call);

	if (n >= 0)
		v->of[n] = (uint16_t)(strcmp(call, "clone3") ? error : ENOSYS);
}

static void deny_set(struct verdicts *v, const struct seccomp_set *s, int error)
{
	const char *at = s->calls;
	char call[64];

	while (seccomp_each_call(&at, call)) {
		const struct seccomp_set *member = seccomp_set_find(call + 1);

		if (call[0] == '@' && member)
			deny_set(v, member, error);
		else
			deny_number(v, call, error);
	}
}

static bool is_known(const char *word)
{
	return *word == '@' ? seccomp_set_find(word + 1) != NULL
			    : seccomp_number(word) != CALL_UNKNOWN;
}

/* Where it stands comes first, as in what is wrong with any other value */
static int unknown_name(const char *key, const struct item *it, struct err *e)
{
	auto_text near = { 0 };

	add_near(it->text, &near);
	err_set(e, "'%s': no system call or set is called '%s'%s", key, it->text,
		text_str(&near));
	if (it->at.line)
		err_wrap(e, "%s:%d:%d: ", it->at.file, it->at.line, it->at.column);
	else if (it->at.file)
		err_wrap(e, "%s: ", it->at.file);
	return -1;
}

static int deny(struct verdicts *v, const struct item *it, int error, struct err *e)
{
	if (!is_known(it->text))
		return unknown_name("seccomp.deny", it, e);
	if (*it->text == '@')
		deny_set(v, seccomp_set_find(it->text + 1), error);
	else
		deny_number(v, it->text, error);
	return 0;
}

int seccomp_check_names(const struct profile *pf, void (*tell)(const struct err *e))
{
	const struct items *allow = &pf->seccomp.allow, *deny = &pf->seccomp.deny;
	struct err e = { 0 };
	int rc = 0;

	for (size_t i = 0; i < allow->count; i++) {
		if (is_known(allow->v[i].text))
			continue;
		unknown_name("seccomp.allow", &allow->v[i], &e);
		err_wrap(&e, "warning: ");
		tell(&e);
	}
	for (size_t i = 0; i < deny->count; i++) {
		if (is_known(deny->v[i].text))
			continue;
		rc = unknown_name("seccomp.deny", &deny->v[i], &e);
		tell(&e);
	}
	return rc;
}

int seccomp_custom(const struct profile *pf, struct verdicts *v, struct text *warning,
		   struct err *e)
{
	int error = pf->seccomp.error;

	if (error < 1 || error > 4095)
		return err_set(e, "'seccomp.errno': %d is no error number", error);
	for (size_t i = 0; i < pf->seccomp.allow.count; i++)
		allow(v, pf->seccomp.allow.v[i].text, warning);
	for (size_t i = 0; i < pf->seccomp.deny.count; i++)
		if (deny(v, &pf->seccomp.deny.v[i], error, e) < 0)
			return -1;
	return 0;
}

/* --- explain ------------------------------------------------------------------------ */

/* The calls of a set in lines of at most 78 columns, those with a check marked with * */
static void add_calls(const struct seccomp_set *s, const struct verdicts *v,
		      struct text *out)
{
	const char *at = s->calls;
	size_t column = 0;
	char call[64];

	while (seccomp_each_call(&at, call)) {
		int n = call[0] == '@' ? CALL_ELSEWHERE : seccomp_number(call);
		bool is_checked = n >= 0 && verdicts_check_text(v->of[n]);
		size_t len = strlen(call) + is_checked;

		if (n < 0 && call[0] != '@')
			continue;
		if (!column || column + 1 + len > 78) {
			text_add(out, column ? "\n    " : "    ");
			column = 4 + len;
		} else {
			text_addc(out, ' ');
			column += 1 + len;
		}
		text_addf(out, "%s%s", call, is_checked ? "*" : "");
	}
	text_addc(out, '\n');
}

void seccomp_explain(struct text *out)
{
	static const char *const words[] = { [SET_PASS] = "allowed",
					     [SET_REFUSE] = "refused: EPERM",
					     [SET_ABSENT] = "absent: ENOSYS",
					     [SET_GROUP] = "several sets" };
	struct verdicts v;

	if (verdicts_default(&v, 0))
		return;
	text_add(out,
		 "The default filter, by sets. A call in no set answers ENOSYS; one of "
		 "another\narchitecture kills the process. In a profile:\n\n"
		 "  seccomp: {allow: [\"@debug\"], deny: [\"@network-io\", chmod], "
		 "errno: EACCES}\n\nDeny wins over allow.\n");
	for (const struct seccomp_set *s = seccomp_sets(); s->name; s++) {
		text_addf(out, "\n@%s (%s): %s\n", s->name, words[s->verdict], s->help);
		add_calls(s, &v, out);
	}
	text_add(out, "\n* depending on its arguments:\n");
	for (int i = 0; i < SECCOMP_CALLS; i++) {
		const char *check = verdicts_check_text(v.of[i]);

		if (check)
			text_addf(out, "    %s: %s\n", verdicts_check_call(v.of[i]),
				  check);
	}
	text_add(out,
		 "\n@debug also allows personality 0x40000 (no address randomisation). "
		 "@sandbox, and\n'nested_namespaces: true', also allow clone with any "
		 "flag, "
		 "clone3, and keyctl for a\nnew session keyring. 'wx: deny' refuses "
		 "memory "
		 "that is writable and executable.\n");
}
