#!/bin/sh
# Runs as root inside the new tree, after the set-up of the recipe it builds on.
set -eu

systemctl enable jupyter.service

# A file capability that machines do not have makes a program fail to start. ping needs none here: the host lets every
# group of a machine send echo requests (net.ipv4.ping_group_range).
if [ -n "$(getcap /usr/bin/ping)" ]; then setcap -r /usr/bin/ping; fi  # Debian 13 gives it none
