// SPDX-License-Identifier: GPL-3.0-or-later
/* lab_fact.c - a line of a lab is understood, its target found; namespaces, roots, files
 *
 * as: root user
 * valgrind 3.19 does not know openat2
 * with: plain
 */
#include "playground.h"

#include "base/err.h"

/* --- lines ------------------------------------------------------------------------- */

static void test_lines(void)
{
	static const struct {
		const char *line, *error;
	} t[] = {
		{ "ns-differs a uts", NULL },
		{ "not ns-same a mount host", NULL },
		{ "run-in a hostname => box1", NULL },
		{ "run-in a cat '/a b' =~ '^x$'", NULL },
		{ "file-is $LAB/x \"$TOKEN and $UID\"", NULL },
		{ "file-is a:/etc/x 'costs 5$'", NULL },
		{ "", "a fact begins with a verb" },
		{ "not", "a fact begins with a verb" },
		{ "ns-difers a uts",
		  "unknown verb 'ns-difers', did you mean 'ns-differs'" },
		{ "frobnicate", "unknown verb 'frobnicate'" },
		{ "ns-differs a", "'ns-differs' needs more words" },
		{ "ns-differs a uts b c", "'ns-differs' takes fewer words" },
		{ "ns-differs a utz", "unknown namespace 'utz', did you mean 'uts'" },
		{ "answer q detect machin",
		  "'machin' is nothing that is detected, did you mean 'machine'" },
		{ "answer q detect machine tree", "'tree' is no absolute path" },
		{ "answer q cg a cpu-tme",
		  "a cgroup has no 'cpu-tme', did you mean 'cpu-time'" },
		{ "answer q cg a", "'cg' takes another number of words" },
		{ "answer q cg a cpu-time within 5%", NULL },
		{ "dev-opens a zero r", "'zero' is no path of a device" },
		{ "dev-opens a /dev/zero x", "'x': expected r, w or rw" },
		{ "dev-opens a /dev/zero", "'dev-opens' needs more words" },
		{ "ns-differs a/b uts",
		  "'a/b' is no target: expected a name of 1 to 64 letters, digits, '_', "
		  "'.' or '-', not beginning with '.' or '-'" },
		{ "file-is 'x", "the line ends within quotes" },
		{ "file-is x y", "'x' is no path of a fact" },
		{ "file-is $LAP/x y", "unknown '$LAP'" },
		{ "file-matches /x '('",
		  "'(' is no regular expression: Unmatched ( or \\(" },
		{ "run-in a true =~ a b",
		  "'=~' takes one word: quote what is behind it" },
		{ "run-in a true -> 256", "'256' is no exit code: expected 0 to 255" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err e = { 0 };
		int rc = fact_check(t[i].line, &e);

		ok(rc == (t[i].error ? -1 : 0), "'%s'", t[i].line);
		is(e.text, t[i].error ? t[i].error : "", "what is said of it");
	}
}

static void test_table(void)
{
	const struct fact_verb *v;
	size_t count = 0;

	for (; (v = fact_verbs(count)); count++)
		if (!v->usage || !v->help || !v->look || v->min > v->max ||
		    fact_lookup(v->name) != v)
			break;
	ok(!v && count > 5, "every verb has its words and its help, once");
}

/* --- targets ----------------------------------------------------------------------- */

static void target_is(struct playground *p, const char *name, int wanted, const char *how,
		      const char *what)
{
	auto_text said = { 0 };
	struct err e = { 0 };
	const char *rest;
	pid_t pid = 0;

	is_num(lab_target(&p->scene, name, &pid, &said, &e), wanted, what);
	/* paths are told by their end */
	rest = strstr(text_str(&said), p->dir);
	is(rest ? rest + strlen(p->dir) : text_str(&said), how, "how it was found");
}

/* A process that somebody outside started in the playground, as the shell of a session */
static pid_t start_session(const struct playground *p)
{
	char init[16];
	pid_t pid;

	snprintf(init, sizeof(init), "%d", p->scene.init);
	pid = fork();
	if (pid == 0) {
		setenv("NOOK_LAB", PLAYGROUND_ID, 1);
		/* its child is what is in there, and ends with it */
		execlp("nsenter", "nsenter", "-t", init, "-m", "-p", "-u", "-n",
		       geteuid() ? "-U" : "-u", "--preserve-credentials", "setpriv",
		       "--pdeathsig", "KILL", "sleep", "60", (char *)NULL);
		_exit(1);
	}
	return pid;
}

static bool is_sleep(pid_t pid)
{
	char path[32], name[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && !fgets(name, sizeof(name), f))
		*name = '\0';
	if (f)
		fclose(f);
	return !strcmp(name, "sleep\n");
}

static void test_newest(struct playground *p)
{
	pid_t session, pid = 0, newer = 0;
	struct err e = { 0 };

	target_is(p, "host", 1, "nook itself", "host is this process");
	target_is(p, "lab", 1, "the playground", "lab is the playground");
	target_is(p, "a", 0, "/pid", "nobody yet");
	session = start_session(p);
	/* On its way from one program to the next it has no environment for a moment */
	while (!is_sleep(pid) || lab_target(&p->scene, "a", &pid, NULL, &e) == 0) {
		usleep(1000);
		lab_target(&p->scene, "a", &pid, NULL, &e);
	}
	target_is(p, "a", 1, "NOOK_LAB=L99", "the shell of a session, if nobody else");
	/* Only what has been executed has the variable */
	tell(p, "sleep 60 & echo $! >number; "
		"until grep -q sleep /proc/$!/comm; do :; done");
	ok(lab_target(&p->scene, "a", &newer, NULL, &e) == 1 && newer != pid,
	   "the newest process");
	tell(p, "NOOK_LAB=L98 sleep 61 & echo $! >other; "
		"until grep -q sleep /proc/$!/comm; do :; done");
	ok(lab_target(&p->scene, "a", &pid, NULL, &e) == 1 && pid == newer,
	   "not that of another lab");
	p->scene.target_count = 2;
	target_is(p, "a", 0, "/a.pid", "not where there are several targets");
	p->scene.target_count = 1;
	tell(p, "kill $(cat number other); wait");
	kill(session, SIGKILL);
	waitpid(session, NULL, 0);
}

/* The numbers differ inside and outside, and a namespace below has a third */
static void test_pid_file(struct playground *p)
{
	auto_text how = { 0 };
	struct err e = { 0 };
	pid_t pid = 0;

	tell(p, "unshare -pf --kill-child sleep 60 & echo $! >pid");
	ok(lab_target(&p->scene, "a", &pid, &how, &e) == 1 && pid > 1 && !kill(pid, 0),
	   "the process of the file");
	tell(p,
	     "until inner=$(grep -l \"^PPid:.$(cat pid)$\" /proc/[1-9]*/status); do :; "
	     "done; inner=${inner#/proc/}; echo ${inner%/*} >a.pid");
	pid = 0;
	ok(lab_target(&p->scene, "a", &pid, NULL, &e) == 1,
	   "NAME.pid, of a process below");
	fact(p, YES, "ns-differs a pid");
	tell(p, "kill -9 $(cat pid); wait; p=/proc/$(cat a.pid)/status; "
		"while grep -qs '^State:.[^Z]' $p; do :; done");
	fact(p, NO, "alive a");
	fact(p, YES, "dead a");
	fact(p, UNKNOWN, "ns-differs a pid");
	fact(p, UNKNOWN, "not ns-differs a pid");
	tell(p, "echo x >a.pid");
	target_is(p, "a", 0, "/a.pid holds no pid", "no number");
	tell(p, "rm a.pid pid");
}

/* --- verbs ------------------------------------------------------------------------- */

static void test_namespaces(struct playground *p)
{
	tell(p, "unshare -u sh -c 'hostname box1; echo 1 >ready; exec sleep 60' & "
		"echo $! >pid; while ! [ -s ready ]; do sleep .01; done");
	fact(p, YES, "ns-differs a uts");
	fact(p, NO, "ns-same a uts");
	fact(p, NO, "not ns-differs a uts");
	fact(p, NO, "ns-differs a net");
	fact(p, YES, "ns-same a net");
	fact(p, YES, "ns-differs a net host");
	fact(p, YES, "ns-same a net lab");
	fact(p, YES, "not ns-differs a mount");
	fact(p, YES, "alive a");
	fact(p, NO, "dead a");
	fact(p, YES, "run-in a hostname => box1");
	fact(p, NO, "run-in a hostname => box2");
	fact(p, NO, "run-in lab hostname => box1");
	fact(p, YES, "run-in a hostname =~ ^box");
	fact(p, YES, "run-in a sh -c 'exit 3' -> 3");
	fact(p, NO, "run-in a false");
	fact(p, YES, "run-in a nowhere -> 127");
	fact(p, YES, "run-in a id -u => 0");
	fact(p, NO, "run-in a sleep 60");
	tell(p, "echo '#!/proc/self/exe' >own; chmod 755 own");
	fact(p, YES, "run-in lab $LAB/own => guarded");
}

static void test_roots(struct playground *p)
{
	tell(p, "mkdir -p R/bin && cp /bin/busybox R/bin/sh 2>/dev/null || cp /bin/sh "
		"R/bin");
	fact(p, NO, "root-is a $R");
	fact(p, YES, "root-is a /");
	fact(p, UNKNOWN, "root-is a $LAB/none");
	tell(p, "kill $(cat pid); wait; echo in >R/file; ln -s /file R/link; "
		"ln -s ../../../../../etc/hostname R/out");
	/* A root without any program: the process is there before its root is another */
	tell(p,
	     "perl -e 'chroot shift; chdir \"/\"; open F, \">ready\"; close F; sleep 60' "
	     "R & echo $! >pid; while ! [ -e R/ready ]; do sleep .01; done");
	fact(p, YES, "root-is a $R");
	fact(p, NO, "root-is a /");
	fact(p, YES, "file-is a:/file in");
	fact(p, YES, "file-is a:/link in");
	fact(p, NO, "file-matches a:/out .");
	fact(p, NO, "file-is a:/link out");
	fact(p, YES, "file-matches $R/file '^i'");
	fact(p, NO, "file-matches $R/file '^n'");
	fact(p, NO, "file-is $R/none in");
	fact(p, NO, "file-is $R in");
	tell(p, "kill $(cat pid); wait; rm pid");
}

static void test_sources(struct playground *p)
{
	struct fact_found found = { 0 };
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "/proc/%d/ns/uts", p->scene.init);
	ok(fact_is(p, "ns-differs lab uts host", &found) == YES, "the playground's own");
	is(text_str(&found.source), wanted, "the file that was read");
	is(text_str(&found.expected), "another uts namespace than the host's",
	   "what was expected");
	ok(!strncmp(text_str(&found.found), "uts:[", 5), "what was found");
	ok(fact_is(p, "not file-is $LAB/x y", &found) == YES, "the opposite of a fact");
	ok(!strncmp(text_str(&found.expected), "not: ", 5), "says so");
	ok(fact_is(p, "proc-has lab comm ^sh$", &found) == YES, "a file of one line");
	is(text_str(&found.found), "'sh'", "is what was found");
	fact_release(&found);
}

int main(int argc, char **argv)
{
	static const char *const targets[] = { "a" };
	struct playground p = { 0 };

	(void)argc;
	playground_again(argv);
	plan(0);
	test_lines();
	test_table();
	if (!playground_make(&p, targets, 1)) {
		skip(1, "this user can make no namespaces");
		return done();
	}
	test_newest(&p);
	test_pid_file(&p);
	test_namespaces(&p);
	test_roots(&p);
	test_sources(&p);
	playground_end(&p);
	return done();
}
