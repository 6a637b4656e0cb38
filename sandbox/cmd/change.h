/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change.h - what `nook update` asks for besides limits, and where it goes */
#ifndef NOOK_CMD_CHANGE_H
#define NOOK_CMD_CHANGE_H

#include "base/text.h"
#include "box/control.h"
#include "box/store.h"
#include "cmd/cmd.h"

#define CHANGE_OPTION "nook update" /* where a wish comes from */

/* A word of several keys: as --network has it */
#define CHANGE_NETWORK "network"

/**
 * struct change - The words of one command
 * @ask:	The limits among them
 * @own:	Its wishes are the others, with their signs
 * @words:	All of them as a profile has them, each with its NUL: for a box that stays
 * @frozen:	The first whose key cannot be changed while a box runs; NULL = none
 * @network:	The network that it is to be on, or another word of --network; or NULL
 * @of_link:	A word for a box that is on one; NULL = none
 */
struct change {
	struct control_ask ask;
	struct args own;
	struct text words;
	const char *frozen, *network, *of_link;
};

/* change_words.c */

/** change_release() - Give back what belongs to the words */
void change_release(struct change *c);
/** change_is_key() - Whether a key, up to its end, is one of these, perhaps by a shorter
 * name */
bool change_is_key(const char *key, size_t len);
/** change_is_live() - Whether it can be changed in a box that runs. @sign: '+', '-' or
 * 0 */
bool change_is_live(const char *key, size_t len, char sign);
/** enum update_when - When `nook update` changes something of a box */
enum update_when { UPDATE_NEVER, UPDATE_AT_REST, UPDATE_LIVE };
/** update_when() - The same of "[+|-]KEY", limits too, with this value (update.c) */
enum update_when update_when(const char *key, const char *value);
/** change_key() - The keys with which a word can begin, for the nearest one, some of them
 * twice; NULL behind the last */
const char *change_key(size_t i);
/** change_word() - Add one that is no limit: [+-]KEY=VALUE. Return: 0; -1, -2 and @e */
int change_word(const struct args *a, struct change *c, const char *word, struct err *e);
/** change_network() - Add what the word for the network means, behind all others. Return:
 * 0; -1, -2 and @e */
int change_network(const struct args *a, struct change *c, struct err *e);
/* change.c */

/** change_running() - Have a box that runs changed, by all of the words or none; @plan is
 * the one in its record, which is freed. Return: 0, -1 and @e */
int change_running(struct change *c, const char *box, struct record *rec,
		   struct plan *plan, struct err *e);
/** change_resting() - The same for a box at rest, from its next start on. Return: 0; 1 =
 * there is none of that name; -1 and @e */
int change_resting(const struct args *a, const struct change *c, const char *name,
		   struct err *e);

#endif
