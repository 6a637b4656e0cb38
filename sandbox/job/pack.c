// SPDX-License-Identifier: GPL-3.0-or-later
/* pack.c - a job in one block, and as a line of JSON */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "job/entry.h"

/* --- one block --------------------------------------------------------------------- */

/* First it is counted what everything takes, then the same walk copies: @at is NULL */
struct packer {
	char *lists; /* pointers: aligned */
	char *texts;
	size_t list_bytes, text_bytes;
};

static void *pack_list(struct packer *p, size_t bytes)
{
	char *at = p->lists ? p->lists + p->list_bytes : NULL;

	p->list_bytes += bytes;
	return at;
}

static const char *pack_text(struct packer *p, const char *s)
{
	size_t len = s ? strlen(s) + 1 : 0;
	char *at = p->texts ? p->texts + p->text_bytes : NULL;

	p->text_bytes += len;
	return s && at ? memcpy(at, s, len) : NULL;
}

/* @count words and NULL behind them */
static const char *const *pack_words(struct packer *p, const char *const *v, size_t count)
{
	const char **copy = pack_list(p, (count + 1) * sizeof(*copy));

	for (size_t i = 0; i < count; i++) {
		const char *s = pack_text(p, v[i]);

		if (copy)
			copy[i] = s;
	}
	if (copy)
		copy[count] = NULL;
	return copy;
}

static const struct job_file *pack_files(struct packer *p, const struct job_file *v,
					 size_t count)
{
	struct job_file *copy = pack_list(p, count * sizeof(*copy));

	for (size_t i = 0; i < count; i++) {
		struct job_file f = { .host = pack_text(p, v[i].host),
				      .box = pack_text(p, v[i].box) };

		if (copy)
			copy[i] = f;
	}
	return copy;
}

static const struct job_set *pack_sets(struct packer *p, const struct job_set *v,
				       size_t count)
{
	struct job_set *copy = pack_list(p, count * sizeof(*copy));

	for (size_t i = 0; i < count; i++) {
		struct job_set s = { .key = pack_text(p, v[i].key),
				     .value = pack_text(p, v[i].value) };

		if (copy)
			copy[i] = s;
	}
	return copy;
}

static void pack(struct packer *p, const struct job *j, struct job *out)
{
	*out = *j;
	out->id = pack_text(p, j->id);
	out->profile = pack_text(p, j->profile);
	out->input = pack_text(p, j->input);
	out->sets = pack_sets(p, j->sets, j->set_count);
	out->command = pack_words(p, j->command, j->command_count);
	out->environment = pack_words(p, j->environment, j->environment_count);
	out->in = pack_files(p, j->in, j->in_count);
	out->out = pack_files(p, j->out, j->out_count);
	out->after = pack_words(p, j->after, j->after_count);
}

struct job *job_pack(const struct job *j)
{
	struct packer p = { 0 };
	struct job count, *out;

	pack(&p, j, &count);
	out = malloc(sizeof(*out) + p.list_bytes + p.text_bytes);
	if (!out)
		return NULL;
	p = (struct packer){ .lists = (char *)(out + 1),
			     .texts = (char *)(out + 1) + p.list_bytes };
	pack(&p, j, out);
	return out;
}

struct job *job_of_run(const struct job *j, int run)
{
	char id[JOB_ID_MOST + 16];
	struct job whole = *j;

	whole.run = run;
	whole.next = NULL;
	if (run > 1) {
		snprintf(id, sizeof(id), "%s@%d", j->id, run);
		whole.id = id;
		whole.digest = job_digest(&whole);
	}
	return job_pack(&whole);
}

/* --- as JSON ----------------------------------------------------------------------- */

static void put_words(struct text *out, const char *key, const char *const *v,
		      size_t count)
{
	if (!count)
		return;
	text_addf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		text_add(out, i ? "," : "");
		text_json(out, v[i]);
	}
	text_addc(out, ']');
}

static void put_pair(struct text *out, const char *from, const char *to)
{
	text_add(out, "{\"from\":");
	text_json(out, from);
	text_add(out, ",\"to\":");
	text_json(out, to);
	text_addc(out, '}');
}

static void put_files(struct text *out, const struct job *j)
{
	const char *between = "";

	if (!j->in_count && !j->out_count)
		return;
	text_add(out, ",\"files\":{");
	if (j->in_count) {
		text_add(out, "\"in\":[");
		for (size_t i = 0; i < j->in_count; i++) {
			text_add(out, i ? "," : "");
			put_pair(out, j->in[i].host, j->in[i].box);
		}
		text_addc(out, ']');
		between = ",";
	}
	if (j->out_count) {
		text_addf(out, "%s\"out\":[", between);
		for (size_t i = 0; i < j->out_count; i++) {
			text_add(out, i ? "," : "");
			put_pair(out, j->out[i].box, j->out[i].host);
		}
		text_addc(out, ']');
	}
	text_addc(out, '}');
}

/* What is no plain word is JSON already (entry_value()) */
static void put_sets(struct text *out, const struct job *j)
{
	for (size_t i = 0; i < j->set_count; i++) {
		const char *v = j->sets[i].value;

		text_add(out, i ? "," : ",\"set\":{");
		text_json(out, j->sets[i].key);
		text_addc(out, ':');
		if ((*v && strchr("[{\"", *v)) || !strcmp(v, "null"))
			text_add(out, v);
		else
			text_json(out, v);
	}
	if (j->set_count)
		text_addc(out, '}');
}

static void put_environment(struct text *out, const struct job *j)
{
	for (size_t i = 0; i < j->environment_count; i++) {
		const char *s = j->environment[i];
		auto_text name = { 0 };
		size_t len = strcspn(s, "=");

		text_addn(&name, s, len);
		text_add(out, i ? "," : ",\"environment\":{");
		text_json(out, text_str(&name));
		text_addc(out, ':');
		text_json(out, s[len] ? s + len + 1 : NULL);
	}
	if (j->environment_count)
		text_addc(out, '}');
}

static void put_retry(struct text *out, const struct job_retry *r)
{
	if (!r->times)
		return;
	text_addf(out, ",\"retry\":{\"times\":%u", r->times);
	for (int c = 0; c < JOB_CAUSES; c++)
		if (c != CAUSE_CANCELLED && r->cause[c] != r->times)
			text_addf(out, ",\"%s\":%u", cause_name((enum cause)c),
				  r->cause[c]);
	if (r->raise_milli)
		text_addf(out, ",\"raise\":%u.%03u", r->raise_milli / 1000,
			  r->raise_milli % 1000);
	text_addc(out, '}');
}

void job_print(const struct job *j, struct text *out)
{
	text_add(out, "{\"id\":");
	text_json(out, j->id);
	text_add(out, ",\"profile\":");
	text_json(out, j->profile);
	put_words(out, "command", j->command, j->command_count);
	if (j->input) {
		text_add(out, ",\"stdin\":");
		text_json(out, j->input);
	}
	put_files(out, j);
	put_sets(out, j);
	put_environment(out, j);
	put_retry(out, &j->retry);
	put_words(out, "after", j->after, j->after_count);
	text_add(out, "}\n");
}
