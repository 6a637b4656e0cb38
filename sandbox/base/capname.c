// SPDX-License-Identifier: GPL-3.0-or-later
/* capname.c - capabilities by name */
#include "base/capname.h"

#include <linux/capability.h>
#include <stddef.h>

#include "base/text.h"

const struct name capability_names[] = {
	{ "chown", CAP_CHOWN },
	{ "dac_override", CAP_DAC_OVERRIDE },
	{ "dac_read_search", CAP_DAC_READ_SEARCH },
	{ "fowner", CAP_FOWNER },
	{ "fsetid", CAP_FSETID },
	{ "kill", CAP_KILL },
	{ "setgid", CAP_SETGID },
	{ "setuid", CAP_SETUID },
	{ "setpcap", CAP_SETPCAP },
	{ "linux_immutable", CAP_LINUX_IMMUTABLE },
	{ "net_bind_service", CAP_NET_BIND_SERVICE },
	{ "net_broadcast", CAP_NET_BROADCAST },
	{ "net_admin", CAP_NET_ADMIN },
	{ "net_raw", CAP_NET_RAW },
	{ "ipc_lock", CAP_IPC_LOCK },
	{ "ipc_owner", CAP_IPC_OWNER },
	{ "sys_module", CAP_SYS_MODULE },
	{ "sys_rawio", CAP_SYS_RAWIO },
	{ "sys_chroot", CAP_SYS_CHROOT },
	{ "sys_ptrace", CAP_SYS_PTRACE },
	{ "sys_pacct", CAP_SYS_PACCT },
	{ "sys_admin", CAP_SYS_ADMIN },
	{ "sys_boot", CAP_SYS_BOOT },
	{ "sys_nice", CAP_SYS_NICE },
	{ "sys_resource", CAP_SYS_RESOURCE },
	{ "sys_time", CAP_SYS_TIME },
	{ "sys_tty_config", CAP_SYS_TTY_CONFIG },
	{ "mknod", CAP_MKNOD },
	{ "lease", CAP_LEASE },
	{ "audit_write", CAP_AUDIT_WRITE },
	{ "audit_control", CAP_AUDIT_CONTROL },
	{ "setfcap", CAP_SETFCAP },
	{ "mac_override", CAP_MAC_OVERRIDE },
	{ "mac_admin", CAP_MAC_ADMIN },
	{ "syslog", CAP_SYSLOG },
	{ "wake_alarm", CAP_WAKE_ALARM },
	{ "block_suspend", CAP_BLOCK_SUSPEND },
	{ "audit_read", CAP_AUDIT_READ },
	{ "perfmon", CAP_PERFMON },
	{ "bpf", CAP_BPF },
	{ "checkpoint_restore", CAP_CHECKPOINT_RESTORE },
	{ NULL, 0 },
};

void capability_list(struct text *out, uint64_t set, uint64_t known)
{
	const char *gap = "";

	if (!set || (known && (set & known) == known)) {
		text_add(out, set ? "all" : "none");
		return;
	}
	for (const struct name *n = capability_names; n->name; n++) {
		uint64_t bit = UINT64_C(1) << n->value;

		if (set & bit) {
			text_addf(out, "%s%s", gap, n->name);
			gap = " ";
		}
		set &= ~bit;
	}
	for (int i = 0; i < 64; i++) {
		if (set >> i & 1) {
			text_addf(out, "%s%d", gap, i);
			gap = " ";
		}
	}
}
