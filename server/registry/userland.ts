import type { ImageEntry, Userland } from './image.js';

/** Applets of busybox 1.36 that learners meet. */
const BUSYBOX = `[ [[ arch arp arping ash awk base64 basename bc cat chgrp chmod chown chroot cksum clear cmp comm cp
  cut date dd df diff dirname dmesg dnsdomainname du echo ed env expand expr factor false find fold free ftpget getopt
  grep gunzip gzip head hexdump host hostid hostname httpd id ifconfig install ip ipaddr ipcalc ipcrm ipcs iplink
  ipneigh iproute kill killall less link ln logger login ls lsof md5sum mkdir mkfifo mknod mktemp more mount mv nc
  netstat nice nl nohup nproc nslookup od paste pgrep pidof ping ping6 pkill printenv printf ps pstree pwd readlink
  realpath renice reset rev rm rmdir route sed seq setsid sh sha1sum sha256sum sha512sum shred shuf sleep sort split
  ss ssl_client stat stty su sum sync sysctl tac tail tar tee telnet telnetd test tftp time timeout top touch tr
  traceroute traceroute6 true truncate tty ulimit umount uname uniq unlink unzip uptime usleep vi watch wc wget which
  who whoami xargs xxd yes`;

/** Commands of debian's base system: no ping, curl, nc, ip or nslookup until somebody installs them. */
const DEBIAN = `[ apt apt-get arch awk base32 base64 basename bash cat chgrp chmod chown chroot cksum clear cmp comm cp
  csplit cut dash date dd df diff dir dirname dmesg dnsdomainname dpkg du echo egrep env expand expr factor false fgrep
  find findmnt fmt fold free getconf getent getopt grep groups gunzip gzip head hostid hostname iconv id install ipcmk
  ipcrm ipcs join kill ldd link ln logger login logname ls lsblk lsipc lsns mawk md5sum mkdir mkfifo mknod mktemp more mount mv nice
  nl nohup nproc nsenter numfmt od paste pathchk perl pinky pr printenv printf ptx pwd readlink realpath rm rmdir sed
  seq setpriv setsid sh sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty su
  sum sync tac tail tar tee test timeout touch tr true truncate tsort tty umount uname uniq unlink unshare users vdir
  wc wdctl which who whoami xargs yes`;

const ALPINE = `${BUSYBOX} apk getent`;

const COMMANDS: Readonly<Record<Userland, ReadonlySet<string>>> = {
  scratch: new Set(),
  distroless: new Set(),
  busybox: new Set(BUSYBOX.split(/\s+/)),
  alpine: new Set(ALPINE.split(/\s+/)),
  debian: new Set(DEBIAN.split(/\s+/)),
  any: new Set(),
};

/** Podnet's own commands, in every image that has a userland: Linux has no command for POSIX message queues. */
const OWN = new Set(['mq']);

/** Whether a process of this image can execute a name, by PATH, or by its path. A path counts by its last part. */
export function hasExecutable(image: ImageEntry, argv0: string): boolean {
  if (image.userland === 'any') return true;
  const name = argv0.slice(argv0.lastIndexOf('/') + 1);
  const commands = COMMANDS[image.userland];
  if (image.executables.includes(argv0) || commands.has(name)) return true;
  if (OWN.has(name) && commands.size > 0) return true;
  if (image.executables.some((known) => known.slice(known.lastIndexOf('/') + 1) === name))
    return true;
  return [image.entrypoint[0], image.cmd[0]].some(
    (known) => known !== undefined && known.slice(known.lastIndexOf('/') + 1) === name,
  );
}

/** Names of the commands that an image holds, in order of the alphabet. */
export function executablesOf(image: ImageEntry): readonly string[] {
  const commands = COMMANDS[image.userland];
  const names = new Set([...commands, ...(commands.size > 0 ? OWN : []), ...image.executables]);
  return [...names].sort();
}
