/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error.c: filling a struct jail_error and making one line of text of it. Nothing is allocated and nothing printed, so
 * that it serves between clone(2) and exec(3) too. It may not know what the errors are about.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "utf8.h"

/* Cut a sequence that the end of the buffer split, so that a long message does not end in an escape. */
static void trim(char *text)
{
	size_t length = strlen(text), start = length;

	while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && (unsigned char)text[start - 1] >= 0xc0 &&
	    utf8_sequence(text + start - 1, length - start + 1) == 0)
		text[start - 1] = '\0';
}

static void fill(char *to, size_t size, const char *fmt, va_list ap) _printf_(3, 0);
static void fill(char *to, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(to, size, fmt, ap);

	if (n < 0)
		to[0] = '\0';
	else if ((size_t)n >= size)
		trim(to);
}

static void copy(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
	if (from[n] != '\0')
		trim(to);
}

static void start(struct jail_error *err, int errnum)
{
	memset(err, 0, sizeof(*err));
	err->errnum = errnum;
	err->exitcode = jail_error_sysexit(errnum);
}

int jail_error_set(struct jail_error *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		start(err, errnum);
		va_start(ap, fmt);
		fill(err->what, sizeof(err->what), fmt, ap);
		va_end(ap);
	}
	return -errnum;
}

int jail_error_sys(struct jail_error *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		size_t used;

		start(err, errnum);
		va_start(ap, fmt);
		fill(err->what, sizeof(err->what), fmt, ap);
		va_end(ap);
		used = strlen(err->what);
		(void)snprintf(err->what + used, sizeof(err->what) - used, ": %s", strerror(errnum));
	}
	return -errnum;
}

int jail_error_hint(struct jail_error *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -errnum;
	va_start(ap, fmt);
	fill(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return err->errnum > 0 ? -err->errnum : -errnum;
}

/* The outermost contexts are the ones that can be done without: a full chain stays as it is. */
int jail_error_context(struct jail_error *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -errnum;
	if (err->ncontexts < JAIL_ERROR_CONTEXTS) {
		va_start(ap, fmt);
		fill(err->context[err->ncontexts], sizeof(err->context[0]), fmt, ap);
		va_end(ap);
		err->ncontexts++;
	}
	return err->errnum > 0 ? -err->errnum : -errnum;
}

int jail_error_exit(struct jail_error *err, int errnum, int exitcode)
{
	if (!err)
		return -errnum;
	err->exitcode = exitcode;
	return err->errnum > 0 ? -err->errnum : -errnum;
}

void jail_error_param(struct jail_error *err, const char *param)
{
	if (err && param && err->param[0] == '\0')
		copy(err->param, sizeof(err->param), param);
}

void jail_error_origin(struct jail_error *err, const char *file, unsigned line)
{
	if (!err || !file || err->file[0] != '\0')
		return;
	copy(err->file, sizeof(err->file), file);
	err->line = line;
}

void jail_error_jail(struct jail_error *err, const char *name)
{
	if (err && name && err->jail[0] == '\0')
		copy(err->jail, sizeof(err->jail), name);
}

int jail_error_sysexit(int errnum)
{
	switch (errnum) {
	case EINVAL:
	case ERANGE:
	case EDOM:
	case E2BIG:
	case EILSEQ:
	case EBADMSG:
	case EOVERFLOW:
	case ENAMETOOLONG:
	case ELOOP:
		return EX_DATAERR;
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ENODEV:
	case ENXIO:
	case ENOTBLK:
		return EX_NOINPUT;
	case EPERM:
	case EACCES:
		return EX_NOPERM;
	case EEXIST:
	case EROFS:
	case ENOTEMPTY:
		return EX_CANTCREAT;
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return EX_IOERR;
	case ENOSYS:
	case ENOTSUP:
	case ESRCH:
		return EX_UNAVAILABLE;
	case EAGAIN:
	case EBUSY:
	case EINTR:
	case ETIMEDOUT:
	case ESTALE:
		return EX_TEMPFAIL;
	case EPROTO:
		return EX_PROTOCOL;
	default:
		return EX_OSERR;
	}
}

/* Where the line is written: counts on past the end, as snprintf does. */
struct sink {
	char *buf;
	size_t size, length;
};

static void put(struct sink *s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++, s->length++) {
		if (s->size > 0 && s->length < s->size - 1)
			s->buf[s->length] = bytes[i];
	}
}

static void put_text(struct sink *s, const char *text)
{
	put(s, text, strlen(text));
}

/* C0, DEL and C1 (which a terminal may obey) and what is not UTF-8 go as \xNN, byte by byte. */
static void put_safe(struct sink *s, const char *text, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strnlen(text, max);

	while (left > 0) {
		size_t n = utf8_sequence((const char *)at, left);

		if (n == 0 || *at < 0x20 || *at == 0x7f || (n == 2 && at[0] == 0xc2 && at[1] < 0xa0)) {
			n = n == 0 ? 1 : n;
			for (size_t i = 0; i < n; i++) {
				const char escape[4] = {'\\', 'x', hex[at[i] >> 4], hex[at[i] & 15]};

				put(s, escape, sizeof(escape));
			}
		} else {
			put(s, (const char *)at, n);
		}
		at += n;
		left -= n;
	}
}

static void put_contexts(struct sink *s, const struct jail_error *err)
{
	unsigned n = err->ncontexts < JAIL_ERROR_CONTEXTS ? err->ncontexts : JAIL_ERROR_CONTEXTS;

	for (unsigned i = 0; i < n; i++) {
		put_text(s, i == 0 ? " (" : ", ");
		put_safe(s, err->context[i], sizeof(err->context[i]));
	}
	if (n > 0)
		put_text(s, ")");
}

size_t jail_error_format(const struct jail_error *err, char *buf, size_t size)
{
	struct sink s = {.buf = buf, .size = size};

	if (err->jail[0] != '\0') {
		put_safe(&s, err->jail, sizeof(err->jail));
		put_text(&s, ": ");
	}
	if (err->file[0] != '\0') {
		put_safe(&s, err->file, sizeof(err->file));
		if (err->line > 0) {
			char number[16];

			(void)snprintf(number, sizeof(number), ":%u", err->line);
			put_text(&s, number);
		}
		put_text(&s, ": ");
	}
	if (err->param[0] != '\0') {
		put_safe(&s, err->param, sizeof(err->param));
		put_text(&s, ": ");
	}
	if (err->what[0] != '\0')
		put_safe(&s, err->what, sizeof(err->what));
	else
		put_text(&s, err->errnum > 0 ? strerror(err->errnum) : "no error");
	put_contexts(&s, err);
	if (err->hint[0] != '\0') {
		put_text(&s, ": ");
		put_safe(&s, err->hint, sizeof(err->hint));
	}
	if (size > 0)
		buf[s.length < size ? s.length : size - 1] = '\0';
	return s.length;
}
