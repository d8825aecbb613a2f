/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat_text.c: see stat_text.h. It opens nothing.
 */
#include "stat_text.h"

#include <string.h>

#include "util.h"

void stat_set(struct jail_stat *s, enum jail_figure i, uint64_t value)
{
	s->figure[i] = value;
	s->available |= UINT64_C(1) << i;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void stat_add(struct jail_stat *s, enum jail_figure i, uint64_t value)
{
	stat_set(s, i, jail_figure_known(s, i) ? plus(s->figure[i], value) : value);
}

bool stat_digits(const char **text, uint64_t *ret)
{
	const char *p = *text;
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : n * 10 + digit;
	}
	*text = p;
	*ret = n;
	return true;
}

/* The line behind this one; the end of the text when there is none. */
static const char *next_line(const char *p)
{
	const char *end = strchr(p, '\n');

	return end == NULL ? p + strlen(p) : end + 1;
}

/* Behind `word` and one separator when the text begins so. */
static const char *skip_word(const char *p, const char *word, char separator)
{
	size_t n = strlen(word);

	return strncmp(p, word, n) == 0 && p[n] == separator ? p + n + 1 : NULL;
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static uint64_t scaled(uint64_t value, long scale)
{
	if (scale > 1)
		return value / (uint64_t)scale;
	if (scale < -1)
		return value > UINT64_MAX / (uint64_t)-scale ? UINT64_MAX : value * (uint64_t)-scale;
	return value;
}

void stat_text_keys(const char *text, const struct stat_key *keys, size_t count, struct jail_stat *s)
{
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		for (size_t i = 0; i < count; i++) {
			const char *p = skip_word(line, keys[i].key, ' ');
			uint64_t n;

			if (p == NULL || !stat_digits(&p, &n))
				continue;
			stat_set(s, keys[i].figure, scaled(n, keys[i].scale));
			break;
		}
	}
}

void stat_text_number(const char *text, enum jail_figure figure, struct jail_stat *s)
{
	uint64_t n = JAIL_STAT_UNLIMITED;

	if (strncmp(text, "max", 3) == 0 || stat_digits(&text, &n))
		stat_set(s, figure, n);
}

void stat_text_limit1(const char *text, enum jail_figure figure, uint64_t unlimited, struct jail_stat *s)
{
	uint64_t n = JAIL_STAT_UNLIMITED;

	if (*text == '-' || stat_digits(&text, &n))
		stat_set(s, figure, n >= unlimited ? JAIL_STAT_UNLIMITED : n);
}

/* Microseconds of processor time a second. */
static uint64_t cpu_rate(uint64_t quota, uint64_t period)
{
	/* The kernel's periods are at most a second, its quotas at most some years: no overflow in what it writes. */
	if (period == 0 || quota > UINT64_MAX / 1000000)
		return JAIL_STAT_UNLIMITED;
	return quota * 1000000 / period;
}

void stat_text_cpu_max(const char *text, struct jail_stat *s)
{
	uint64_t quota, period;

	if (skip_word(text, "max", ' ') != NULL) {
		stat_set(s, JAIL_STAT_CPU_LIMIT, JAIL_STAT_UNLIMITED);
		return;
	}
	if (!stat_digits(&text, &quota) || *text++ != ' ' || !stat_digits(&text, &period) || period == 0)
		return;
	stat_set(s, JAIL_STAT_CPU_LIMIT, cpu_rate(quota, period));
}

void stat_text_cpu_quota1(const char *quota, const char *period, struct jail_stat *s)
{
	uint64_t q, p;

	if (*quota == '-')
		stat_set(s, JAIL_STAT_CPU_LIMIT, JAIL_STAT_UNLIMITED);
	else if (stat_digits(&quota, &q) && stat_digits(&period, &p) && p > 0)
		stat_set(s, JAIL_STAT_CPU_LIMIT, cpu_rate(q, p));
}

/* "12.34" to hundredths. */
static bool hundredths(const char **text, uint64_t *ret)
{
	uint64_t whole;
	const char *p = *text;
	unsigned part = 0;

	if (!stat_digits(&p, &whole) || whole > 1000000)
		return false;
	if (*p == '.') {
		p++;
		for (unsigned i = 0, weight = 10; i < 2; i++, weight /= 10) {
			if (*p < '0' || *p > '9')
				break;
			part += (unsigned)(*p++ - '0') * weight;
		}
	}
	*text = p;
	*ret = whole * 100 + part;
	return true;
}

static void pressure_line(const char *p, enum jail_figure first, struct jail_stat *s)
{
	const char *average = strstr(p, "avg10="), *total = strstr(p, "total="), *end = next_line(p);
	uint64_t n;

	if (average != NULL && average < end) {
		average += strlen("avg10=");
		if (hundredths(&average, &n))
			stat_set(s, first, n);
	}
	if (total != NULL && total < end) {
		total += strlen("total=");
		if (stat_digits(&total, &n))
			stat_set(s, (enum jail_figure)(first + 1), n);
	}
}

void stat_text_pressure(const char *text, enum jail_figure first, struct jail_stat *s)
{
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		if (skip_word(line, "some", ' ') != NULL)
			pressure_line(line, first, s);
		else if (skip_word(line, "full", ' ') != NULL)
			pressure_line(line, (enum jail_figure)(first + 2), s);
	}
}

/* Does a device, "8:0", stand here? */
static const char *skip_device(const char *p)
{
	uint64_t n;

	if (!stat_digits(&p, &n) || *p++ != ':' || !stat_digits(&p, &n) || *p != ' ')
		return NULL;
	return p + 1;
}

static void io_words(const char *p, const char *end, struct jail_stat *s)
{
	static const struct stat_key keys[] = {{"rbytes", JAIL_STAT_IO_READ_BYTES, 1},
	    {"wbytes", JAIL_STAT_IO_WRITE_BYTES, 1}, {"rios", JAIL_STAT_IO_READS, 1}, {"wios", JAIL_STAT_IO_WRITES, 1}};

	while (p < end) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			const char *value = skip_word(p, keys[i].key, '=');
			uint64_t n;

			if (value != NULL && stat_digits(&value, &n)) {
				stat_add(s, keys[i].figure, n);
				break;
			}
		}
		while (p < end && *p != ' ' && *p != '\n')
			p++;
		if (p < end)
			p++;
	}
}

void stat_text_io(const char *text, struct jail_stat *s)
{
	for (int i = JAIL_STAT_IO_READ_BYTES; i <= JAIL_STAT_IO_WRITES; i++)
		stat_add(s, (enum jail_figure)i, 0);
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		const char *p = skip_device(line);

		if (p != NULL)
			io_words(p, next_line(line), s);
	}
}

void stat_text_blkio(const char *text, enum jail_figure reads, enum jail_figure writes, struct jail_stat *s)
{
	stat_add(s, reads, 0);
	stat_add(s, writes, 0);
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		const char *p = skip_device(line), *value;
		uint64_t n;

		if (p == NULL)
			continue;
		if ((value = skip_word(p, "Read", ' ')) != NULL && stat_digits(&value, &n))
			stat_add(s, reads, n);
		else if ((value = skip_word(p, "Write", ' ')) != NULL && stat_digits(&value, &n))
			stat_add(s, writes, n);
	}
}

/* The interfaces' names are the jail's root's choice: they hold no blank, no slash and no colon, says the kernel. */
static void net_line(const char *p, struct jail_stat *s)
{
	uint64_t field[10];
	const char *name = skip_blanks(p), *end = next_line(p), *colon = memchr(name, ':', (size_t)(end - name));

	if (colon == NULL)
		return;
	p = colon + 1;
	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		p = skip_blanks(p);
		if (p >= end || !stat_digits(&p, &field[i]))
			return;
	}
	if (colon - name == 2 && memcmp(name, "lo", 2) == 0) {
		stat_add(s, JAIL_STAT_NET_LOOPBACK_BYTES, field[8]);
		stat_add(s, JAIL_STAT_NET_LOOPBACK_PACKETS, field[9]);
		return;
	}
	stat_add(s, JAIL_STAT_NET_RX_BYTES, field[0]);
	stat_add(s, JAIL_STAT_NET_RX_PACKETS, field[1]);
	stat_add(s, JAIL_STAT_NET_TX_BYTES, field[8]);
	stat_add(s, JAIL_STAT_NET_TX_PACKETS, field[9]);
}

void stat_text_net(const char *text, struct jail_stat *s)
{
	for (int i = JAIL_STAT_NET_RX_BYTES; i <= JAIL_STAT_NET_LOOPBACK_PACKETS; i++)
		stat_add(s, (enum jail_figure)i, 0);
	for (const char *line = text; *line != '\0'; line = next_line(line))
		net_line(line, s);
}

static uint64_t status_field(const char *text, const char *key)
{
	const char *p = strstr(text, key);
	uint64_t n;

	if (p == NULL)
		return 0;
	p = skip_blanks(p + strlen(key));
	return stat_digits(&p, &n) ? n : 0;
}

/* The name, in the first line, is the process's own choice; the kernel writes a newline in it as \n. */
bool stat_text_status(const char *text, struct stat_tally *t)
{
	uint64_t threads = status_field(text, "\nThreads:");

	if (threads == 0)
		return false;
	t->threads = plus(t->threads, threads);
	/* A kernel thread or a dead process has no memory, and no such lines. */
	t->anon = plus(t->anon, scaled(status_field(text, "\nRssAnon:"), -1024));
	t->file = plus(t->file, scaled(status_field(text, "\nRssFile:"), -1024));
	t->shared = plus(t->shared, scaled(status_field(text, "\nRssShmem:"), -1024));
	t->swap = plus(t->swap, scaled(status_field(text, "\nVmSwap:"), -1024));
	return true;
}
