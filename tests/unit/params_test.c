/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params_test.c: parameter sets: what is taken, what is refused and how, memory that runs out, bytes that lie.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "params.h"

static struct jail_params *new_set(void)
{
	struct jail_params *p = NULL;

	assert_int_equal(jail_params_new(&p), 0);
	return p;
}

static void parse(struct jail_params *p, const char *text)
{
	struct jail_error err = {0};
	int r = jail_params_parse(p, text, &err);

	if (r < 0)
		fail_msg("%s: %s", text, err.what);
}

static void refused(struct jail_params *p, const char *text, int errnum, const char *param, const char *what)
{
	struct jail_error err = {0};

	assert_int_equal(jail_params_parse(p, text, &err), -errnum);
	assert_int_equal(err.errnum, errnum);
	assert_string_equal(err.param, param);
	if (!strstr(err.what, what))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, err.what, what);
}

static void is_text(const struct jail_params *p, const char *name, const char *expected)
{
	const char *text;

	assert_int_equal(jail_params_get(p, name, &text), 0);
	assert_string_equal(text, expected);
}

static void is_bool(const struct jail_params *p, const char *name, bool expected)
{
	bool value = !expected;

	assert_int_equal(jail_params_get_bool(p, name, &value), 0);
	assert_int_equal(value, expected);
}

static void booleans(void **state)
{
	static const struct {
		const char *text;
		bool value;
	} table[] = {{"persist", true}, {"nopersist", false}, {"persist=true", true}, {"persist=No", false},
	    {"persist=YES", true}, {"persist=0", false}, {"persist=1", true}, {"nopersist=false", true},
	    {"nopersist=1", false}, {"persist+=false", false}, {"persist=2", true}, {"persist=-1", true},
	    {"persist=00", false}};
	struct jail_params *p = new_set();

	(void)state;
	is_bool(p, "persist", false);
	is_bool(p, "exec.clean", true);
	assert_false(jail_params_has(p, "exec.clean"));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		parse(p, table[i].text);
		is_bool(p, "persist", table[i].value);
		is_text(p, "persist", table[i].value ? "true" : "false");
	}
	parse(p, "allow.nomount");
	is_bool(p, "allow.mount", false);
	assert_true(jail_params_has(p, "allow.mount"));
	refused(p, "path.volatile=2", EINVAL, "path.volatile", "from 65536");
	refused(p, "persist=1x", EINVAL, "persist", "allowed");
	refused(p, "persist=maybe", EINVAL, "persist", "allowed: true, false");
	refused(p, "persist=", EINVAL, "persist", "allowed");
	assert_int_equal(jail_params_set_bool(p, "persist", true, NULL), 0);
	is_bool(p, "persist", true);
	assert_int_equal(jail_params_set_bool(p, "path", true, NULL), -EINVAL);
	assert_int_equal(jail_params_get_bool(p, "path", &(bool){0}), -EINVAL);
	assert_int_equal(jail_params_get_bool(p, "no such", &(bool){0}), -ENOENT);
	jail_params_free(p);
}

static void sized_boolean(void **state)
{
	struct jail_params *p = new_set();
	int64_t size = -1;

	(void)state;
	parse(p, "path.volatile=1g");
	is_bool(p, "path.volatile", true);
	assert_int_equal(jail_params_get_int(p, "path.volatile", &size), 0);
	assert_true(size == INT64_C(1) << 30);
	parse(p, "path.volatile");
	is_bool(p, "path.volatile", true);
	assert_int_equal(jail_params_get_int(p, "path.volatile", &size), 0);
	assert_true(size == 0);
	parse(p, "path.novolatile");
	is_bool(p, "path.volatile", false);
	refused(p, "path.volatile=12", EINVAL, "path.volatile", "65536");
	refused(p, "path.novolatile=1g", EINVAL, "path.volatile", "allowed");
	assert_int_equal(jail_params_set_int(p, "path.volatile", 1 << 20, NULL), 0);
	is_text(p, "path.volatile", "1048576");
	jail_params_free(p);
}

static void numbers_and_times(void **state)
{
	struct jail_params *p = new_set();
	int64_t value = 0;

	(void)state;
	parse(p, "jid=007");
	is_text(p, "jid", "7");
	parse(p, "stop.timeout=2m");
	assert_int_equal(jail_params_get_int(p, "stop.timeout", &value), 0);
	assert_int_equal(value, 120);
	is_text(p, "stop.timeout", "2m");
	refused(p, "jid=0", EINVAL, "jid", "from 1 to 2147483647");
	refused(p, "jid=x", EINVAL, "jid", "allowed: a number");
	refused(p, "jid", EINVAL, "jid", "a value is needed");
	refused(p, "jid=99999999999999999999", EINVAL, "jid", "allowed");
	refused(p, "securelevel=4", EINVAL, "securelevel", "from -1 to 3");
	refused(p, "stop.timeout=1w", EINVAL, "stop.timeout", "a time");
	is_text(p, "jid", "7"); /* what was refused changed nothing */
	assert_int_equal(jail_params_set_int(p, "jid", 9, NULL), 0);
	is_text(p, "jid", "9");
	assert_int_equal(jail_params_set_int(p, "jid", -1, NULL), -EINVAL);
	assert_int_equal(jail_params_set_int(p, "persist", 1, NULL), -EINVAL);
	assert_int_equal(jail_params_set_int(p, "path", 1, NULL), -EINVAL);
	assert_int_equal(jail_params_get_int(p, "persist", &value), -EINVAL);
	assert_int_equal(jail_params_get_int(p, "users.base", &value), -ENOENT);
	jail_params_free(p);
}

static void words(void **state)
{
	struct jail_params *p = new_set();

	(void)state;
	is_text(p, "vnet", "new");
	parse(p, "vnet=inherit");
	parse(p, "vnet");
	is_text(p, "vnet", "new");
	parse(p, "noip4");
	is_text(p, "ip4", "disable");
	refused(p, "noip4=new", EINVAL, "ip4", "takes no value");
	parse(p, "vnet=NEW");
	is_text(p, "vnet", "new");
	parse(p, "sysvshm=2");
	is_text(p, "sysvshm", "inherit");
	parse(p, "sysvshm=0");
	is_text(p, "sysvshm", "disable");
	refused(p, "vnet=0", EINVAL, "vnet", "allowed: inherit,new");
	refused(p, "sysvshm=3", EINVAL, "sysvshm", "allowed");
	refused(p, "users=1", EINVAL, "users", "allowed");
	refused(p, "vnet=Inherited", EINVAL, "vnet", "allowed: inherit,new");
	refused(p, "vnet=", EINVAL, "vnet", "allowed");
	refused(p, "vnet=inherit,new", EINVAL, "vnet", "allowed");
	refused(p, "exec.restart", EINVAL, "exec.restart", "a value is needed");
	refused(p, "novnet", ENOENT, "novnet", "no such parameter");
	jail_params_free(p);
}

static void lists(void **state)
{
	struct jail_params *p = new_set();

	(void)state;
	parse(p, "depend=a, b ,,c,");
	assert_int_equal(jail_params_count(p, "depend"), 3);
	assert_string_equal(jail_params_item(p, "depend", 1), "b");
	assert_null(jail_params_item(p, "depend", 3));
	parse(p, "depend+=d,e");
	assert_int_equal(jail_params_count(p, "depend"), 5);
	assert_string_equal(jail_params_item(p, "depend", 4), "e");
	parse(p, "depend=x");
	assert_int_equal(jail_params_count(p, "depend"), 1);
	parse(p, "depend= , ");
	assert_int_equal(jail_params_count(p, "depend"), 0);
	assert_true(jail_params_has(p, "depend"));
	assert_int_equal(jail_params_get(p, "depend", &(const char *){0}), -ENOENT);

	parse(p, "exec.start=a, b");
	assert_int_equal(jail_params_count(p, "exec.start"), 1);
	parse(p, "exec.start+=c");
	assert_string_equal(jail_params_item(p, "exec.start", 1), "c");
	parse(p, "exec.start+=");
	assert_int_equal(jail_params_count(p, "exec.start"), 2);
	parse(p, "exec.start");
	assert_int_equal(jail_params_count(p, "exec.start"), 0);

	parse(p, "command=test");
	parse(p, "command+=-n");
	parse(p, "command+=");
	assert_int_equal(jail_params_count(p, "command"), 3);
	assert_string_equal(jail_params_item(p, "command", 2), "");
	jail_params_unset(p, "command");
	assert_false(jail_params_has(p, "command"));
	jail_params_unset(p, "command");
	jail_params_unset(p, "no such");
	jail_params_free(p);
}

static void strings(void **state)
{
	struct jail_params *p = new_set();
	char *huge = malloc(200001);

	(void)state;
	assert_non_null(huge);
	is_text(p, "path", "/");
	parse(p, "path=/a=b");
	is_text(p, "path", "/a=b");
	parse(p, "host.hostname+=a");
	parse(p, "host.hostname+=b");
	is_text(p, "host.hostname", "a,b");
	refused(p, "path", EINVAL, "path", "a value is needed");
	memset(huge, 'x', 200000);
	huge[200000] = '\0';
	assert_int_equal(jail_params_set(p, "path", huge, NULL), -E2BIG);
	assert_int_equal(jail_params_append(p, "exec.start", huge, NULL), -E2BIG);
	assert_int_equal(jail_params_append(p, "depend", huge, NULL), -E2BIG);
	huge[131071] = '\0';
	assert_int_equal(jail_params_set(p, "path", huge, NULL), 0);
	assert_int_equal(jail_params_append(p, "path", "y", NULL), -E2BIG);
	free(huge);
	jail_params_free(p);
}

static void refusals(void **state)
{
	struct jail_params *p = new_set();
	struct jail_error err;
	char longname[200];

	(void)state;
	refused(p, "persit=1", ENOENT, "persit", "no such parameter");
	assert_int_equal(jail_params_set(p, "persit", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.hint, "\"persist\""));
	assert_int_equal(jail_params_set(p, "qqqqqq", NULL, &err), -ENOENT);
	assert_string_equal(err.hint, "");
	refused(p, "ip4.addr=10.0.0.1", ENOTSUP, "ip4.addr", "not available in this version");
	refused(p, "nat", ENOTSUP, "nat", "not available");
	refused(p, "exec.fib=1", ENOTSUP, "exec.fib", "no counterpart");
	refused(p, "devfs_ruleset=5", ENOTSUP, "devfs_ruleset", "no counterpart");
	refused(p, "parent=1", EROFS, "parent", "reported");
	refused(p, "pid", EROFS, "pid", "reported");
	refused(p, "=x", EINVAL, "", "no name");
	refused(p, "+=x", EINVAL, "", "no name");
	refused(p, "", EINVAL, "", "no name");
	memset(longname, 'a', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	refused(p, longname, ENOENT, "", "no parameter's name");
	/* what says only what holds anyway asks for nothing */
	parse(p, "nonat");
	parse(p, "nat=no");
	parse(p, "exec.fib=0");
	parse(p, "devfs_ruleset=4");
	parse(p, "allow.mount.nozfs");
	assert_int_equal(jail_params_count(p, "ip4.addr"), 0);
	jail_params_free(p);
}

static void origins(void **state)
{
	struct jail_params *p = new_set(), *copy = NULL;
	char file[32] = "/etc/jail.conf";
	struct jail_error err;

	(void)state;
	assert_int_equal(params_set_at(p, "path", "/x", (struct param_origin){file, 3}, NULL), 0);
	assert_int_equal(params_append_at(p, "mount", "a", (struct param_origin){file, 4}, NULL), 0);
	assert_int_equal(params_append_at(p, "mount", "b", (struct param_origin){"other", 5}, NULL), 0);
	memset(file, 'x', sizeof(file) - 1); /* the set has its own copy */
	assert_int_equal(params_append_at(p, "mount", "c", (struct param_origin){NULL, 0}, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(params_origin(p, "path").file, "/etc/jail.conf");
		assert_int_equal(params_origin(p, "path").line, 3);
		assert_int_equal(params_item_origin(p, "mount", 0).line, 4);
		assert_string_equal(params_item_origin(p, "mount", 1).file, "other");
		assert_null(params_item_origin(p, "mount", 2).file);
		assert_null(params_item_origin(p, "mount", 3).file);
		assert_null(params_origin(p, "persist").file);
		if (i == 0) {
			assert_int_equal(jail_params_copy(p, &copy), 0);
			jail_params_free(p);
			p = copy;
		}
	}
	assert_int_equal(params_set_at(p, "jid", "x", (struct param_origin){"f", 9}, &err), -EINVAL);
	assert_string_equal(err.file, "f");
	assert_int_equal(err.line, 9);
	jail_params_free(p);
}

static void order_and_unset(void **state)
{
	static const char *const names[] = {
	    "path", "persist", "exec.start", "jid", "depend", "meta", "env", "vnet", "mount"};
	const size_t n = sizeof(names) / sizeof(names[0]);
	struct jail_params *p = new_set();
	const char *name;
	size_t count;

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(params_report(p, names[i],
				     strcmp(names[i], "jid") == 0	? "3"
				     : strcmp(names[i], "persist") == 0 ? "1"
				     : strcmp(names[i], "vnet") == 0	? "new"
									: "x"),
		    0);
	for (size_t i = 0; i < n; i++) {
		jail_params_at(p, i, &name, &count);
		assert_string_equal(name, names[i]);
		assert_int_equal(count, 1);
	}
	jail_params_at(p, n, &name, &count);
	assert_null(name);
	jail_params_unset(p, "exec.start");
	jail_params_at(p, 2, &name, &count);
	assert_string_equal(name, "jid");
	is_text(p, "jid", "3");
	is_text(p, "mount", "x");
	jail_params_unset(p, "mount");
	jail_params_unset(p, "path");
	is_text(p, "path", "/");
	is_text(p, "vnet", "new");
	parse(p, "path=/y");
	jail_params_at(p, 6, &name, &count);
	assert_string_equal(name, "path");
	jail_params_free(p);
}

static void reports(void **state)
{
	struct jail_params *p = new_set();

	(void)state;
	assert_int_equal(params_report(p, "parent", "3"), 0);
	assert_int_equal(params_report(p, "dying", "true"), 0);
	assert_int_equal(params_report(p, "parent", "x"), -EINVAL);
	assert_int_equal(params_report(p, "no such", "x"), -ENOENT);
	is_text(p, "parent", "3");
	assert_int_equal(params_report_item(p, "path.hide", "/a,b"), 0);
	assert_int_equal(params_report_item(p, "path.hide", "/c"), 0);
	assert_int_equal(jail_params_count(p, "path.hide"), 2);
	assert_int_equal(params_report_item(p, "parent", "3"), -EINVAL);
	assert_int_equal(params_report_item(p, "no such", "3"), -ENOENT);
	jail_params_free(p);
}

/* ------------------------------------------------------------------------------------------------- memory runs out */

static int every_call(void *arg)
{
	static const char *const texts[] = {"path=/x", "host.hostname+=a", "host.hostname+=b", "depend=a,b,c",
	    "depend+=d", "persist", "path.volatile=1g", "exec.start+=x", "exec.start+=y", "exec.start+=z", "vnet",
	    "jid=4", "meta=a=b", "env=A=b", "mount=x", "command=a", "command+=b", "users=new"};
	struct jail_params *p = NULL, *copy = NULL, *back = NULL;
	void *bytes = NULL;
	size_t size;
	int r = jail_params_new(&p);

	(void)arg;
	for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		r = jail_params_parse(p, texts[i], NULL);
	if (r == 0)
		r = params_set_at(p, "exec.stop", "x", (struct param_origin){"file", 1}, NULL);
	if (r == 0)
		r = params_append_at(p, "exec.stop", "y", (struct param_origin){"other", 2}, NULL);
	if (r == 0)
		r = params_report(p, "parent", "1");
	if (r == 0)
		r = params_report_item(p, "path.hide", "/x");
	if (r == 0)
		r = jail_params_copy(p, &copy);
	if (r == 0)
		r = params_encode(copy, &bytes, &size);
	if (r == 0)
		r = params_decode(bytes, size, &back);
	free(bytes);
	jail_params_free(p);
	jail_params_free(copy);
	jail_params_free(back);
	return r;
}

static void memory_runs_out(void **state)
{
	(void)state;
	assert_true(failing_each(every_call, NULL) > 50);
}

/* A set that could not take a value is what it was before. */
static void failures_change_nothing(void **state)
{
	static const char *const texts[] = {
	    "path=/b", "depend=x,y", "depend+=z", "exec.start+=b", "jid=9", "host.hostname+=b", "persist"};
	struct jail_params *p = new_set();
	void *before, *after;
	size_t size, size_after;

	(void)state;
	parse(p, "path=/a");
	parse(p, "depend=a");
	parse(p, "exec.start=a");
	parse(p, "host.hostname=a");
	assert_int_equal(params_encode(p, &before, &size), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (long n = 0;; n++) {
			struct jail_params *copy = NULL;
			int r;

			assert_int_equal(jail_params_copy(p, &copy), 0);
			failing_left = n;
			r = jail_params_parse(copy, texts[i], NULL);
			failing_left = -1;
			if (r < 0) {
				assert_int_equal(r, -ENOMEM);
				assert_int_equal(params_encode(copy, &after, &size_after), 0);
				assert_int_equal(size_after, size);
				assert_memory_equal(after, before, size);
				free(after);
			}
			jail_params_free(copy);
			if (r == 0)
				break;
		}
	}
	free(before);
	jail_params_free(p);
}

/* -------------------------------------------------------------------------------------------------------- encoding */

static struct jail_params *sample(void)
{
	struct jail_params *p = new_set();

	parse(p, "persist");
	parse(p, "jid=4");
	parse(p, "depend=a,b");
	parse(p, "path.hide");
	parse(p, "path.volatile=64m");
	parse(p, "vnet=inherit");
	parse(p, "command=a");
	parse(p, "command+=");
	assert_int_equal(
	    params_set_at(p, "exec.start", "line 1", (struct param_origin){"/etc/jail.conf", 70000}, NULL), 0);
	assert_int_equal(params_append_at(p, "exec.start", "\xff\n\"", (struct param_origin){"/b", 2}, NULL), 0);
	assert_int_equal(params_report(p, "parent", "1"), 0);
	return p;
}

static void round_trip(void **state)
{
	struct jail_params *p = sample(), *back = NULL;
	size_t size, again_size;
	void *bytes, *again;

	(void)state;
	assert_int_equal(params_encode(p, &bytes, &size), 0);
	assert_int_equal(params_decode(bytes, size, &back), 0);
	assert_int_equal(params_encode(back, &again, &again_size), 0);
	assert_int_equal(size, again_size);
	assert_memory_equal(bytes, again, size);
	assert_string_equal(jail_params_item(back, "exec.start", 1), "\xff\n\"");
	assert_string_equal(params_item_origin(back, "exec.start", 0).file, "/etc/jail.conf");
	assert_int_equal(params_item_origin(back, "exec.start", 0).line, 70000);
	assert_true(jail_params_has(back, "path.hide"));
	assert_int_equal(jail_params_count(back, "path.hide"), 0);
	free(again);
	jail_params_free(back);

	/* and of the empty set */
	back = new_set();
	assert_int_equal(params_encode(back, &again, &again_size), 0);
	jail_params_free(back);
	assert_int_equal(params_decode(again, again_size, &back), 0);
	jail_params_free(back);
	free(again);
	free(bytes);
	jail_params_free(p);
}

/* Every byte cut off, every bit turned: refused, or a set that encodes again; and nothing is read beyond the end. */
static void hostile_bytes(void **state)
{
	struct jail_params *p = sample(), *back;
	unsigned refusals_seen = 0;
	size_t size, again_size;
	void *bytes, *again;

	(void)state;
	assert_int_equal(params_encode(p, &bytes, &size), 0);
	for (size_t n = 0; n < size; n++) {
		unsigned char *part = malloc(n + (n == 0));

		assert_non_null(part);
		memcpy(part, bytes, n);
		back = (struct jail_params *)p;
		assert_int_equal(params_decode(part, n, &back), -EBADMSG);
		assert_ptr_equal(back, p);
		free(part);
	}
	for (size_t n = 0; n < size * 8; n++) {
		unsigned char *turned = malloc(size);
		int r;

		assert_non_null(turned);
		memcpy(turned, bytes, size);
		turned[n / 8] ^= (unsigned char)(1u << (n % 8));
		r = params_decode(turned, size, &back);
		assert_true(r == 0 || r == -EBADMSG);
		if (r == 0) {
			assert_int_equal(params_encode(back, &again, &again_size), 0);
			assert_memory_equal(again, turned, size);
			free(again);
			jail_params_free(back);
		}
		refusals_seen += r != 0;
		free(turned);
	}
	assert_true(refusals_seen > size); /* most of what can be turned matters */
	again = realloc(bytes, size + 1);
	assert_non_null(again);
	((unsigned char *)again)[size] = 0;
	assert_int_equal(params_decode(again, size + 1, &back), -EBADMSG);
	free(again);
	jail_params_free(p);
}

/* Counts and lengths that would have a trusting reader allocate the world. */
static void hostile_counts(void **state)
{
	static const struct {
		unsigned char bytes[24];
		size_t size;
		int result;
	} table[] = {
	    {"JPRM\1\0\0\0\0\0\0\0\0\0\0", 16, 0},
	    {"MRPJ\1\0\0\0\0\0\0\0\0\0\0", 16, -EBADMSG},
	    {"JPRM\2\0\0\0\0\0\0\0\0\0\0", 16, -EBADMSG},
	    {"JPRM\1\0\0\0\xff\xff\xff\xff\0\0\0", 16, -EBADMSG},
	    {"JPRM\1\0\0\0\0\0\0\0\xff\xff\xff\xff", 16, -EBADMSG},
	    {"JPRM\1\0\0\0\1\0\0\0\0\0\0\0\xff\xff\xff\xff", 20, -EBADMSG},
	    {"JPRM\1\0\0\0\0\0\0\0\1\0\0\0\xff\xff\xff\xff", 20, -EBADMSG},
	    {"JPRM\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 20, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct jail_params *back = NULL;

		assert_int_equal(params_decode(table[i].bytes, table[i].size, &back), table[i].result);
		jail_params_free(back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(booleans),
	    cmocka_unit_test(sized_boolean),
	    cmocka_unit_test(numbers_and_times),
	    cmocka_unit_test(words),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(strings),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(origins),
	    cmocka_unit_test(order_and_unset),
	    cmocka_unit_test(reports),
	    cmocka_unit_test(memory_runs_out),
	    cmocka_unit_test(failures_change_nothing),
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(hostile_bytes),
	    cmocka_unit_test(hostile_counts),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
