/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_text_test.c: the texts in which Linux tells figures, whole, cut short, too large and of no sense: what can't be
 * understood stays unknown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linux/stat_text.h"
#include "util.h"

static void is(const struct jail_stat *s, enum jail_figure i, uint64_t value)
{
	if (!jail_figure_known(s, i))
		fail_msg("%s is not known", jail_figure_at(i)->name);
	if (s->figure[i] != value)
		fail_msg("%s is %llu, not %llu", jail_figure_at(i)->name, (unsigned long long)s->figure[i],
		    (unsigned long long)value);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < JAIL_STAT_FIGURES; i++) {
		const struct jail_figure_row *row = jail_figure_at(i);

		assert_non_null(row);
		assert_true(row->name != NULL && row->help != NULL);
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->name));
		/* The name says the unit. */
		assert_true(row->unit != JAIL_UNIT_BYTES || strstr(row->name, "_bytes") != NULL);
		assert_true(row->unit != JAIL_UNIT_USEC || strstr(row->name, "_usec") != NULL);
		assert_true(row->unit != JAIL_UNIT_PERCENT || strstr(row->name, "_percent") != NULL);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(row->name, jail_figure_at(k)->name);
	}
	assert_null(jail_figure_at(JAIL_STAT_FIGURES));
}

static void test_digits(void **state)
{
	const char *p = "18446744073709551615x";
	uint64_t n = 7;

	(void)state;
	assert_true(stat_digits(&p, &n));
	assert_true(n == UINT64_MAX && *p == 'x');
	p = "18446744073709551616 ";
	assert_true(stat_digits(&p, &n));
	assert_true(n == UINT64_MAX && *p == ' ');
	p = "-1";
	n = 7;
	assert_false(stat_digits(&p, &n));
	assert_true(n == 7 && *p == '-');
}

static const struct stat_key cpu_keys[] = {{"usage_usec", JAIL_STAT_CPU_USAGE, 1}, {"user_usec", JAIL_STAT_CPU_USER, 1},
    {"throttled_time", JAIL_STAT_CPU_THROTTLED, 1000}, {"kb", JAIL_STAT_MEMORY, -1024}};

static void test_keys(void **state)
{
	struct jail_stat s = {0};

	(void)state;
	stat_text_keys("usage_usec 12\nuser_usec_more 4\nuser_usec 5\nthrottled_time 7999\nkb 3\nsystem_usec 1\n",
	    cpu_keys, ARRAY_SIZE(cpu_keys), &s);
	is(&s, JAIL_STAT_CPU_USAGE, 12);
	is(&s, JAIL_STAT_CPU_USER, 5);
	is(&s, JAIL_STAT_CPU_THROTTLED, 7);
	is(&s, JAIL_STAT_MEMORY, 3072);
	assert_false(jail_figure_known(&s, JAIL_STAT_CPU_SYSTEM));
	memset(&s, 0, sizeof(s));
	stat_text_keys("usage_usec\nuser_usec x\nusage_use", cpu_keys, ARRAY_SIZE(cpu_keys), &s);
	stat_text_keys("", cpu_keys, ARRAY_SIZE(cpu_keys), &s);
	assert_true(s.available == 0);
}

static void test_numbers(void **state)
{
	struct jail_stat s = {0};

	(void)state;
	stat_text_number("4096\n", JAIL_STAT_MEMORY, &s);
	stat_text_number("max\n", JAIL_STAT_MEMORY_LIMIT, &s);
	stat_text_number("\n", JAIL_STAT_SWAP, &s);
	is(&s, JAIL_STAT_MEMORY, 4096);
	is(&s, JAIL_STAT_MEMORY_LIMIT, JAIL_STAT_UNLIMITED);
	assert_false(jail_figure_known(&s, JAIL_STAT_SWAP));
	/* Version 1 says "none" by a number, or by -1. */
	stat_text_limit1("9223372036854771712\n", JAIL_STAT_MEMORY_LIMIT, UINT64_C(1) << 62, &s);
	is(&s, JAIL_STAT_MEMORY_LIMIT, JAIL_STAT_UNLIMITED);
	stat_text_limit1("65536\n", JAIL_STAT_MEMORY_LIMIT, UINT64_C(1) << 62, &s);
	is(&s, JAIL_STAT_MEMORY_LIMIT, 65536);
	stat_text_limit1("-1\n", JAIL_STAT_MEMORY_LIMIT, UINT64_C(1) << 62, &s);
	is(&s, JAIL_STAT_MEMORY_LIMIT, JAIL_STAT_UNLIMITED);
}

static void test_cpu_limit(void **state)
{
	struct jail_stat s = {0};

	(void)state;
	stat_text_cpu_max("50000 100000\n", &s);
	is(&s, JAIL_STAT_CPU_LIMIT, 500000);
	stat_text_cpu_max("max 100000\n", &s);
	is(&s, JAIL_STAT_CPU_LIMIT, JAIL_STAT_UNLIMITED);
	stat_text_cpu_quota1("150000\n", "100000\n", &s);
	is(&s, JAIL_STAT_CPU_LIMIT, 1500000);
	stat_text_cpu_quota1("-1\n", "100000\n", &s);
	is(&s, JAIL_STAT_CPU_LIMIT, JAIL_STAT_UNLIMITED);
	memset(&s, 0, sizeof(s));
	stat_text_cpu_max("50000 0\n", &s);
	stat_text_cpu_max("50000\n", &s);
	stat_text_cpu_quota1("1\n", "0\n", &s);
	stat_text_cpu_quota1("", "", &s);
	assert_true(s.available == 0);
}

static void test_pressure(void **state)
{
	struct jail_stat s = {0};

	(void)state;
	stat_text_pressure(
	    "some avg10=1.50 avg60=0.00 avg300=0.00 total=77\nfull avg10=100.00 avg60=0.00 avg300=0.00 total=5\n",
	    JAIL_STAT_IO_SOME, &s);
	is(&s, JAIL_STAT_IO_SOME, 150);
	is(&s, JAIL_STAT_IO_SOME_TOTAL, 77);
	is(&s, JAIL_STAT_IO_FULL, 10000);
	is(&s, JAIL_STAT_IO_FULL_TOTAL, 5);
	/* Old kernels tell no "full" of a processor; a line's figures are not taken from the next one. */
	memset(&s, 0, sizeof(s));
	stat_text_pressure("some avg10=0.07\nfull total=9\n", JAIL_STAT_CPU_SOME, &s);
	is(&s, JAIL_STAT_CPU_SOME, 7);
	is(&s, JAIL_STAT_CPU_FULL_TOTAL, 9);
	assert_false(jail_figure_known(&s, JAIL_STAT_CPU_SOME_TOTAL));
	assert_false(jail_figure_known(&s, JAIL_STAT_CPU_FULL));
	memset(&s, 0, sizeof(s));
	stat_text_pressure("some avg10=x total=\nnone avg10=1.00 total=1\n", JAIL_STAT_CPU_SOME, &s);
	assert_true(s.available == 0);
}

static void test_io(void **state)
{
	struct jail_stat s = {0};

	(void)state;
	stat_text_io(
	    "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=9 dios=9\n8:16 \n253:1 rbytes=1 wbytes=2 rios=5 wios=6\n",
	    &s);
	is(&s, JAIL_STAT_IO_READ_BYTES, 101);
	is(&s, JAIL_STAT_IO_WRITE_BYTES, 202);
	is(&s, JAIL_STAT_IO_READS, 8);
	is(&s, JAIL_STAT_IO_WRITES, 10);
	memset(&s, 0, sizeof(s));
	stat_text_io("", &s);
	is(&s, JAIL_STAT_IO_WRITES, 0);
	memset(&s, 0, sizeof(s));
	stat_text_blkio("8:0 Read 10\n8:0 Write 20\n8:0 Sync 5\n8:0 Total 30\n8:16 Read 1\nTotal 31\n",
	    JAIL_STAT_IO_READ_BYTES, JAIL_STAT_IO_WRITE_BYTES, &s);
	is(&s, JAIL_STAT_IO_READ_BYTES, 11);
	is(&s, JAIL_STAT_IO_WRITE_BYTES, 20);
	/* Beyond 64 bits it stays at the end. */
	stat_text_blkio("8:0 Read 18446744073709551615\n", JAIL_STAT_IO_READ_BYTES, JAIL_STAT_IO_WRITE_BYTES, &s);
	is(&s, JAIL_STAT_IO_READ_BYTES, UINT64_MAX);
}

static void test_net(void **state)
{
	static const char text[] =
	    "Inter-|   Receive                                                |  Transmit\n"
	    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
	    "    lo:     500       5    0    0    0     0          0         0      500       5    0\n"
	    "  eth0:    1000      10    0    0    0     0          0         0     2000      20    0\n"
	    "eth1:7 1 0 0 0 0 0 0 8 2 0 0 0 0 0 0\n"
	    "short: 1 2 3\n";
	struct jail_stat s = {0};

	(void)state;
	stat_text_net(text, &s);
	is(&s, JAIL_STAT_NET_RX_BYTES, 1007);
	is(&s, JAIL_STAT_NET_RX_PACKETS, 11);
	is(&s, JAIL_STAT_NET_TX_BYTES, 2008);
	is(&s, JAIL_STAT_NET_TX_PACKETS, 22);
	is(&s, JAIL_STAT_NET_LOOPBACK_BYTES, 500);
	is(&s, JAIL_STAT_NET_LOOPBACK_PACKETS, 5);
}

static void test_status(void **state)
{
	struct stat_tally t = {0};

	(void)state;
	/* What a process calls itself is one line. */
	assert_true(
	    stat_text_status("Name:\tThreads:\\nThreads:\nState:\tS\nVmSwap:\t       4 kB\nRssAnon:\t     100 kB\n"
			     "RssFile:\t      20 kB\nRssShmem:\t       3 kB\nThreads:\t7\n",
		&t));
	assert_true(stat_text_status("Name:\tzombie\nThreads:\t1\n", &t));
	assert_true(t.threads == 8 && t.anon == 102400 && t.file == 20480 && t.shared == 3072 && t.swap == 4096);
	assert_false(stat_text_status("", &t));
	assert_true(t.threads == 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_digits),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_cpu_limit),
	    cmocka_unit_test(test_pressure),
	    cmocka_unit_test(test_io),
	    cmocka_unit_test(test_net),
	    cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
