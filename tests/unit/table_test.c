/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table_test.c: the parameter table: every row is whole and found, negative forms, near names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <policy.h>

#include "params.h"
#include "table.h"
#include "value.h"

static void rows_are_sorted_and_found(void **state)
{
	(void)state;
	assert_true(table_count > 100);
	for (size_t i = 0; i < table_count; i++) {
		const struct jail_param *row = jail_param_at(i);

		assert_ptr_equal(row, &table_rows[i]);
		assert_ptr_equal(jail_param_find(row->name), row);
		if (i > 0)
			assert_true(strcmp(jail_param_at(i - 1)->name, row->name) < 0);
	}
	assert_null(jail_param_at(table_count));
	assert_null(jail_param_at(SIZE_MAX));
	assert_null(jail_param_find(""));
	assert_null(jail_param_find("zzz"));
	assert_null(jail_param_find("nopersist"));
	assert_null(jail_param_find(NULL));
}

/* What the manual page, completion and messages rely upon. */
static void rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < table_count; i++) {
		const struct jail_param *row = jail_param_at(i);
		bool settable = !(row->flags & JAIL_PARAM_READONLY);

		assert_non_null(row->help);
		assert_in_range(strlen(row->help), 1, 120);
		assert_true(strlen(row->name) < 40);
		/* a reason wherever something can't be done, and only there */
		if (settable && !(row->flags & JAIL_PARAM_LIVE))
			assert_non_null(row->reason);
		if (row->flags & JAIL_PARAM_LIVE)
			assert_null(row->reason);
		assert_false((row->flags & JAIL_PARAM_LIVE) && (row->flags & (JAIL_PARAM_LATER | JAIL_PARAM_FOREIGN)));
		if (row->flags & JAIL_PARAM_IGNORED)
			assert_true(row->flags & JAIL_PARAM_FOREIGN);
		assert_int_equal(row->type == JAIL_TYPE_ENUM, row->choices != NULL);
		if (row->type == JAIL_TYPE_INT || row->type == JAIL_TYPE_SIZE || row->type == JAIL_TYPE_TIME ||
		    (row->flags & JAIL_PARAM_SIZED))
			assert_true(row->min < row->max);
		if (row->flags & JAIL_PARAM_COMMA)
			assert_int_equal(row->type, JAIL_TYPE_LIST);
		if (row->type == JAIL_TYPE_LIST)
			assert_null(row->fallback);
	}
}

static void defaults_are_values(void **state)
{
	char settled[VALUE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < table_count; i++) {
		const struct jail_param *row = jail_param_at(i);

		if (!row->fallback || row->type == JAIL_TYPE_STRING)
			continue;
		assert_int_equal(value_settle(row, row->fallback, false, settled, NULL), 0);
		assert_string_equal(settled, row->fallback);
	}
}

/* Every privilege of the policy core is a parameter, and every allow.* is one of them. */
static void privileges_are_rows(void **state)
{
	size_t rows = 0;
	char name[64];

	(void)state;
	for (unsigned p = 0; p < POLICY_P_COUNT; p++) {
		const struct jail_param *row;

		(void)snprintf(name, sizeof(name), "allow.%s", policy_privilege_name((enum policy_privilege)p));
		row = jail_param_find(name);
		assert_non_null(row);
		assert_int_equal(row->type, JAIL_TYPE_BOOL);
		assert_false(row->flags & (JAIL_PARAM_LATER | JAIL_PARAM_FOREIGN));
	}
	for (size_t i = 0; i < table_count; i++)
		rows += strncmp(table_rows[i].name, "allow.", 6) == 0 && !(table_rows[i].flags & JAIL_PARAM_FOREIGN);
	assert_int_equal(rows, POLICY_P_COUNT);
}

static void negative_forms(void **state)
{
	static const struct {
		const char *written, *name;
	} table[] = {{"nopersist", "persist"}, {"allow.nomount", "allow.mount"},
	    {"allow.mount.notmpfs", "allow.mount.tmpfs"}, {"exec.noclean", "exec.clean"}, {"noip4", "ip4"},
	    {"path.novolatile", "path.volatile"}};
	static const char *const none[] = {"no", "nopath", "nocommand", "noallow.mount", "nonopersist", "exec.no",
	    "novnet", "no.", ".no", "nojid", "nofoo",
	    "noaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	bool negated;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct jail_param *row = table_find_written(table[i].written, &negated);

		assert_non_null(row);
		assert_string_equal(row->name, table[i].name);
		assert_true(negated);
		assert_non_null(table_find_written(table[i].name, &negated));
		assert_false(negated);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(table_find_written(none[i], &negated));
}

static void near_names(void **state)
{
	static const struct {
		const char *written, *near;
	} table[] = {{"persit", "persist"}, {"exec.strat", "exec.start"}, {"path.hid", "path.hide"},
	    {"hostname", "host.hostname"}, {"allow.raw_socket", "allow.raw_sockets"}, {"mont", "mount"},
	    {"exec.start", "exec.start"}};
	static const char *const far[] = {"", "x", "qqqq", "completely.different",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_non_null(table_nearest(table[i].written));
		assert_string_equal(table_nearest(table[i].written), table[i].near);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
		assert_null(table_nearest(far[i]));
	/* one letter less, each letter in turn: always back to a name, nearly always the same one */
	for (size_t i = 0; i < table_count; i++) {
		const char *name = table_rows[i].name;
		char less[64];

		if (strlen(name) < 6 || (table_rows[i].flags & JAIL_PARAM_FOREIGN))
			continue;
		for (size_t at = 0; at < strlen(name); at++) {
			memcpy(less, name, at);
			memcpy(less + at, name + at + 1, strlen(name + at));
			assert_non_null(table_nearest(less));
		}
	}
}

static void numbers(void **state)
{
	static const struct {
		enum jail_type type;
		const char *text;
		int64_t value;
	} good[] = {{JAIL_TYPE_INT, "0", 0}, {JAIL_TYPE_INT, "-5", -5},
	    {JAIL_TYPE_INT, "9223372036854775807", INT64_MAX}, {JAIL_TYPE_SIZE, "1k", 1024},
	    {JAIL_TYPE_SIZE, "3M", 3 << 20}, {JAIL_TYPE_SIZE, "1g", 1 << 30}, {JAIL_TYPE_SIZE, "2T", INT64_C(2) << 40},
	    {JAIL_TYPE_SIZE, "7", 7}, {JAIL_TYPE_TIME, "90", 90}, {JAIL_TYPE_TIME, "2m", 120},
	    {JAIL_TYPE_TIME, "1H", 3600}, {JAIL_TYPE_TIME, "2d", 172800}, {JAIL_TYPE_TIME, "5s", 5}};
	static const struct {
		enum jail_type type;
		const char *text;
	} bad[] = {{JAIL_TYPE_INT, ""}, {JAIL_TYPE_INT, "1k"}, {JAIL_TYPE_INT, " 1"}, {JAIL_TYPE_INT, "1 "},
	    {JAIL_TYPE_INT, "0x10"}, {JAIL_TYPE_INT, "-"}, {JAIL_TYPE_INT, "9223372036854775808"},
	    {JAIL_TYPE_SIZE, "-1"}, {JAIL_TYPE_SIZE, "1kk"}, {JAIL_TYPE_SIZE, "k"}, {JAIL_TYPE_SIZE, "1.5g"},
	    {JAIL_TYPE_SIZE, "9000000000g"}, {JAIL_TYPE_SIZE, "1m\n"}, {JAIL_TYPE_TIME, "1g"}, {JAIL_TYPE_TIME, "+1"}};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(value_number(good[i].type, good[i].text, &value));
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		value = 77;
		assert_false(value_number(bad[i].type, bad[i].text, &value));
		assert_true(value == 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_sorted_and_found),
	    cmocka_unit_test(rows_are_whole),
	    cmocka_unit_test(defaults_are_values),
	    cmocka_unit_test(privileges_are_rows),
	    cmocka_unit_test(negative_forms),
	    cmocka_unit_test(near_names),
	    cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
