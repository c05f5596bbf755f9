/** Makes every tool known; imported for that alone. */

import { chroot } from './chroot.js';
import { CONNTRACK_TOOLS } from './conntrack.js';
import { curl } from './curl.js';
import { FILE_TOOLS } from './file-tools.js';
import { IP_TOOLS } from './ip-tools.js';
import { IPSET_TOOLS } from './ipset.js';
import { IPTABLES_TOOLS } from './iptables.js';
import { NAME_TOOLS } from './name-tools.js';
import { NET_TOOLS } from './net-tools.js';
import { nft } from './nft.js';
import { OCTET_TOOLS } from './octet-tools.js';
import { QUEUE_TOOLS } from './queue-tools.js';
import { registerTools } from './registry.js';
import { SYSTEM_TOOLS } from './system-tools.js';
import { tar } from './tar/index.js';
import { tcpdump } from './tcpdump/index.js';
import { TERMINAL_TOOLS } from './terminal-tools.js';
import { TEXT_TOOLS } from './text-tools.js';
import { wget } from './wget.js';

registerTools(TEXT_TOOLS);
registerTools(OCTET_TOOLS);
registerTools(FILE_TOOLS);
registerTools(TERMINAL_TOOLS);
registerTools(SYSTEM_TOOLS);
registerTools({ chroot, curl, nft, tar, tcpdump, wget });
registerTools(NAME_TOOLS);
registerTools(NET_TOOLS);
registerTools(IP_TOOLS);
registerTools(QUEUE_TOOLS);
registerTools(IPTABLES_TOOLS);
registerTools(IPSET_TOOLS);
registerTools(CONNTRACK_TOOLS);
