/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_property.c: what holds for every configuration, tried on many that are made at random: printing and reading
 * again gives the same text and, for each jail, the same parameters or the same complaint; a string comes out of the
 * parser as it was before it was quoted, in whatever way that was done. JAIL_TEST_SEED=N repeats a run.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jail.h>

#define ROUNDS 1500
#define TEXT_MAX 65536

static uint64_t seed = 20260101, random_state;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 11) % n);
}

static bool one_in(unsigned n)
{
	return below(n) == 0;
}

struct sink {
	char text[TEXT_MAX];
	size_t length;
};

static void put_bytes(struct sink *s, const char *bytes, size_t n)
{
	assert_true(s->length + n < sizeof(s->text));
	memcpy(s->text + s->length, bytes, n);
	s->length += n;
	s->text[s->length] = '\0';
}

static void put(struct sink *s, const char *text)
{
	put_bytes(s, text, strlen(text));
}

#define ANY(list) list[below(sizeof(list) / sizeof(list[0]))]

/* ---------------------------------------------------------------------------------------- a string, in quotation */

static const char plain[] = "abcxyzABC0189_!%&()-.:<>?@[]^`|~";

static void put_escape(struct sink *s, unsigned char c, unsigned char next)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	const char *letter = memchr(bytes, c, sizeof(bytes) - 1);
	char escape[8];

	if (letter && one_in(2)) {
		snprintf(escape, sizeof(escape), "\\%c", letters[letter - bytes]);
	} else if (one_in(2)) {
		bool ambiguous = strchr("0123456789abcdefABCDEF", next) != NULL;

		snprintf(escape, sizeof(escape), ambiguous || one_in(2) ? "\\x%02x" : "\\x%x", c);
	} else {
		bool ambiguous = next == '\0' || (next >= '0' && next <= '7');

		snprintf(escape, sizeof(escape), ambiguous || one_in(2) ? "\\%03o" : "\\%o", c);
	}
	put(s, escape);
}

/* One byte; `quote` 0: unquoted. Bytes that could begin something else are escaped. */
static void put_byte(struct sink *s, char c, char next, char quote)
{
	bool escaped = !quote && memchr(plain, c, sizeof(plain) - 1) == NULL;

	if (quote)
		escaped = c == quote || c == '\\' || (c == '$' && quote == '"') || (unsigned char)c >= 0x7f ||
			  (unsigned char)c < 0x20;
	if (one_in(20))
		put(s, "\\\n"); /* a continued line is nothing */
	if (escaped && strchr("$\\'\" ;#{},=+*/", c) && one_in(2)) {
		put(s, "\\");
		put_bytes(s, &c, 1);
	} else if (escaped || one_in(30)) {
		put_escape(s, (unsigned char)c, (unsigned char)next);
	} else {
		put_bytes(s, &c, 1);
	}
}

static void put_string(struct sink *s, const char *bytes, size_t n)
{
	static const char quotes[] = {'\0', '\'', '"', '"'};
	size_t i = 0;

	do {
		size_t end = i + (n > i ? 1 + below((unsigned)(n - i)) : 0);
		char quote = n == 0 ? '"' : ANY(quotes);

		if (quote)
			put_bytes(s, &quote, 1);
		for (; i < end; i++)
			put_byte(s, bytes[i], i + 1 < n ? bytes[i + 1] : '\0', quote);
		if (quote)
			put_bytes(s, &quote, 1);
	} while (i < n);
}

static size_t random_string(char *to, size_t max)
{
	size_t n = below((unsigned)max);

	for (size_t i = 0; i < n; i++) {
		static const char special[] = "$\\'\" ;#{},=+*/\n\t";

		do {
			to[i] = one_in(3)   ? special[below(sizeof(special) - 1)]
				: one_in(4) ? (char)(1 + below(255))
					    : plain[below(sizeof(plain) - 1)];
		} while (to[i] == '\0');
	}
	to[n] = '\0';
	return n;
}

static void test_quoting(void **state)
{
	static struct sink s;
	char strings[8][40];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct jail_conf *c;
		struct jail_params *p;
		struct jail_error e;
		size_t count = 1 + below(7);

		s.length = 0;
		put(&s, "a { exec.start = first");
		for (size_t i = 0; i < count; i++) {
			/* An empty string is no command. */
			size_t n = 0;

			while (n == 0)
				n = random_string(strings[i], sizeof(strings[i]) - 1);
			put(&s, one_in(2) ? " , " : "; exec.start += ");
			put_string(&s, strings[i], n);
		}
		put(&s, "; }");
		assert_int_equal(jail_conf_new(&c), 0);
		if (jail_conf_memory(c, "quoting", s.text, s.length, &e) < 0)
			fail_msg("line %u: %s in\n%s", e.line, e.what, s.text);
		if (jail_conf_jail(c, "a", NULL, NULL, NULL, &p, &e) < 0)
			fail_msg("line %u: %s: %s in\n%s", e.line, e.param, e.what, s.text);
		assert_int_equal(jail_params_count(p, "exec.start"), count + 1);
		for (size_t i = 0; i < count; i++) {
			if (strcmp(jail_params_item(p, "exec.start", i + 1), strings[i]) != 0)
				fail_msg("\"%s\" instead of \"%s\" in\n%s", jail_params_item(p, "exec.start", i + 1),
				    strings[i], s.text);
		}
		jail_params_free(p);
		jail_conf_free(c);
	}
}

/* ------------------------------------------------------------------------------------------ a whole configuration */

static void put_space(struct sink *s)
{
	static const char *const spaces[] = {
	    " ", "", "\n", "\t", " /* { ; */ ", " # \"\n", "\n// '\n", "\r\n", " ", "", "/**/"};

	put(s, ANY(spaces));
}

static void put_variable(struct sink *s)
{
	static const char *const variables[] = {"$v", "${v}", "$w", "${x.y}", "$name", "${path}", "${exec.start}",
	    "$list", "${persist}", "$never", "${odd\\}}"};

	put(s, ANY(variables));
}

static void put_value(struct sink *s)
{
	char bytes[24];

	for (unsigned pieces = 1 + below(3); pieces > 0; pieces--) {
		if (one_in(3)) {
			put_variable(s);
		} else if (one_in(4)) {
			put(s, "\"x");
			put_variable(s);
			put(s, one_in(2) ? "\"" : " $ y\"");
		} else {
			put_string(s, bytes, random_string(bytes, sizeof(bytes)));
		}
	}
}

static void put_statement(struct sink *s)
{
	static const char *const names[] = {"path", "exec.start", "exec.stop", "persist", "nopersist", "allow.mount",
	    "allow.nomount", "host.hostname", "mount", "\"exec.clean\"", "exec.prestart", "unknown.thing",
	    "devfs_ruleset", "$v", "$w", "${x.y}", "$list", "${odd\\x7d}", "stop.timeout", "depend", "name", "jid"};
	const char *name = ANY(names);
	unsigned values = below(4);

	put(s, name);
	put_space(s);
	if (values > 0 || one_in(10)) {
		put(s, one_in(3) && values > 0 ? "+=" : "=");
		put_space(s);
	}
	for (unsigned i = 0; i < values; i++) {
		if (i > 0)
			put(s, ",");
		put_space(s);
		if (strstr(name, "timeout") && one_in(2))
			put(s, "30");
		else
			put_value(s);
		put_space(s);
	}
	put(s, ";");
	put_space(s);
}

static void put_block(struct sink *s, unsigned depth)
{
	static const char *const names[] = {"a", "b", "\"c\"", "a.b", "*", "\"a.*\"", "*.b", "17", "x.y.z", "'b'"};

	put(s, ANY(names));
	put_space(s);
	put(s, "{");
	for (unsigned n = below(5); n > 0; n--) {
		put_space(s);
		if (depth < 3 && one_in(5))
			put_block(s, depth + 1);
		else
			put_statement(s);
	}
	put_space(s);
	put(s, one_in(3) ? "};" : "}");
}

static char *print(const struct jail_conf *c)
{
	char *text;
	size_t length;

	assert_int_equal(jail_conf_format(c, &text, &length), 0);
	assert_int_equal(strlen(text), length);
	return text;
}

static void compare_params(const struct jail_params *p, const struct jail_params *q)
{
	const char *name, *other;
	size_t count, others;

	for (size_t i = 0;; i++) {
		jail_params_at(p, i, &name, &count);
		jail_params_at(q, i, &other, &others);
		assert_true(!name == !other);
		if (!name)
			return;
		assert_string_equal(name, other);
		assert_int_equal(count, others);
		for (size_t k = 0; k < count; k++)
			assert_string_equal(jail_params_item(p, name, k), jail_params_item(q, name, k));
	}
}

static unsigned good, bad; /* so that a generator that makes nothing useful is noticed */

static void compare_jail(const struct jail_conf *c, const struct jail_conf *d, const char *name)
{
	struct jail_params *p = NULL, *q = NULL;
	struct jail_error e = {0}, f = {0};
	int r = jail_conf_jail(c, name, NULL, NULL, NULL, &p, &e),
	    again = jail_conf_jail(d, name, NULL, NULL, NULL, &q, &f);

	assert_int_equal(r, again);
	if (r == 0) {
		compare_params(p, q);
		good++;
	} else {
		assert_string_equal(e.what, f.what);
		assert_string_equal(e.param, f.param);
		assert_string_equal(e.jail, name);
		assert_string_equal(e.file, "first");
		bad++;
	}
	jail_params_free(p);
	jail_params_free(q);
}

static void test_print(void **state)
{
	static struct sink s;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct jail_conf *c, *d;
		struct jail_error e;
		char *text, *again;
		const char *name;
		size_t i = 0;

		s.length = 0;
		for (unsigned n = below(9); n > 0; n--) {
			put_space(&s);
			if (one_in(3))
				put_statement(&s);
			else
				put_block(&s, 0);
		}
		put_bytes(&s, "\n", 1);
		assert_int_equal(jail_conf_new(&c), 0);
		assert_int_equal(jail_conf_new(&d), 0);
		if (jail_conf_memory(c, "first", s.text, s.length, &e) < 0)
			fail_msg("line %u: %s in\n%s", e.line, e.what, s.text);
		text = print(c);
		if (jail_conf_memory(d, "second", text, strlen(text), &e) < 0)
			fail_msg("line %u: %s in\n%s\nfrom\n%s", e.line, e.what, text, s.text);
		again = print(d);
		assert_string_equal(again, text);
		for (; (name = jail_conf_name(c, i)) != NULL; i++) {
			assert_non_null(jail_conf_name(d, i));
			assert_string_equal(jail_conf_name(d, i), name);
			compare_jail(c, d, name);
		}
		assert_null(jail_conf_name(d, i));
		free(text);
		free(again);
		jail_conf_free(c);
		jail_conf_free(d);
	}
	assert_true(good > ROUNDS / 10);
	assert_true(bad > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quoting),
	    cmocka_unit_test(test_print),
	};
	const char *given = getenv("JAIL_TEST_SEED");

	if (given)
		seed = strtoull(given, NULL, 10);
	printf("JAIL_TEST_SEED=%llu\n", (unsigned long long)seed);
	random_state = seed * 2 + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
