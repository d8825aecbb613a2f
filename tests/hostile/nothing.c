/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nothing: does nothing, with success: the smallest program that a jail can run.
 */
int main(void)
{
	return 0;
}
