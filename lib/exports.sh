# SPDX-License-Identifier: BSD-2-Clause
#
# The linker's version script of libjail.so: the functions that jail.h declares, and nothing else. `exports.sh jail.h`
echo 'LIBJAIL_0 {'
echo 'global:'
sed -e 's,/\*.*\*/,,' -e '/\/\*/,/\*\//d' -e '/typedef/d' -e '/static inline/d' "$1" | grep -o 'jail_[a-z_]*(' | tr '(' ';' | sort -u
echo 'local:'
echo '*;'
echo '};'
