/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jstat_show_test.c: the pure parts of jstat(8): scaled numbers, bars, sparklines; rates, order, tree and history of
 * rows; the text of metrics; what an HTTP request deserves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tools/jstat.h"
#include "../../tools/stat_show.h"
#include "util.h"

static void test_scaled(void **state)
{
	static const struct {
		double value;
		unsigned base;
		const char *text;
	} row[] = {{0, 1024, "0"}, {1, 1024, "1"}, {999, 1024, "999"}, {1000, 1024, "1.0k"}, {1023, 1024, "1.0k"},
	    {1536, 1024, "1.5k"}, {10 * 1024, 1024, "10k"}, {999 * 1024.0, 1024, "999k"}, {1000 * 1024.0, 1024, "1.0M"},
	    {9.96 * 1024 * 1024, 1024, "10M"}, {5e12, 1000, "5.0T"}, {1.8446744073709552e19, 1024, "16E"},
	    {1e30, 1000, "9999E"}, {999.4, 1000, "999"}, {999.6, 1000, "1.0k"}, {-1, 1024, "-"}};
	char buf[SHOW_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		assert_string_equal(show_scaled(row[i].value, row[i].base, buf), row[i].text);
	/* Four columns, whatever a kernel can count. */
	for (double v = 1; v < 1.8e19; v *= 1.01)
		assert_true(strlen(show_scaled(v, 1024, buf)) <= 4);
}

static void test_percent_and_age(void **state)
{
	char buf[SHOW_SIZE];

	(void)state;
	assert_string_equal(show_percent(0, buf), "0.0");
	assert_string_equal(show_percent(99.94, buf), "99.9");
	assert_string_equal(show_percent(99.96, buf), "100");
	assert_string_equal(show_percent(640, buf), "640");
	assert_string_equal(show_percent(1e9, buf), "9999");
	assert_string_equal(show_percent(SHOW_UNKNOWN, buf), "-");
	assert_string_equal(show_age(0, buf), "0s");
	assert_string_equal(show_age(59999999, buf), "59s");
	assert_string_equal(show_age(60000000, buf), "1m");
	assert_string_equal(show_age(UINT64_C(86399) * 1000000, buf), "23h");
	assert_string_equal(show_age(UINT64_C(364) * 86400 * 1000000, buf), "364d");
	assert_string_equal(show_age(UINT64_C(400) * 86400 * 1000000, buf), "1y");
	assert_true(strlen(show_age(UINT64_MAX, buf)) <= 7);
}

static void test_figures(void **state)
{
	struct jail_stat s = {0};
	char buf[SHOW_SIZE];

	(void)state;
	assert_string_equal(show_figure(&s, JAIL_STAT_MEMORY, buf), "-");
	s.available = ~UINT64_C(0);
	s.figure[JAIL_STAT_MEMORY_LIMIT] = JAIL_STAT_UNLIMITED;
	s.figure[JAIL_STAT_CPU_LIMIT] = 1500000;
	s.figure[JAIL_STAT_CPU_USAGE] = 12345678;
	s.figure[JAIL_STAT_CPU_SOME] = 1234;
	s.figure[JAIL_STAT_THREADS] = 4321;
	s.figure[JAIL_STAT_IO_READS] = UINT64_MAX;
	assert_string_equal(show_figure(&s, JAIL_STAT_MEMORY_LIMIT, buf), "none");
	assert_string_equal(show_figure(&s, JAIL_STAT_CPU_LIMIT, buf), "150%");
	assert_string_equal(show_figure(&s, JAIL_STAT_CPU_USAGE, buf), "12.35s");
	assert_string_equal(show_figure(&s, JAIL_STAT_CPU_SOME, buf), "12.34%");
	assert_string_equal(show_figure(&s, JAIL_STAT_THREADS, buf), "4321");
	assert_string_equal(show_figure(&s, JAIL_STAT_IO_READS, buf), "18E");
}

static void test_bars(void **state)
{
	char buf[32];

	(void)state;
	show_bar(0, 5, buf);
	assert_string_equal(buf, ".....");
	show_bar(0.5, 4, buf);
	assert_string_equal(buf, "||..");
	show_bar(0.001, 5, buf);
	assert_string_equal(buf, "|....");
	show_bar(7, 5, buf);
	assert_string_equal(buf, "|||||");
	show_bar(SHOW_UNKNOWN, 3, buf);
	assert_string_equal(buf, "   ");
	show_bar(1, 0, buf);
	assert_string_equal(buf, "");
}

static void test_sparks(void **state)
{
	static const double up[] = {0, 1, 2, 3, 4, 5, 6, 7}, odd[] = {SHOW_UNKNOWN, 50, 200}, flat[] = {0, 0};
	char buf[64];

	(void)state;
	show_spark(up, 8, 0, false, buf);
	assert_string_equal(buf, "_.:-=+*#");
	show_spark(up, 8, 0, true, buf);
	assert_string_equal(buf, "▁▂▃▄▅▆▇█");
	show_spark(odd, 3, 100, false, buf);
	assert_string_equal(buf, " =#");
	show_spark(flat, 2, 0, false, buf);
	assert_string_equal(buf, "__");
	show_spark(flat, 0, 0, true, buf);
	assert_string_equal(buf, "");
}

/* ------------------------------------------------------------------------------------------------------------ rows */

static void known(struct jail_stat *s, enum jail_figure i, uint64_t value)
{
	s->figure[i] = value;
	s->available |= UINT64_C(1) << i;
}

static struct jail_stat jail(uint32_t jid, uint32_t parent, const char *name, uint64_t cpu, uint64_t memory)
{
	struct jail_stat s = {.size = sizeof(s), .jid = jid, .parent = parent, .created = 7, .sampled = 5000000};

	(void)snprintf(s.name, sizeof(s.name), "%s", name);
	known(&s, JAIL_STAT_CPU_USAGE, cpu);
	known(&s, JAIL_STAT_MEMORY, memory);
	return s;
}

static void test_rates(void **state)
{
	struct jail_stat old[] = {jail(1, 0, "a", 1000000, 0), jail(2, 0, "b", 5, 0), jail(4, 0, "d", 5, 0)};
	struct jail_stat new[] = {
	    jail(1, 0, "a", 1500000, 0), jail(2, 0, "b", 9, 0), jail(3, 0, "c", 9, 0), jail(4, 0, "d", 4, 0)};
	struct sample before = {old, 3}, now = {new, 4};
	struct rows r;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		new[i].sampled = 7000000;
	new[1].created = 8; /* another jail of that number */
	known(&new[0], JAIL_STAT_CPU_LIMIT, 500000);
	known(&new[0], JAIL_STAT_NET_RX_BYTES, 10);
	assert_int_equal(rows_make(&before, &now, &r), 0);
	assert_int_equal(r.count, 4);
	assert_true(r.row[0].cpu > 24.9 && r.row[0].cpu < 25.1);
	assert_true(rows_cpu_share(&r.row[0], 200) > 0.49 && rows_cpu_share(&r.row[0], 200) < 0.51);
	assert_true(r.row[0].received < 0 && rows_value(&r.row[0], ROWS_NET) < 0);
	assert_true(r.row[1].cpu < 0 && r.row[2].cpu < 0);
	assert_true(r.row[3].cpu < 0); /* a counter that went back */
	rows_free(&r);
	assert_true(rows_sum(SHOW_UNKNOWN, 3) == 3 && rows_sum(SHOW_UNKNOWN, SHOW_UNKNOWN) < 0);
}

static void order_is(const struct rows *r, const char *expected)
{
	char text[1024] = "";

	for (size_t i = 0; i < r->count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s/%u", i > 0 ? " " : "",
		    r->row[i].stat->name, r->row[i].depth);
	assert_string_equal(text, expected);
}

static void test_order(void **state)
{
	struct jail_stat list[] = {jail(1, 0, "web", 0, 10), jail(2, 1, "web.db", 0, 30), jail(3, 0, "mail", 0, 20),
	    jail(4, 2, "web.db.x", 0, 5), jail(5, 1, "web.app", 0, 40)};
	struct sample none = {0}, now = {list, 5};
	struct rows r;

	(void)state;
	assert_int_equal(rows_make(&none, &now, &r), 0);
	rows_sort(&r, 2, false);
	order_is(&r, "web.app/0 web.db/0 mail/0 web/0 web.db.x/0");
	rows_sort(&r, 2, true);
	order_is(&r, "web.db.x/0 web/0 mail/0 web.db/0 web.app/0");
	rows_sort(&r, 0, false);
	order_is(&r, "mail/0 web/0 web.app/0 web.db/0 web.db.x/0");
	rows_sort(&r, 11, false);
	order_is(&r, "web/0 web.db/0 mail/0 web.db.x/0 web.app/0");
	rows_sort(&r, 2, false);
	assert_int_equal(rows_tree(&r), 0);
	order_is(&r, "mail/0 web/0 web.app/1 web.db/1 web.db.x/2");
	/* Equal ones always stand in the same order. */
	rows_sort(&r, 7, true);
	order_is(&r, "mail/0 web/0 web.app/1 web.db/1 web.db.x/2");
	rows_filter(&r, "db");
	assert_int_equal(rows_tree(&r), 0);
	order_is(&r, "web.db/0 web.db.x/1");
	rows_free(&r);
	assert_int_equal(rows_key_find("mem"), 2);
	assert_int_equal(rows_key_find(""), -1);
	assert_int_equal(rows_key_find("memoryx"), -1);
	assert_string_equal(rows_leaf("web.db"), "db");
	assert_string_equal(rows_leaf("web"), "web");
}

static void test_history(void **state)
{
	struct jail_stat list[] = {jail(1, 0, "a", 0, 1), jail(2, 0, "b", 0, 1)};
	struct sample none = {0}, now = {list, 2};
	struct history *h = history_new();
	double value[HISTORY_MAX];
	struct rows r;

	(void)state;
	for (uint64_t i = 0; i < HISTORY_MAX + 10; i++) {
		list[0].figure[JAIL_STAT_MEMORY] = i;
		/* The second jail is away for one reading, and begins anew. */
		now.count = i == HISTORY_MAX + 5 ? 1 : 2;
		assert_int_equal(rows_make(&none, &now, &r), 0);
		assert_int_equal(history_add(h, &r), 0);
		rows_free(&r);
	}
	assert_int_equal(history_get(h, &list[0], ROWS_MEMORY, value, HISTORY_MAX), HISTORY_MAX);
	assert_true(value[0] == 10 && value[HISTORY_MAX - 1] == HISTORY_MAX + 9);
	assert_int_equal(history_get(h, &list[0], ROWS_MEMORY, value, 2), 2);
	assert_true(value[0] == HISTORY_MAX + 8 && value[1] == HISTORY_MAX + 9);
	assert_int_equal(history_get(h, &list[1], ROWS_MEMORY, value, HISTORY_MAX), 4);
	assert_int_equal(history_get(NULL, &list[1], ROWS_MEMORY, value, HISTORY_MAX), 0);
	history_free(h);
}

/* --------------------------------------------------------------------------------------------------- text for others
 */

static void test_metrics(void **state)
{
	char buf[METRIC_NAME_SIZE], other[METRIC_NAME_SIZE];

	(void)state;
	metric_name(jail_figure_at(JAIL_STAT_CPU_USAGE), buf);
	assert_string_equal(buf, "jail_cpu_usage_seconds");
	metric_name(jail_figure_at(JAIL_STAT_MEMORY), buf);
	assert_string_equal(buf, "jail_memory_bytes");
	metric_name(jail_figure_at(JAIL_STAT_IO_FULL), buf);
	assert_string_equal(buf, "jail_io_full_ratio");
	metric_value(jail_figure_at(JAIL_STAT_CPU_USAGE), 1000001, buf);
	assert_string_equal(buf, "1.000001");
	metric_value(jail_figure_at(JAIL_STAT_CPU_SOME), 1234, buf);
	assert_string_equal(buf, "0.1234");
	metric_value(jail_figure_at(JAIL_STAT_MEMORY_LIMIT), JAIL_STAT_UNLIMITED, buf);
	assert_string_equal(buf, "+Inf");
	metric_value(jail_figure_at(JAIL_STAT_MEMORY), UINT64_MAX, buf);
	assert_string_equal(buf, "18446744073709551615");
	metric_escape("a\\b\"c\nd", true, buf, sizeof(buf));
	assert_string_equal(buf, "a\\\\b\\\"c\\nd");
	metric_escape("\"\"\"\"", true, buf, 6);
	assert_string_equal(buf, "\\\"\\\"");
	for (size_t i = 0; i < JAIL_STAT_FIGURES; i++)
		for (size_t k = 0; k < i; k++) {
			metric_name(jail_figure_at(i), buf);
			metric_name(jail_figure_at(k), other);
			assert_string_not_equal(buf, other);
		}
}

static int judge(const char *request)
{
	bool head = false;

	return http_judge(request, strlen(request), &head);
}

static void test_http(void **state)
{
	char large[9000];
	bool head = false;

	(void)state;
	assert_int_equal(judge("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_int_equal(judge("GET /metrics?a=b HTTP/1.0\r\n\r\n"), 200);
	assert_int_equal(judge("GET /metrics HTTP/1.1\r\nHost: x\r\n"), 0);
	assert_int_equal(judge(""), 0);
	assert_int_equal(judge("GET / HTTP/1.1\r\n\r\n"), 404);
	assert_int_equal(judge("GET /metricsx HTTP/1.1\r\n\r\n"), 404);
	assert_int_equal(judge("POST /metrics HTTP/1.1\r\n\r\n"), 405);
	assert_int_equal(judge("GET /metrics\r\n\r\n"), 400);
	assert_int_equal(judge("GET /metrics HTTP/2.0\r\n\r\n"), 400);
	assert_int_equal(judge("GET metrics HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(judge("\r\n\r\n"), 400);
	assert_int_equal(http_judge("GET /metrics HTTP/1.1\r\n\0\r\n\r\n", 29, &head), 400);
	memset(large, 'a', sizeof(large));
	assert_int_equal(http_judge(large, 8191, &head), 0);
	assert_int_equal(http_judge(large, 8192, &head), 400);
	assert_int_equal(http_judge("HEAD /metrics HTTP/1.1\r\n\r\n", 26, &head), 200);
	assert_true(head);
}

static void collect(void *arg, const char *text)
{
	char *all = arg;
	size_t columns = 0;

	for (const char *p = text; *p != '\0'; p++)
		columns += ((unsigned char)*p & 0xc0) != 0x80;
	if (columns > 80)
		fail_msg("%zu columns: %s", columns, text);
	(void)snprintf(all + strlen(all), 8192 - strlen(all), "%s\n", text);
}

static void test_details(void **state)
{
	struct jail_stat one[] = {jail(3, 1, "web", 0, 2048)};
	struct sample none = {0}, now = {one, 1};
	struct watching w = {.utf8 = true};
	static char all[8192];
	struct rows r;

	(void)state;
	assert_int_equal(rows_make(&none, &now, &r), 0);
	all[0] = '\0';
	details_put(&w, &r.row[0], NULL, 80, collect, all);
	assert_non_null(strstr(all, "web: jail 3 in jail 1"));
	assert_non_null(strstr(all, "\nmemory    2.0k now\n"));
	/* What is not known is not there. */
	assert_null(strstr(all, "threads"));
	for (size_t i = 0; i < JAIL_STAT_FIGURES; i++)
		known(&one[0], (enum jail_figure)i, UINT64_MAX);
	all[0] = '\0';
	details_put(&w, &r.row[0], NULL, 80, collect, all);
	assert_non_null(strstr(all, "limit none"));
	rows_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scaled),
	    cmocka_unit_test(test_percent_and_age),
	    cmocka_unit_test(test_figures),
	    cmocka_unit_test(test_bars),
	    cmocka_unit_test(test_sparks),
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_history),
	    cmocka_unit_test(test_metrics),
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
