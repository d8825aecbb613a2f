/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_mount.c: one fstab(5) line to one typed mount: fields, escapes, types, options, and what each type takes. It
 * looks at text only and may not know whether anything named is there.
 */
#include <string.h>
#include <strings.h>

#include "plan_make.h"
#include "util.h"
#include "value.h"

enum { FIELD_SOURCE, FIELD_TARGET, FIELD_TYPE, FIELD_OPTIONS, FIELD_DUMP, FIELD_PASS, FIELDS };

static const struct {
	const char *name;
	enum plan_mount_type type;
} types[] = {
    {"nullfs", PLAN_M_NULLFS},
    {"bind", PLAN_M_NULLFS},
    {"tmpfs", PLAN_M_TMPFS},
    {"procfs", PLAN_M_PROCFS},
    {"proc", PLAN_M_PROCFS},
    {"linprocfs", PLAN_M_PROCFS},
    {"devfs", PLAN_M_DEVFS},
    {"fdescfs", PLAN_M_FDESCFS},
    {"linsysfs", PLAN_M_SYSFS},
    {"sysfs", PLAN_M_SYSFS},
    {"unionfs", PLAN_M_OVERLAY},
    {"overlay", PLAN_M_OVERLAY},
};

/* Windows into the kernel, not file systems on a device: none of them is a jail's. */
static const char *const never[] = {"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs",
    "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "pstore", "ramfs", "rootfs", "securityfs",
    "selinuxfs", "swap", "tracefs"};

/* Options without a value; those with flag 0 say what holds anyway. `only`: the type that knows it, -1 for all. */
static const struct {
	const char *name;
	unsigned flag;
	int only;
} options[] = {
    {"ro", PLAN_M_RDONLY, -1},
    {"rw", 0, -1},
    {"nosuid", PLAN_M_NOSUID, -1},
    {"nodev", PLAN_M_NODEV, -1},
    {"noexec", PLAN_M_NOEXEC, -1},
    {"noatime", PLAN_M_NOATIME, -1},
    {"nosymfollow", PLAN_M_NOSYMFOLLOW, -1},
    {"noauto", PLAN_M_NOAUTO, -1},
    {"defaults", 0, -1},
    {"late", 0, -1},
    {"auto", 0, -1},
    {"async", 0, -1},
    {"relatime", 0, -1},
    {"failok", 0, -1},
    {"linrdlnk", 0, PLAN_M_FDESCFS},
    {"nodup", 0, PLAN_M_FDESCFS},
    {"idmap", PLAN_M_IDMAP, PLAN_M_NULLFS},
    {"noidmap", PLAN_M_NOIDMAP, PLAN_M_NULLFS},
    {"bind", 0, PLAN_M_NULLFS},
};

static const char *allowed_options(enum plan_mount_type type)
{
	switch (type) {
	case PLAN_M_NULLFS:
		return "ro, rw, nosuid, nodev, noexec, noatime, nosymfollow, idmap, noidmap";
	case PLAN_M_TMPFS:
		return "ro, rw, nosuid, nodev, noexec, noatime, nosymfollow, size=, mode=, uid=, gid=, inodes=";
	default:
		return "ro, rw, nosuid, nodev, noexec, noatime, nosymfollow";
	}
}

static const char blanks[] = " \t\r\n\v\f";

/*
 * Three octal digits behind a backslash are a byte: \040 a blank, \134 a backslash. A blank, a quote or a backslash
 * stands for itself behind one. Quotes around the field go. Done in place.
 */
static bool unescape(char *text)
{
	char *to = text, quote = '\0';

	if (*text == '"' || *text == '\'')
		quote = *text;
	for (const char *from = text + (quote != '\0'); *from != '\0'; from++) {
		int byte = 0;

		if (*from == quote)
			break;
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		if (from[1] != '\0' && strchr(" \t\"'\\", from[1])) {
			*to++ = *++from;
			continue;
		}
		for (int i = 1; i <= 3; i++) {
			if (from[i] < '0' || from[i] > '7')
				return false;
			byte = byte * 8 + (from[i] - '0');
		}
		if (byte == 0 || byte > 255)
			return false;
		*to++ = (char)byte;
		from += 3;
	}
	*to = '\0';
	return true;
}

static int no_memory(struct jail_error *err)
{
	return jail_error_set(err, ENOMEM, "not enough memory");
}

/* A field as it is written: up to the next blank, or to the quote that ends it. 0: a quote is open. */
static size_t field_length(const char *field)
{
	char quote = *field == '"' || *field == '\'' ? *field : '\0';
	size_t n = quote != '\0';

	for (; field[n] != '\0'; n++) {
		if (field[n] == '\\' && field[n + 1] != '\0')
			n++;
		else if (quote != '\0' && field[n] == quote)
			return field[n + 1] == '\0' || strchr(blanks, field[n + 1]) ? n + 1 : 0;
		else if (quote == '\0' && strchr(blanks, field[n]))
			return n;
	}
	return quote == '\0' ? n : 0;
}

/* The line's fields, unescaped; those not there stay NULL. */
static int split(struct arena *a, const char *line, char *field[FIELDS], struct jail_error *err)
{
	const char *at = line + strspn(line, blanks);
	int n = 0;

	for (; *at != '\0'; at += strspn(at, blanks)) {
		size_t length = field_length(at);

		if (length == 0)
			return jail_error_set(err, EINVAL, "\"%.200s\": a quote around a field is not closed", line);
		if (n == FIELDS) {
			(void)jail_error_set(err, EINVAL, "\"%.200s\" has more than six fields", line);
			return jail_error_hint(
			    err, EINVAL, "write a blank in a path as \\040, or put quotes around it");
		}
		field[n] = arena_text(a, at, length);
		if (!field[n])
			return no_memory(err);
		if (!unescape(field[n]))
			return jail_error_set(err, EINVAL,
			    "\"%.200s\": behind a backslash stand three octal digits, a blank or a quote", field[n]);
		at += length;
		n++;
	}
	if (n <= FIELD_TYPE)
		return jail_error_set(err, EINVAL, "\"%.200s\": source, target and type are needed", line);
	for (int i = FIELD_DUMP; i < n; i++) {
		if (field[i][strspn(field[i], "0123456789")] != '\0')
			return jail_error_set(err, EINVAL, "\"%.80s\" is no number (dump, pass)", field[i]);
	}
	return 0;
}

static int find_type(const char *name, const char *option_list, struct plan_mount *m, struct jail_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(name, types[i].name) == 0) {
			m->type = types[i].type;
			return 0;
		}
	}
	/* As other systems' fstab(5) has it: type none, option bind. */
	if (strcmp(name, "none") == 0 && option_list && strstr(option_list, "bind")) {
		m->type = PLAN_M_NULLFS;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		if (strcmp(name, never[i]) == 0)
			return jail_error_set(err, EPERM, "a jail can't have a file system of type %s", name);
	}
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.")] != '\0' || strlen(name) > 32 ||
	    name[0] == '\0' || strcmp(name, "none") == 0)
		return jail_error_set(err, EINVAL, "\"%.80s\" is no type of file system", name);
	m->type = PLAN_M_BLOCK;
	return 0;
}

/* Add an option that only the file system itself knows. */
static int add_data(struct arena *a, struct plan_mount *m, const char *text, size_t length, struct jail_error *err)
{
	size_t before = m->data ? strlen(m->data) + 1 : 0;
	char *data;

	for (size_t i = 0; i < length; i++) {
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '\\')
			return jail_error_set(err, EINVAL, "\"%.*s\": allowed in an option: letters, digits and signs",
			    (int)length, text);
	}
	data = arena_new(a, 1, before + length + 1);
	if (!data)
		return no_memory(err);
	if (before > 0) {
		memcpy(data, m->data, before - 1);
		data[before - 1] = ',';
	}
	memcpy(data + before, text, length);
	m->data = data;
	return 0;
}

static bool tmpfs_size(const char *text, uint64_t *ret)
{
	int64_t size;

	if (!value_number(JAIL_TYPE_SIZE, text, &size) || size < 4096)
		return false;
	*ret = (uint64_t)size;
	return true;
}

static bool tmpfs_mode(const char *text, uint32_t *ret)
{
	uint32_t mode = 0;

	if (*text == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '7')
			return false;
		mode = mode * 8 + (uint32_t)(*text - '0');
	}
	if (mode > 07777)
		return false;
	*ret = mode;
	return true;
}

static bool tmpfs_number(const char *text, int64_t min, int64_t max, uint64_t *ret)
{
	int64_t number;

	if (!value_number(JAIL_TYPE_SIZE, text, &number) || number < min || number > max)
		return false;
	*ret = (uint64_t)number;
	return true;
}

/* An owner, by number: names are those of a passwd file that nobody has looked into yet. */
static int tmpfs_owner(const char *option, uint32_t *ret, struct jail_error *err)
{
	uint64_t id;

	if (!tmpfs_number(option + 4, 0, UINT32_MAX - 1, &id))
		return jail_error_set(err, EINVAL, "\"%.80s\": allowed: the number of a user or group inside", option);
	*ret = (uint32_t)id;
	return 0;
}

/* An option of tmpfs with a value; 1: it is none. */
static int tmpfs_option(struct plan_mount *m, const char *option, struct jail_error *err)
{
	if (strncmp(option, "size=", 5) == 0) {
		if (!tmpfs_size(option + 5, &m->size))
			return jail_error_set(err, EINVAL, "\"%.80s\": allowed: a size from 4k on", option);
		return 0;
	}
	if (strncmp(option, "mode=", 5) == 0) {
		if (!tmpfs_mode(option + 5, &m->mode))
			return jail_error_set(err, EINVAL, "\"%.80s\": allowed: an octal mode up to 7777", option);
		return 0;
	}
	if (strncmp(option, "uid=", 4) == 0)
		return tmpfs_owner(option, &m->uid, err);
	if (strncmp(option, "gid=", 4) == 0)
		return tmpfs_owner(option, &m->gid, err);
	/* FreeBSD's name and Linux's. */
	if (strncmp(option, "inodes=", 7) == 0 || strncmp(option, "nr_inodes=", 10) == 0) {
		if (!tmpfs_number(strchr(option, '=') + 1, 2, INT32_MAX, &m->inodes))
			return jail_error_set(err, EINVAL, "\"%.80s\": allowed: a number from 2 on", option);
		return 0;
	}
	return 1;
}

static int take_option(struct arena *a, struct plan_mount *m, const char *option, struct jail_error *err)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(option, options[i].name) == 0 && (options[i].only < 0 || options[i].only == (int)m->type)) {
			m->options |= options[i].flag;
			if (strcmp(option, "rw") == 0)
				m->options &= ~PLAN_M_RDONLY;
			return 0;
		}
	}
	if (m->type == PLAN_M_BLOCK)
		return add_data(a, m, option, strlen(option), err);
	/* The rules of devfs(8): /dev inside has the nodes of ruleset 4 whatever it says. */
	if (m->type == PLAN_M_DEVFS && strncmp(option, "ruleset=", 8) == 0)
		return 0;
	r = m->type == PLAN_M_TMPFS ? tmpfs_option(m, option, err) : 1;
	if (r <= 0)
		return r;
	(void)jail_error_set(err, EINVAL, "\"%.80s\" is no option of %s", option, m->fstype);
	return jail_error_hint(err, EINVAL, "allowed: %s", allowed_options(m->type));
}

static int take_options(struct arena *a, struct plan_mount *m, char *list, struct jail_error *err)
{
	while (list) {
		char *comma = strchr(list, ',');
		int r;

		if (comma)
			*comma = '\0';
		r = *list == '\0' ? 0 : take_option(a, m, list, err);
		if (r < 0)
			return r;
		list = comma ? comma + 1 : NULL;
	}
	if ((m->options & PLAN_M_IDMAP) && (m->options & PLAN_M_NOIDMAP))
		return jail_error_set(err, EINVAL, "idmap and noidmap exclude each other");
	return 0;
}

static int wrong_path(const char *what, const char *text, const char *why, struct jail_error *err)
{
	return why ? jail_error_set(err, EINVAL, "%s \"%.200s\" %s", what, text, why) : no_memory(err);
}

/* Overlays name several directories, a colon between. */
static int take_layers(struct arena *a, struct plan_mount *m, const char *text, struct jail_error *err)
{
	char *all = arena_new(a, 1, strlen(text) + 2), *end = all;

	if (!all)
		return no_memory(err);
	for (const char *at = text; at;) {
		const char *colon = strchr(at, ':'), *why;
		size_t length = colon ? (size_t)(colon - at) : strlen(at);
		char *part = arena_text(a, at, length), *path;

		if (!part)
			return no_memory(err);
		path = plan_path(a, part, &why);
		if (!path)
			return wrong_path("source", part, why, err);
		if (end != all)
			*end++ = ':';
		memcpy(end, path, strlen(path));
		end += strlen(path);
		at = colon ? colon + 1 : NULL;
	}
	m->source = all;
	return 0;
}

static int take_source(struct arena *a, struct plan_mount *m, const char *text, struct jail_error *err)
{
	const char *why;

	if (m->type == PLAN_M_OVERLAY)
		return take_layers(a, m, text, err);
	if (m->type != PLAN_M_NULLFS && m->type != PLAN_M_BLOCK)
		return 0;
	m->source = plan_path(a, text, &why);
	if (!m->source)
		return wrong_path("source", text, why, err);
	if (m->type == PLAN_M_BLOCK && strncmp(m->source, "/dev/", 5) != 0)
		return jail_error_set(
		    err, EINVAL, "source \"%.200s\" of a %s file system is not beneath /dev", text, m->fstype);
	return 0;
}

static int take_target(
    struct arena *a, struct plan_mount *m, const char *text, const char *root, struct jail_error *err)
{
	const char *why;
	size_t n;
	char *target = plan_path(a, text, &why), *plain;

	if (!target)
		return wrong_path("target", text, why, err);
	plain = plan_path(a, root, &why);
	if (!plain)
		return wrong_path("path", root, why, err);
	n = strlen(plain);
	if (n > 1 && strncmp(target, plain, n) == 0 && (target[n] == '/' || target[n] == '\0'))
		target += n;
	if (target[0] == '\0' || target[1] == '\0') {
		(void)jail_error_set(err, EINVAL, "target \"%.200s\" is the jail's root", text);
		return jail_error_hint(err, EINVAL, "the root itself is given by `path`");
	}
	m->target = target;
	return 0;
}

int plan_mount_line(struct arena *a, const char *line, const char *root, struct plan_mount *ret, struct jail_error *err)
{
	struct plan_mount m = {.mode = 01777};
	char *field[FIELDS] = {NULL};
	int r = split(a, line, field, err);

	if (r < 0)
		return r;
	m.fstype = field[FIELD_TYPE];
	r = find_type(m.fstype, field[FIELD_OPTIONS], &m, err);
	if (r == 0)
		r = take_options(a, &m, field[FIELD_OPTIONS], err);
	if (r == 0)
		r = take_source(a, &m, field[FIELD_SOURCE], err);
	if (r == 0)
		r = take_target(a, &m, field[FIELD_TARGET], root, err);
	if (r == 0)
		*ret = m;
	return r;
}

/* A copy outside of the arena; true also when there is nothing to copy. */
static bool copy_out(char **text)
{
	if (*text)
		*text = strdup(*text);
	else
		return true;
	return *text != NULL;
}

int plan_parse_fstab_line(
    const char *line, const char *root, struct param_origin at, struct plan_mount *ret, struct jail_error *err)
{
	struct arena arena = {NULL};
	struct plan_mount m;
	int r = plan_mount_line(&arena, line, root, &m, err);

	if (r == 0) {
		char **const text[] = {&m.source, &m.target, &m.fstype, &m.data};
		size_t n = 0;

		while (n < ARRAY_SIZE(text) && copy_out(text[n]))
			n++;
		if (n < ARRAY_SIZE(text)) {
			while (n > 0)
				free(*text[--n]);
			r = no_memory(err);
		}
	}
	arena_free(&arena);
	if (r < 0) {
		jail_error_origin(err, at.file, at.line);
		return r;
	}
	m.origin = at;
	*ret = m;
	return 0;
}
