// SPDX-License-Identifier: GPL-3.0-or-later
/* pax.c - any bytes as a stream of tar(1): refused, or what is written of its entries is
 * read again as the same
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/pax.h"
#include "base/err.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST (8u << 20) /* of content that is written again */

static char in_room[PAX_ROOM], out_room[PAX_ROOM], bytes[PAX_ROOM];
static struct text said[2];

static void need(int what)
{
	if (!what)
		abort();
}

static void note(struct text *t, const struct pax_entry *en)
{
	const char *path = text_str(&en->path);
	size_t len = strlen(path);

	if (en->type == PAX_DIR && len && path[len - 1] == '/')
		len--; /* a directory is written with one */
	text_addf(t, "%c %o %u:%u %lld.%09ld %llu %zu '%.*s' '%s'", (int)en->type,
		  en->mode, en->uid, en->gid, (long long)en->mtime.tv_sec,
		  en->mtime.tv_nsec, (unsigned long long)en->size, en->extents, (int)len,
		  path, text_str(&en->link));
	text_addn(t, text_str(&en->attrs), en->attrs.len);
	for (size_t i = 0; i < en->extents; i++) {
		need(en->extent[i].at <= en->size);
		need(en->extent[i].len <= en->size - en->extent[i].at);
		text_addf(t, " %llu+%llu", (unsigned long long)en->extent[i].at,
			  (unsigned long long)en->extent[i].len);
	}
	text_addc(t, '\n');
}

/* A name with '=' is not written at all */
static int is_plain(const struct pax_entry *en)
{
	size_t at = 0, n;
	const char *name;
	const void *value;

	while ((at = pax_each_attr(en, at, &name, &value, &n)))
		if (strchr(name, '=') || !*name)
			return 0;
	return en->path.len > 0;
}

/* Return: whether the stream was whole and every entry is written again */
static int read_all(int fd, struct pax_out *out, struct text *t)
{
	struct pax_in in = { .fd = fd, .room = in_room };
	struct pax_entry en = { 0 };
	struct err e = { 0 };
	uint64_t sum = 0;
	int r, same = 1;
	ssize_t n;

	while ((r = pax_next(&in, &en, &e)) > 0) {
		sum += in.left;
		same = same && is_plain(&en) && sum < MOST;
		note(t, &en);
		if (out && same)
			same = pax_put(out, &en, &e) == 0;
		while ((n = pax_read(&in, bytes, sizeof(bytes), &e)) > 0)
			if (out && same)
				need(pax_write(out, bytes, (size_t)n, &e) == 0);
		if (n < 0)
			break;
	}
	need(r == 0 || e.text[0]);
	same = same && r == 0;
	if (out && same)
		need(pax_finish(out, &e) == 0);
	pax_entry_release(&en);
	return same;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int one = memfd_create("one", MFD_CLOEXEC),
	    two = memfd_create("two", MFD_CLOEXEC);
	struct pax_out out = { .fd = two, .room = out_room };

	need(one >= 0 && two >= 0);
	need(write(one, data, size) == (ssize_t)size && lseek(one, 0, SEEK_SET) == 0);
	text_cut(&said[0], 0);
	text_cut(&said[1], 0);
	if (read_all(one, &out, &said[0])) {
		need(lseek(two, 0, SEEK_SET) == 0);
		need(read_all(two, NULL, &said[1]));
		need(said[0].len == said[1].len &&
		     !memcmp(text_str(&said[0]), text_str(&said[1]), said[0].len));
	}
	close(one);
	close(two);
	return 0;
}
