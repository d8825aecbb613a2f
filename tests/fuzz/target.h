/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.h: the frame of a fuzz target. With libFuzzer it declares the entry; without (FUZZ_REPLAY is the directory of
 * the seeds) it makes a program that runs every seed, or the files that are named to it, once: a test for any compiler.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(3): it has to hold with NDEBUG too. */
#define HOLDS(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* The input as a string; the caller's to free. */
static inline char *as_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	HOLDS(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#ifdef FUZZ_REPLAY
#include <dirent.h>
#include <limits.h>

static int replay(const char *path)
{
	uint8_t *data = malloc(1 << 20);
	FILE *f = fopen(path, "r");
	size_t size;

	if (!f || !data) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, 1 << 20, f);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *d = argc > 1 ? NULL : opendir(FUZZ_REPLAY);
	unsigned count = 0;
	int failed = 0;

	for (int i = 1; i < argc; i++, count++)
		failed |= replay(argv[i]);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[PATH_MAX];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", FUZZ_REPLAY, e->d_name);
		failed |= replay(path);
		count++;
	}
	if (d)
		(void)closedir(d);
	printf("%u inputs\n", count);
	return failed || count == 0;
}
#endif

#endif
