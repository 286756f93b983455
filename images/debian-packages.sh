#!/bin/sh
# The Debian packages Lockedroom stands on: installed when root, else named in one line.
# With the argument "docker" also those that rooms on Docker need.
set -eu
wanted="bubblewrap chromium e2fsprogs fonts-dejavu-core libseccomp2 postgresql python3-venv tigervnc-standalone-server util-linux"
if [ "${1:-}" = docker ]; then
  wanted="$wanted debian-archive-keyring debootstrap"
  command -v dockerd >/dev/null || wanted="$wanted docker.io" # not beside an engine of another maker
fi
missing=""
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Some Debian packages are missing. Run: sudo apt-get update && sudo apt-get install -y$missing" >&2
  exit 1
fi
echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -y -qq --no-install-recommends $missing >/dev/null
