/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c - what is measured: the table of commands, the bars, the OCI bundle */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define SAME "@D/bench/profiles/same-as-bwrap.yaml"
#define LIMITED                                             \
	"--set seccomp=default -m 256M --pids-limit 64 " \
	"--set limits.enforce=best-effort "

static const struct row all_rows[] = {
	{ "empty", "a static program that does nothing", "@D/empty" },
	{ "true", "true(1), no sandbox", "true" },
	{ "floor", "the fewest system calls for the same box", "@D/floor true" },
	{ "floor-glibc", "the same source on a static glibc", "@D/floor-glibc true" },
	{ "nook", "nook, the same layers", "@D/nook run " SAME " -- true" },
	{ "nook-filter", "nook, with the filter that floor has too",
	  "@D/nook run --set seccomp=default " SAME " -- true" },
	{ "nook-strict", "nook run strict", "@D/nook run strict -- true" },
	/* not with --fifo: the kernel takes no real-time process into a CPU cgroup. Who
	 * may make no cgroups measures the first of each two twice */
	{ "nook-limits", "nook, with limits of memory, pids and CPU",
	  "@D/nook run -m 256M --pids-limit 64 --cpus 1 --set limits.enforce=best-effort "
	  SAME " -- true" },
	{ "nook-job", "a job of a batch, without its cgroup",
	  "@D/nook run @D/bench/profiles/batch-nocgroup.yaml -- true" },
	{ "nook-batch", "nook run batch",
	  "@D/nook run --set limits.enforce=best-effort batch -- true" },
	{ "nook-walls", "all walls of nook, limits of memory and pids, no network",
	  "@D/nook run " LIMITED "--network none " SAME " -- true" },
	{ "nook-net", "the same on a network with NAT",
	  "@D/nook run " LIMITED "--network veth --set network.dns=192.0.2.53 " SAME
	  " -- true" },
	{ "nook-dev", "nook run dev", "@D/nook run dev -- true" },
	/* in the box of living_row() */
	{ "nook-exec", "nook exec, into a box of the same layers",
	  "@D/nook exec bench-@U -- true" },
	{ "nook-dry", "dry run of a profile that extends three",
	  "@D/nook run --dry-run @D/bench/profiles/extends-three.yaml" },
	{ "bwrap", "bubblewrap, the same layers",
	  "bwrap --unshare-user --unshare-pid --unshare-uts --unshare-ipc --unshare-net "
	  "--cap-drop ALL --ro-bind /usr /usr --ro-bind /etc /etc --symlink usr/bin /bin "
	  "--symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev "
	  "--tmpfs /tmp true" },
	{ "unshare", "util-linux: namespaces and proc only",
	  "unshare --user --map-current-user --mount --pid --uts --ipc --net --fork "
	  "--kill-child --mount-proc true" },
	{ "nsjail", "nsjail, the same layers",
	  "nsjail -Mo -Q --disable_clone_newcgroup -R /usr -R /etc -s /usr/bin:/bin "
	  "-s /usr/lib:/lib -s /usr/lib64:/lib64 -R /dev/null -R /dev/zero -R /dev/full "
	  "-R /dev/random -R /dev/urandom -T /tmp -- /bin/true" },
	{ "crun", "crun run, a bundle with the same layers",
	  "crun --root @D/bundle-@U/crun run --bundle @D/bundle-@U nook-bench-@U-@N" },
	{ "runc", "runc run, the same bundle",
	  "runc --root @D/bundle-@U/runc run --bundle @D/bundle-@U nook-bench-@U-@N" },
	{ "podman", "podman run of a root directory",
	  "podman run --rm --network=none --cgroups=disabled --volume /usr:/usr:ro "
	  "--volume /etc:/etc:ro --rootfs @D/bundle-@U/rootfs true" },
	/* As nook-net has it; root only: bench.sh gives it directories of its own */
	{ "podman-net", "podman run on its default network, limits of memory and pids",
	  "podman --runtime runc --cgroup-manager cgroupfs --log-level error run --rm "
	  "--cgroup-parent /nook-bench-podman -m 256m --pids-limit 64 "
	  "--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --volume /usr:/usr:ro "
	  "--volume /etc:/etc:ro --rootfs @D/bundle-@U/rootfs true" },
	{ 0 },
};

static const struct bar all_bars[] = {
	{ "nook", "bwrap", 0.7 },
	{ "nook-strict", "bwrap", 0.8 },
	{ "nook", "floor", 1.4 },
	{ "nook-filter", "floor", 1.4 },
	{ "nook-exec", "nook", 1.0 },
	{ "nook-net", "nook-walls", 2.0 },
	{ "nook-net", "podman-net", 0.25 },
	{ 0 },
};

static const struct bar all_costs[] = {
	{ "nook-dry", "empty", 2.0 },
	{ "nook-limits", "nook", 1.0 },
	{ "nook-batch", "nook-job", 1.0 },
	{ 0 },
};

const struct row *rows(void)
{
	return all_rows;
}

const struct row *living_row(void)
{
	static const struct row living = {
		"nook-exec", NULL, "@D/nook run --name bench-@U " SAME " -- sleep 3600"
	};

	return &living;
}

const struct bar *bars(void)
{
	return all_bars;
}

const struct bar *costs(void)
{
	return all_costs;
}

void row_argv(const struct bench *b, const struct row *r, int n, char *words[ARGS_MOST],
	      char space[SPACE_SIZE])
{
	char *to = space, *end = space + SPACE_SIZE - 300;
	size_t count = 0;

	for (const char *s = r->command; *s && to < end && count < ARGS_MOST - 1; s++) {
		words[count++] = to;
		for (; *s && *s != ' ' && to < end; s++) {
			if (*s != '@')
				*to++ = *s;
			else if (*++s == 'D')
				to += snprintf(to, 256, "%s", b->dir);
			else
				to += snprintf(to, 16, "%d",
					       *s == 'N' ? n : (int)getuid());
		}
		*to++ = '\0';
		if (!*s)
			break;
	}
	words[count] = NULL;
}

bool row_is_found(const struct bench *b, const struct row *r)
{
	static const char *const dirs[] = { "", "/usr/local/bin/", "/usr/bin/",
					    "/usr/sbin/" };
	char *words[ARGS_MOST], space[SPACE_SIZE], path[512];

	row_argv(b, r, 0, words, space);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", dirs[i], words[0]);
		if (strchr(path, '/') && !access(path, X_OK))
			return true;
	}
	return false;
}

/* The layers of same-as-bwrap.yaml in the words of the OCI runtime specification; uid 0
 * inside because runc insists on one */
static const char bundle_text[] =
	"{\"ociVersion\":\"1.0.2\",\"hostname\":\"bench\","
	"\"process\":{\"terminal\":false,\"user\":{\"uid\":0,\"gid\":0},\"args\":["
	"\"true\"],"
	"\"env\":[\"PATH=/usr/bin:/bin\"],\"cwd\":\"/\",\"noNewPrivileges\":true,"
	"\"capabilities\":{\"bounding\":[],\"effective\":[],\"permitted\":[],"
	"\"inheritable\":[],\"ambient\":[]}},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"mounts\":["
	"{\"destination\":\"/usr\",\"type\":\"bind\",\"source\":\"/usr\","
	"\"options\":[\"rbind\",\"ro\",\"nosuid\",\"nodev\"]},"
	"{\"destination\":\"/etc\",\"type\":\"bind\",\"source\":\"/etc\","
	"\"options\":[\"rbind\",\"ro\",\"nosuid\",\"nodev\"]},"
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
	"\"options\":[\"nosuid\",\"mode=755\"]},"
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
	"\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode="
	"620\"]},"
	"{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
	"\"options\":[\"nosuid\",\"nodev\",\"mode=1777\"]}],"
	"\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],"
	"\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\"},{\"type\":\"pid\"},"
	"{\"type\":\"uts\"},{\"type\":\"ipc\"},{\"type\":\"network\"}]}}\n";

int bundle_make(const char *dir, uid_t uid)
{
	static const char *const dirs[] = { "",
					    "/rootfs",
					    "/rootfs/usr",
					    "/rootfs/etc",
					    "/rootfs/proc",
					    "/rootfs/dev",
					    "/rootfs/tmp" };
	static const char *const links[] = { "bin", "lib", "lib64" };
	char path[512], to[64];
	FILE *f;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/bundle-%u%s", dir, uid, dirs[i]);
		if ((mkdir(path, 0755) && errno != EEXIST) || lchown(path, uid, uid))
			return -1;
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "%s/bundle-%u/rootfs/%s", dir, uid,
			 links[i]);
		snprintf(to, sizeof(to), "usr/%s", links[i]);
		if (symlink(to, path) && errno != EEXIST)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/bundle-%u/config.json", dir, uid);
	f = fopen(path, "we");
	if (!f)
		return -1;
	fprintf(f, bundle_text, uid, uid);
	return fclose(f);
}
