/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy_test.c: the policy core: within() is an order, clamp() takes down to the greatest record below both, decide()
 * gives what the record says and nothing else. Small domains are enumerated whole, large ones are drawn at random from
 * a fixed seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <policy.h>

static uint64_t seed = 0x243f6a8885a308d3u;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

/* The record that has everything. */
static struct policy_record everything(void)
{
	struct policy_record r;

	memset(&r, 0, sizeof(r));
	r.version = POLICY_VERSION;
	r.size = sizeof(r);
	r.allow = POLICY_BIT(POLICY_P_COUNT) - 1;
	r.flags = POLICY_F_HOST_USERS | POLICY_F_HOST_NETWORK | POLICY_F_HOST_NAME;
	r.children_max = 1000;
	r.sysvmsg = r.sysvsem = r.sysvshm = POLICY_IPC_INHERIT;
	for (int i = 0; i < POLICY_L_COUNT; i++)
		r.limit[i] = POLICY_UNLIMITED;
	return r;
}

/* Few values a field, so that two records often compare; devices out of a handful of nodes. */
static struct policy_record drawn(void)
{
	struct policy_record r = everything();

	r.allow = 0;
	for (int i = 0; i < 3; i++)
		r.allow |= POLICY_BIT(draw(POLICY_P_COUNT));
	if (draw(3) == 0)
		r.allow = POLICY_BIT(POLICY_P_COUNT) - 1;
	r.flags = draw(16);
	r.securelevel = (int32_t)draw(4);
	r.enforce_statfs = draw(3);
	r.children_max = draw(3);
	r.users_base = draw(4) * 10 + draw(2) * (UINT32_MAX - 60);
	r.users_count = draw(4) * 10;
	r.sysvmsg = (uint8_t)draw(3);
	r.sysvsem = (uint8_t)draw(3);
	r.sysvshm = (uint8_t)draw(3);
	r.ndevices = draw(4) == 0 ? POLICY_DEVICES_MAX : draw(5);
	for (uint32_t i = 0; i < r.ndevices; i++) {
		r.device[i].major = draw(4) == 0 ? 1 : 10;
		r.device[i].minor = draw(4);
		r.device[i].access = draw(8);
	}
	if (draw(8) == 0)
		r.limit[draw(2) * (POLICY_L_COUNT - 1)] = draw(3);
	return r;
}

static bool within(const struct policy_record *a, const struct policy_record *b)
{
	return policy_within(a, b).allowed;
}

static struct policy_record clamped(const struct policy_record *c, const struct policy_record *p)
{
	struct policy_record r = *c;

	policy_clamp(&r, p);
	return r;
}

/* The laws, of three records. */
static void check_laws(const struct policy_record *a, const struct policy_record *b, const struct policy_record *c)
{
	struct policy_record ab = clamped(a, b), again = clamped(&ab, b), cb = clamped(c, b);

	assert_true(within(a, a));
	assert_true(within(&ab, b));
	assert_true(within(&ab, a));
	assert_memory_equal(&ab, &again, sizeof(ab));
	if (within(a, b) && within(b, c))
		assert_true(within(a, c));
	/* monotone, and the greatest below both */
	if (within(a, c))
		assert_true(within(&ab, &cb));
	if (within(c, a) && within(c, b))
		assert_true(within(c, &ab));
}

static void laws_at_random(void **state)
{
	unsigned comparable = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		struct policy_record a = drawn(), b = drawn(), c = drawn();

		/* Records at random seldom compare: take some down to one another, so that the laws say something. */
		if (draw(2) == 0)
			policy_clamp(&a, &b);
		if (draw(2) == 0)
			policy_clamp(draw(2) == 0 ? &b : &c, draw(2) == 0 ? &a : &b);
		comparable += within(&a, &b) && within(&b, &c);
		check_laws(&a, &b, &c);
	}
	assert_true(comparable > 1000);
}

/* One field at a time, all values of it against all others in all three places. */
static void laws_enumerated(void **state)
{
	static struct policy_record set[4096];
	size_t n = 0;

	(void)state;
	for (uint32_t flags = 0; flags < 16; flags++) {
		for (uint32_t base = 0; base < 3; base++) {
			for (uint32_t count = 0; count < 3; count++) {
				set[n] = everything();
				set[n].flags = flags;
				set[n].users_base = base;
				set[n++].users_count = count;
			}
		}
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < n; k += 5)
				check_laws(&set[i], &set[j], &set[k]);
	n = 0;
	for (uint32_t limit = 0; limit < POLICY_L_COUNT; limit++) {
		for (uint32_t value = 0; value < 3; value++) {
			set[n] = everything();
			set[n++].limit[limit] = value == 2 ? POLICY_UNLIMITED : value;
		}
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < n; k += 7)
				check_laws(&set[i], &set[j], &set[k]);
	n = 0;
	for (uint32_t i = 0; i < 3 * 3 * 4 * 3; i++) {
		set[n] = everything();
		set[n].sysvmsg = (uint8_t)(i % 3);
		set[n].sysvshm = (uint8_t)(i / 3 % 3);
		set[n].securelevel = (int32_t)(i / 9 % 4);
		set[n++].enforce_statfs = i / 36;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < n; k += 7)
				check_laws(&set[i], &set[j], &set[k]);
}

/* Two entries for one node, every access against every other. */
static void laws_devices(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 8 * 8 * 8 * 8; i++) {
		struct policy_record a = everything(), b = everything(), c = everything();

		a.ndevices = b.ndevices = 2;
		c.ndevices = 1;
		a.device[0] = (struct policy_device){10, 232, i % 8};
		a.device[1] = (struct policy_device){10, 232, i / 8 % 8};
		b.device[0] = (struct policy_device){10, 232, i / 64 % 8};
		b.device[1] = (struct policy_device){10, 232, i / 512};
		c.device[0] = (struct policy_device){10, 232, i % 8};
		check_laws(&a, &b, &c);
		check_laws(&c, &a, &b);
	}
}

static void each_rule_is_named(void **state)
{
	const struct policy_record top = everything();
	struct policy_record child, parent;

	(void)state;
#define BROKEN(rule_, ...)                                                                                             \
	do {                                                                                                           \
		child = top;                                                                                           \
		parent = top;                                                                                          \
		__VA_ARGS__;                                                                                           \
		assert_false(policy_within(&child, &parent).allowed);                                                  \
		assert_int_equal(policy_within(&child, &parent).rule, rule_);                                          \
	} while (0)
	BROKEN(POLICY_R_ALLOW, parent.allow &= ~POLICY_BIT(POLICY_P_MLOCK));
	assert_int_equal(policy_within(&child, &parent).detail, POLICY_P_MLOCK);
	BROKEN(POLICY_R_READONLY, parent.flags |= POLICY_F_READONLY);
	BROKEN(POLICY_R_EVERYBODY, parent.flags |= POLICY_F_EVERYBODY);
	BROKEN(POLICY_R_HOST_USERS, parent.flags &= ~POLICY_F_HOST_USERS);
	BROKEN(POLICY_R_NETWORK, parent.flags &= ~POLICY_F_HOST_NETWORK);
	BROKEN(POLICY_R_HOSTNAME, parent.flags &= ~POLICY_F_HOST_NAME);
	BROKEN(POLICY_R_SECURELEVEL, parent.securelevel = 1);
	BROKEN(POLICY_R_ENFORCE_STATFS, parent.enforce_statfs = 1);
	BROKEN(POLICY_R_CHILDREN_MAX, parent.children_max = 3);
	BROKEN(POLICY_R_IPC, parent.sysvsem = POLICY_IPC_NEW);
	assert_int_equal(policy_within(&child, &parent).detail, 1);
	BROKEN(POLICY_R_VERSION, parent.version++);
	BROKEN(POLICY_R_VERSION, child.version++);
	BROKEN(POLICY_R_DEVICES, child.ndevices = 1; child.device[0] = (struct policy_device){7, 7, POLICY_DEV_READ});
	BROKEN(POLICY_R_LIMIT, parent.limit[POLICY_L_NSHM] = 7);
	assert_int_equal(policy_within(&child, &parent).detail, POLICY_L_NSHM);
	BROKEN(POLICY_R_USERS, child.flags = parent.flags = 0; parent.users_base = 100; parent.users_count = 10;
	       child.users_base = 105; child.users_count = 6);
	child.users_count = 5;
	assert_true(within(&child, &parent));
	/* an end beyond 32 bits does not wrap round to a small one */
	child.users_base = UINT32_MAX;
	child.users_count = UINT32_MAX;
	assert_false(within(&child, &parent));
}

/* Whatever is not understood has nothing and can do nothing. */
static void damaged_records(void **state)
{
	const struct policy_record top = everything();

	(void)state;
	for (size_t at = 0; at < 44; at++) {
		for (int bit = 0; bit < 8; bit++) {
			struct policy_record r = top, c;
			struct policy_object o = {.number = POLICY_P_MLOCK};
			struct policy_subject s = {&r, 1};

			((unsigned char *)&r)[at] ^= (unsigned char)(1u << bit);
			c = clamped(&r, &top);
			assert_true(within(&c, &top));
			c = clamped(&top, &r);
			assert_true(!within(&r, &r) || within(&c, &r));
			if (!within(&r, &r)) {
				assert_int_equal(c.allow, 0);
				assert_int_equal(policy_decide(s, POLICY_OP_PRIVILEGE, &o).rule, POLICY_R_VERSION);
				assert_false(policy_decide(s, POLICY_OP_PRIVILEGE, &o).allowed);
			}
		}
	}
	for (uint32_t n = POLICY_DEVICES_MAX + 1; n != 0; n <<= 1) {
		struct policy_record r = top, c;

		r.ndevices = n;
		assert_false(within(&r, &r));
		c = clamped(&r, &top);
		assert_int_equal(c.ndevices, 0);
	}
}

static struct policy_verdict privilege(const struct policy_record *r, uint64_t p)
{
	struct policy_object o = {.number = p};

	return policy_decide((struct policy_subject){r, 1}, POLICY_OP_PRIVILEGE, &o);
}

static void decide_privileges(void **state)
{
	struct policy_record r = everything();

	(void)state;
	r.flags = 0;
	for (unsigned p = 0; p < POLICY_P_COUNT; p++) {
		r.allow = POLICY_BIT(POLICY_P_COUNT) - 1;
		assert_true(privilege(&r, p).allowed);
		r.allow &= ~POLICY_BIT(p);
		assert_false(privilege(&r, p).allowed);
		assert_int_equal(privilege(&r, p).rule, POLICY_R_ALLOW);
		assert_int_equal(privilege(&r, p).detail, p);
		/* nothing that a parent lacks comes back by clamping */
		struct policy_record c = everything();
		policy_clamp(&c, &r);
		assert_false(privilege(&c, p).allowed);
	}
	assert_int_equal(privilege(&r, POLICY_P_COUNT).rule, POLICY_R_NEVER);
	assert_int_equal(privilege(&r, 64).rule, POLICY_R_NEVER);
	assert_int_equal(privilege(&r, UINT64_MAX).rule, POLICY_R_NEVER);
	assert_int_equal(privilege(&r, ((uint64_t)1 << 32) + POLICY_P_MLOCK).rule, POLICY_R_NEVER);
}

static void decide_combinations(void **state)
{
	struct policy_record r = everything();

	(void)state;
	assert_int_equal(privilege(&r, POLICY_P_MOUNT_TMPFS).rule, POLICY_R_HOST_USERS);
	assert_int_equal(privilege(&r, POLICY_P_SET_HOSTNAME).rule, POLICY_R_HOST_USERS);
	assert_int_equal(privilege(&r, POLICY_P_KEYRING).rule, POLICY_R_HOST_USERS);
	r.flags = POLICY_F_HOST_NAME | POLICY_F_HOST_NETWORK;
	assert_true(privilege(&r, POLICY_P_KEYRING).allowed);
	assert_int_equal(privilege(&r, POLICY_P_SET_HOSTNAME).rule, POLICY_R_HOSTNAME);
	assert_int_equal(privilege(&r, POLICY_P_ROUTING).rule, POLICY_R_NETWORK);
	r.flags = 0;
	assert_true(privilege(&r, POLICY_P_MOUNT_TMPFS).allowed);
	r.enforce_statfs = 2;
	assert_int_equal(privilege(&r, POLICY_P_MOUNT_TMPFS).rule, POLICY_R_ENFORCE_STATFS);
	assert_int_equal(privilege(&r, POLICY_P_MOUNT).rule, POLICY_R_ENFORCE_STATFS);
	r.enforce_statfs = 1;
	r.allow &= ~POLICY_BIT(POLICY_P_MOUNT);
	assert_false(privilege(&r, POLICY_P_MOUNT_TMPFS).allowed);
	assert_int_equal(privilege(&r, POLICY_P_MOUNT_TMPFS).detail, POLICY_P_MOUNT);
	assert_true(privilege(&r, POLICY_P_IO_URING).allowed);
	r.allow &= ~POLICY_BIT(POLICY_P_SOCKET_AF);
	assert_false(privilege(&r, POLICY_P_IO_URING).allowed);
	assert_int_equal(privilege(&r, POLICY_P_IO_URING).detail, POLICY_P_SOCKET_AF);
	for (int level = 0; level <= 3; level++) {
		r.securelevel = level;
		assert_int_equal(privilege(&r, POLICY_P_CHFLAGS).allowed, level < 1);
		assert_int_equal(privilege(&r, POLICY_P_BPF).allowed, level < 1);
		assert_int_equal(privilege(&r, POLICY_P_SETTIME).allowed, level < 2);
		assert_int_equal(privilege(&r, POLICY_P_ROUTING).allowed, level < 3);
		assert_true(privilege(&r, POLICY_P_RAW_SOCKETS).allowed);
	}
}

static struct policy_verdict device(const struct policy_record *r, uint32_t major, uint32_t minor, uint32_t access)
{
	struct policy_object o = {.device = {major, minor, access}};

	return policy_decide((struct policy_subject){r, 1}, POLICY_OP_DEVICE, &o);
}

static void decide_devices(void **state)
{
	static const struct {
		uint32_t major, minor;
	} standard[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}, {136, 0}, {143, 255}};
	const uint32_t rw = POLICY_DEV_READ | POLICY_DEV_WRITE;
	struct policy_record r = everything();

	(void)state;
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++) {
		assert_true(device(&r, standard[i].major, standard[i].minor, rw).allowed);
		assert_false(device(&r, standard[i].major, standard[i].minor, rw | POLICY_DEV_BLOCK).allowed);
		assert_false(device(&r, standard[i].major, standard[i].minor, 0).allowed);
	}
	/* memory, ports, kernel messages, the console, disks */
	assert_false(device(&r, 1, 1, POLICY_DEV_READ).allowed);
	assert_false(device(&r, 1, 4, POLICY_DEV_READ).allowed);
	assert_false(device(&r, 1, 11, POLICY_DEV_READ).allowed);
	assert_false(device(&r, 5, 1, POLICY_DEV_WRITE).allowed);
	assert_false(device(&r, 8, 0, POLICY_DEV_READ | POLICY_DEV_BLOCK).allowed);
	assert_false(device(&r, 144, 0, POLICY_DEV_READ).allowed);

	r.ndevices = 3;
	r.device[0] = (struct policy_device){10, 232, POLICY_DEV_READ};
	r.device[1] = (struct policy_device){10, 232, POLICY_DEV_WRITE};
	r.device[2] = (struct policy_device){8, 0, rw | POLICY_DEV_BLOCK};
	assert_true(device(&r, 10, 232, rw).allowed);
	assert_false(device(&r, 10, 232, POLICY_DEV_READ | POLICY_DEV_BLOCK).allowed);
	assert_false(device(&r, 10, 233, POLICY_DEV_READ).allowed);
	assert_false(device(&r, 10, 232, 8 | POLICY_DEV_READ).allowed);
	assert_true(device(&r, 8, 0, POLICY_DEV_WRITE | POLICY_DEV_BLOCK).allowed);
	r.securelevel = 2;
	assert_int_equal(device(&r, 8, 0, POLICY_DEV_WRITE | POLICY_DEV_BLOCK).rule, POLICY_R_SECURELEVEL);
	assert_true(device(&r, 8, 0, POLICY_DEV_READ | POLICY_DEV_BLOCK).allowed);
	r.ndevices = 1; /* what is behind the last one counts for nothing */
	assert_false(device(&r, 10, 232, rw).allowed);
}

static void decide_others(void **state)
{
	const struct policy_record r = everything();
	struct policy_subject jail = {&r, 7}, host = {NULL, 0};
	struct policy_object o = {.jail = 7};

	(void)state;
	assert_true(policy_decide(jail, POLICY_OP_SIGNAL, &o).allowed);
	assert_false(policy_decide(jail, POLICY_OP_CHANGE, &o).allowed);
	o.jail = 8;
	assert_int_equal(policy_decide(jail, POLICY_OP_SIGNAL, &o).rule, POLICY_R_OTHER_JAIL);
	assert_false(policy_decide(jail, POLICY_OP_SIGNAL, &o).allowed);
	assert_false(policy_decide(jail, POLICY_OP_CHANGE, &o).allowed);
	assert_true(policy_decide(host, POLICY_OP_CHANGE, &o).allowed);
	o.descendant = true;
	assert_true(policy_decide(jail, POLICY_OP_SIGNAL, &o).allowed);
	assert_true(policy_decide(jail, POLICY_OP_CHANGE, &o).allowed);
	o.jail = 0; /* the host is nobody's descendant, whatever is said */
	assert_false(policy_decide(jail, POLICY_OP_SIGNAL, &o).allowed);
	/* neither half a host nor half a jail */
	assert_false(policy_decide((struct policy_subject){NULL, 7}, POLICY_OP_SIGNAL, &o).allowed);
	assert_false(policy_decide((struct policy_subject){&r, 0}, POLICY_OP_SIGNAL, &o).allowed);
	assert_false(policy_decide(jail, (enum policy_operation)99, &o).allowed);
}

static void decide_children(void **state)
{
	struct policy_record r = everything();
	struct policy_object o = {0};

	(void)state;
	r.children_max = 2;
	for (uint64_t n = 0; n < 5; n++) {
		o.number = n;
		assert_int_equal(
		    policy_decide((struct policy_subject){&r, 1}, POLICY_OP_CHILD_CREATE, &o).allowed, n < 2);
	}
	o.number = (uint64_t)1 << 32;
	assert_false(policy_decide((struct policy_subject){&r, 1}, POLICY_OP_CHILD_CREATE, &o).allowed);
}

static void names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < POLICY_P_COUNT; i++) {
		assert_non_null(policy_privilege_name((enum policy_privilege)i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(policy_privilege_name((enum policy_privilege)i),
			    policy_privilege_name((enum policy_privilege)j));
	}
	assert_string_equal(policy_privilege_name(POLICY_P_MOUNT_TMPFS), "mount.tmpfs");
	assert_string_equal(policy_privilege_name(POLICY_P_COUNT), "unknown");
	for (unsigned i = 0; i <= POLICY_R_LIMIT; i++)
		assert_string_not_equal(policy_rule_name((enum policy_rule)i), "unknown");
	assert_string_equal(policy_rule_name((enum policy_rule)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(laws_at_random),
	    cmocka_unit_test(laws_enumerated),
	    cmocka_unit_test(laws_devices),
	    cmocka_unit_test(each_rule_is_named),
	    cmocka_unit_test(damaged_records),
	    cmocka_unit_test(decide_privileges),
	    cmocka_unit_test(decide_combinations),
	    cmocka_unit_test(decide_devices),
	    cmocka_unit_test(decide_others),
	    cmocka_unit_test(decide_children),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
