/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_cases.c: runs every configuration of tests/conf. X.conf is read, every jail of it worked out, and what comes
 * out, parameters, warnings and errors word for word, has to be what X.expect says. A pass-*.conf gives no errors, and
 * gives the same parameters after it was printed and read again; a fail-*.conf gives at least one error.
 *
 * "unit-conf_cases --update" writes the .expect files anew: to be read through before they are committed.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jail.h>

struct outcome {
	char *text;
	size_t length;
	unsigned errors;
	char *params; /* `text` without messages */
	char *format;
};

static void say(FILE *to, const char *kind, const struct jail_error *e)
{
	char line[4096];

	jail_error_format(e, line, sizeof(line));
	fprintf(to, "%s: %s\n", kind, line);
}

static void on_warning(void *arg, const struct jail_error *e)
{
	say(arg, "warning", e);
}

static void print_quoted(FILE *to, const char *text)
{
	fputc('"', to);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(to, "\\%c", *c);
		else if (*c < 0x20 || *c >= 0x7f)
			fprintf(to, "\\x%02x", *c);
		else
			fputc(*c, to);
	}
	fputc('"', to);
}

static void print_params(FILE *to, const char *jail, const struct jail_params *p)
{
	const char *name;
	size_t count;

	fprintf(to, "%s\n", jail);
	for (size_t i = 0; jail_params_at(p, i, &name, &count), name; i++) {
		fprintf(to, "\t%s =", name);
		for (size_t k = 0; k < count; k++) {
			fputs(k ? ", " : " ", to);
			print_quoted(to, jail_params_item(p, name, k));
		}
		fputc('\n', to);
	}
}

/* Everything that can be said about a configuration; `text` NULL: it is the file. */
static struct outcome run(const char *file, const char *text)
{
	struct outcome out = {0};
	struct jail_conf *c = NULL;
	struct jail_error e;
	size_t length;
	FILE *to = open_memstream(&out.text, &out.length), *params = open_memstream(&out.params, &length);
	const char *name;
	int r;

	assert_non_null(to);
	assert_non_null(params);
	assert_int_equal(jail_conf_new(&c), 0);
	jail_conf_any_owner(c); /* the sources may be anybody's */
	r = text ? jail_conf_memory(c, file, text, strlen(text), &e) : jail_conf_file(c, file, &e);
	if (r < 0) {
		assert_int_equal(-r, e.errnum);
		say(to, "error", &e);
		out.errors++;
	}
	for (size_t i = 0; (name = jail_conf_name(c, i)) != NULL; i++) {
		struct jail_params *p;

		assert_true(r == 0);
		assert_true(jail_conf_has(c, name));
		if (jail_conf_jail(c, name, NULL, on_warning, to, &p, &e) < 0) {
			say(to, "error", &e);
			out.errors++;
			continue;
		}
		print_params(to, name, p);
		print_params(params, name, p);
		jail_params_free(p);
	}
	assert_int_equal(jail_conf_format(c, &out.format, &length), 0);
	assert_int_equal(strlen(out.format), length);
	jail_conf_free(c);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(fclose(params), 0);
	return out;
}

static void release(struct outcome *out)
{
	free(out->text);
	free(out->params);
	free(out->format);
}

static char *read_expectation(const char *file)
{
	FILE *f = fopen(file, "r");
	char *text = calloc(1, 65536);

	assert_non_null(text);
	if (!f)
		fail_msg("%s is missing", file);
	text[fread(text, 1, 65535, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	return text;
}

static void expect_name(char *to, size_t size, const char *file)
{
	snprintf(to, size, "%.*s.expect", (int)(strlen(file) - strlen(".conf")), file);
}

static void check_case(void **state)
{
	const char *file = *state;
	struct outcome out = run(file, NULL);
	char name[300], *expect;

	expect_name(name, sizeof(name), file);
	expect = read_expectation(name);
	assert_string_equal(out.text, expect);
	free(expect);
	if (strncmp(file, "fail-", 5) == 0) {
		assert_true(out.errors > 0);
	} else {
		struct outcome again = run("again", out.format);

		assert_int_equal(out.errors, 0);
		assert_int_equal(again.errors, 0);
		assert_string_equal(again.format, out.format);
		assert_string_equal(again.params, out.params);
		release(&again);
	}
	release(&out);
}

static void update_case(void **state)
{
	const char *file = *state;
	struct outcome out = run(file, NULL);
	char name[300];
	FILE *f;

	expect_name(name, sizeof(name), file);
	f = fopen(name, "w");
	assert_non_null(f);
	fputs(out.text, f);
	assert_int_equal(fclose(f), 0);
	release(&out);
}

static int is_case(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && strcmp(e->d_name + n - 5, ".conf") == 0 &&
	       (strncmp(e->d_name, "pass-", 5) == 0 || strncmp(e->d_name, "fail-", 5) == 0);
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	struct dirent **files;
	struct CMUnitTest *tests;
	int count, failed;

	if (chdir(TEST_SOURCE_DIR "/conf") < 0 || (count = scandir(".", &files, is_case, alphasort)) < 60) {
		fprintf(stderr, "%s/conf: the cases are not there\n", TEST_SOURCE_DIR);
		return 1;
	}
	tests = calloc((size_t)count, sizeof(*tests));
	if (!tests)
		return 1;
	for (int i = 0; i < count; i++) {
		tests[i].name = files[i]->d_name;
		tests[i].test_func = update ? update_case : check_case;
		tests[i].initial_state = files[i]->d_name;
	}
	failed = _cmocka_run_group_tests("conf_cases", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(files[i]);
	free(files);
	free(tests);
	return failed;
}
