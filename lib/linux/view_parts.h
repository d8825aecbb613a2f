/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_parts.h: what the files of the view share: the prepared view, and the few operations on mounts and on paths
 * beneath the jail's root that all of them are made of. Private to lib/linux/view*.c.
 *
 * Two rules keep a hostile tree harmless. Nothing of the jail's tree is ever reached by a name that the kernel resolves
 * from the host's root: names are resolved by openat2(2) beneath the jail's root and the descriptor is used from there
 * on. And every mount is made detached, then moved onto such a descriptor: a mount lands where it was meant to, or
 * nowhere.
 */
#ifndef LINUX_VIEW_PARTS_H
#define LINUX_VIEW_PARTS_H

#include <limits.h>
#include <linux/types.h>

#include "../error.h"
#include "sys.h"
#include "sys/host_path.h"
#include "view.h"

#define VIEW_LAYERS_MAX 64	/* `path` and its bases */
#define VIEW_NESTS_MAX 32	/* hidden directories that hold targets of mounts */
#define VIEW_GLOBS_MAX 8	/* components of one hidden path that are globs */
#define VIEW_HIDDEN_MAX 4096	/* paths covered, all in all */
#define VIEW_SCANNED_MAX 262144 /* directory entries looked at for all globs */
#define VIEW_BUFFER 16384

/* struct statx as the kernel writes it: the C libraries we build with disagree about having it. */
struct view_stat {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare0;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};

#define VIEW_STATX_BASIC 0x7ffu
#define VIEW_STATX_MNT_ID 0x1000u
#define VIEW_ATTR_MOUNT_ROOT 0x2000u

struct view_submount {
	int fd; /* a detached copy of the mount alone */
	bool directory;
	bool left_out;	  /* there is no copy: the place is covered */
	bool faulty;	  /* left out because it can't be read */
	bool shown;	  /* path.show names it, or what it lies in */
	uint64_t id;	  /* of the host's mount */
	const char *name; /* where it is, relative to the tree's root */
};

/* Names that stay where they are, as long as the view does: one block after another. */
struct view_names {
	struct view_names *before;
	size_t used;
	char text[65520];
};

struct view_users {
	bool known;
	int fd;
	uint32_t base, count;
};

/* What tells one host from another. */
enum { VIEW_HOSTUUID, VIEW_HOSTID, VIEW_IDENTITIES };

/* How the root is put together. */
enum view_root_kind {
	VIEW_PLAIN,  /* a copy of the mount that holds `path`, with what is mounted beneath */
	VIEW_UNION,  /* lower layers only: a shared tree that is read only */
	VIEW_BASE,   /* bases below, `path` above */
	VIEW_MEMORY, /* `path` and bases below, memory above */
};

/* Lists and buffers of what is found only while building. */
struct view_room {
	char buffer[VIEW_BUFFER];					      /* mountinfo */
	uint64_t entries[VIEW_GLOBS_MAX + 1][VIEW_BUFFER / sizeof(uint64_t)]; /* directories being read */
};

struct view {
	struct plan *plan;
	const struct plan *was; /* live: the running jail's */
	struct view_users users;

	/* prepared */
	enum view_root_kind kind;
	int path_fd;		    /* `path`, O_PATH, in the host's mount namespace */
	char path_name[PATH_MAX];   /* where that is on the host */
	int layer[VIEW_LAYERS_MAX]; /* detached copies: `path` (plain: the root itself), then the bases */
	size_t nlayers;
	bool everybody[VIEW_LAYERS_MAX]; /* read as everybody on the host may */
	bool unmapped[VIEW_LAYERS_MAX];	 /* the same, because its owners can't be mapped */
	int beside; /* VIEW_BASE: detached copy of the directory that holds `path` and the work directory */
	/* What holds the work directory, then that itself: O_PATH, in the host's mount namespace, where no owners are
	 * mapped. */
	int work_fd;
	char upper_name[NAME_MAX + 1], work_name[NAME_MAX + 32];
	struct view_submount *submount; /* any number: each costs the same */
	size_t nsubmounts, submounts_room;
	struct view_names *submount_names;
	struct view_mount {
		int *source; /* detached copies (overlay: O_PATH layers follow), NULL: the type has none */
		size_t nsources;
		int beside, work_fd; /* unionfs: as above */
		int upper_fd;	     /* unionfs: what is written to, O_PATH */
		int made;	     /* live: the detached mount with its attributes, locked; -1: none yet */
		struct view_named named;
		bool wanted; /* live */
		char upper_name[NAME_MAX + 1], work_name[NAME_MAX + 32];
	} * mount; /* one for each of plan->mount */
	struct view_device {
		uint32_t mode; /* type and permission bits */
		uint32_t major, minor;
	} * device; /* one for each of plan->device */

	/* built */
	int root;		    /* the jail's root, attached */
	int scratch;		    /* a tmpfs of ours for whatever lives in memory; attached */
	int proc, dev, pts, cgroup; /* made before the users are known; detached until there is a root */
	uint32_t dev_number;	    /* live: see view_know_devices() */
	const struct policy_record *record;
	int host_proc; /* live: /proc as the tool sees it */
	int told;      /* live: the memory that `names` comes through */
	char *names;   /* live: see struct view_named */
	bool dev_attached, proc_attached;
	int empty_dir, empty_file; /* attached read-only mounts, to be cloned */
	uint64_t *memory;	   /* mounts of the jail that live in memory */
	size_t nmemory, memory_room;
	uint64_t *based; /* overlays that write to `path` */
	size_t nbased, based_room;
	struct {
		int fd;
		uint64_t id;
	} nest[VIEW_NESTS_MAX];
	size_t nnests, nhidden, nscanned;
	int identity[VIEW_IDENTITIES]; /* live: mounts to be shown, -1: as before */
	unsigned identified;	       /* which have been: bits */
	unsigned next;		       /* number of the next directory in the scratch file system */

	struct view_room *room; /* NULL until needed: most jails never do */
};

static inline bool view_host_users(const struct view *v)
{
	return (v->plan->record.flags & POLICY_F_HOST_USERS) != 0;
}

/* ------------------------------------------------------------------------------ view_tools.c: mounts and names */

struct view_option {
	const char *key, *value; /* value NULL: a flag */
};

int view_stat(int fd, struct view_stat *ret); /* -errno */
/* See that v->room is there: memory straight from the kernel, so also between clone(2) and exec(3). -errno. */
int view_need_room(struct view *v);
/* See that a list of `used` items of `size` bytes has room for one more: memory as above. -errno. */
int view_grow(void **list, size_t *room, size_t used, size_t size);
/* A new file system, mounted but not attached: a descriptor or -errno. `what` is for the error. */
int view_new(
    const char *type, unsigned attributes, const struct view_option *options, size_t n, struct jail_error *err);
/* Detached copy of what an O_PATH descriptor is. `flags`: AT_RECURSIVE or 0. */
int view_copy(int fd, unsigned flags);
/* Make a detached copy the jail's: private, its owners mapped (with own users), `attributes` set. -errno. */
int view_map(const struct view *v, int fd, unsigned attributes, unsigned flags);
/* The same without mapping. */
int view_protect(int fd, unsigned attributes, unsigned flags);
/* Attach where nothing will look it up by name, so that the kernel accepts copies and layers of it. -errno. */
int view_park(int fd);
int view_park_root(int fd);
/* Attach to an open place. -errno. */
int view_move(int fd, int place);
/*
 * Live: take off the mount whose root is open as `fd`, wherever it is by now: by a name, root inside could have another
 * one taken off. One that is attached nowhere is left alone. Changes the working directory.
 */
void view_unmount(const struct view *v, int fd);
/* Open beneath the jail's root, symbolic links included, never outside. `flags` as openat2(2). -errno. */
int view_open(const struct view *v, const char *path, uint64_t flags);
/*
 * Open the place for a mount. When it is missing and would be made in memory, it is made, with the directories that
 * lead there (of the jail's root's ownership). `directory` false: a file. -errno.
 */
int view_place(struct view *v, const char *path, bool directory);
/* Attach `fd` at `path`, and see that it is what is there afterwards. */
int view_attach(struct view *v, int fd, const char *path, bool directory, struct jail_error *err);
/*
 * Attach one of the built-in file systems at `name` in the root. Missing: an error only when it was asked for. Returns
 * 1 when it was attached, 0 when it was left out.
 */
int view_attach_own(struct view *v, int fd, const char *name, bool asked, const char *param, struct jail_error *err);
/* Note that what is written to this mount goes to memory. */
int view_note_memory(struct view *v, int fd);
/* Note where what is written to this overlay of the tree goes. -errno. */
int view_note_written(struct view *v, int overlay);
bool view_in_memory(const struct view *v, int fd);
/* Give a file system object that we made to the jail's root. -errno. */
int view_own(const struct view *v, int dirfd, const char *name);
/* A new directory in the scratch file system: its name into `ret`; -errno. */
int view_scratch_dir(struct view *v, const char *prefix, uint32_t mode, char ret[32]);
/* A mount of its own of `name` in the scratch file system: a detached descriptor or -errno. */
int view_scratch_mount(struct view *v, const char *name, unsigned attributes);
bool view_needs_scratch(const struct view *v);
int view_scratch_make(struct view *v, struct jail_error *err);
/* See that there are v->empty_dir and v->empty_file. */
int view_scratch_covers(struct view *v, struct jail_error *err);
/* Live: a scratch file system for v->empty_dir and v->empty_file alone. -errno. */
int view_scratch_empties(struct view *v);

/* ------------------------------------------------------------------------------------- view_aside.c: live changes */

#define VIEW_NUMBERS_MAX 128
/*
 * Run `fn` in a process with a private mount namespace of its own that shares our descriptors but not our memory: what
 * it opens is ours, and the numbers that it leaves in `numbers` come back. What `fn` returns; -EIO: it was killed.
 */
int view_aside(int (*fn)(struct view *v, int *numbers), struct view *v, int *numbers, size_t n);
/* Replace mount[i].made of each wanted mount by a copy whose attributes nobody inside can change. */
int view_lock_made(struct view *v, struct jail_error *err);

/* ----------------------------------------------------------------------------------------------- view_match.c */

bool view_is_glob(const char *s, size_t length);
/* Is `path` or a directory above it matched by `pattern`? Both absolute. */
bool view_beneath(const char *pattern, const char *path);

/* ------------------------------------------------------------------------------------------- view_mountinfo.c */

/*
 * Copy each file system of the host that is mounted beneath `v->path_fd` (named `v->path_name`), or beneath "/" of the
 * host, into v->submount. Pseudo file systems, those beneath hidden paths and (with `shared`) those where a shared
 * tree gets fresh ones are left out. So are those that an ordinary user serves, and those that can't be read: these
 * have entries without a descriptor.
 */
int view_submounts(struct view *v, int tree_fd, const char *tree_name, bool shared, struct jail_error *err);

/* ------------------------------------------------------------------------------------------------- the parts */

/* An empty one for a plan. */
int view_new_view(struct plan *plan, struct view **ret, struct jail_error *err);

int view_root_prepare(struct view *v, int parent_root_fd, struct jail_error *err);
int view_root_make(struct view *v, struct jail_error *err);
/* Split an open directory's place into the directory that holds it (opened, and copied detached) and its name. */
int view_beside(int dir_fd, const char *param, int *ret_copy, int *ret_holder, char name[NAME_MAX + 1],
    char work[NAME_MAX + 32], struct jail_error *err);
/* Make the work directory in it; the descriptor becomes the work directory's. */
int view_work_make(int *holder_fd, const char *work_name, struct jail_error *err);
/* An overlay's own directory `number` in that work directory, reached through the copy (attached by now). -errno. */
int view_work_open(int beside, int work_fd, const char *work_name, unsigned number);
/* That and the upper layer itself. -errno. */
int view_beside_layers(
    int beside, int work_fd, const char *name, const char *work_name, unsigned number, int *ret_upper, int *ret_work);

struct view_overlay {
	const int *lower; /* attached mounts or descriptors beneath them */
	size_t nlower;
	int upper, work; /* both -1: read only */
	bool everybody;	 /* its layers are read as a user who owns nothing reads them, whoever asks */
};
/* A detached overlay mount or -errno. The layers must be attached. Leaves this process in another directory. */
int view_overlay(const struct view *v, const struct view_overlay *o, unsigned attributes, struct jail_error *err);

/* Of one attached layer: what everybody may read of it, and nothing else. A detached, read-only mount or -errno. */
int view_everybody(const struct view *v, int layer, struct jail_error *err);
/* In memory, a directory with the rights of the one that it is laid upon; and an overlay's work directory. -errno. */
int view_memory_upper(struct view *v, int below, int *ret_upper, int *ret_work);

/* One more file system beneath the tree: with its descriptor, or -1, and a copy of the name. -errno: neither is kept.
 */
int view_submount_add(struct view *v, const struct view_submount *s, const char *name);
/* The same of a copy of the mount that is opened with O_PATH. -errno. */
int view_submount_copy(struct view *v, int fd, const char *name, const struct view_stat *st, bool shown);
/* Is `path` (as seen inside) what path.show names, or beneath it? 2: named itself. */
int view_shown(const struct view *v, const char *path);
/* Attach the file systems found beneath the tree: those that path.show names and lie beneath these, or the others. */
int view_submounts_attach(struct view *v, bool shown, struct jail_error *err);
/* Find what path.show names, among the file systems beneath the tree. `tree_fd`: its root. */
int view_show_prepare(struct view *v, int tree_fd, struct jail_error *err);

/* Places of a shared tree that are the jail's own: /run, /tmp, /var/tmp, /root, /home. */
int view_fresh(struct view *v, struct jail_error *err);
/*
 * Into a layer in memory above one of the shared tree, mounted at `at`: state that not everybody may read, empty; files
 * of accounts. What one of the first `nabove` layers of the view has is left alone. -errno.
 */
int view_state(struct view *v, size_t nabove, const char *at, int layer, int upper);
/* Directories of users, in a fresh /home. */
int view_homes(struct view *v, int home, struct jail_error *err);

int view_dev_prepare(struct view *v, struct jail_error *err);
int view_dev_make(struct view *v, struct jail_error *err);
int view_dev_attach(struct view *v, struct jail_error *err);
/* Attach it at the first place that it is wanted at. */
int view_dev_place(struct view *v, const char *where, struct jail_error *err);
int view_dev_node(struct view *v, int dev_fd, size_t device, struct jail_error *err);

int view_proc_make(struct view *v, struct jail_error *err);
int view_proc_attach(struct view *v, struct jail_error *err);
int view_sys_attach(struct view *v, struct jail_error *err);
/* Cover what only the host's root may touch, in a /proc or /sys seen by a jail with the host's users. */
int view_proc_mask(struct view *v, const char *where, struct jail_error *err);
int view_sys_mask(struct view *v, const char *where, struct jail_error *err);

int view_mount_prepare(struct view *v, size_t i, int parent_root_fd, struct jail_error *err);
int view_mounts_prepare(struct view *v, int parent_root_fd, struct jail_error *err);
int view_mounts_attach(struct view *v, struct jail_error *err);
int view_mount_attach(struct view *v, size_t i, struct jail_error *err);
/* Live: make mount[i].made of a source or anew, with its attributes. */
int view_mount_make(struct view *v, size_t i, struct jail_error *err);

/* Covers that must be there before the mounts, because targets lie beneath them; and all the others. */
int view_hide_nests(struct view *v, struct jail_error *err);
/* Cover one directory by an empty one with the owner and mode of `like`, in which ways to targets can be made. */
int view_nest(struct view *v, const char *path, const struct view_stat *like, struct jail_error *err);
int view_hide_all(struct view *v, struct jail_error *err);
int view_hide_one(struct view *v, const char *pattern, struct jail_error *err);
/* Live: take the covers off again that this view has put on. */
void view_show_one(struct view *v, const char *pattern);
/* Cover one object, if it is there. */
int view_cover(struct view *v, const char *path, struct jail_error *err);

/*
 * view_hide_check.c: may an object be hidden, whose place and description these are? EPERM: root inside could move it
 * to where nothing covers it. `*ret_empty`: it is a file of the overlay, to be emptied there.
 */
int view_hide_check(
    struct view *v, int place, const struct view_stat *st, const char *path, bool *ret_empty, struct jail_error *err);

int view_identity(struct view *v, struct jail_error *err);
bool view_identity_differs(const struct plan *was, const struct plan *will);
int view_identity_check(const struct plan *was, const struct plan *will, struct jail_error *err);
/* Live: make those that change, in the scratch file system; show them, and take them off again. */
int view_identity_prepare(struct view *v, const struct plan *was); /* -errno */
int view_identity_change(struct view *v, struct jail_error *err);
void view_identity_back(struct view *v);
/* Files of a shared tree that have a content of their own in place of the host's. */
enum view_account { VIEW_ACCOUNT_EMPTY, VIEW_ACCOUNT_SHADOW, VIEW_ACCOUNT_GSHADOW, VIEW_ACCOUNT_SUDOERS };
/* Write it, from what everybody may read of the tree. -errno. */
int view_accounts_write(int root, enum view_account what, int to);
/* What covers a file of accounts instead of an empty one: a detached mount. -errno: nothing better than an empty one.
 */
int view_accounts(struct view *v, const char *path, const struct view_stat *st);
/* Cover those that not everybody may read, where they can't be written to. */
int view_accounts_cover(struct view *v, struct jail_error *err);
int view_machine_id(const char *uuid, char ret[33]);

/* Remove `<name>.jail-work` beside a directory. `dirfd`: the directory that holds both. */
int view_work_remove(int dirfd, const char *work_name);
/* The new work directory gets the mark that view_work_remove() looks for. ESTALE: something else has its name. */
int view_work_mark(int holder, const char *work_name);

#endif
