import { usePage } from '../page.js';
import { Menu } from '../panel/menu.js';
import { clusterName } from '../state/cluster-base.js';
import { CLUSTER } from './words.js';

/** The name of the cluster; behind its button the facts that are looked up now and then. */
export function ClusterName() {
  const { cluster } = usePage().live;
  const name = clusterName(location.pathname);
  const facts =
    cluster === undefined
      ? []
      : [
          [CLUSTER.name, name],
          [CLUSTER.topology, cluster.name],
          [CLUSTER.version, cluster.version],
          [CLUSTER.network, cluster.network],
          [CLUSTER.pods, cluster.clusterCidr],
          [CLUSTER.services, cluster.serviceCidr],
          [CLUSTER.dns, cluster.dnsIp],
        ];
  return (
    <>
      <h1 className="cluster-name">{name}</h1>
      <Menu button="i" label={CLUSTER.facts} className="cluster-facts">
        {() => (
          <dl>
            {facts.map(([what, value]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
      </Menu>
    </>
  );
}
