#!/bin/sh
# Debian as a room or a window finds it, as a tar on the standard output: a minimal system with its programs, its
# security updates, and without what it has no use for. Needs root, debootstrap and Debian's mirror; nothing of this
# machine goes in.
#     debian.sh room | debian.sh window
set -eu
umask 022
suite=bookworm
# Installed because a Debian system needs them to manage itself; the root of a room or window is never changed. What
# belongs to them and what they need goes as well; the list of what is installed stays, for those who scan images.
unwanted="adduser apt debian-archive-keyring e2fsprogs gpgv libapt-pkg6.0 libext2fs2 libss2 login logsave mount passwd
  sysvinit-utils"
case "$1" in
room)
  packages="less libstdc++6 media-types nano procps python3 python3-minimal tini tzdata"
  unwanted="$unwanted libgnutls30 libhogweed6 libnettle8 libp11-kit0 libtasn1-6"
  later=""
  home=/workspace/home
  ;;
window)
  packages="python3 python3-minimal tini tzdata"
  # Not by debootstrap, which cannot choose between alternatives. Xvnc needs the libraries that a room goes without.
  later="chromium fonts-dejavu-core tigervnc-standalone-server x11-xkb-utils"
  home=/tmp
  ;;
*) exit 2 ;;
esac

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT INT TERM
chmod 0755 "$root"
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} chroot "$root" "$@"
}

{
  debootstrap --variant=minbase --force-check-gpg --include="$(echo "$packages" | tr ' ' ',')" "$suite" "$root"
  # The same mirror as the rest; Debian keeps its updates in a suite and an archive of their own.
  sed -n "s|^deb \(.*\)/debian/* $suite \(.*\)|deb \1/debian-security $suite-security \2\ndeb \1/debian $suite-updates \2|p" \
    "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/updates.list"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  inside apt-get update -q
  inside apt-get upgrade -q -y
  # shellcheck disable=SC2086 # a list of names
  [ -z "$later" ] || inside apt-get install -q -y --no-install-recommends $later
  # shellcheck disable=SC2086 # a list of names
  inside dpkg --purge --force-all $unwanted
} >&2

cd "$root"
rm -rf boot home media mnt opt srv root/.[!.]* tmp/* run/* var/tmp/* var/cache/* var/log/* var/lib/apt var/backups
rm -rf usr/share/doc usr/share/info usr/share/man usr/share/locale usr/share/lintian usr/share/bug
rm -rf var/lib/dpkg/info/*.postinst var/lib/dpkg/info/*.prerm var/lib/dpkg/*-old
# Of the machine that built this: nothing. Of users: root, whose files these are, and the image's own.
rm -rf etc/apt etc/cron.* etc/init.d etc/rc*.d etc/systemd
rm -f etc/hostname etc/resolv.conf etc/machine-id etc/.pwd.lock etc/*- etc/shadow etc/gshadow etc/subuid etc/subgid
printf 'root:x:0:0:root:/:/usr/sbin/nologin\n%s:x:65534:65534:%s:%s:/bin/bash\n' "$1" "$1" "$home" >etc/passwd
printf 'root:x:0:\n%s:x:65534:\n' "$1" >etc/group
# No program gives anybody another user.
find . -xdev -type f \( -perm -4000 -o -perm -2000 \) -exec chmod ug-s {} +
# Who may start a program but not read it makes a process that shows nothing of itself: number 1 of every room.
chmod 0111 usr/bin/tini
if [ "$1" = room ]; then
  mkdir -p workspace/home
  chown 65534:65534 workspace/home
fi
tar -c --sort=name --numeric-owner --xattrs .
