# SPDX-License-Identifier: BSD-2-Clause
#
# To be read by kernel.sh and system.sh: where this machine fetches its Debian from.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '/debian\/? / && $2 !~ /security/ { print $1; exit }')
