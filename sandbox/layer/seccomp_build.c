// SPDX-License-Identifier: GPL-3.0-or-later
/* seccomp_build.c - tables of verdicts and their way to filter instructions
 *
 * Linked into nook and into the build-time program gen/mkseccomp.
 */
#include "layer/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct seccomp_set sets[] = {
#define PASS				SET_PASS
#define REFUSE				SET_REFUSE
#define ABSENT				SET_ABSENT
#define GROUP				SET_GROUP
#define SET(name, verdict, help, calls) { name, verdict, help, calls },
#include "gen/sets.def"
#undef SET
#undef PASS
#undef REFUSE
#undef ABSENT
#undef GROUP
	{ NULL, SET_GROUP, NULL, NULL },
};

/* Calls that Debian 12's libseccomp (2.5.4) cannot name. Since Linux 5.1 a new call has
 * the same number on every architecture (arch/.../syscall.tbl); 335 is x86's own. */
static const struct {
	const char *name;
	int number;
} newer[] = {
	{ "cachestat", 451 },
	{ "fchmodat2", 452 },
	{ "map_shadow_stack", 453 },
	{ "futex_wake", 454 },
	{ "futex_wait", 455 },
	{ "futex_requeue", 456 },
	{ "statmount", 457 },
	{ "listmount", 458 },
	{ "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 },
	{ "lsm_list_modules", 461 },
	{ "mseal", 462 },
	{ "setxattrat", 463 },
	{ "getxattrat", 464 },
	{ "listxattrat", 465 },
	{ "removexattrat", 466 },
	{ "open_tree_attr", 467 },
	{ "file_getattr", 468 },
	{ "file_setattr", 469 },
#ifdef __x86_64__
	{ "uretprobe", 335 },
#else
	{ "uretprobe", CALL_ELSEWHERE },
#endif
	{ "riscv_hwprobe",
#ifdef __riscv
	  258
#else
	  CALL_ELSEWHERE
#endif
	},
};

/* --- argument checks
 * ----------------------------------------------------------------------
 *
 * Each step looks at the low 32 bits of one argument and passes, refuses or goes on;
 * what is left at the end is decided by `otherwise`. */
enum step_op {
	IS,	 /* equal */
	HAS_ANY, /* at least one of these bits */
	HAS_ALL, /* all of these bits */
};
enum outcome { NEXT, PASS, REFUSE };

struct step {
	uint8_t arg;
	uint8_t op;
	uint8_t yes;
	uint8_t no;
	uint32_t value;
};

struct check {
	const char *call;
	unsigned int when;   /* flags that must be on */
	unsigned int unless; /* flags that must be off */
	uint16_t error;
	uint8_t otherwise;
	uint8_t count;
	const struct step *steps;
	const char *text;
};

/* The bits of every CLONE_NEW* that clone(2) can be given: its low byte is a signal, so
 * CLONE_NEWTIME (0x80) is for clone3 and unshare alone */
#define CLONE_NEW_ANY 0x7e020000u
#ifdef __s390x__
#define CLONE_FLAGS_ARG 1
#else
#define CLONE_FLAGS_ARG 0
#endif

static const struct step ioctl_steps[] = {
	{ 1, IS, REFUSE, NEXT, 0x5412 }, /* TIOCSTI: types into the terminal */
	{ 1, IS, REFUSE, NEXT, 0x541c }, /* TIOCLINUX: pastes into a virtual console */
};
/* A lease makes whoever opens the file wait for up to 45 s (fcntl(2)), the host's
 * processes too, and needs no right to write it: F_SETLEASE, and F_SETDELEG of Linux
 * 6.19 */
static const struct step fcntl_steps[] = {
	{ 1, IS, REFUSE, NEXT, 1024 },
	{ 1, IS, REFUSE, NEXT, 1040 },
};
/* Who has the same ids may set them, traceable or not: init has them where the box has a
 * single id, and a poll(2) of more descriptors than it may have fails (RS-15). Asking is
 * refused too: a pointer has more bits than a step sees */
static const struct step prlimit_steps[] = {
	{ 0, IS, REFUSE, NEXT, 1 },
};
static const struct step family_steps[] = {
	{ 0, IS, PASS, NEXT, AF_UNIX },	 { 0, IS, PASS, NEXT, AF_INET },
	{ 0, IS, PASS, NEXT, AF_INET6 }, { 0, IS, NEXT, REFUSE, AF_NETLINK },
	{ 2, IS, PASS, NEXT, 0 }, /* NETLINK_ROUTE: names of interfaces, getaddrinfo(3) */
};
static const struct step clone_steps[] = {
	{ CLONE_FLAGS_ARG, HAS_ANY, REFUSE, NEXT, CLONE_NEW_ANY },
};
static const struct step personality_steps[] = {
	{ 0, IS, PASS, NEXT, 0 },	/* PER_LINUX */
	{ 0, IS, PASS, NEXT, 8 },	/* PER_LINUX32: uname says i686 */
	{ 0, IS, PASS, NEXT, 0x20000 }, /* UNAME26 */
	{ 0, IS, PASS, NEXT, 0x20008 },
	{ 0, IS, PASS, NEXT, 0xffffffffu }, /* only asks */
	{ 0, IS, PASS, NEXT, 0x40000 },	    /* ADDR_NO_RANDOMIZE: the debug row alone */
};
static const struct step keyctl_steps[] = {
	{ 0, IS, PASS, NEXT, 1 }, /* KEYCTL_JOIN_SESSION_KEYRING */
};
static const struct step mmap_steps[] = {
	{ 2, HAS_ALL, REFUSE, NEXT, 0x6 }, /* PROT_WRITE | PROT_EXEC */
};
static const struct step mprotect_steps[] = {
	{ 2, HAS_ANY, REFUSE, NEXT, 0x4 }, /* PROT_EXEC */
};
static const struct step shmat_steps[] = {
	{ 2, HAS_ANY, REFUSE, NEXT, 0x8000 }, /* SHM_EXEC */
};
static const struct step memfd_steps[] = {
	{ 1, HAS_ANY, PASS, NEXT, 0x8 }, /* MFD_NOEXEC_SEAL, Linux 6.3 */
};

/* The first row of a call that fits the flags counts, whatever its set says */
static const struct check checks[] = {
	{ "ioctl", 0, 0, EPERM, PASS, 2, ioctl_steps, "all but TIOCSTI and TIOCLINUX" },
	{ "fcntl", 0, 0, EPERM, PASS, 2, fcntl_steps, "all but leases" },
	{ "prlimit64", 0, 0, EPERM, PASS, 1, prlimit_steps,
	  "all but the limits of pid 1" },
	{ "socket", 0, 0, EAFNOSUPPORT, REFUSE, 5, family_steps,
	  "families unix, inet, inet6 and netlink route; others EAFNOSUPPORT" },
	{ "socketpair", 0, 0, EAFNOSUPPORT, REFUSE, 5, family_steps,
	  "families as for socket; others EAFNOSUPPORT" },
	{ "clone", 0, SECCOMP_NESTED, EPERM, PASS, 1, clone_steps, "no new namespace" },
	{ "personality", SECCOMP_DEBUG, 0, EPERM, REFUSE, 6, personality_steps,
	  "0, 8, 0x20000, 0x20008, 0x40000 and asking" },
	{ "personality", 0, 0, EPERM, REFUSE, 5, personality_steps,
	  "0, 8, 0x20000, 0x20008 and asking" },
	{ "keyctl", SECCOMP_NESTED, 0, EPERM, REFUSE, 1, keyctl_steps,
	  "only a new session keyring" },
	{ "mmap", SECCOMP_WX, 0, EPERM, PASS, 1, mmap_steps,
	  "not writable and executable" },
	{ "mprotect", SECCOMP_WX, 0, EPERM, PASS, 1, mprotect_steps, "not executable" },
	{ "pkey_mprotect", SECCOMP_WX, 0, EPERM, PASS, 1, mprotect_steps,
	  "not executable" },
	{ "shmat", SECCOMP_WX, 0, EPERM, PASS, 1, shmat_steps, "not executable" },
	{ "memfd_create", SECCOMP_WX, 0, EPERM, REFUSE, 1, memfd_steps,
	  "only with MFD_NOEXEC_SEAL" },
};

/* --- names and sets ----------------------------------------------------------------- */

const struct seccomp_set *seccomp_sets(void)
{
	return sets;
}

const struct seccomp_set *seccomp_set_find(const char *name)
{
	for (const struct seccomp_set *s = sets; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

int seccomp_number(const char *name)
{
	int n = seccomp_syscall_resolve_name(name);

	if (n >= 0)
		return n < SECCOMP_CALLS ? n : CALL_ELSEWHERE;
	for (size_t i = 0; i < COUNT(newer); i++)
		if (!strcmp(newer[i].name, name))
			return newer[i].number;
	/* libseccomp gives calls of other architectures numbers below its error, -1 */
	return n == __NR_SCMP_ERROR ? CALL_UNKNOWN : CALL_ELSEWHERE;
}

bool seccomp_each_call(const char **at, char word[64])
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	if (!len || len >= 64)
		return false;
	memcpy(word, *at, len);
	word[len] = '\0';
	*at += len;
	return true;
}

/* Give every call of a set the same verdict. Return: NULL, or what stands at the first
 * name that nobody knows */
static const char *set_all(struct verdicts *v, const struct seccomp_set *s,
			   uint16_t verdict)
{
	const char *at = s->calls, *begin = at;
	char word[64];

	for (; seccomp_each_call(&at, word); begin = at) {
		int n = word[0] == '@' ? CALL_ELSEWHERE : seccomp_number(word);

		if (n == CALL_UNKNOWN)
			return begin;
		if (n >= 0)
			v->of[n] = verdict;
	}
	return NULL;
}

const char *verdicts_default(struct verdicts *v, unsigned int flags)
{
	static const char *const opened[] = { "mount", "namespace" };
	static const uint16_t answer[] = {
		[SET_PASS] = VERDICT_PASS,
		[SET_REFUSE] = EPERM,
		[SET_ABSENT] = ENOSYS,
		[SET_GROUP] = ENOSYS,
	};
	const char *wrong;

	for (size_t i = 0; i < SECCOMP_CALLS; i++)
		v->of[i] = ENOSYS;
	for (const struct seccomp_set *s = sets; s->name; s++)
		if ((wrong = set_all(v, s, answer[s->verdict])))
			return wrong;
	for (size_t i = 0; (flags & SECCOMP_NESTED) && i < COUNT(opened); i++)
		set_all(v, seccomp_set_find(opened[i]), VERDICT_PASS);
	if (flags & SECCOMP_NESTED)
		v->of[seccomp_number("clone3")] = VERDICT_PASS;
	if (flags & SECCOMP_DEBUG)
		set_all(v, seccomp_set_find("debug"), VERDICT_PASS);
	for (size_t i = COUNT(checks); i-- > 0;) {
		int n = seccomp_number(checks[i].call);

		if (n >= 0 && (flags & checks[i].when) == checks[i].when &&
		    !(flags & checks[i].unless))
			v->of[n] = (uint16_t)(VERDICT_CHECK + i);
	}
	return NULL;
}

static const struct check *check_of(uint16_t verdict)
{
	size_t i = (size_t)verdict - VERDICT_CHECK;

	return verdict >= VERDICT_CHECK && i < COUNT(checks) ? &checks[i] : NULL;
}

const char *verdicts_check_text(uint16_t verdict)
{
	const struct check *c = check_of(verdict);

	return c ? c->text : NULL;
}

const char *verdicts_check_call(uint16_t verdict)
{
	const struct check *c = check_of(verdict);

	return c ? c->call : NULL;
}

/* --- compiling ---------------------------------------------------------------------- */

/* Numbers from @first up to the next range's first have one verdict */
struct range {
	uint32_t first;
	uint16_t verdict;
};

/* A branch of the tree that ends in a verdict */
struct branch {
	size_t at; /* the conditional jump */
	bool yes;  /* its side */
	uint16_t verdict;
};

/* Where the instructions of a verdict stand: many branches lead to the same few */
struct label {
	uint16_t verdict;
	size_t at;
};

#define NARROW_RANGES 120 /* so that every jump within the tree reaches its end */
#define LABELS	      32

struct emitter {
	struct sock_filter *out;
	size_t most;
	size_t count; /* may pass @most: then nothing more is written */
	bool is_narrow;
	struct range range[SECCOMP_CALLS + 4];
	struct branch branch[NARROW_RANGES + 1];
	size_t branches;
	struct label label[LABELS];
	size_t labels;
};

static size_t emit(struct emitter *em, struct sock_filter insn)
{
	if (em->count < em->most)
		em->out[em->count] = insn;
	return em->count++;
}

static size_t emit_ret(struct emitter *em, uint16_t verdict)
{
	uint32_t k = verdict == VERDICT_PASS   ? SECCOMP_RET_ALLOW
		     : verdict == VERDICT_KILL ? SECCOMP_RET_KILL_PROCESS
					       : SECCOMP_RET_ERRNO | verdict;

	return emit(em, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, k));
}

/* A leaf that needs a look at arguments is an empty jump; emit_checks() gives it its aim
 * and finds it by the verdict in k until then. */
static void emit_leaf(struct emitter *em, uint16_t verdict)
{
	if (check_of(verdict))
		emit(em, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, verdict));
	else
		emit_ret(em, verdict);
}

static void emit_tree(struct emitter *em, size_t from, size_t to);

/* One side of the jump at @at: a single range is a branch to a verdict that many share,
 * where that can be reached, else it is a part of the tree that follows here. */
static void emit_side(struct emitter *em, size_t at, bool yes, size_t from, size_t to)
{
	size_t distance = em->count - at - 1;

	if (em->is_narrow && to - from == 1) {
		em->branch[em->branches++] =
			(struct branch){ at, yes, em->range[from].verdict };
		return;
	}
	if (at < em->most && em->out[at].code == (BPF_JMP | BPF_JA))
		em->out[at].k = (uint32_t)distance;
	else if (at < em->most && yes)
		em->out[at].jt = (uint8_t)distance;
	else if (at < em->most)
		em->out[at].jf = (uint8_t)distance;
	emit_tree(em, from, to);
}

/* Ranges [from, to) as a binary tree: "is it at or above the middle?" */
static void emit_tree(struct emitter *em, size_t from, size_t to)
{
	size_t middle = (from + to) / 2, at;
	bool is_far = !em->is_narrow && 3 * (to - middle) > 255; /* jumps reach 255 */

	if (to - from == 1) {
		emit_leaf(em, em->range[from].verdict);
		return;
	}
	at = emit(em, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
						   em->range[middle].first, is_far, 0));
	if (is_far) {
		at = emit(em, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
		emit_tree(em, middle, to);
	} else {
		emit_side(em, at, true, middle, to);
	}
	emit_side(em, at, false, from, middle);
}

/* How far the jump at @from goes for an outcome; @pass and @refuse are where those
 * return */
static uint8_t reach(uint8_t outcome, size_t from, size_t pass, size_t refuse)
{
	size_t to = outcome == PASS ? pass : outcome == REFUSE ? refuse : from + 1;

	return (uint8_t)(to - from - 1);
}

static void emit_check(struct emitter *em, const struct check *c)
{
	static const uint16_t compare[] = {
		[IS] = BPF_JMP | BPF_JEQ | BPF_K,
		[HAS_ANY] = BPF_JMP | BPF_JSET | BPF_K,
		[HAS_ALL] = BPF_JMP | BPF_JEQ | BPF_K,
	};
	size_t jump[8], first, pass, refuse;
	const bool is_little = *(const unsigned char *)&(uint16_t){ 1 } == 1;

	for (size_t i = 0; i < c->count; i++) {
		const struct step *s = &c->steps[i];
		uint32_t low = (uint32_t)offsetof(struct seccomp_data, args) +
			       8u * s->arg + (is_little ? 0 : 4);

		/* loaded once for neighbours that look at the same argument */
		if (i == 0 || s->arg != s[-1].arg || s[-1].op == HAS_ALL)
			emit(em,
			     (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low));
		if (s->op == HAS_ALL)
			emit(em, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
							      s->value));
		jump[i] = emit(
			em, (struct sock_filter)BPF_JUMP(compare[s->op], s->value, 0, 0));
	}
	first = emit_ret(em, c->otherwise == PASS ? VERDICT_PASS : c->error);
	emit_ret(em, c->otherwise == PASS ? c->error : VERDICT_PASS);
	pass = c->otherwise == PASS ? first : first + 1;
	refuse = c->otherwise == PASS ? first + 1 : first;
	for (size_t i = 0; i < c->count && jump[i] < em->most; i++) {
		em->out[jump[i]].jt = reach(c->steps[i].yes, jump[i], pass, refuse);
		em->out[jump[i]].jf = reach(c->steps[i].no, jump[i], pass, refuse);
	}
}

/* Behind the tree: each check that a leaf asks for, once for each leaf */
static void emit_checks(struct emitter *em, size_t from)
{
	size_t to = em->count < em->most ? em->count : em->most;

	for (size_t i = from; i < to; i++) {
		const struct check *c = em->out[i].code == (BPF_JMP | BPF_JA)
						? check_of((uint16_t)em->out[i].k)
						: NULL;

		if (!c)
			continue;
		em->out[i].k = (uint32_t)(em->count - i - 1);
		emit_check(em, c);
	}
}

/* Two calls with the same check share it */
static bool is_same(uint16_t a, uint16_t b)
{
	const struct check *x = check_of(a), *y = check_of(b);

	return a == b || (x && y && x->steps == y->steps && x->error == y->error &&
			  x->count == y->count && x->otherwise == y->otherwise);
}

/* Return: where the instructions of @verdict stand; made when they are asked for first */
static size_t label_of(struct emitter *em, uint16_t verdict)
{
	for (size_t i = 0; i < em->labels; i++)
		if (is_same(em->label[i].verdict, verdict))
			return em->label[i].at;
	if (em->labels < LABELS)
		em->label[em->labels++] = (struct label){ verdict, em->count };
	if (check_of(verdict)) {
		size_t at = em->count;

		emit_check(em, check_of(verdict));
		return at;
	}
	return emit_ret(em, verdict);
}

/* Behind a narrow tree: every verdict once. Return: whether all of them can be reached */
static bool emit_labels(struct emitter *em)
{
	/* the short ones first: checks would push them out of reach */
	for (size_t i = 0; i < em->branches; i++)
		if (!check_of(em->branch[i].verdict))
			label_of(em, em->branch[i].verdict);
	for (size_t i = 0; i < em->branches; i++) {
		const struct branch *b = &em->branch[i];
		size_t distance = label_of(em, b->verdict) - b->at - 1;

		if (distance > 255)
			return false;
		if (b->at >= em->most)
			continue;
		if (b->yes)
			em->out[b->at].jt = (uint8_t)distance;
		else
			em->out[b->at].jf = (uint8_t)distance;
	}
	return true;
}

static size_t make_ranges(const struct verdicts *v, struct range *r)
{
	size_t n = 0;

	for (size_t i = 0; i < SECCOMP_CALLS; i++)
		if (!n || v->of[i] != r[n - 1].verdict)
			r[n++] = (struct range){ (uint32_t)i, v->of[i] };
	if (r[n - 1].verdict != ENOSYS)
		r[n++] = (struct range){ SECCOMP_CALLS, ENOSYS };
#ifdef __x86_64__
	/* x32: the same architecture to the kernel, another table of calls */
	r[n++] = (struct range){ 0x40000000u, VERDICT_KILL };
	r[n++] = (struct range){ 0xffffffffu, ENOSYS };
#endif
	return n;
}

static bool emit_program(struct emitter *em, size_t ranges)
{
	size_t tree;

	em->count = em->branches = em->labels = 0;
	emit(em, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, arch)));
	emit(em, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					      seccomp_arch_native(), 1, 0));
	emit_ret(em, VERDICT_KILL);
	tree = emit(em, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, nr)));
	emit_tree(em, 0, ranges);
	if (em->is_narrow)
		return emit_labels(em);
	emit_checks(em, tree);
	return true;
}

int seccomp_compile(const struct verdicts *v, struct sock_filter *out, size_t most)
{
	struct emitter em = { .out = out, .most = most };
	size_t ranges = make_ranges(v, em.range);

	em.is_narrow = ranges > 1 && ranges <= NARROW_RANGES;
	if (!emit_program(&em, ranges)) {
		em.is_narrow = false;
		emit_program(&em, ranges);
	}
	return em.count <= most ? (int)em.count : -1;
}
