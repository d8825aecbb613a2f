/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order_test: jails come after what they depend on and after their parents, whatever the shape; circles and jails that
 * are not there are named; a failure leaves the output alone; depth costs no stack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <jail.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 20000

static struct jail_conf *parse(const char *text)
{
	struct jail_conf *c;
	struct jail_error err;

	assert_int_equal(jail_conf_new(&c), 0);
	if (jail_conf_memory(c, "test", text, strlen(text), &err) < 0)
		fail_msg("%s", err.what);
	return c;
}

/* All names of a configuration; how many. */
static size_t names_of(const struct jail_conf *c, const char **names, size_t size)
{
	size_t n = 0;

	while (n < size && (names[n] = jail_conf_name(c, n)) != NULL)
		n++;
	return n;
}

/* The order as text: "db web app". */
static void assert_order(const char *text, const char *want)
{
	struct jail_conf *c = parse(text);
	const char *names[16];
	size_t order[16], n = names_of(c, names, 16);
	char got[256] = "";
	size_t used = 0;

	assert_int_equal(jail_conf_order(c, names, n, order, NULL), 0);
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%s", i > 0 ? " " : "", names[order[i]]);
	assert_string_equal(got, want);
	jail_conf_free(c);
}

static void test_orders(void **state)
{
	(void)state;
	assert_order("", "");
	assert_order("a {}", "a");
	/* Without dependencies: as they stand in the file. */
	assert_order("c {} a {} b {}", "c a b");
	assert_order("app { depend = web; } web { depend = db; } db {}", "db web app");
	/* A diamond, and the same twice. */
	assert_order("top { depend = l, r, l; } l { depend = base; } r { depend = base; } base {}", "base l r top");
	/* For all jails at once, one of which is the one that is depended on by the others. */
	assert_order("a { depend = z; } b { depend = z; } z {}", "z a b");
}

static void test_parents(void **state)
{
	(void)state;
	assert_order("\"a.b.c\" {} \"a.b\" {} a {}", "a a.b a.b.c");
	/* The nearest one that is there. */
	assert_order("\"a.b.c\" {} a {}", "a a.b.c");
	/* A name that only begins alike is no parent. */
	assert_order("\"ab.c\" {} a {}", "ab.c a");
	assert_order("a { depend = x; } x {} \"a.b\" {}", "x a a.b");
}

static void assert_fails(const char *text, int errnum, const char *jail, const char *what)
{
	struct jail_conf *c = parse(text);
	struct jail_error err = {0};
	const char *names[16];
	size_t order[16], n = names_of(c, names, 16);

	memset(order, 0x5a, sizeof(order));
	assert_int_equal(jail_conf_order(c, names, n, order, &err), -errnum);
	assert_int_equal(err.errnum, errnum);
	assert_int_equal(err.exitcode, 65);
	assert_string_equal(err.jail, jail);
	assert_string_equal(err.param, "depend");
	if (strstr(err.what, what) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", what, err.what);
	for (size_t i = 0; i < sizeof(order); i++)
		assert_int_equal(((unsigned char *)order)[i], 0x5a);
	jail_conf_free(c);
}

static void test_failures(void **state)
{
	(void)state;
	assert_fails("a { depend = a; }", ELOOP, "a", "a -> a");
	assert_fails("a { depend = b; } b { depend = c; } c { depend = a; }", ELOOP, "a", "a -> b -> c -> a");
	/* The way into the circle is not part of it. */
	assert_fails("in { depend = a; } a { depend = b; } b { depend = a; }", ELOOP, "a", "a -> b -> a");
	/* A parent that depends on its child. */
	assert_fails("a { depend = a.b; } \"a.b\" {}", ELOOP, "a", "a -> a.b -> a");
	assert_fails("a { depend = nowhere; }", ENOENT, "a", "nowhere");
}

/* Only those that are asked for count. */
static void test_part(void **state)
{
	struct jail_conf *c = parse("a { depend = b; } b { depend = c; } c {}");
	const char *two[] = {"b", "c"}, *lost[] = {"a"};
	struct jail_error err;
	size_t order[2];

	(void)state;
	assert_int_equal(jail_conf_order(c, two, 2, order, &err), 0);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 0);
	assert_int_equal(jail_conf_order(c, lost, 1, order, &err), -ENOENT);
	assert_int_equal(jail_conf_order(c, lost, 0, NULL, &err), 0);
	jail_conf_free(c);
}

/* A chain of MANY: the last is needed by all; then the same bent to a circle. */
static void test_deep(void **state)
{
	size_t size = (size_t)MANY * 64, used = 0, n;
	char *text = malloc(size);
	const char **names = calloc(MANY, sizeof(*names));
	size_t *order = calloc(MANY, sizeof(*order));
	struct jail_conf *c;
	struct jail_error err;

	(void)state;
	assert_true(text != NULL && names != NULL && order != NULL);
	for (size_t i = 0; i < MANY - 1; i++)
		used += (size_t)snprintf(text + used, size - used, "j%zu { depend = j%zu; }\n", i, i + 1);
	(void)snprintf(text + used, size - used, "j%d {}\n", MANY - 1);
	c = parse(text);
	n = names_of(c, names, MANY);
	assert_int_equal(n, MANY);
	assert_int_equal(jail_conf_order(c, names, n, order, &err), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(order[i], n - 1 - i);
	jail_conf_free(c);
	(void)snprintf(text + used, size - used, "j%d { depend = j0; }\n", MANY - 1);
	c = parse(text);
	n = names_of(c, names, MANY);
	assert_int_equal(jail_conf_order(c, names, n, order, &err), -ELOOP);
	assert_non_null(strstr(err.what, "j0 -> j1 -> "));
	jail_conf_free(c);
	free(order);
	free(names);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_orders),
	    cmocka_unit_test(test_parents),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_part),
	    cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
