import { Volume } from '../program/index.js';

/** Directories of a Debian system that are there before anybody writes. */
const DIRECTORIES =
  'boot dev etc/kubernetes/manifests home lib media mnt opt proc root run sbin srv sys tmp usr/bin usr/local/bin var/lib/kubelet var/log/containers var/log/pods';
const BINARIES =
  'bash cat chmod cp date df dmesg echo env false find free grep head hostname id ip kill less ln ls mkdir mount mv ps pwd readlink rm sed sh sleep sort ss stat sysctl tail tar test top touch true uname uptime wc which';
const OS_RELEASE = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
`;

/**
 * The root file system of a node, as a hostPath of `/` shows it.
 *
 * Fidelity: a bare Debian without the files of kubelet, runtime and kernel; a hostPath of another path is a directory of
 * its own.
 */
export function nodeRoot(nodeName: string): Volume {
  const volume = new Volume();
  for (const path of DIRECTORIES.split(' ')) {
    volume.put(`${path}/.made`, '');
    volume.remove(`${path}/.made`);
  }
  for (const name of BINARIES.split(' ')) volume.put(`bin/${name}`, '', 0o755);
  volume.put('etc/hostname', `${nodeName}\n`);
  volume.put('etc/hosts', `127.0.0.1\tlocalhost\n127.0.1.1\t${nodeName}\n`);
  volume.put('etc/os-release', OS_RELEASE);
  volume.put('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n');
  return volume;
}
