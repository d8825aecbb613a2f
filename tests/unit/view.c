/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.c: the pure parts of the view of files: globs, paths beneath patterns, machine ids.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/linux/view_parts.h"

static bool match(const char *glob, const char *name)
{
	return view_match(glob, strlen(glob), name);
}

static void plain_names(void **state)
{
	(void)state;
	assert_true(match("shadow", "shadow"));
	assert_false(match("shadow", "shadow-"));
	assert_false(match("shadow", "shado"));
	assert_false(match("shadow", ""));
	assert_true(match("", ""));
}

static void stars(void **state)
{
	(void)state;
	assert_true(match("*", ""));
	assert_true(match("*", ".hidden"));
	assert_true(match("shadow*", "shadow"));
	assert_true(match("ssh_host_*_key", "ssh_host_ed25519_key"));
	assert_false(match("ssh_host_*_key", "ssh_host_ed25519_key.pub"));
	assert_true(match("*a*b*c", "xxaxxbxxaxbxc"));
	assert_false(match("*a*b*c", "xxaxxbxxaxbx"));
	assert_true(match("a**b", "ab"));
	assert_true(match("?*", "x"));
	assert_false(match("?*", ""));
}

static void brackets(void **state)
{
	(void)state;
	assert_true(match("[a-c]x", "bx"));
	assert_false(match("[a-c]x", "dx"));
	assert_true(match("[!a-c]x", "dx"));
	assert_false(match("[^a-c]x", "ax"));
	assert_true(match("[]]", "]"));
	assert_true(match("[!]]", "a"));
	assert_false(match("[!]]", "]"));
	assert_true(match("[a-]", "-"));
	/* Never closed: an ordinary character. */
	assert_true(match("[ab", "[ab"));
	assert_false(match("[ab", "a"));
	assert_true(match("*[0-9]", "host7"));
	assert_false(match("*[0-9]", "host"));
}

/* A glob that makes a naive matcher take for ever. */
static void linear(void **state)
{
	char name[256];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
	name[sizeof(name) - 2] = 'b';
	assert_true(match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

static void only_the_length_counts(void **state)
{
	(void)state;
	assert_true(view_match("root/x", 4, "root"));
	assert_true(view_match("[ab]c", 1, "["));
	assert_true(view_is_glob("a*", 2));
	assert_false(view_is_glob("a*", 1));
	assert_true(view_is_glob("a?", 2));
	assert_true(view_is_glob("[", 1));
}

static void beneath(void **state)
{
	(void)state;
	assert_true(view_beneath("/home", "/home"));
	assert_true(view_beneath("/home", "/home/me/x"));
	assert_true(view_beneath("/home/*/x", "/home/me/x/y"));
	assert_false(view_beneath("/home/*/x", "/home/me"));
	assert_false(view_beneath("/home", "/homes"));
	assert_false(view_beneath("/home", "/"));
	assert_true(view_beneath("//var///lib/", "/var//lib/x"));
	assert_true(view_beneath("/", "/anything"));
}

static void machine_id(void **state)
{
	char id[33] = "untouched";

	(void)state;
	assert_int_equal(view_machine_id("9E1C9F58-1B2A-4a11-9f6c-0123456789ab", id), 0);
	assert_memory_equal(id, "9e1c9f581b2a4a119f6c0123456789ab\n", 33);
	assert_int_equal(view_machine_id("9e1c9f581b2a4a119f6c0123456789ab", id), 0);
	memset(id, 'u', sizeof(id));
	assert_int_equal(view_machine_id("", id), -EINVAL);
	assert_int_equal(view_machine_id("9e1c9f581b2a4a119f6c0123456789a", id), -EINVAL);
	assert_int_equal(view_machine_id("9e1c9f581b2a4a119f6c0123456789abc", id), -EINVAL);
	assert_int_equal(view_machine_id("9e1c9f581b2a4a119f6c0123456789ag", id), -EINVAL);
	assert_int_equal(id[0], 'u');
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plain_names), cmocka_unit_test(stars),
	    cmocka_unit_test(brackets), cmocka_unit_test(linear), cmocka_unit_test(only_the_length_counts),
	    cmocka_unit_test(beneath), cmocka_unit_test(machine_id)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
