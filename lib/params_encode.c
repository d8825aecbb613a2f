/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * params_encode.c: a parameter set as bytes, as it is kept with the kernel's object, and back. Numbers are little
 * endian whatever the machine. The reader believes nothing: what it has not checked it does not use.
 *
 *   "JPRM", u32 version, u32 files, u32 parameters
 *   file:      u32 length, bytes
 *   parameter: u32 length, name, u32 values
 *   value:     u32 length, bytes, u32 file's number + 1 (0: none), u32 line
 */
#include <string.h>

#include "params_set.h"
#include "util.h"
#include "value.h"

#define MAGIC 0x4d52504au /* "JPRM" */
#define VERSION 1u
#define FILE_LENGTH_MAX 4096u

/* Where bytes go; with `at` NULL they are only counted. */
struct writer {
	unsigned char *at;
	size_t length;
};

static void put_u32(struct writer *w, uint32_t v)
{
	const unsigned char bytes[4] = {
	    (unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16), (unsigned char)(v >> 24)};

	if (w->at)
		memcpy(w->at + w->length, bytes, sizeof(bytes));
	w->length += sizeof(bytes);
}

static void put_text(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	put_u32(w, (uint32_t)n);
	if (w->at)
		memcpy(w->at + w->length, text, n);
	w->length += n;
}

static uint32_t file_number(const struct jail_params *p, const char *file)
{
	for (size_t i = 0; file && i < p->nfiles; i++) {
		if (p->files[i] == file)
			return (uint32_t)i + 1;
	}
	return 0;
}

static void write_set(struct writer *w, const struct jail_params *p)
{
	put_u32(w, MAGIC);
	put_u32(w, VERSION);
	put_u32(w, (uint32_t)p->nfiles);
	put_u32(w, (uint32_t)p->count);
	for (size_t i = 0; i < p->nfiles; i++)
		put_text(w, p->files[i]);
	for (size_t i = 0; i < p->count; i++) {
		const struct entry *e = &p->entries[i];

		put_text(w, e->row->name);
		put_u32(w, (uint32_t)e->count);
		for (size_t j = 0; j < e->count; j++) {
			put_text(w, e->values[j].text);
			put_u32(w, file_number(p, e->values[j].at.file));
			put_u32(w, e->values[j].at.line);
		}
	}
}

int params_encode(const struct jail_params *p, void **ret, size_t *ret_size)
{
	struct writer w = {NULL, 0};
	unsigned char *bytes;

	write_set(&w, p);
	if (w.length > UINT32_MAX)
		return -E2BIG;
	bytes = malloc(w.length);
	if (!bytes)
		return -ENOMEM;
	w = (struct writer){bytes, 0};
	write_set(&w, p);
	*ret = bytes;
	*ret_size = w.length;
	return 0;
}

/* What is left to read. */
struct reader {
	const unsigned char *at;
	size_t left;
};

static bool get_u32(struct reader *r, uint32_t *ret)
{
	if (r->left < 4)
		return false;
	*ret = (uint32_t)r->at[0] | (uint32_t)r->at[1] << 8 | (uint32_t)r->at[2] << 16 | (uint32_t)r->at[3] << 24;
	r->at += 4;
	r->left -= 4;
	return true;
}

/* A text of its own memory: 0, -ENOMEM, or -EBADMSG when it is too long, not there, or has a NUL inside. */
static int get_text(struct reader *r, uint32_t max, char **ret)
{
	uint32_t length;
	char *text;

	if (!get_u32(r, &length) || length > max || length > r->left || memchr(r->at, '\0', length))
		return -EBADMSG;
	text = malloc((size_t)length + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, r->at, length);
	text[length] = '\0';
	r->at += length;
	r->left -= length;
	*ret = text;
	return 0;
}

static int read_files(struct reader *r, struct jail_params *p, uint32_t count)
{
	/* Each takes four bytes at least: a count that can't be is not believed for a moment. */
	if (count > r->left / 4)
		return -EBADMSG;
	if (count > 0 && !(p->files = calloc(count, sizeof(*p->files))))
		return -ENOMEM;
	while (p->nfiles < count) {
		int e = get_text(r, FILE_LENGTH_MAX, &p->files[p->nfiles]);

		if (e < 0)
			return e;
		p->nfiles++;
	}
	return 0;
}

static int read_value(struct reader *r, const struct jail_params *p, const struct jail_param *row, struct value *ret)
{
	char settled[VALUE_TEXT_MAX];
	uint32_t file, line;
	char *text;
	int e = get_text(r, VALUE_LENGTH_MAX, &text);

	if (e < 0)
		return e;
	if (!get_u32(r, &file) || !get_u32(r, &line) || file > p->nfiles) {
		free(text);
		return -EBADMSG;
	}
	/* Only what settling would have written is what the writer can have written. */
	if (row->type != JAIL_TYPE_LIST && row->type != JAIL_TYPE_STRING &&
	    (value_settle(row, text, false, settled, NULL) < 0 || strcmp(settled, text) != 0)) {
		free(text);
		return -EBADMSG;
	}
	*ret = (struct value){text, {file > 0 ? p->files[file - 1] : NULL, line}};
	return 0;
}

static int read_values(
    struct reader *r, const struct jail_params *p, const struct jail_param *row, uint32_t count, struct value **ret)
{
	struct value *values = NULL;

	if (count > r->left / 12 || (row->type != JAIL_TYPE_LIST && count != 1))
		return -EBADMSG;
	if (count > 0 && !(values = calloc(count, sizeof(*values))))
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		int e = read_value(r, p, row, &values[i]);

		if (e < 0) {
			params_free_values(values, i);
			return e;
		}
	}
	*ret = values;
	return 0;
}

static int read_entry(struct reader *r, struct jail_params *p)
{
	const struct jail_param *row;
	struct value *values;
	uint32_t count;
	char *name;
	int e = get_text(r, 64, &name);

	if (e < 0)
		return e;
	row = jail_param_find(name);
	free(name);
	if (!row || params_entry(p, row) || !get_u32(r, &count))
		return -EBADMSG;
	e = read_values(r, p, row, count, &values);
	if (e < 0)
		return e;
	if (params_store(p, row, values, count, false) < 0) {
		params_free_values(values, count);
		return -ENOMEM;
	}
	return 0;
}

static int read_set(struct reader *r, struct jail_params *p)
{
	uint32_t magic, version, files, entries;
	int e;

	if (!get_u32(r, &magic) || magic != MAGIC || !get_u32(r, &version) || version != VERSION ||
	    !get_u32(r, &files) || !get_u32(r, &entries))
		return -EBADMSG;
	e = read_files(r, p, files);
	for (uint32_t i = 0; e == 0 && i < entries; i++)
		e = read_entry(r, p);
	return e == 0 && r->left > 0 ? -EBADMSG : e;
}

int params_decode(const void *bytes, size_t size, struct jail_params **ret)
{
	struct reader r = {bytes, size};
	struct jail_params *p;
	int e = jail_params_new(&p);

	if (e < 0)
		return e;
	e = read_set(&r, p);
	if (e < 0) {
		jail_params_free(p);
		return e;
	}
	*ret = p;
	return 0;
}
