/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * life_test.c: the library as a long-lived program uses it: jails are created, looked at, changed, entered, watched and
 * removed, from several threads, and nothing of that stays in the program: no descriptor, no process. Needs root and an
 * installed jail-init; jails are called uPID-N.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jail.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 4
#define ROUNDS 8

static char root[64], prefix[32];

/* ------------------------------------------------------------------------------------------------------- helpers */

static unsigned count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* Also those that send no signal when they end. */
static bool has_children(void)
{
	siginfo_t info = {0};

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

static void name_of(unsigned n, char ret[64])
{
	(void)snprintf(ret, 64, "%s-%u", prefix, n);
}

static struct jail_params *describe(const char *name)
{
	struct jail_params *p = NULL;
	struct jail_error err;

	assert_int_equal(jail_params_new(&p), 0);
	assert_int_equal(jail_params_set(p, "name", name, &err), 0);
	assert_int_equal(jail_params_set(p, "path", root, &err), 0);
	assert_int_equal(jail_params_set_bool(p, "persist", true, &err), 0);
	return p;
}

static int create(const char *name, int *ret_jid)
{
	struct jail_error err = {0};
	struct jail_params *p = describe(name);
	int r = jail_create(p, NULL, ret_jid, &err);

	jail_params_free(p);
	if (r < 0 && r != -EEXIST)
		print_error("%s: %s\n", name, err.what);
	return r;
}

static bool listed(const char *name)
{
	struct jail_list *l = NULL;
	struct jail_error err;
	bool found = false;

	assert_int_equal(jail_list(0, &l, &err), 0);
	for (size_t i = 0; i < jail_list_count(l); i++) {
		const char *is = "";

		assert_int_equal(jail_params_get(jail_list_at(l, i), "name", &is), 0);
		found = found || strcmp(is, name) == 0;
	}
	jail_list_free(l);
	return found;
}

static int run(const char *name, const char *program)
{
	char path[64];
	char *argv[] = {path, NULL};
	const struct jail_exec x = {.argv = argv};
	struct jail_error err;
	int status = -1, r;

	(void)snprintf(path, sizeof(path), "%s", program);
	r = jail_exec(name, &x, &status, &err);
	return r < 0 ? r : status;
}

/* The next event of that jail, among those of others on this machine. */
static int next_event(struct jail_events *e, const char *name, struct jail_event *ret)
{
	struct jail_error err;
	int r;

	do
		r = jail_events_next(e, 5000, ret, &err);
	while (r == 0 && strcmp(ret->name, name) != 0);
	return r;
}

/* --------------------------------------------------------------------------------------------------------- tests */

static void whole_life(void **state)
{
	unsigned before = count_descriptors();
	struct jail_params *p = NULL, *changes = NULL;
	struct jail_error err = {0};
	const char *value = NULL;
	char name[64], number[16];
	int jid = 0, fd = -1;

	(void)state;
	name_of(0, name);
	assert_int_equal(create(name, &jid), 0);
	assert_true(jid > 0);
	assert_int_equal(create(name, NULL), -EEXIST);
	assert_true(listed(name));

	(void)snprintf(number, sizeof(number), "%d", jid);
	assert_int_equal(jail_get(number, &p, &err), 0);
	assert_int_equal(jail_params_get(p, "name", &value), 0);
	assert_string_equal(value, name);
	assert_int_equal(jail_params_get(p, "path", &value), 0);
	assert_string_equal(value, root);
	jail_params_free(p);

	assert_int_equal(run(name, "/bin/true"), 0);
	assert_int_equal(run(name, "/bin/none"), -ENOENT);
	assert_int_equal(run(number, "/bin/true"), 0);

	assert_int_equal(jail_params_new(&changes), 0);
	assert_int_equal(jail_params_set(changes, "host.hostname", "changed.example", &err), 0);
	assert_int_equal(jail_modify(name, changes, NULL, &err), 0);
	jail_params_free(changes);
	assert_int_equal(jail_get(name, &p, &err), 0);
	assert_int_equal(jail_params_get(p, "host.hostname", &value), 0);
	assert_string_equal(value, "changed.example");
	jail_params_free(p);

	assert_int_equal(jail_open(name, &fd, &err), 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0), 0);
	assert_int_equal(jail_remove(name, NULL, &err), 0);
	assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1);
	(void)close(fd);
	assert_false(listed(name));
	assert_int_equal(jail_get(name, &p, &err), -ENOENT);
	assert_int_equal(jail_remove(name, NULL, &err), -ENOENT);
	assert_int_equal(run(name, "/bin/true"), -ENOENT);

	assert_int_equal(count_descriptors(), before);
	assert_false(has_children());
}

static void commands(void **state)
{
	unsigned before = count_descriptors();
	struct jail_params *p = NULL;
	struct jail_error err = {0};
	int status = -1;
	char name[64];

	(void)state;
	name_of(1, name);
	for (unsigned init = 0; init < 2; init++) {
		assert_int_equal(jail_params_new(&p), 0);
		assert_int_equal(jail_params_set(p, "name", name, &err), 0);
		assert_int_equal(jail_params_set(p, "path", root, &err), 0);
		assert_int_equal(jail_params_set_bool(p, "exec.init", init == 1, &err), 0);
		/* Neither persist nor a command: refused, and nothing is there. */
		assert_int_equal(jail_start(p, NULL, &status, &err), -EINVAL);
		assert_int_equal(status, -1);
		assert_int_equal(jail_params_set(p, "command", "/bin/true", &err), 0);
		assert_int_equal(jail_start(p, NULL, &status, &err), 0);
		assert_int_equal(status, 0);
		assert_false(listed(name));
		jail_params_free(p);
		status = -1;
	}
	assert_int_equal(count_descriptors(), before);
	assert_false(has_children());
}

static void events(void **state)
{
	unsigned before = count_descriptors();
	struct jail_events *e = NULL;
	struct jail_event event = {0};
	struct jail_params *changes = NULL, *p = NULL;
	struct jail_error err = {0};
	char name[64];
	int64_t pid = 0;

	(void)state;
	name_of(2, name);
	assert_int_equal(jail_events_open(&e, &err), 0);
	assert_int_equal(create(name, NULL), 0);
	assert_int_equal(next_event(e, name, &event), 0);
	assert_int_equal(event.type, JAIL_EVENT_CREATED);

	assert_int_equal(jail_params_new(&changes), 0);
	assert_int_equal(jail_params_set(changes, "meta", "a=b", &err), 0);
	assert_int_equal(jail_modify(name, changes, NULL, &err), 0);
	jail_params_free(changes);
	assert_int_equal(next_event(e, name, &event), 0);
	assert_int_equal(event.type, JAIL_EVENT_CHANGED);

	/* Its first process is killed from outside: it is over, whoever has noticed. */
	assert_int_equal(jail_get(name, &p, &err), 0);
	assert_int_equal(jail_params_get_int(p, "pid", &pid), 0);
	jail_params_free(p);
	assert_true(pid > 1);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
	do
		assert_int_equal(next_event(e, name, &event), 0);
	while (event.type == JAIL_EVENT_CHANGED);
	/* Another program on this machine may already have taken it away. */
	if (event.type != JAIL_EVENT_REMOVED)
		assert_int_equal(event.type, JAIL_EVENT_EMPTY);
	assert_false(listed(name));
	assert_int_equal(run(name, "/bin/true"), -ENOENT);

	/* What has ended is taken away. */
	assert_int_equal(jail_sweep(&err), 0);
	while (event.type != JAIL_EVENT_REMOVED) {
		assert_int_equal(next_event(e, name, &event), 0);
		assert_int_not_equal(event.type, JAIL_EVENT_CREATED);
	}
	jail_events_close(e);
	assert_int_equal(count_descriptors(), before);
	/* Another program on this machine that took it away first could not know whose child its process was. */
	(void)waitpid((pid_t)pid, NULL, __WALL | WNOHANG);
	assert_false(has_children());
}

/* A limit that is reached is an event, and counted. */
static void limits(void **state)
{
	struct jail_events *e = NULL;
	struct jail_event event;
	struct jail_params *p = NULL;
	struct jail_error err = {0};
	char name[64];

	(void)state;
	name_of(4, name);
	assert_int_equal(jail_events_open(&e, &err), 0);
	assert_int_equal(jail_params_new(&p), 0);
	assert_int_equal(jail_params_set(p, "name", name, &err), 0);
	assert_int_equal(jail_params_set(p, "path", root, &err), 0);
	assert_int_equal(jail_params_set_bool(p, "persist", true, &err), 0);
	assert_int_equal(jail_params_set(p, "limit.wallclock", "1:log", &err), 0);
	assert_int_equal(jail_create(p, NULL, NULL, &err), 0);
	jail_params_free(p);
	do
		assert_int_equal(next_event(e, name, &event), 0);
	while (event.type != JAIL_EVENT_LIMIT);
	assert_int_equal(jail_get(name, &p, &err), 0);
	assert_string_equal(jail_params_item(p, "limit.hits", 0), "wallclock:log=1");
	jail_params_free(p);
	assert_int_equal(jail_remove(name, NULL, &err), 0);
	jail_events_close(e);
}

/* The name of one that has ended is free. */
static void over(void **state)
{
	struct jail_params *p = NULL;
	struct jail_error err = {0};
	char name[64];
	int64_t pid[5] = {0};

	(void)state;
	name_of(3, name);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(create(name, NULL), 0);
		assert_int_equal(jail_get(name, &p, &err), 0);
		assert_int_equal(jail_params_get_int(p, "pid", &pid[i]), 0);
		jail_params_free(p);
		assert_int_equal(kill((pid_t)pid[i], SIGKILL), 0);
		assert_int_equal(waitid(P_PID, (id_t)pid[i], &(siginfo_t){0}, WEXITED | WNOWAIT | __WALL), 0);
	}
	assert_int_equal(jail_sweep(&err), 0);
	/* As above. */
	for (unsigned i = 0; i < 5; i++)
		(void)waitpid((pid_t)pid[i], NULL, __WALL | WNOHANG);
	assert_false(has_children());
}

/* Another program removes our jail: the next call takes away what is left of it here. */
static void removed_by_others(void **state)
{
	struct jail_error err = {0};
	char name[64];
	int status;
	pid_t other;

	(void)state;
	name_of(7, name);
	assert_int_equal(create(name, NULL), 0);
	other = fork();
	assert_true(other >= 0);
	if (other == 0)
		_exit(jail_remove(name, NULL, &err) == 0 ? 0 : 1);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
	assert_true(has_children());
	assert_int_equal(jail_sweep(&err), 0);
	assert_false(has_children());
}

/* One that ends by itself while nobody looks is over, and its first process does not stay ours for ever. */
static void unseen(void **state)
{
	struct timespec pause = {.tv_nsec = 10000000};
	struct jail_params *p = NULL;
	struct jail_error err = {0};
	char name[64];

	(void)state;
	name_of(4, name);
	assert_int_equal(jail_params_new(&p), 0);
	assert_int_equal(jail_params_set(p, "name", name, &err), 0);
	assert_int_equal(jail_params_set(p, "path", "/", &err), 0);
	assert_int_equal(jail_params_set(p, "path.volatile", "1m", &err), 0);
	assert_int_equal(jail_params_set(p, "exec.start", "sleep 0.3 >/dev/null 2>&1 &", &err), 0);
	assert_int_equal(jail_start(p, NULL, NULL, &err), 0);
	jail_params_free(p);
	assert_true(has_children());
	for (unsigned i = 0; listed(name); i++) {
		assert_in_range(i, 0, 1000);
		(void)nanosleep(&pause, NULL);
	}
	assert_int_equal(jail_sweep(&err), 0);
	assert_false(has_children());
}

struct worker {
	unsigned number, failed, made;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct jail_error err;
	char name[64];

	name_of(10 + w->number, name);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct jail_params *p = NULL;
		const char *is = "";

		w->failed += create(name, NULL) != 0;
		w->failed +=
		    jail_get(name, &p, &err) != 0 || jail_params_get(p, "name", &is) != 0 || strcmp(is, name) != 0;
		jail_params_free(p);
		w->failed += run(name, "/bin/true") != 0;
		w->failed += create(name, NULL) != -EEXIST;
		w->failed += jail_remove(name, NULL, &err) != 0;
		w->failed += jail_get(name, &p, &err) != -ENOENT;
	}
	return NULL;
}

static void *make_one(void *arg)
{
	struct worker *w = arg;
	char name[64];

	name_of(5, name);
	switch (create(name, NULL)) {
	case 0:
		w->made++;
		break;
	case -EEXIST:
		break;
	default:
		w->failed++;
	}
	return NULL;
}

static void run_threads(struct worker w[THREADS], void *(*fn)(void *arg))
{
	pthread_t t[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, fn, &w[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(w[i].failed, 0);
}

static void threads(void **state)
{
	unsigned before = count_descriptors();
	struct worker w[THREADS] = {{0}};

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		w[i].number = i;
	run_threads(w, work);
	assert_int_equal(count_descriptors(), before);
	assert_false(has_children());
}

/* Of those who want one name at once one gets it. */
static void one_name(void **state)
{
	struct jail_error err;
	char name[64];

	(void)state;
	name_of(5, name);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct worker w[THREADS] = {{0}};
		unsigned made = 0;

		run_threads(w, make_one);
		for (unsigned i = 0; i < THREADS; i++)
			made += w[i].made;
		assert_int_equal(made, 1);
		assert_int_equal(jail_remove(name, NULL, &err), 0);
	}
	assert_false(has_children());
}

static const char *const changed[THREADS] = {"host.hostname", "host.domainname", "stop.timeout", "meta"};

static void value_of(unsigned number, unsigned round, char ret[32])
{
	(void)snprintf(ret, 32, strcmp(changed[number], "meta") == 0 ? "k=%u" : "%u", round);
}

static void *change(void *arg)
{
	struct worker *w = arg;
	char name[64], value[32];

	name_of(6, name);
	for (unsigned i = 1; i <= ROUNDS; i++) {
		struct jail_params *p = NULL;
		struct jail_error err;

		value_of(w->number, i, value);
		if (jail_params_new(&p) < 0 || jail_params_set(p, changed[w->number], value, &err) < 0 ||
		    jail_modify(name, p, NULL, &err) < 0)
			w->failed++;
		jail_params_free(p);
	}
	return NULL;
}

/* Changes of one jail at once: none is lost. */
static void one_jail(void **state)
{
	struct worker w[THREADS] = {{0}};
	struct jail_params *p = NULL;
	struct jail_error err;
	char name[64], value[32];

	(void)state;
	name_of(6, name);
	assert_int_equal(create(name, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		w[i].number = i;
	run_threads(w, change);
	assert_int_equal(jail_get(name, &p, &err), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		const char *is = "";

		value_of(i, ROUNDS, value);
		assert_int_equal(jail_params_get(p, changed[i], &is), 0);
		assert_string_equal(is, value);
	}
	jail_params_free(p);
	assert_int_equal(jail_remove(name, NULL, &err), 0);
}

/* ------------------------------------------------------------------------------------------------------- fixture */

static int copy_program(void)
{
	char path[128];
	struct stat st;
	int in = open(TEST_BUILD_DIR "/tests/hostile/nothing", O_RDONLY | O_CLOEXEC), out = -1, r = -1;

	(void)snprintf(path, sizeof(path), "%s/bin/true", root);
	if (in >= 0 && fstat(in, &st) == 0)
		out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (out >= 0)
		r = sendfile(out, in, NULL, (size_t)st.st_size) == st.st_size ? 0 : -1;
	if (in >= 0)
		(void)close(in);
	if (out >= 0)
		(void)close(out);
	return r;
}

static const char *const dirs[] = {"bin", "dev", "proc", "sys"};

static int set_up(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(prefix, sizeof(prefix), "u%d", (int)getpid());
	(void)snprintf(root, sizeof(root), "/tmp/life.XXXXXX");
	if (mkdtemp(root) == NULL || chmod(root, 0755) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	return copy_program();
}

static int tear_down(void **state)
{
	char path[128], name[64];
	struct jail_error err;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		name_of(i, name);
		(void)jail_remove(name, NULL, &err);
	}
	(void)snprintf(path, sizeof(path), "%s/bin/true", root);
	(void)unlink(path);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		(void)rmdir(path);
	}
	return rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_life),
	    cmocka_unit_test(commands),
	    cmocka_unit_test(events),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(over),
	    cmocka_unit_test(removed_by_others),
	    cmocka_unit_test(unseen),
	    cmocka_unit_test(threads),
	    cmocka_unit_test(one_name),
	    cmocka_unit_test(one_jail),
	};

	if (geteuid() != 0 || access(JAIL_LIBEXECDIR "/jail-init", X_OK) < 0) {
		print_message("needs root and an installed jail-init: skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
