// SPDX-License-Identifier: GPL-3.0-or-later
/* nft.c - rules to the kernel by libnftables, which is loaded when rules change
 *
 * Its start takes as long as a whole box, and rules change when networks do, so nothing
 * is linked with it. What is needed of its interface (libnftables(3)) stands here.
 */
#include <dlfcn.h>
#include <string.h>

#include "base/cleanup.h"
#include "netns/inner.h"

#define LIBRARY "libnftables.so.1"

struct nft_ctx;

/* The four calls, by their names in the library */
struct nft {
	struct nft_ctx *(*ctx_new)(unsigned int flags);
	void (*ctx_free)(struct nft_ctx *ctx);
	int (*ctx_buffer_error)(struct nft_ctx *ctx);
	const char *(*ctx_get_error_buffer)(struct nft_ctx *ctx);
	int (*run_cmd_from_buffer)(struct nft_ctx *ctx, const char *buf);
};

static int load(void *lib, struct nft *nft)
{
	const struct {
		const char *name;
		void *to;
	} calls[] = {
		{ "nft_ctx_new", &nft->ctx_new },
		{ "nft_ctx_free", &nft->ctx_free },
		{ "nft_ctx_buffer_error", &nft->ctx_buffer_error },
		{ "nft_ctx_get_error_buffer", &nft->ctx_get_error_buffer },
		{ "nft_run_cmd_from_buffer", &nft->run_cmd_from_buffer },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		void *found = dlsym(lib, calls[i].name);

		if (!found)
			return -1;
		memcpy(calls[i].to, &found, sizeof(found));
	}
	return 0;
}

/* Errors are several lines, the first says it: "internal:0:0-0: Error: Could not ..." */
static int say_refused(const char *said, struct err *e)
{
	const char *at = strstr(said, "Error: ");

	at = at ? at + strlen("Error: ") : said;
	return err_set(e, "nftables refuses the rules of networks: %.*s",
		       (int)strcspn(at, "\n"), at);
}

static int open_library(struct nft *nft, struct err *e)
{
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		err_set(e, "networks need " LIBRARY ", which cannot be loaded");
		return err_hint(e, "apt install libnftables1");
	}
	return load(lib, nft) ? err_set(e, LIBRARY " lacks calls that every version has")
			      : 0;
}

int net_rules_can(struct err *e)
{
	struct nft nft;

	return open_library(&nft, e);
}

int net_rules_apply(const char *text, struct err *e)
{
	struct nft_ctx *ctx;
	struct nft nft;
	int r = 0;

	if (open_library(&nft, e) < 0)
		return -1;
	ctx = nft.ctx_new(0);
	if (!ctx)
		return err_set(e, "nftables cannot be used");
	nft.ctx_buffer_error(ctx);
	if (nft.run_cmd_from_buffer(ctx, text))
		r = say_refused(nft.ctx_get_error_buffer(ctx), e);
	nft.ctx_free(ctx);
	/* Not unloaded: libnftables leaves buffers of its parser to the exit */
	return r;
}
